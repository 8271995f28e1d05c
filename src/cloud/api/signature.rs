//! The signature of a request, AWS Signature Version 4: read from the header or from a presigned URL, and verified.
//!
//! Verified by signing the same request again with the key that is known and comparing. What AWS says when something is
//! wrong differs from service to service; each sentence names its evidence.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use jiff::{SignedDuration, Timestamp};

use crate::cloud::api::Request;
use crate::cloud::api::caller::Service;
use crate::cloud::api::error::ApiError;

/// An access key: the only one that an account of a lab has.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// `AKIA…`.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// How far a client's clock may be off: STS names these five minutes in its refusal.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// From here on EC2 speaks of a request that has expired (API errors overview).
const EXPIRED: SignedDuration = SignedDuration::from_mins(15);
/// The longest that a presigned URL may be good for.
const LONGEST: u64 = 7 * 24 * 60 * 60;
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A signature as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature<'a> {
    /// Access key id.
    pub key: Cow<'a, str>,
    /// Region of the credential scope.
    pub region: Cow<'a, str>,
    /// Service of the credential scope.
    pub service: Cow<'a, str>,
    date: Cow<'a, str>,
    signed_headers: Cow<'a, str>,
    value: Cow<'a, str>,
    at: Timestamp,
    /// For how many seconds a presigned URL is good.
    expires: Option<u64>,
}

/// Why a request is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// It is not signed at all.
    Unsigned,
    /// The signature lacks something, which these sentences say.
    Incomplete(String),
    /// The key is nobody's.
    UnknownKey,
    /// The key's secret makes another signature.
    Mismatch,
    /// It was signed too long ago.
    Old {
        /// When.
        at: Timestamp,
        /// The time here.
        now: Timestamp,
    },
    /// It was signed in the future.
    Early {
        /// When.
        at: Timestamp,
        /// The time here.
        now: Timestamp,
    },
    /// A presigned URL that was good until some time ago.
    Expired,
}

impl<'a> Signature<'a> {
    /// Reads the `Authorization` header, or the query string of a presigned URL.
    pub fn of(request: &Request<'a>) -> Result<Self, Doubt> {
        match request.authorization {
            Some(header) => Self::of_header(header, request.header("x-amz-date")),
            None if request.query.contains("X-Amz-Signature=") => Self::of_query(request.query),
            None => Err(Doubt::Unsigned),
        }
    }

    fn of_header(header: &'a str, date: Option<&'a str>) -> Result<Self, Doubt> {
        let parts = header.trim().strip_prefix(ALGORITHM).unwrap_or_default();
        let part = |name: &str| {
            parts.split([',', ' ']).find_map(|part| {
                let value = part.trim().strip_prefix(name)?.strip_prefix('=')?;
                (!value.is_empty()).then_some(value)
            })
        };
        let (scope, signed_headers, value) =
            (part("Credential"), part("SignedHeaders"), part("Signature"));
        let at = date.map_or(Some(Timestamp::UNIX_EPOCH), parse);
        let (Some(scope), Some(signed_headers), Some(value), Some(at)) =
            (scope, signed_headers, value, at)
        else {
            // The common sentences of the query services (WILD).
            let mut says = String::new();
            for (name, there) in [
                ("Credential", scope.is_some()),
                ("Signature", value.is_some()),
                ("SignedHeaders", signed_headers.is_some()),
            ] {
                if !there {
                    for piece in ["Authorization header requires '", name, "' parameter. "] {
                        says += piece;
                    }
                }
            }
            if at.is_none() {
                says += "Date must be in ISO-8601 'basic format'. ";
            }
            return Err(Doubt::Incomplete(format!(
                "{says}Authorization={ALGORITHM}"
            )));
        };
        let scope = scope_of(&Cow::Borrowed(scope))?;
        Ok(Self {
            key: scope.key,
            date: scope.date,
            region: scope.region,
            service: scope.service,
            signed_headers: signed_headers.into(),
            value: value.into(),
            at,
            expires: None,
        })
    }

    fn of_query(query: &'a str) -> Result<Self, Doubt> {
        let parameter = |wanted: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value)
        };
        let missing = |name: &str| {
            let text = format!(
                "AWS query-string parameters must include '{name}'. Re-examine the query-string parameters."
            );
            Doubt::Incomplete(text)
        };
        let needed = |name: &str| parameter(name).ok_or_else(|| missing(name));
        if needed("X-Amz-Algorithm")? != ALGORITHM {
            return Err(missing("X-Amz-Algorithm"));
        }
        let scope = scope_of(&needed("X-Amz-Credential")?)?;
        let at = needed("X-Amz-Date")?;
        let expires = needed("X-Amz-Expires")?.parse().ok();
        Ok(Self {
            key: scope.key,
            date: scope.date,
            region: scope.region,
            service: scope.service,
            signed_headers: needed("X-Amz-SignedHeaders")?,
            value: needed("X-Amz-Signature")?,
            at: parse(&at).ok_or_else(|| missing("X-Amz-Date"))?,
            expires: Some(
                expires
                    .filter(|seconds| *seconds <= LONGEST)
                    .ok_or_else(|| missing("X-Amz-Expires"))?,
            ),
        })
    }

    /// Whether it is a presigned URL's.
    pub fn is_in_query(&self) -> bool {
        self.expires.is_some()
    }

    /// Whether this request was signed with that key, about now.
    pub fn verify(
        &self,
        request: &Request<'_>,
        key: &AccessKey,
        now: Timestamp,
    ) -> Result<(), Doubt> {
        if self.key != key.id {
            return Err(Doubt::UnknownKey);
        }
        if self.expires.is_none() && request.header("x-amz-date").is_none() {
            let text = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
            return Err(Doubt::Incomplete(text.to_owned()));
        }
        let (at, age) = (self.at, now.duration_since(self.at));
        if age < -SKEW {
            return Err(Doubt::Early { at, now });
        }
        match self.expires {
            Some(seconds)
                if age > SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(0)) =>
            {
                return Err(Doubt::Expired);
            }
            None if age > SKEW => return Err(Doubt::Old { at, now }),
            Some(_) | None => {}
        }
        let ours = self.sign_again(request, key).ok_or(Doubt::Mismatch)?;
        if is_same(ours.as_bytes(), self.value.as_bytes()) {
            Ok(())
        } else {
            Err(Doubt::Mismatch)
        }
    }

    /// The signature that the key makes of the same request; none of a request that cannot be signed at all.
    fn sign_again(&self, request: &Request<'_>, key: &AccessKey) -> Option<String> {
        if !request.path.starts_with('/') {
            return None;
        }
        let is_signed = |name: &str| {
            let mut all = self.signed_headers.split(';');
            all.any(|signed| signed.eq_ignore_ascii_case(name))
        };
        // Without the host, a request made for one place would be good for all.
        request.header("host").filter(|_| is_signed("host"))?;
        let headers = request.headers.iter().copied();
        let headers = headers.filter(|(name, _)| is_signed(name));
        let mut settings = SigningSettings::default();
        settings.excluded_headers = None;
        let query = self.expires.map(|seconds| {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(Duration::from_secs(seconds));
            without_signature(request.query)
        });
        let query = query.as_deref().unwrap_or(request.query);
        // Only path and query of it are signed; the host is that of the header.
        let mut url = format!("http://lab{}", request.path);
        if !query.is_empty() {
            url.push('?');
            url.push_str(query);
        }
        let body = match request.header("x-amz-content-sha256") {
            Some("UNSIGNED-PAYLOAD") => SignableBody::UnsignedPayload,
            _ => SignableBody::Bytes(request.body),
        };
        let since_1970 = Duration::from_secs(u64::try_from(self.at.as_second()).ok()?);
        let identity = Credentials::new(&*key.id, &*key.secret, None, None, "lab").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(&self.service)
            .time(SystemTime::UNIX_EPOCH + since_1970)
            .settings(settings)
            .build()
            .ok()?
            .into();
        // The date of the scope is that of the time, which is what the signature is made of again.
        if self.date != self.at.strftime("%Y%m%d").to_string() {
            return None;
        }
        let signable = SignableRequest::new(request.method, url, headers, body).ok()?;
        let signed = sign(signable, &parameters).ok()?;
        Some(signed.signature().to_owned())
    }
}

/// `KEY/DATE/REGION/SERVICE/aws4_request`, in its parts.
struct Scope<'a> {
    key: Cow<'a, str>,
    date: Cow<'a, str>,
    region: Cow<'a, str>,
    service: Cow<'a, str>,
}

fn scope_of<'a>(text: &Cow<'a, str>) -> Result<Scope<'a>, Doubt> {
    fn split<'s>(text: &'s str) -> Option<[&'s str; 4]> {
        let parts: Vec<&'s str> = text.split('/').collect();
        let [key, date, region, service, "aws4_request"] = parts[..] else {
            return None;
        };
        let parts = [key, date, region, service];
        parts.iter().all(|part| !part.is_empty()).then_some(parts)
    }
    let found = match text {
        Cow::Borrowed(text) => split(text).map(|parts| parts.map(Cow::Borrowed)),
        Cow::Owned(text) => split(text).map(|parts| parts.map(|part| Cow::Owned(part.to_owned()))),
    };
    // A presigned URL can carry any character, and the answer cannot.
    let is_printable = text.chars().all(|c| c.is_ascii_graphic());
    let Some([key, date, region, service]) = found.filter(|_| is_printable) else {
        let text = text.escape_default();
        // WILD, of the services that say more than EC2.
        return Err(Doubt::Incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{text}'"
        )));
    };
    Ok(Scope {
        key,
        date,
        region,
        service,
    })
}

/// `20261124T100000Z`.
fn parse(text: &str) -> Option<Timestamp> {
    let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    jiff::tz::Offset::UTC.to_timestamp(civil).ok()
}

/// The query string of a presigned URL without what signs it.
pub fn without(query: &str) -> Cow<'_, str> {
    filtered(query, |name| !name.starts_with("X-Amz-")).into()
}

/// The query string without what aws-sigv4 adds itself.
fn without_signature(query: &str) -> String {
    const ADDED: [&str; 6] = [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
    ];
    filtered(query, |name| !ADDED.contains(&name))
}

fn filtered(query: &str, keep: impl Fn(&str) -> bool) -> String {
    let kept = query.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        keep(name)
    });
    kept.collect::<Vec<_>>().join("&")
}

/// Compares in a time that does not tell where the first difference is.
fn is_same(ours: &[u8], theirs: &[u8]) -> bool {
    let differences = ours.iter().zip(theirs).map(|(a, b)| a ^ b);
    let any = differences.fold(0, |any, one| std::hint::black_box(any | one));
    ours.len() == theirs.len() && any == 0
}

impl Doubt {
    /// What AWS says, service by service. The same bad credentials are another error at each (`facts/ec2-api.md` section 10).
    pub fn refusal(&self, service: Service) -> ApiError {
        match service {
            Service::Ec2 => self.of_ec2(),
            Service::Sts => self.of_sts(),
            Service::Ssm | Service::InstanceConnect => self.of_json(),
        }
    }

    fn of_ec2(&self) -> ApiError {
        match self {
            // test-kitchen/kitchen-ec2#440, awsdocs/aws-doc-sdk-examples#4026.
            Self::Unsigned => ApiError::missing_parameter("AWSAccessKeyId"),
            // The code is in the list of common errors; its text at EC2 is unverified.
            Self::Incomplete(says) => ApiError::new("IncompleteSignature", says),
            // A clock that is off by less is an AuthFailure (aws/aws-sdk-java#519); the documented 15 minutes are an
            // expiry, quoted with status 400 in aws/aws-sdk-java#1443.
            Self::Old { at, now } if now.duration_since(*at) > EXPIRED => ec2_expired(),
            Self::Early { at, now } if at.duration_since(*now) > EXPIRED => ec2_expired(),
            Self::Expired => ec2_expired(),
            Self::UnknownKey | Self::Mismatch | Self::Old { .. } | Self::Early { .. } => {
                ApiError::auth_failure()
            }
        }
    }

    fn of_sts(&self) -> ApiError {
        match self {
            // MEM.
            Self::Unsigned => ApiError::with_status(
                "MissingAuthenticationToken",
                403,
                "Request is missing Authentication Token",
            ),
            Self::Incomplete(says) => ApiError::new("IncompleteSignature", says),
            Self::UnknownKey => ApiError::with_status("InvalidClientTokenId", 403, INVALID_TOKEN),
            Self::Mismatch => ApiError::with_status("SignatureDoesNotMatch", 403, MISMATCH),
            Self::Old { .. } | Self::Early { .. } | Self::Expired => {
                ApiError::with_status("SignatureDoesNotMatch", 403, self.by_the_clock())
            }
        }
    }

    /// The services that speak JSON.
    fn of_json(&self) -> ApiError {
        match self {
            // MEM.
            Self::Unsigned => ApiError::new(
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            ),
            Self::Incomplete(says) => ApiError::new("IncompleteSignatureException", says),
            // Status 400 at SSM in coveooss/spring-boot-parameter-store-integration#3.
            Self::UnknownKey => ApiError::new("UnrecognizedClientException", INVALID_TOKEN),
            // MEM.
            Self::Mismatch => ApiError::new("InvalidSignatureException", MISMATCH),
            Self::Old { .. } | Self::Early { .. } | Self::Expired => {
                ApiError::new("InvalidSignatureException", self.by_the_clock())
            }
        }
    }

    /// What is wrong with the time, as STS and its like say it: convox/rack#235 has the first.
    fn by_the_clock(&self) -> String {
        let write = |time: &Timestamp| time.strftime("%Y%m%dT%H%M%SZ").to_string();
        match self {
            Self::Old { at, now } => format!(
                "Signature expired: {} is now earlier than {} ({} - 5 min.)",
                write(at),
                write(&(*now - SKEW)),
                write(now)
            ),
            // MEM.
            Self::Early { at, now } => format!(
                "Signature not yet current: {} is still later than {} ({} + 5 min.)",
                write(at),
                write(&(*now + SKEW)),
                write(now)
            ),
            // MEM.
            Self::Expired
            | Self::Unsigned
            | Self::Incomplete(_)
            | Self::UnknownKey
            | Self::Mismatch => "Signature expired".to_owned(),
        }
    }
}

fn ec2_expired() -> ApiError {
    ApiError::new("RequestExpired", "Request has expired.")
}

const INVALID_TOKEN: &str = "The security token included in the request is invalid.";
/// aws/aws-cli#134.
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
    Secret Access Key and signing method. Consult the service documentation for details.";

#[cfg(test)]
mod tests;
