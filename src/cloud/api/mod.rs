//! The API: bytes -> typed request -> account -> typed answer -> bytes, in one pure function, [`handle`].
//!
//! Read on in `signature` and `caller` (who calls), `params` (the form), `actions` (one file each), `answer` and `xml`, `envelope`
//! (what goes around it).

pub mod actions;
pub mod answer;
pub mod caller;
pub mod envelope;
pub mod error;
pub mod fault;
pub mod filter;
#[cfg(test)]
mod hostile;
pub mod id;
pub mod known;
pub mod page;
pub mod params;
pub mod shape;
pub mod signature;
#[cfg(test)]
pub(crate) mod transcript;
pub mod xml;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::cloud::account::{self, Quotas};
use crate::cloud::api::actions::Action;
use crate::cloud::api::caller::{Caller, Service};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::fault::Fault;
use crate::cloud::api::params::Params;
use crate::cloud::api::signature::{AccessKey, Doubt, Signature};
use crate::cloud::{Account, Env, Region};
use crate::keys::PublicKey;

/// The parts of an HTTP request that the API looks at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// `POST` and so on.
    pub method: &'a str,
    /// The path, as it was sent.
    pub path: &'a str,
    /// The query string, without its question mark.
    pub query: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The `X-Amz-Target` header of the JSON services.
    pub target: Option<&'a str>,
    /// All headers whose values are text, these two included, as they came.
    pub headers: &'a [(&'a str, &'a str)],
}

impl<'a> Request<'a> {
    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let mut all = self.headers.iter();
        let found = all.find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    }
}

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Content type.
    pub content_type: &'static str,
    /// Body.
    pub body: String,
    /// What was called, for the journal; none when the request could not even be read that far.
    pub seen: Option<Seen>,
    /// Whether the account may have changed: it must be written before the answer is sent.
    pub changed: bool,
}

/// A call as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `RunInstances` and so on.
    pub action: String,
    /// Region of the call.
    pub region: String,
    /// Parameters by wire name; long ones and secrets are left out.
    pub parameters: BTreeMap<String, String>,
    /// The error's code and message, if it was refused.
    pub error: Option<(String, String)>,
}

/// What a running action may touch.
pub struct Call<'a, 'e> {
    /// The account's id, twelve digits.
    pub account_id: &'a str,
    /// The account's quotas.
    pub quotas: Quotas,
    /// Who calls.
    pub caller: &'a Caller,
    /// The region that is meant.
    pub region: &'a mut Region,
    /// Time, randomness, fresh keys.
    pub env: &'a mut Env<'e>,
}

/// A request that has been read: who calls, and what for.
#[derive(Debug)]
pub struct Asked {
    /// In whose form the answer is.
    service: Service,
    /// The caller, or why the signature is not believed.
    caller: Result<Caller, ApiError>,
    /// The action's name and its parameters, or why they cannot be read.
    named: Result<(String, Params), ApiError>,
}

impl Asked {
    /// Reads a request. With a key the signature must be that key's, made about `now`; without one every key is an account
    /// and no secret is known, so that the signature is read and not verified.
    pub fn of(request: &Request<'_>, key: Option<&AccessKey>, now: jiff::Timestamp) -> Self {
        let signature = match Signature::of(request) {
            Ok(signature) => signature,
            Err(doubt) => {
                let service = caller::service_of(request);
                return Self {
                    service,
                    caller: Err(doubt.refusal(service)),
                    named: envelope::read(service, request),
                };
            }
        };
        let caller = Caller::of(&signature).and_then(|caller| {
            let Some(key) = key else { return Ok(caller) };
            match signature.verify(request, key, now) {
                Ok(()) => Ok(caller),
                Err(doubt) => Err(doubt.refusal(caller.service)),
            }
        });
        let query = signature
            .is_in_query()
            .then(|| signature::without(request.query));
        let plain = Request {
            query: query.as_deref().unwrap_or(request.query),
            ..*request
        };
        let service = match &caller {
            Ok(caller) => caller.service,
            Err(_) => caller::service_of(request),
        };
        Self {
            service,
            caller,
            named: envelope::read(service, &plain),
        }
    }

    /// What a page of this program asks for in a caller's name: there is nothing to sign. The parameters are a form, as the
    /// query protocol's are, and go through the same door.
    pub fn on_a_page(caller: Caller, action: &str, form: &[u8]) -> Self {
        let params = Params::from_form("", form);
        Self {
            service: caller.service,
            caller: Ok(caller),
            named: params.map(|params| (action.to_owned(), params)),
        }
    }

    /// The caller; none when the signature is missing or wrong.
    pub fn caller(&self) -> Option<&Caller> {
        self.caller.as_ref().ok()
    }

    /// Whether the action is one that can change the account.
    pub fn changes(&self) -> bool {
        let (Ok(caller), Ok((name, _))) = (&self.caller, &self.named) else {
            return false;
        };
        actions::find(caller.service, name).is_some_and(|action| action.changes)
    }

    /// Whether answering it takes a fresh RSA key, if nothing is refused.
    pub fn wants_rsa(&self) -> bool {
        self.named.as_ref().is_ok_and(|(name, params)| {
            let asks_for = |wanted, value| params.iter().any(|pair| pair == (wanted, value));
            name == "CreateKeyPair"
                && !asks_for("KeyType", "ed25519")
                && !asks_for("DryRun", "true")
        })
    }
}

/// Answers one request whose signature is read and not verified. The whole path, with no I/O.
pub fn handle(request: &Request<'_>, account: &mut Account, env: &mut Env<'_>) -> Reply {
    let asked = Asked::of(request, None, env.now);
    match &asked.caller {
        Ok(_) => answer(asked, None, account, env).write(),
        Err(_) => turn_away(asked, &env.request_id()),
    }
}

/// The answer to a request whose signature is missing or wrong; no account has seen it.
///
/// What the journal gets of it is little, because anybody can send it: one that is sent a thousand times is one event.
pub fn turn_away(asked: Asked, request_id: &str) -> Reply {
    let error = match asked.caller {
        Err(error) => error,
        Ok(_) => ApiError::auth_failure(),
    };
    let action = asked.named.ok().map(|(name, _)| name);
    let known = action.filter(|name| actions::find(asked.service, name).is_some());
    Reply {
        seen: Some(Seen {
            action: known.unwrap_or_default(),
            region: String::new(),
            parameters: BTreeMap::new(),
            error: Some((error.code.to_string(), error.message.clone())),
        }),
        ..refused(asked.service, &error, request_id)
    }
}

/// An answer that has been made and not been written yet: writing it needs neither account nor lock.
pub struct Made {
    service: Service,
    request_id: String,
    outcome: Result<Answered, ApiError>,
    seen: Option<Seen>,
    /// Whether the account may have changed.
    pub changed: bool,
}

impl Made {
    /// The answer with the names that the AWS CLI prints, and the call for the journal.
    pub fn value(self) -> (Result<serde_json::Value, ApiError>, Option<Seen>) {
        let answer = self.outcome.map(|answered| answered.answer.json());
        (answer, self.seen)
    }

    /// Writes it.
    pub fn write(self) -> Reply {
        let (service, request_id) = (self.service, &self.request_id);
        match self.outcome {
            Ok(answered) => Reply {
                status: 200,
                content_type: envelope::content_type(service),
                body: envelope::success(
                    service,
                    answered.action.name,
                    request_id,
                    &*answered.answer,
                ),
                seen: self.seen,
                changed: self.changed,
            },
            Err(error) => Reply {
                seen: self.seen,
                changed: self.changed,
                ..refused(service, &error, request_id)
            },
        }
    }
}

/// Answers a request that has been read and whose caller is known. With a fault, that is what it meets.
pub fn answer(
    asked: Asked,
    fault: Option<&Fault>,
    account: &mut Account,
    env: &mut Env<'_>,
) -> Made {
    let regions = account.regions.len();
    let changed_by_time = account.advance(env.now, env.addresses);
    let request_id = env.request_id();
    let mut seen = None;
    let Asked {
        service,
        caller,
        named,
    } = asked;
    let outcome = caller.and_then(|caller| {
        let (name, params) = named?;
        let now = env.now;
        account.without_young(&name.clone(), now, |account| {
            run(name, params, &caller, fault, account, env, &mut seen)
        })
    });
    if let (Some(seen), Err(error)) = (seen.as_mut(), &outcome) {
        seen.error = Some((error.code.to_string(), error.message.clone()));
    }
    // The first look at a region makes its default VPC.
    let changed = changed_by_time
        || account.regions.len() != regions
        || match &outcome {
            Ok(answered) => answered.action.changes,
            Err(error) => error.partly_done,
        };
    Made {
        service,
        request_id,
        outcome,
        seen,
        changed,
    }
}

/// Calls an action without a request around it; the answer has the names that the AWS CLI prints.
pub fn call(
    action: &str,
    params: Params,
    caller: &Caller,
    account: &mut Account,
    env: &mut Env<'_>,
) -> Result<serde_json::Value, ApiError> {
    let name = action.to_owned();
    let answered = run(name, params, caller, None, account, env, &mut None)?;
    Ok(answered.answer.json())
}

/// The answer to a request whose body is too long to be read. AWS's own code for it is unverified.
pub fn too_large(request: &Request<'_>) -> Reply {
    let text = "The request is too large";
    refuse(
        request,
        &ApiError::with_status("RequestEntityTooLarge", 413, text),
    )
}

/// The answer to a request whose body did not arrive in time. AWS's own answer is unverified.
pub fn too_slow(request: &Request<'_>) -> Reply {
    let text = "The request did not arrive in time";
    refuse(request, &ApiError::with_status("RequestTimeout", 408, text))
}

/// The answer to a request whose body broke off or is no body. AWS's own answer is unverified.
pub fn broken_off(request: &Request<'_>) -> Reply {
    let text = "The request's body is not complete";
    refuse(request, &ApiError::new("IncompleteBody", text))
}

/// The answer to a request that no AWS client sends: one of a web page, or one for another host.
pub fn forbidden(request: &Request<'_>, why: &str) -> Reply {
    refuse(
        request,
        &ApiError::with_status("GroundSchool.Forbidden", 403, why),
    )
}

/// The answer when our own program failed; clients try again.
pub fn broken(request: &Request<'_>) -> Reply {
    let error = ApiError::internal(fault::INTERNAL);
    let action = envelope::read(caller::service_of(request), request);
    Reply {
        seen: Some(Seen {
            action: action.map(|(name, _)| name).unwrap_or_default(),
            region: String::new(),
            parameters: BTreeMap::new(),
            error: Some((error.code.to_string(), error.message.clone())),
        }),
        ..refuse(request, &error)
    }
}

/// The answer when the change could not be written to the disk, and so was not made.
pub fn not_kept(request: &Request<'_>, why: &str) -> Reply {
    refuse(request, &ApiError::not_kept(why))
}

/// What a request asks for, whether or not it may: the action's name.
pub fn action_of(request: &Request<'_>) -> Option<String> {
    let named = envelope::read(caller::service_of(request), request);
    named.ok().map(|(name, _)| name)
}

fn refuse(request: &Request<'_>, error: &ApiError) -> Reply {
    let service = caller::service_of(request);
    refused(service, error, "00000000-0000-4000-8000-000000000000")
}

fn refused(service: Service, error: &ApiError, request_id: &str) -> Reply {
    Reply {
        status: error.status,
        content_type: envelope::content_type(service),
        body: envelope::failure(service, error, request_id),
        seen: None,
        changed: false,
    }
}

struct Answered {
    action: &'static Action,
    answer: Box<dyn envelope::Body>,
}

fn run(
    name: String,
    mut params: Params,
    caller: &Caller,
    fault: Option<&Fault>,
    account: &mut Account,
    env: &mut Env<'_>,
    seen: &mut Option<Seen>,
) -> Result<Answered, ApiError> {
    let seen = seen.insert(Seen {
        action: name,
        region: caller.region.clone(),
        parameters: for_the_journal(&params),
        error: None,
    });
    let action = actions::find(caller.service, &seen.action)
        .ok_or_else(|| envelope::no_such_action(caller.service, &seen.action))?;
    let dry_run = <Option<bool> as params::Parameter>::take(&mut params, "DryRun")?;
    if account::NOT_OPTED_IN.contains(&caller.region.as_str()) {
        // A region that is not enabled knows no key of the account: turbot/steampipe-plugin-aws#75, fog/fog-aws#585,
        // segmentio/aws-okta#225 (STS).
        return Err(Doubt::UnknownKey.refusal(caller.service));
    }
    if !account::region_exists(&caller.region) {
        return Err(ApiError::unknown_region(&caller.region));
    }
    let account_id = account.id.clone();
    let quotas = account.quotas;
    if let Some(error) = fault.and_then(|fault| fault.error(&account_id, caller, &params, env)) {
        return Err(error);
    }
    let region = account.region(&caller.region, env);
    let mut call = Call {
        account_id: &account_id,
        quotas,
        caller,
        region,
        env,
    };
    let answer = (action.run)(params, &mut call, dry_run == Some(true))?;
    Ok(Answered { action, answer })
}

/// Values longer than a name or an id are nobody's evidence, and may be secrets. Of a key it is written down which one it is:
/// the fingerprint of a public half, [`A_PRIVATE_HALF`] of the other.
fn for_the_journal(params: &Params) -> BTreeMap<String, String> {
    const SECRET: [&str; 3] = ["PublicKeyMaterial", "UserData", "ClientToken"];
    let mut kept: BTreeMap<String, String> = params
        .iter()
        .filter(|(name, value)| value.len() <= 256 && !SECRET.contains(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .take(64)
        .collect();
    for (name, value) in params.iter() {
        let which = match name {
            "SSHPublicKey" => which_key(value.as_bytes()),
            "PublicKeyMaterial" => BASE64.decode(value).ok().and_then(|key| which_key(&key)),
            _ => continue,
        };
        kept.remove(name);
        kept.extend(which.map(|which| (name.to_owned(), which)));
    }
    kept
}

/// What the journal has in place of a private half. A check of the course's knows it by these words.
pub const A_PRIVATE_HALF: &str = "a private half";

/// Which key it is that was sent.
fn which_key(material: &[u8]) -> Option<String> {
    // No key is longer, whatever a request brings.
    let material = material.get(..material.len().min(16 * 1024))?;
    if String::from_utf8_lossy(material).contains("PRIVATE KEY") {
        return Some(A_PRIVATE_HALF.to_owned());
    }
    let key = PublicKey::from_material(material.trim_ascii()).ok()?;
    Some(key.sha256())
}

#[cfg(test)]
pub(crate) mod testing {
    //! A client for tests of actions: an account, a seeded [`Env`] and a clock that moves when told.

    use std::sync::LazyLock;

    use jiff::Timestamp;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::{Reply, Request, handle};
    use crate::cloud::env::{AddressPool, Pace, RsaSource};
    use crate::cloud::resources::instance::Instance;
    use crate::cloud::{Account, Env};
    use crate::keys::{KeyType, PrivateKey};

    /// An account with a client that signs for `us-east-1`.
    pub(crate) struct Client {
        pub(crate) account: Account,
        pub(crate) now: Timestamp,
        pub(crate) pace: Pace,
        pub(crate) region: &'static str,
        pub(crate) addresses: AddressPool,
        rng: StdRng,
    }

    /// Hands out one and the same key, because making one takes long.
    struct OneRsa;
    impl RsaSource for OneRsa {
        fn next_rsa(&mut self) -> PrivateKey {
            static KEY: LazyLock<PrivateKey> = LazyLock::new(|| {
                PrivateKey::generate(KeyType::Rsa, &mut StdRng::seed_from_u64(11)).unwrap()
            });
            KEY.clone()
        }
    }

    impl Client {
        pub(crate) fn new() -> Self {
            Self {
                account: Account::new("123456789012"),
                now: "2026-11-24T10:00:00Z".parse().unwrap(),
                pace: Pace::Fast,
                region: "us-east-1",
                addresses: AddressPool::new("203.0.113.0/24".parse().unwrap()),
                rng: StdRng::seed_from_u64(7),
            }
        }

        /// Lets time pass.
        pub(crate) fn pass(&mut self, seconds: i64) {
            self.now += jiff::SignedDuration::from_secs(seconds);
        }

        /// Calls an EC2 action with a form such as `KeyName=a&KeyType=ed25519`.
        pub(crate) fn ec2(&mut self, action: &str, form: &str) -> Reply {
            let body = format!("Action={action}&Version=2016-11-15&{form}");
            self.send("ec2", None, &body)
        }

        /// Launches one Amazon Linux 2023 instance with more parameters such as `KeyName=a&`, and gives its id.
        pub(crate) fn launch(&mut self, more: &str) -> String {
            let reply = self.ec2("RunInstances", &format!("{more}{LAUNCH}"));
            assert_eq!(reply.status, 200, "{}", reply.body);
            first(&reply, "instanceId")
        }

        /// The instance of that id.
        pub(crate) fn instance(&self, id: &str) -> std::sync::Arc<Instance> {
            let region = &self.account.regions[self.region];
            std::sync::Arc::clone(region.instances.get(id).unwrap())
        }

        /// Sends a body to a service.
        pub(crate) fn send(&mut self, service: &str, target: Option<&str>, body: &str) -> Reply {
            let authorization = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/{}/{service}/aws4_request, \
                 SignedHeaders=host, Signature=00",
                self.region
            );
            let request = Request {
                query: "",
                body: body.as_bytes(),
                authorization: Some(&authorization),
                target,
                ..Request::default()
            };
            self.with(|account, env| handle(&request, account, env))
        }

        /// Works on the account with what a call has around it.
        pub(crate) fn with<R>(&mut self, work: impl FnOnce(&mut Account, &mut Env<'_>) -> R) -> R {
            let mut env = Env {
                now: self.now,
                pace: self.pace,
                rng: &mut self.rng,
                addresses: &mut self.addresses,
                rsa: &mut OneRsa,
            };
            work(&mut self.account, &mut env)
        }
    }

    /// The least that a launch of one Amazon Linux 2023 instance says.
    pub(crate) const LAUNCH: &str = "ImageId=resolve:ssm:/aws/service/ami-amazon-linux-latest/\
        al2023-ami-kernel-default-x86_64&InstanceType=t3.micro&MaxCount=1&MinCount=1";

    /// The text of the first element of that name.
    pub(crate) fn first(reply: &Reply, name: &str) -> String {
        let after = reply
            .body
            .split_once(&format!("<{name}>"))
            .map_or("", |(_, after)| after);
        after
            .split_once("</")
            .map_or("", |(text, _)| text)
            .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{Client, LAUNCH, first};
    use super::transcript::refusal;

    #[test]
    fn an_unknown_action_is_a_400_that_clients_do_not_retry() {
        let reply = Client::new().ec2("FlyToTheMoon", "");
        assert_eq!(reply.status, 400);
        assert_eq!(first(&reply, "Code"), "InvalidAction");
        assert_eq!(
            first(&reply, "Message"),
            "The action FlyToTheMoon is not valid for this web service."
        );
    }

    #[test]
    fn a_parameter_that_is_not_simulated_is_refused_by_name() {
        let reply = Client::new().ec2("RunInstances", &format!("KernelId=aki-1&{LAUNCH}"));
        assert_eq!(
            refusal(&reply),
            "400 GroundSchool.NotSimulated: Ground School does not simulate the parameter 'KernelId' of RunInstances. \
             Leave it out and try again"
        );
    }

    #[test]
    fn a_parameter_that_aws_does_not_know_is_its_own_refusal() {
        let reply = Client::new().ec2("DescribeRegions", "Foo=1");
        assert_eq!(
            refusal(&reply),
            "400 UnknownParameter: The parameter Foo is not recognized"
        );
    }

    #[test]
    fn a_dry_run_is_answered_by_an_error_either_way() {
        let mut client = Client::new();
        let reply = client.ec2("DescribeRegions", "DryRun=true");
        assert_eq!(
            refusal(&reply),
            "412 DryRunOperation: Request would have succeeded, but DryRun flag is set."
        );
        let unknown = "DryRun=true&InstanceId.1=i-00000000000000001";
        assert_eq!(
            refusal(&client.ec2("TerminateInstances", unknown)),
            "400 InvalidInstanceID.NotFound: The instance ID 'i-00000000000000001' does not exist"
        );
    }

    #[test]
    fn a_dry_run_of_every_kind_of_change_leaves_the_account_as_it_is() {
        let mut client = Client::new();
        let id = client.launch("");
        client.pass(2);
        client.ec2("DescribeInstances", "");
        let before = client.account.clone();
        let stop = format!("InstanceId.1={id}");
        for (action, form) in [
            ("RunInstances", format!("ClientToken=t&{LAUNCH}")),
            ("CreateKeyPair", "KeyName=k".to_owned()),
            ("AllocateAddress", String::new()),
            ("StopInstances", stop.clone()),
            ("TerminateInstances", stop),
            (
                "CreateSecurityGroup",
                "GroupName=g&GroupDescription=d".to_owned(),
            ),
        ] {
            let reply = client.ec2(action, &format!("DryRun=true&{form}"));
            assert_eq!((reply.status, reply.changed), (412, false), "{action}");
        }
        assert_eq!(client.account, before);
    }

    #[test]
    fn a_region_that_is_not_enabled_does_not_know_the_key() {
        let mut client = Client::new();
        client.region = "ap-east-1";
        assert_eq!(
            refusal(&client.ec2("DescribeKeyPairs", "")),
            "401 AuthFailure: AWS was not able to validate the provided access credentials"
        );
        let body = "Action=GetCallerIdentity&Version=2011-06-15";
        assert_eq!(
            refusal(&client.send("sts", None, body)),
            "403 InvalidClientTokenId: The security token included in the request is invalid."
        );
        client.region = "mars-1";
        assert_eq!(
            refusal(&client.ec2("DescribeKeyPairs", "")),
            "400 GroundSchool.UnknownRegion: Ground School has no region named 'mars-1'"
        );
    }

    #[test]
    fn another_version_of_the_api_does_not_exist() {
        let mut client = Client::new();
        let body = "Action=DescribeRegions&Version=2016-11-16";
        assert_eq!(
            refusal(&client.send("ec2", None, body)),
            "400 NoSuchVersion: The requested version (2016-11-16) of service AmazonEC2 does not exist"
        );
        let body = "Action=DescribeRegions&Version=2014-10-01";
        assert!(
            refusal(&client.send("ec2", None, body)).starts_with("400 GroundSchool.NotSimulated: ")
        );
        let body = "Action=GetCallerIdentity&Version=2016-11-15";
        assert_eq!(
            refusal(&client.send("sts", None, body)),
            "400 InvalidAction: Could not find operation GetCallerIdentity for version 2016-11-15"
        );
    }

    #[test]
    fn describe_regions_answers_in_ec2s_own_form() {
        let reply = Client::new().ec2("DescribeRegions", "RegionName.1=eu-north-1");
        let start = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DescribeRegionsResponse \
                     xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>";
        assert!(reply.body.starts_with(start), "{}", reply.body);
        assert!(reply.body.ends_with(
            "<regionInfo><item><regionName>eu-north-1</regionName>\
             <regionEndpoint>ec2.eu-north-1.amazonaws.com</regionEndpoint>\
             <optInStatus>opt-in-not-required</optInStatus></item></regionInfo></DescribeRegionsResponse>"
        ));
    }
}
