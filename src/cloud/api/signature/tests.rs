//! Requests that botocore 1.43 signed, with one thing changed at a time.

use super::*;

const KEY: &str = "AKIA0LABAAAAAAAAAAAA";
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
const BODY: &[u8] = b"Action=DescribeRegions&Version=2016-11-15";
const EC2: &str = "AWS4-HMAC-SHA256 Credential=AKIA0LABAAAAAAAAAAAA/20261124/us-east-1/ec2/aws4_request, \
    SignedHeaders=content-type;host;x-amz-date, \
    Signature=444576d2b046f7cccdc119c4fce14a68bac70609b955de8e73f6f58fa7fa4a86";
const PRESIGNED: &str = "Action=DescribeRegions&Version=2016-11-15&RegionName.1=a%20b%2Fc%2Bd~%C3%A9\
    &X-Amz-Algorithm=AWS4-HMAC-SHA256\
    &X-Amz-Credential=AKIA0LABAAAAAAAAAAAA%2F20261124%2Fus-east-1%2Fec2%2Faws4_request&X-Amz-Date=20261124T100000Z\
    &X-Amz-Expires=60&X-Amz-SignedHeaders=host\
    &X-Amz-Signature=137b007d98482a32e93cf5d6c0a76d42fc4e7e9b6993df3b1387a8107cdf19d8";

fn key() -> AccessKey {
    AccessKey {
        id: KEY.to_owned(),
        secret: "secret/of+the/lab/0123456789012345678901".to_owned(),
    }
}

const HEADERS: &[(&str, &str)] = &[
    ("host", "127.0.0.1:4566"),
    ("content-type", FORM),
    ("x-amz-date", "20261124T100000Z"),
    ("user-agent", "aws-cli"),
    ("authorization", EC2),
];

fn posted() -> Request<'static> {
    Request {
        method: "POST",
        path: "/",
        body: BODY,
        authorization: Some(EC2),
        headers: HEADERS,
        ..Request::default()
    }
}

/// Verified so many seconds after it was signed.
fn verify(request: &Request<'_>, seconds: i64) -> Result<(), Doubt> {
    let at: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
    let now = at + SignedDuration::from_secs(seconds);
    Signature::of(request)?.verify(request, &key(), now)
}

#[test]
fn what_botocore_signs_is_believed() {
    assert_eq!(verify(&posted(), 0), Ok(()));
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIA0LABAAAAAAAAAAAA/20261124/us-east-1/ssm/aws4_request, \
        SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
        Signature=4b59b419d0611f4cd934ee9f72ed653ec7ed516b9622b46a251b1021a3fb823b";
    let json = Request {
        method: "POST",
        path: "/",
        body: b"{\"Name\": \"a b\"}",
        authorization: Some(authorization),
        headers: &[
            ("Host", "127.0.0.1:4566"),
            ("Content-Type", "application/x-amz-json-1.1"),
            ("X-Amz-Target", "AmazonSSM.GetParameter"),
            ("X-Amz-Date", "20261124T100000Z"),
        ],
        ..Request::default()
    };
    assert_eq!(verify(&json, 0), Ok(()));
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIA0LABAAAAAAAAAAAA/20261124/us-east-1/ec2/aws4_request, \
        SignedHeaders=host;x-amz-content-sha256;x-amz-date, \
        Signature=41bf0d5ffb6094c296b7da9bc1bd76374667e1fa2e1dddc8fdf5dc3ad23b4631";
    let unsigned_body = Request {
        method: "POST",
        path: "/",
        body: b"Action=Whatever",
        authorization: Some(authorization),
        headers: &[
            ("host", "127.0.0.1:4566"),
            ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            ("x-amz-date", "20261124T100000Z"),
        ],
        ..Request::default()
    };
    assert_eq!(verify(&unsigned_body, 0), Ok(()));
}

#[test]
fn a_presigned_url_is_good_until_it_expires_and_its_signature_is_no_parameter() {
    let url = Request {
        method: "GET",
        path: "/",
        query: PRESIGNED,
        headers: &[("host", "127.0.0.1:4566")],
        ..Request::default()
    };
    assert_eq!(verify(&url, 60), Ok(()));
    assert_eq!(verify(&url, 61), Err(Doubt::Expired));
    assert_eq!(
        without(url.query),
        "Action=DescribeRegions&Version=2016-11-15&RegionName.1=a%20b%2Fc%2Bd~%C3%A9"
    );
    let changed = PRESIGNED.replace("RegionName.1=a", "RegionName.1=b");
    let other = Request {
        query: &changed,
        ..url
    };
    assert_eq!(verify(&other, 0), Err(Doubt::Mismatch));
    let longer = PRESIGNED.replace("X-Amz-Expires=60", "X-Amz-Expires=600");
    let other = Request {
        query: &longer,
        ..url
    };
    assert_eq!(verify(&other, 0), Err(Doubt::Mismatch));
}

#[test]
fn whatever_is_changed_after_signing_makes_another_signature() {
    let (signed, now) = (posted(), 0);
    let headers = |name: &str, value: &'static str| -> Vec<(&'static str, &'static str)> {
        let changed = HEADERS.iter().map(|(header, old)| {
            let value = if *header == name { value } else { old };
            (*header, value)
        });
        changed.collect()
    };
    let host = headers("host", "127.0.0.1:4567");
    let kind = headers("content-type", "text/plain");
    let no_host: Vec<_> = HEADERS[1..].to_vec();
    for changed in [
        Request {
            method: "GET",
            ..signed
        },
        Request {
            path: "/a",
            ..signed
        },
        Request {
            query: "a=b",
            ..signed
        },
        Request {
            body: b"Action=DescribeRegions",
            ..signed
        },
        Request {
            headers: &host,
            ..signed
        },
        Request {
            headers: &kind,
            ..signed
        },
        Request {
            headers: &no_host,
            ..signed
        },
        Request {
            path: "*",
            ..signed
        },
    ] {
        assert_eq!(verify(&changed, now), Err(Doubt::Mismatch), "{changed:?}");
    }
    let agent = headers("user-agent", "another");
    let unsigned_header = Request {
        headers: &agent,
        ..signed
    };
    assert_eq!(verify(&unsigned_header, now), Ok(()));
    for (from, to) in [
        ("us-east-1", "us-east-2"),
        ("20261124/", "20261123/"),
        (
            "SignedHeaders=content-type;host",
            "SignedHeaders=content-type",
        ),
        ("4a86", "4a87"),
        ("4a86", "4a8"),
    ] {
        let authorization = EC2.replace(from, to);
        let changed = Request {
            authorization: Some(&authorization),
            ..signed
        };
        assert_eq!(verify(&changed, now), Err(Doubt::Mismatch), "{to}");
    }
    let authorization = EC2.replace(KEY, "AKIA0LABAAAAAAAAAAAB");
    let another_key = Request {
        authorization: Some(&authorization),
        ..signed
    };
    assert_eq!(verify(&another_key, now), Err(Doubt::UnknownKey));
}

/// `status code: sentence` at EC2, STS and SSM.
fn refusals(doubt: &Doubt) -> [String; 3] {
    [Service::Ec2, Service::Sts, Service::Ssm].map(|service| {
        let error = doubt.refusal(service);
        format!("{} {}: {}", error.status, error.code, error.message)
    })
}

#[test]
fn a_clock_may_be_off_by_five_minutes() {
    assert_eq!(verify(&posted(), 300), Ok(()));
    assert_eq!(verify(&posted(), -300), Ok(()));
    let old = verify(&posted(), 301).unwrap_err();
    let says = "Signature expired: 20261124T100000Z is now earlier than 20261124T100001Z (20261124T100501Z - 5 min.)";
    assert_eq!(
        refusals(&old),
        [
            "401 AuthFailure: AWS was not able to validate the provided access credentials"
                .to_owned(),
            format!("403 SignatureDoesNotMatch: {says}"),
            format!("400 InvalidSignatureException: {says}"),
        ]
    );
    let early = verify(&posted(), -301).unwrap_err();
    assert_eq!(
        refusals(&early)[1],
        "403 SignatureDoesNotMatch: Signature not yet current: 20261124T100000Z is still later than 20261124T095959Z \
         (20261124T095459Z + 5 min.)"
    );
    for seconds in [901, -901] {
        let doubt = verify(&posted(), seconds).unwrap_err();
        assert_eq!(
            refusals(&doubt)[0],
            "400 RequestExpired: Request has expired."
        );
    }
}

#[test]
fn the_same_bad_credentials_are_another_error_at_each_service() {
    let failure = "401 AuthFailure: AWS was not able to validate the provided access credentials";
    let token = "The security token included in the request is invalid.";
    assert_eq!(
        refusals(&Doubt::UnknownKey),
        [
            failure.to_owned(),
            format!("403 InvalidClientTokenId: {token}"),
            format!("400 UnrecognizedClientException: {token}"),
        ]
    );
    assert_eq!(
        refusals(&Doubt::Mismatch),
        [
            failure.to_owned(),
            format!("403 SignatureDoesNotMatch: {MISMATCH}"),
            format!("400 InvalidSignatureException: {MISMATCH}"),
        ]
    );
    assert_eq!(
        refusals(&Doubt::Unsigned),
        [
            "400 MissingParameter: The request must contain the parameter AWSAccessKeyId",
            "403 MissingAuthenticationToken: Request is missing Authentication Token",
            "400 MissingAuthenticationTokenException: Missing Authentication Token",
        ]
    );
}

#[test]
fn a_signature_that_lacks_something_says_what() {
    let incomplete = |authorization: &str| {
        let request = Request {
            authorization: Some(authorization),
            ..posted()
        };
        match Signature::of(&request) {
            Err(Doubt::Incomplete(says)) => says,
            other => panic!("{other:?}"),
        }
    };
    let all = "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' \
        parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256";
    for nothing in [
        "",
        "Basic YTpi",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=",
    ] {
        assert_eq!(incomplete(nothing), all);
    }
    assert_eq!(
        incomplete("AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=00"),
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b/c'"
    );
}
