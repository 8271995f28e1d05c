//! `SendSSHPublicKey` of EC2 Instance Connect: a public key opens one user of one instance for a minute.
//!
//! Texts of its refusals: those of validation and of a key that is none are quoted (mludvig/aws-ssm-tools#44,
//! danmx/sigil#116); the others are the sentences of its API reference, unverified as messages.

use std::time::Duration;

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::caller::Service;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::instance::{PushedKey, State, later};
use crate::keys::PublicKey;

request! {
    /// The request.
    pub struct SendSshPublicKey {
        /// The instance.
        instance_id: Option<String> = "InstanceId",
        /// The user who may come in with it. Nobody checks that there is one.
        instance_os_user: Option<String> = "InstanceOSUser",
        /// An OpenSSH line, RSA or ED25519.
        ssh_public_key: Option<String> = "SSHPublicKey",
        /// The instance's zone.
        availability_zone: Option<String> = "AvailabilityZone",
    }
}

answer! {
    /// The answer. The envelope adds the request's id.
    pub struct SendSshPublicKeyAnswer { success: bool = "Success" }
}

/// How long a pushed key opens the instance (EC2 User Guide).
const VALID: Duration = Duration::from_secs(60);

impl Operation for SendSshPublicKey {
    const NAME: &'static str = "SendSSHPublicKey";
    const SERVICE: Service = Service::InstanceConnect;
    type Answer = SendSshPublicKeyAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<SendSshPublicKeyAnswer, ApiError> {
        let mut faults = Vec::new();
        let id = valid(
            "instanceId",
            self.instance_id,
            (10, 32),
            Some((is_instance_id, "^i-[a-f0-9]+$")),
            &mut faults,
        );
        let user = valid(
            "instanceOSUser",
            self.instance_os_user,
            (1, 32),
            Some((is_user, USER)),
            &mut faults,
        );
        let key = valid(
            "sSHPublicKey",
            self.ssh_public_key,
            (80, 4096),
            None,
            &mut faults,
        );
        if !faults.is_empty() {
            let (count, s) = (faults.len(), if faults.len() == 1 { "" } else { "s" });
            return Err(invalid(format!(
                "{count} validation error{s} detected: {}",
                faults.join("; ")
            )));
        }
        let key = PublicKey::from_material(key.trim().as_bytes()).map_err(|_| {
            invalid(
                "Invalid input parameter received for Illegal argument exception: \
                 RSA - SSH Public key is invalid",
            )
        })?;
        let not_found = || {
            ApiError::new(
                "EC2InstanceNotFoundException",
                "The specified instance was not found.",
            )
        };
        let instances = &mut call.region.instances;
        let instance = instances.get(&id).ok_or_else(not_found)?;
        if self
            .availability_zone
            .is_some_and(|zone| instance.availability_zone != zone)
        {
            return Err(not_found());
        }
        match instance.state {
            State::Running => {}
            State::Pending => {
                return Err(ApiError::new(
                    "EC2InstanceUnavailableException",
                    "The instance is currently unavailable. Wait a few minutes and try again.",
                ));
            }
            State::ShuttingDown | State::Terminated | State::Stopping | State::Stopped => {
                return Err(ApiError::new(
                    "EC2InstanceStateInvalidException",
                    "Unable to connect because the instance is not in a valid state. Connecting to a stopped or \
                     terminated instance is not supported. If the instance is stopped, start your instance, and try \
                     to connect again.",
                ));
            }
        }
        let now = call.env.now;
        let pushed = PushedKey {
            user,
            key: key.openssh(""),
            until: later(now, VALID),
        };
        instances.change(&id, |instance| {
            instance.pushed_keys.retain(|old| {
                old.until > now && (&old.user, &old.key) != (&pushed.user, &pushed.key)
            });
            instance.pushed_keys.push(pushed);
        });
        Ok(SendSshPublicKeyAnswer { success: true })
    }
}

/// Whether a text fits, and the regular expression that AWS has for it.
type Pattern = (fn(&str) -> bool, &'static str);

/// A member that fits its limits; what is wrong with it otherwise goes to the faults.
fn valid(
    name: &str,
    value: Option<String>,
    (shortest, longest): (usize, usize),
    pattern: Option<Pattern>,
    faults: &mut Vec<String>,
) -> String {
    let Some(value) = value else {
        faults.push(format!(
            "Value null at '{name}' failed to satisfy constraint: Member must not be null"
        ));
        return String::new();
    };
    let mut fault = |must: String| {
        faults.push(format!(
            "Value '{value}' at '{name}' failed to satisfy constraint: Member must {must}"
        ));
    };
    if let Some((fits, pattern)) = pattern
        && !fits(&value)
    {
        fault(format!("satisfy regular expression pattern: {pattern}"));
    }
    if value.chars().count() < shortest {
        fault(format!("have length greater than or equal to {shortest}"));
    }
    if value.chars().count() > longest {
        fault(format!("have length less than or equal to {longest}"));
    }
    value
}

fn is_instance_id(text: &str) -> bool {
    text.strip_prefix("i-").is_some_and(|digits| {
        !digits.is_empty()
            && digits
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// As botocore's model writes it.
const USER: &str = r"(^[A-Za-z_][A-Za-z0-9\@\._-]{0,30}[A-Za-z0-9\$_-]?$)|(^(?=.{2,32}$)[0-9]{1,32}[A-Za-z\@\._-][A-Za-z0-9\@\._-]*[A-Za-z0-9\$_-]?$)";

/// Letters, digits and `@ . _ -`, with a `$` only at the end; not digits alone, and not starting with a sign.
fn is_user(text: &str) -> bool {
    let body = text.strip_suffix('$').unwrap_or(text);
    let fits = |c: char| c.is_ascii_alphanumeric() || "@._-".contains(c);
    let starts = body
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    starts && body.chars().all(fits) && !body.chars().all(|c| c.is_ascii_digit())
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidArgsException", message)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::cloud::api::Reply;
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::done;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILR+zNQbYY5ORuhYXGMTSnjRLzS9C5dUdWRKdlqi20q2 me@host\n";

    fn send(client: &mut Client, body: &Value) -> Reply {
        let target = Some("AWSEC2InstanceConnectService.SendSSHPublicKey");
        client.send("ec2-instance-connect", target, &body.to_string())
    }

    fn refused(client: &mut Client, body: &Value) -> String {
        let reply = send(client, body);
        let error: Value = serde_json::from_str(&reply.body).unwrap();
        format!(
            "{} {}: {}",
            reply.status,
            error["__type"].as_str().unwrap(),
            error["Message"].as_str().unwrap()
        )
    }

    #[test]
    fn a_pushed_key_is_kept_for_a_minute_and_answered_with_success() {
        let mut client = Client::new();
        let id = client.launch("");
        client.pass(2);
        let body = json!({
            "InstanceId": id, "InstanceOSUser": "ec2-user", "SSHPublicKey": KEY,
            "AvailabilityZone": "us-east-1a"
        });
        let reply = done(send(&mut client, &body));
        let key = PublicKey::from_material(KEY.trim().as_bytes()).unwrap();
        let seen = &reply.seen.as_ref().unwrap().parameters;
        assert_eq!(seen["SSHPublicKey"], key.sha256());
        assert_eq!(reply.content_type, "application/x-amz-json-1.1");
        let answer: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(answer["Success"], true);
        assert_eq!(answer["RequestId"].as_str().unwrap().len(), 36);
        let instance = client.instance(&id);
        let opens = |seconds| {
            let at = client.now + jiff::SignedDuration::from_secs(seconds);
            instance.keys_pushed_at(at).count()
        };
        assert_eq!((opens(0), opens(59), opens(60)), (1, 1, 0));
        assert_eq!(instance.pushed_keys[0].key, KEY.rsplit_once(' ').unwrap().0);
        // The same key again begins its minute anew, and old ones are forgotten.
        done(send(&mut client, &body));
        assert_eq!(client.instance(&id).pushed_keys.len(), 1);
    }

    #[test]
    fn what_does_not_fit_is_refused_as_the_validation_words_it() {
        let mut client = Client::new();
        let body = json!({ "InstanceId": "mi-048afb7f6460a110d", "InstanceOSUser": "ec2-user", "SSHPublicKey": KEY });
        assert_eq!(
            refused(&mut client, &body),
            "400 InvalidArgsException: 1 validation error detected: Value 'mi-048afb7f6460a110d' at 'instanceId' \
             failed to satisfy constraint: Member must satisfy regular expression pattern: ^i-[a-f0-9]+$"
        );
        let body = json!({ "InstanceId": "i-0123456789abcdef0", "SSHPublicKey": "short" });
        assert_eq!(
            refused(&mut client, &body),
            "400 InvalidArgsException: 2 validation errors detected: Value null at 'instanceOSUser' failed to satisfy \
             constraint: Member must not be null; Value 'short' at 'sSHPublicKey' failed to satisfy constraint: Member \
             must have length greater than or equal to 80"
        );
        let id = client.launch("");
        client.pass(2);
        let body = json!({ "InstanceId": id, "InstanceOSUser": "u", "SSHPublicKey": "ssh-rsa ".to_owned() + &"A".repeat(99) });
        assert_eq!(
            refused(&mut client, &body),
            "400 InvalidArgsException: Invalid input parameter received for Illegal argument exception: \
             RSA - SSH Public key is invalid"
        );
    }

    #[test]
    fn instances_that_are_not_there_or_not_up_are_refused() {
        let mut client = Client::new();
        let push = |id: &str, zone: &str| {
            json!({
                "InstanceId": id, "InstanceOSUser": "ec2-user", "SSHPublicKey": KEY,
                "AvailabilityZone": zone
            })
        };
        let not_found = "400 EC2InstanceNotFoundException: The specified instance was not found.";
        assert_eq!(
            refused(&mut client, &push("i-0123456789abcdef0", "us-east-1a")),
            not_found
        );
        let id = client.launch("");
        assert!(
            refused(&mut client, &push(&id, "us-east-1a"))
                .starts_with("400 EC2InstanceUnavailableException: ")
        );
        client.pass(2);
        assert_eq!(refused(&mut client, &push(&id, "us-east-1b")), not_found);
        client.ec2("StopInstances", &format!("InstanceId.1={id}"));
        assert!(
            refused(&mut client, &push(&id, "us-east-1a"))
                .starts_with("400 EC2InstanceStateInvalidException: Unable to connect because ")
        );
    }

    #[test]
    fn users_are_named_as_linux_names_them() {
        for user in ["ec2-user", "_apt", "a", "dev.ops", "machine$", "0root"] {
            assert!(is_user(user), "{user}");
        }
        for user in ["", "-a", "a b", "a;b", "123", "$"] {
            assert!(!is_user(user), "{user}");
        }
    }

    #[test]
    fn other_operations_of_the_service_are_not_known() {
        let target = Some("AWSEC2InstanceConnectService.SendSerialConsoleSSHPublicKey");
        let reply = Client::new().send("ec2-instance-connect", target, "{}");
        assert_eq!(reply.status, 400);
        assert!(reply.body.contains("UnknownOperationException"));
    }
}
