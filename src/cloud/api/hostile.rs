//! Any bytes at the API's door: never a panic, always a whole answer in the right form, soon.
//!
//! Requests are made of what real ones are made of, spoiled: that reaches deeper than noise. What was once found is a plain
//! case below.

use proptest::prelude::*;

use super::actions::ACTIONS;
use super::caller::Service;
use super::signature::AccessKey;
use super::testing::Client;
use super::{Asked, Reply, Request, answer, handle, turn_away};
use crate::cloud::api::fault::Fault;

/// Values that parsers stumble over.
const ODD: &[&str] = &[
    "",
    "0",
    "-1",
    "1",
    "65536",
    "99999999999999999999",
    "true",
    "i-",
    "i-0123456789abcdef0",
    "sg-\u{fc}",
    "tcp",
    "-1",
    "icmp",
    "0.0.0.0/0",
    "10.0.0.0/33",
    "::/0",
    "*",
    "?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*b",
    "ssh-ed25519 AAAA",
    "c3NoLWVkMjU1MTkgQUFBQQ==",
    "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
    "t3.micro",
    "\u{0}",
    "%",
    "a b&c=d",
    "<a>&amp;]]>",
    "\u{fffe}",
    "2026-11-24T10:00:00Z",
    "instance",
    "key-name",
    "tag:a",
];

/// Names of parameters, as the actions know them and otherwise.
const NAMES: &[&str] = &[
    "KeyName",
    "KeyName.1",
    "KeyName.0",
    "KeyName.18446744073709551616",
    "PublicKeyMaterial",
    "InstanceId.1",
    "GroupId",
    "GroupName",
    "GroupDescription",
    "ImageId",
    "InstanceType",
    "MinCount",
    "MaxCount",
    "MaxResults",
    "NextToken",
    "DryRun",
    "Filter.1.Name",
    "Filter.1.Value.1",
    "Filter.1.Value",
    "IpPermissions.1.IpProtocol",
    "IpPermissions.1.FromPort",
    "IpPermissions.1.ToPort",
    "IpPermissions.1.IpRanges.1.CidrIp",
    "IpPermissions.1.Groups.1.GroupId",
    "TagSpecification.1.ResourceType",
    "TagSpecification.1.Tag.1.Key",
    "TagSpecification.1.Tag.1.Value",
    "ResourceId.1",
    "Tag.1.Key",
    "Tag.1.Value",
    "UserData",
    "ClientToken",
    "Name",
    "Path",
    "Names.1",
    "InstanceOSUser",
    "SSHPublicKey",
    "AllocationId",
    "PublicIp",
    "Attribute",
    "Value",
    "SecurityGroupRule.1.SecurityGroupRuleId",
    "SecurityGroupRule.1.SecurityGroupRule.CidrIpv4",
    "Version",
    ".",
    "..1",
    "A.B.C.1.D",
];

fn action() -> impl Strategy<Value = (Service, String)> {
    let known = (0..ACTIONS.len()).prop_map(|place| {
        let one = &ACTIONS[place];
        (one.service, one.name.to_owned())
    });
    let any = "\\PC{0,12}".prop_map(|name| (Service::Ec2, name));
    prop_oneof![9 => known, 1 => any]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => proptest::sample::select(ODD).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![
        6 => proptest::sample::select(NAMES).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    proptest::collection::vec((name, value()), 0..8)
}

/// A request as its parts.
#[derive(Debug, Clone)]
struct Parts {
    query: String,
    body: Vec<u8>,
    authorization: Option<String>,
    target: Option<String>,
}

fn scope(service: Service) -> &'static str {
    match service {
        Service::Ec2 => "ec2",
        Service::Sts => "sts",
        Service::Ssm => "ssm",
        Service::InstanceConnect => "ec2-instance-connect",
    }
}

fn target(service: Service, action: &str) -> Option<String> {
    match service {
        Service::Ec2 | Service::Sts => None,
        Service::Ssm | Service::InstanceConnect => Some(format!(
            "{}{action}",
            super::envelope::target_prefix(service)
        )),
    }
}

/// A request that looks like one, to any of the services.
fn request() -> impl Strategy<Value = Parts> {
    (action(), pairs(), any::<bool>()).prop_map(|((service, action), pairs, by_query)| {
        let form = |pairs: &[(String, String)]| {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("Action", &action).extend_pairs(pairs);
            form.finish()
        };
        let target = target(service, &action);
        let (query, body) = match target {
            None if by_query => (form(&pairs), Vec::new()),
            None => (String::new(), form(&pairs).into_bytes()),
            Some(_) => {
                let object: serde_json::Map<_, _> = pairs
                    .into_iter()
                    .map(|(name, value)| (name, value.into()))
                    .collect();
                let json = serde_json::Value::Object(object);
                (String::new(), json.to_string().into_bytes())
            }
        };
        let scope = scope(service);
        Parts {
            query,
            body,
            authorization: Some(format!(
                "AWS4-HMAC-SHA256 Credential=AKIA/20261124/us-east-1/{scope}/aws4_request, SignedHeaders=host, Signature=00"
            )),
            target,
        }
    })
}

/// The same with bytes changed, cut off or put in anywhere.
fn spoiled() -> impl Strategy<Value = Parts> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..24);
    let text = proptest::option::of("\\PC{0,40}");
    (request(), any::<usize>(), bytes, text.clone(), text).prop_map(
        |(mut parts, at, bytes, authorization, target)| {
            let place = at % (parts.body.len() + 1);
            if at % 3 == 0 {
                parts.body.truncate(place);
            }
            let place = place.min(parts.body.len());
            parts.body.splice(place..place, bytes);
            if at % 5 == 0 {
                let cut = parts.authorization.as_deref().unwrap_or_default();
                let cut: String = cut.chars().take(at % 120).collect();
                parts.authorization = Some(authorization.unwrap_or(cut));
            }
            if at % 7 == 0 {
                parts.target = target;
            }
            parts
        },
    )
}

/// The signatures of presigned URLs and of headers, in pieces.
fn signature() -> impl Strategy<Value = Parts> {
    let parameter = proptest::sample::select(vec![
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Credential=AKIA%2F20261124%2Fus-east-1%2Fec2%2Faws4_request",
        "X-Amz-Credential=%2F%2F%2F%2F",
        "X-Amz-Credential=%00",
        "X-Amz-Credential=AKIA%2F20261124%2F%01%2F%EF%BF%BF%2Faws4_request",
        "X-Amz-Date=20261124T100000Z",
        "X-Amz-Date=99999999T999999Z",
        "X-Amz-Expires=60",
        "X-Amz-Expires=99999999999999999999",
        "X-Amz-Expires=-1",
        "X-Amz-SignedHeaders=host",
        "X-Amz-SignedHeaders=%00",
        "X-Amz-Signature=00",
        "Action=DescribeRegions",
        "%zz=%",
    ]);
    proptest::collection::vec(parameter, 0..12).prop_map(|parameters| Parts {
        query: parameters.join("&"),
        body: Vec::new(),
        authorization: None,
        target: None,
    })
}

/// A whole answer in the form of some service.
fn assert_whole(reply: &Reply) {
    assert!((200..600).contains(&reply.status), "{}", reply.status);
    match reply.content_type {
        "application/x-amz-json-1.1" => {
            let value: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
            if reply.status != 200 {
                assert!(value["__type"].is_string(), "{}", reply.body);
            }
        }
        _ => assert_well_formed(&reply.body),
    }
}

/// Every element is closed, and no character is one that XML cannot carry.
fn assert_well_formed(xml: &str) {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let (mut depth, mut roots) = (0, 0);
    loop {
        match reader
            .read_event()
            .unwrap_or_else(|error| panic!("{error}: {xml}"))
        {
            Event::Start(_) => {
                roots += usize::from(depth == 0);
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            Event::Empty(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
    assert_eq!((depth, roots), (0, 1), "{xml}");
    let bad = xml.chars().find(|c| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{7f}'..='\u{9f}'))
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    });
    assert_eq!(bad, None, "{xml}");
}

/// Sends it to a `serve` and to a lab.
fn send(client: &mut Client, parts: &Parts) {
    let headers = [
        ("host", "127.0.0.1"),
        ("x-amz-date", "20261124T100000Z"),
        (
            "authorization",
            parts.authorization.as_deref().unwrap_or_default(),
        ),
    ];
    let request = Request {
        method: "POST",
        path: "/",
        query: &parts.query,
        body: &parts.body,
        authorization: parts.authorization.as_deref(),
        target: parts.target.as_deref(),
        headers: &headers,
    };
    let served = client.with(|account, env| handle(&request, account, env));
    assert_whole(&served);
    let key = AccessKey {
        id: "AKIA".to_owned(),
        secret: "secret".to_owned(),
    };
    let turned_away = client.with(|_, env| {
        let asked = Asked::of(&request, Some(&key), env.now);
        assert!(asked.caller().is_none(), "nobody signed this");
        turn_away(asked, &env.request_id())
    });
    assert_whole(&turned_away);
    assert!(turned_away.status >= 400 && !turned_away.changed);
    for whole in [
        super::too_large(&request),
        super::too_slow(&request),
        super::broken(&request),
        super::broken_off(&request),
        super::forbidden(&request, "no"),
    ] {
        assert_whole(&whole);
    }
    if let Some(fault) = super::action_of(&request)
        .and_then(|action| Fault::new("UnauthorizedOperation", &action, None).ok())
    {
        let denied = client.with(|account, env| {
            let asked = Asked::of(&request, None, env.now);
            asked
                .caller()
                .is_some()
                .then(|| answer(asked, Some(&fault), account, env).write())
        });
        denied.iter().for_each(assert_whole);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_request_gets_a_whole_answer(requests in proptest::collection::vec(request(), 1..6)) {
        let mut client = Client::new();
        for parts in &requests {
            send(&mut client, parts);
        }
    }

    #[test]
    fn any_spoiled_request_gets_a_whole_answer(requests in proptest::collection::vec(spoiled(), 1..6)) {
        let mut client = Client::new();
        for parts in &requests {
            send(&mut client, parts);
        }
    }

    #[test]
    fn any_signature_gets_a_whole_answer(parts in signature()) {
        send(&mut Client::new(), &parts);
    }

    #[test]
    fn any_bytes_get_a_whole_answer(
        query in any::<String>(),
        body in proptest::collection::vec(any::<u8>(), 0..300),
        authorization in proptest::option::of(any::<String>()),
        target in proptest::option::of(any::<String>()),
    ) {
        send(&mut Client::new(), &Parts { query, body, authorization, target });
    }
}

/// What was once found, and what others fell over: each is answered.
#[test]
fn past_finds_are_answered() {
    let signed = "AWS4-HMAC-SHA256 Credential=AKIA/20261124/us-east-1/SERVICE/aws4_request, SignedHeaders=host, Signature=00";
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let deep_object = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let json: [&[u8]; 7] = [
        b"",
        b"null",
        b"\"Name\"",
        b"{\"Name\": \"a\\u0000b\"}",
        b"{\"Name\": \"\\ud800\"}",
        deep.as_bytes(),
        deep_object.as_bytes(),
    ];
    for body in json {
        send(
            &mut Client::new(),
            &Parts {
                query: String::new(),
                body: body.to_vec(),
                authorization: Some(signed.replace("SERVICE", "ssm")),
                target: Some("AmazonSSM.GetParameter".to_owned()),
            },
        );
    }
    // A presigned URL's credential with a character that no XML can carry.
    for scope in ["%00", "a%2Fb%2F%01%2F%EF%BF%BF%2Faws4_request"] {
        send(
            &mut Client::new(),
            &Parts {
                query: format!(
                    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}&X-Amz-Date=20261124T100000Z&X-Amz-Expires=60\
                     &X-Amz-SignedHeaders=host&X-Amz-Signature=00"
                ),
                body: Vec::new(),
                authorization: None,
                target: None,
            },
        );
    }
    let long = format!("Action={}", "x".repeat(100_000));
    for (service, body) in [
        ("ec2", "Action=DescribeRegions&Filter.1.Name=%EF%BF%BE"),
        ("ec2", "Action=%0A"),
        ("ec2", "Action=<a>"),
        ("sts", "Action=]]>&Version=2011-06-15"),
        ("s3", "Action=ListBuckets"),
        ("ec2", &long),
    ] {
        send(
            &mut Client::new(),
            &Parts {
                query: String::new(),
                body: body.as_bytes().to_vec(),
                authorization: Some(signed.replace("SERVICE", service)),
                target: None,
            },
        );
    }
}

/// A request of the greatest length takes its parsing and no more: nothing about it is quadratic.
#[test]
fn a_request_of_the_greatest_length_is_answered_in_time() {
    let many = |count: u32, part: &dyn Fn(u32) -> String| -> String {
        (0..count).map(part).collect::<Vec<_>>().concat()
    };
    let parameters = many(50_000, &|n| format!("&KeyName.{n}=a"));
    let filters = many(20_000, &|n| {
        format!("&Filter.{n}.Name=key-name&Filter.{n}.Value.1=*a*")
    });
    let dots = "A.".repeat(400_000);
    let stars = format!(
        "&Filter.1.Name=key-name&Filter.1.Value.1={}b",
        "*a".repeat(200_000)
    );
    for body in [parameters, filters, format!("&{dots}=1"), stars] {
        let parts = Parts {
            query: String::new(),
            body: format!("Action=DescribeKeyPairs{body}").into_bytes(),
            authorization: Some(
                "AWS4-HMAC-SHA256 Credential=AKIA/20261124/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=00"
                    .to_owned(),
            ),
            target: None,
        };
        let mut client = Client::new();
        for name in ["one", "two", &"a".repeat(255)] {
            client.ec2("CreateKeyPair", &format!("KeyType=ed25519&KeyName={name}"));
        }
        #[expect(clippy::disallowed_methods, reason = "the test measures")]
        let begin = std::time::Instant::now();
        send(&mut client, &parts);
        // Some ten passes over it in a debug build, on a busy computer.
        assert!(begin.elapsed() < std::time::Duration::from_secs(20));
    }
}
