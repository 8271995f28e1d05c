//! A scripted fault: what a call meets instead of, or before, its answer. Declared by a lesson or by `serve --fault`.
//!
//! Only a description and its sentence: who counts how often it is met, and who waits, is `lab::server`.

use std::str::FromStr;
use std::time::Duration;

use rand::RngExt;

use crate::cloud::Env;
use crate::cloud::api::actions::{ACTIONS, Action};
use crate::cloud::api::caller::{Caller, Service};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::Params;

/// A fault of one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The action that meets it.
    pub action: &'static str,
    /// What it meets.
    pub kind: Kind,
    /// How many calls meet it; all of them without a number.
    pub times: Option<u32>,
}

/// What a call can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `RequestLimitExceeded`: throttling.
    Throttled,
    /// `InsufficientInstanceCapacity`.
    NoCapacity,
    /// `InternalError`.
    InternalError,
    /// `InternalFailure`.
    InternalFailure,
    /// `ServerInternal`.
    ServerInternal,
    /// `Unavailable`.
    Unavailable,
    /// `UnauthorizedOperation`: no policy allows it.
    Denied,
    /// The usual answer, so much later.
    Slow(Duration),
}

/// The codes of errors, in the order in which they are listed to somebody who wrote another.
const CODES: [(&str, Kind); 7] = [
    ("RequestLimitExceeded", Kind::Throttled),
    ("InsufficientInstanceCapacity", Kind::NoCapacity),
    ("InternalError", Kind::InternalError),
    ("InternalFailure", Kind::InternalFailure),
    ("ServerInternal", Kind::ServerInternal),
    ("Unavailable", Kind::Unavailable),
    ("UnauthorizedOperation", Kind::Denied),
];

/// The longest that an answer is held back: clients give up after a minute.
const SLOWEST: Duration = Duration::from_secs(60);

/// A fault that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No such code.
    #[error("there is no fault `{0}`; there are {known}, and slow", known = names())]
    Code(String),
    /// No such action.
    #[error("no action is named `{0}`{near}", near = near(.0))]
    Action(String),
    /// The action cannot meet it.
    #[error("{action} cannot meet `{code}`: {why}")]
    Never {
        /// The action.
        action: String,
        /// The code.
        code: String,
        /// Why.
        why: &'static str,
    },
    /// Not of the form `CODE:ACTION[:TIMES]`.
    #[error("`{0}` is no fault: write CODE:ACTION or CODE:ACTION:TIMES, or slow:2s:ACTION:TIMES")]
    Form(String),
    /// A time that is none.
    #[error("`{0}` is no time to wait: write 500ms or 2s, at most 60s")]
    Time(String),
    /// A number that is none.
    #[error("`{0}` is no number of times: write 1 or more, or leave it out for every call")]
    Times(String),
}

fn names() -> String {
    CODES.map(|(code, _)| code).join(", ")
}

fn near(name: &str) -> String {
    let all = ACTIONS.iter().map(|action| action.name);
    let close = all.min_by_key(|known| strsim::damerau_levenshtein(known, name));
    let close = close.filter(|known| strsim::damerau_levenshtein(known, name) <= 4);
    close.map_or_else(String::new, |known| format!("; did you mean {known}?"))
}

/// The action of that name, of any of the simulated services.
pub fn known(action: &str) -> Result<&'static Action, FaultError> {
    let known = ACTIONS.iter().find(|known| known.name == action);
    known.ok_or_else(|| FaultError::Action(action.to_owned()))
}

impl Fault {
    /// A fault by the code of its error. With `times` so many calls meet it, without it all.
    pub fn new(code: &str, action: &str, times: Option<u32>) -> Result<Self, FaultError> {
        let found = CODES.iter().find(|(known, _)| *known == code);
        let kind = found.ok_or_else(|| FaultError::Code(code.to_owned()))?.1;
        Self::of(kind, action, times)
    }

    /// An answer that is held back.
    pub fn slow(by: Duration, action: &str, times: Option<u32>) -> Result<Self, FaultError> {
        if by > SLOWEST {
            return Err(FaultError::Time(format!("{}s", by.as_secs())));
        }
        Self::of(Kind::Slow(by), action, times)
    }

    fn of(kind: Kind, action: &str, times: Option<u32>) -> Result<Self, FaultError> {
        let known = known(action)?;
        let never = |why| FaultError::Never {
            action: action.to_owned(),
            code: kind.code().to_owned(),
            why,
        };
        if kind == Kind::Denied && known.service == Service::Sts {
            return Err(never(
                "AWS needs no permission for it, and no policy takes it away",
            ));
        }
        if kind == Kind::NoCapacity && !matches!(action, "RunInstances" | "StartInstances") {
            return Err(never("only a launch or a start takes capacity"));
        }
        if times == Some(0) {
            return Err(FaultError::Times("0".to_owned()));
        }
        Ok(Self {
            action: known.name,
            kind,
            times,
        })
    }

    /// The refusal that the call meets; none when it is only slow.
    pub(super) fn error(
        &self,
        account_id: &str,
        caller: &Caller,
        params: &Params,
        env: &mut Env<'_>,
    ) -> Option<ApiError> {
        let server =
            |status, text: &str| Some(ApiError::with_status(self.kind.code(), status, text));
        match self.kind {
            Kind::Slow(_) => None,
            Kind::Throttled => match caller.service {
                Service::Ec2 => server(503, "Request limit exceeded."),
                // MEM, all.
                Service::Sts => Some(ApiError::new("Throttling", "Rate exceeded")),
                Service::Ssm | Service::InstanceConnect => {
                    Some(ApiError::new("ThrottlingException", "Rate exceeded"))
                }
            },
            Kind::NoCapacity => server(500, &no_capacity(params, &caller.region)),
            Kind::InternalError => server(500, INTERNAL),
            // The sentences of the next three are those of AWS's list of errors.
            Kind::InternalFailure => server(
                500,
                "The request processing has failed because of an unknown error, exception, or failure.",
            ),
            Kind::ServerInternal => server(500, "An internal error has occurred."),
            // MEM.
            Kind::Unavailable => {
                server(503, "The service is unavailable. Please try again shortly.")
            }
            Kind::Denied => Some(self.denied(account_id, caller, env)),
        }
    }

    /// The sentence of a policy that does not allow. A dry run gets the same, in place of `DryRunOperation`.
    fn denied(&self, account_id: &str, caller: &Caller, env: &mut Env<'_>) -> ApiError {
        let action = self.action;
        let user = format!("arn:aws:iam::{account_id}:user/learner");
        let region = &caller.region;
        let (prefix, resources) = match caller.service {
            Service::Ec2 => ("ec2", ""),
            Service::Sts => ("sts", "*"),
            Service::Ssm => ("ssm", "ssm:REGION:ACCOUNT:parameter/*"),
            Service::InstanceConnect => ("ec2-instance-connect", "ec2:REGION:ACCOUNT:instance/*"),
        };
        let because =
            format!("because no identity-based policy allows the {prefix}:{action} action");
        if caller.service != Service::Ec2 {
            // The JSON services' own code; MEM for the resource.
            let resources = resources
                .replace("REGION", region)
                .replace("ACCOUNT", account_id);
            let text = format!(
                "User: {user} is not authorized to perform: {prefix}:{action} on resource: arn:aws:{resources} {because}"
            );
            return ApiError::new("AccessDeniedException", text);
        }
        let says = "You are not authorized to perform this operation.";
        let who = format!("{says} User: {user} is not authorized to perform: {prefix}:{action}");
        let text = match resource(action) {
            // A describe call is about no resource, and carries no encoded message (WILD, many).
            None => format!("{who} {because}"),
            Some(kind) => format!(
                "{who} on resource: arn:aws:ec2:{region}:{account_id}:{kind}/* {because}. \
                 Encoded authorization failure message: {}",
                encoded(env)
            ),
        };
        ApiError::with_status("UnauthorizedOperation", 403, text)
    }
}

/// `An internal error has occurred` (MEM).
pub(super) const INTERNAL: &str = "An internal error has occurred";

/// WILD, many (commonwarexyz/monorepo#2859, scylladb/scylla-cluster-tests#5119), with status 500.
fn no_capacity(params: &Params, region: &str) -> String {
    let find = |wanted: &str| {
        let mut all = params.iter();
        all.find(|(name, _)| *name == wanted)
            .map(|(_, value)| value)
    };
    let Some(kind) = find("InstanceType") else {
        // Of a start: nib-health-funds/hammertime#29.
        return "Insufficient capacity.".to_owned();
    };
    match find("Placement.AvailabilityZone") {
        Some(zone) => {
            let others: Vec<String> = ["a", "b", "c"]
                .iter()
                .map(|letter| format!("{region}{letter}"))
                .filter(|other| other != zone)
                .collect();
            format!(
                "We currently do not have sufficient {kind} capacity in the Availability Zone you requested ({zone}). Our \
                 system will be working on provisioning additional capacity. You can currently get {kind} capacity by not \
                 specifying an Availability Zone in your request or choosing {}.",
                others.join(", ")
            )
        }
        // MEM.
        None => format!(
            "We currently do not have sufficient {kind} capacity in zones with support for 'gp2' volumes. Our system will be \
             working on provisioning additional capacity."
        ),
    }
}

/// The kind of resource that a denied action is about.
fn resource(action: &str) -> Option<&'static str> {
    let has = |word| action.contains(word);
    if action.starts_with("Describe") {
        None
    } else if has("KeyPair") {
        Some("key-pair")
    } else if has("SecurityGroupRule") && action.starts_with("Modify") {
        Some("security-group-rule")
    } else if has("SecurityGroup") {
        Some("security-group")
    } else if has("Address") {
        Some("elastic-ip")
    } else {
        Some("instance")
    }
}

/// Text in the form of an encoded authorization message: URL-safe base64, some hundred characters, another one each time.
fn encoded(env: &mut Env<'_>) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let length = env.rng.random_range(420..520);
    (0..length)
        .filter_map(|_| ALPHABET.get(env.rng.random_range(0..64_usize)))
        .map(|letter| char::from(*letter))
        .collect()
}

impl Kind {
    /// The code of its error.
    fn code(self) -> &'static str {
        let found = CODES.iter().find(|(_, kind)| *kind == self);
        found.map_or("slow", |(code, _)| code)
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    /// `RequestLimitExceeded:RunInstances:1`, `UnauthorizedOperation:RunInstances`, `slow:2s:DescribeInstances:3`.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let parts: Vec<&str> = text.split(':').collect();
        let times = |text: &str| {
            let number = text.parse().ok().filter(|number| *number > 0);
            number.ok_or_else(|| FaultError::Times(text.to_owned()))
        };
        match parts[..] {
            ["slow", time, action] => Self::slow(wait(time)?, action, None),
            ["slow", time, action, number] => Self::slow(wait(time)?, action, Some(times(number)?)),
            [code, action] if code != "slow" => Self::new(code, action, None),
            [code, action, number] if code != "slow" => {
                Self::new(code, action, Some(times(number)?))
            }
            _ => Err(FaultError::Form(text.to_owned())),
        }
    }
}

/// `500ms` or `2s`.
fn wait(text: &str) -> Result<Duration, FaultError> {
    let bad = || FaultError::Time(text.to_owned());
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => (text.strip_suffix('s').ok_or_else(bad)?, 1000),
    };
    let number: u64 = number.parse().map_err(|_| bad())?;
    let time = Duration::from_millis(number.checked_mul(unit).ok_or_else(bad)?);
    if time > SLOWEST {
        return Err(bad());
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_from_a_word() {
        let fault: Fault = "RequestLimitExceeded:RunInstances:1".parse().unwrap();
        assert_eq!(
            fault,
            Fault {
                action: "RunInstances",
                kind: Kind::Throttled,
                times: Some(1)
            }
        );
        let fault: Fault = "slow:2s:DescribeInstances:3".parse().unwrap();
        assert_eq!(
            (fault.kind, fault.times),
            (Kind::Slow(Duration::from_secs(2)), Some(3))
        );
        let fault: Fault = "slow:250ms:DescribeInstances".parse().unwrap();
        assert_eq!(
            (fault.kind, fault.times),
            (Kind::Slow(Duration::from_millis(250)), None)
        );
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        for (word, says) in [
            (
                "Throttle:RunInstances",
                "there is no fault `Throttle`; there are RequestLimitExceeded, InsufficientInstanceCapacity, InternalError, \
                 InternalFailure, ServerInternal, Unavailable, UnauthorizedOperation, and slow",
            ),
            (
                "InternalError:RunInstance",
                "no action is named `RunInstance`; did you mean RunInstances?",
            ),
            ("InternalError:Fly", "no action is named `Fly`"),
            (
                "InsufficientInstanceCapacity:CreateKeyPair",
                "CreateKeyPair cannot meet `InsufficientInstanceCapacity`: only a launch or a start takes capacity",
            ),
            (
                "UnauthorizedOperation:GetCallerIdentity",
                "GetCallerIdentity cannot meet `UnauthorizedOperation`: AWS needs no permission for it, and no policy takes it \
                 away",
            ),
            (
                "slow:2:RunInstances",
                "`2` is no time to wait: write 500ms or 2s, at most 60s",
            ),
            (
                "slow:2h:RunInstances",
                "`2h` is no time to wait: write 500ms or 2s, at most 60s",
            ),
            (
                "InternalError:RunInstances:0",
                "`0` is no number of times: write 1 or more, or leave it out for every call",
            ),
            (
                "slow",
                "`slow` is no fault: write CODE:ACTION or CODE:ACTION:TIMES, or slow:2s:ACTION:TIMES",
            ),
        ] {
            assert_eq!(word.parse::<Fault>().unwrap_err().to_string(), says);
        }
    }
}
