//! `aws ec2 wait …`: what is polled, how often, and what ends it.
//!
//! Intervals, tries and conditions are botocore's (`facts/ec2-api.md` section 11).

use std::time::Duration;

use serde_json::Value;

use crate::cli::aws::failure::Failure;

/// One waiter.
pub struct Waiter {
    /// Its name on the command line.
    pub name: &'static str,
    /// The action that it polls.
    pub action: &'static str,
    /// Time between two polls.
    pub every: Duration,
    /// How often it polls at most.
    pub tries: u32,
    expression: &'static str,
    wanted: Wanted,
    fatal: &'static [&'static str],
    retried: &'static str,
}

#[derive(Clone, Copy)]
enum Wanted {
    /// The expression is `true`.
    True,
    /// The expression lists at least one value, and all are this.
    All(&'static str),
}

/// What one poll means.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// It has come true.
    Done,
    /// Not yet; with the reason when an error was expected.
    Again(Option<String>),
    /// It cannot come true any more.
    Never(String),
}

const STATES: &str = "Reservations[].Instances[].State.Name";

const fn state(name: &'static str, wanted: &'static str, fatal: &'static [&'static str]) -> Waiter {
    Waiter {
        name,
        action: "DescribeInstances",
        every: Duration::from_secs(15),
        tries: 40,
        expression: STATES,
        wanted: Wanted::All(wanted),
        fatal,
        retried: if matches!(wanted.as_bytes(), b"running") {
            "InvalidInstanceID.NotFound"
        } else {
            ""
        },
    }
}

const fn all(
    name: &'static str,
    action: &'static str,
    expression: &'static str,
    wanted: &'static str,
) -> Waiter {
    Waiter {
        action,
        expression,
        ..state(name, wanted, &[])
    }
}

const fn exists(
    name: &'static str,
    action: &'static str,
    tries: u32,
    expression: &'static str,
    retried: &'static str,
) -> Waiter {
    Waiter {
        name,
        action,
        every: Duration::from_secs(5),
        tries,
        expression,
        wanted: Wanted::True,
        fatal: &[],
        retried,
    }
}

/// All that there are, by name.
pub static WAITERS: [Waiter; 11] = [
    all(
        "image-available",
        "DescribeImages",
        "Images[].State",
        "available",
    ),
    exists(
        "instance-exists",
        "DescribeInstances",
        40,
        "length(Reservations[]) > `0`",
        "InvalidInstanceID.NotFound",
    ),
    state(
        "instance-running",
        "running",
        &["shutting-down", "terminated", "stopping"],
    ),
    all(
        "instance-status-ok",
        "DescribeInstanceStatus",
        "InstanceStatuses[].InstanceStatus.Status",
        "ok",
    ),
    state("instance-stopped", "stopped", &["pending", "terminated"]),
    state(
        "instance-terminated",
        "terminated",
        &["pending", "stopping"],
    ),
    exists(
        "key-pair-exists",
        "DescribeKeyPairs",
        6,
        "length(KeyPairs[].KeyName) > `0`",
        "InvalidKeyPair.NotFound",
    ),
    exists(
        "security-group-exists",
        "DescribeSecurityGroups",
        6,
        "length(SecurityGroups[].GroupId) > `0`",
        "InvalidGroup.NotFound",
    ),
    all(
        "subnet-available",
        "DescribeSubnets",
        "Subnets[].State",
        "available",
    ),
    all(
        "system-status-ok",
        "DescribeInstanceStatus",
        "InstanceStatuses[].SystemStatus.Status",
        "ok",
    ),
    all("vpc-available", "DescribeVpcs", "Vpcs[].State", "available"),
];

impl Waiter {
    /// What an answer, or an error of the service, means.
    pub fn judge(&self, answer: Result<&Value, &Failure>) -> Result<Step, Failure> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(Failure::Service { code, message, .. }) => {
                return Ok(if code == self.retried {
                    Step::Again(Some(format!("Matched expected service error code: {code}")))
                } else {
                    Step::Never(format!("An error occurred ({code}): {message}"))
                });
            }
            Err(other) => return Err(other.clone()),
        };
        let found = jmespath::compile(self.expression)
            .and_then(|expression| expression.search(answer))
            .map_err(|error| Failure::Other(error.reason.to_string()))?;
        let wanted = match self.wanted {
            Wanted::True => {
                let done = found.as_boolean() == Some(true);
                return Ok(if done { Step::Done } else { Step::Again(None) });
            }
            Wanted::All(wanted) => wanted,
        };
        let values: Vec<&str> = found
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one.as_string().map(String::as_str))
            .collect();
        if !values.is_empty() && values.iter().all(|one| *one == wanted) {
            return Ok(Step::Done);
        }
        Ok(match self.fatal.iter().find(|one| values.contains(one)) {
            Some(fatal) => Step::Never(format!(
                "Waiter encountered a terminal failure state: For expression \"{}\" we matched \
                 expected path: \"{fatal}\" at least once",
                self.expression
            )),
            None => Step::Again(None),
        })
    }

    /// The failure of the whole waiter.
    pub fn failed(&self, why: &str) -> Failure {
        let name = crate::cloud::api::shape::member_name(&self.name.replace('-', "_"));
        Failure::Other(format!("Waiter {name} failed: {why}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn waiter(name: &str) -> &'static Waiter {
        WAITERS.iter().find(|one| one.name == name).unwrap()
    }

    fn states(states: &[&str]) -> Value {
        let instances: Vec<Value> = states
            .iter()
            .map(|s| json!({"State": {"Name": s}}))
            .collect();
        json!({"Reservations": [{ "Instances": instances }]})
    }

    #[test]
    fn running_waits_for_all_and_gives_up_on_a_stopping_one() {
        let running = waiter("instance-running");
        let judge = |list: &[&str]| running.judge(Ok(&states(list))).unwrap();
        assert_eq!(judge(&["running", "running"]), Step::Done);
        assert_eq!(judge(&["running", "pending"]), Step::Again(None));
        assert_eq!(judge(&[]), Step::Again(None));
        // Recorded with aws-cli 1.45.11 on 2026-11-24, there with "terminated".
        let why = "Waiter encountered a terminal failure state: For expression \
                   \"Reservations[].Instances[].State.Name\" we matched expected path: \
                   \"stopping\" at least once";
        assert_eq!(judge(&["stopping"]), Step::Never(why.into()));
        assert_eq!(
            running.failed(why).to_string(),
            format!("Waiter InstanceRunning failed: {why}")
        );
        assert_eq!(running.failed(why).exit_code(), 255);
    }

    #[test]
    fn an_empty_status_list_is_not_ok() {
        let ok = waiter("instance-status-ok");
        let none = json!({"InstanceStatuses": []});
        assert_eq!(ok.judge(Ok(&none)).unwrap(), Step::Again(None));
    }

    #[test]
    fn a_key_pair_that_is_not_there_yet_is_waited_for() {
        let exists = waiter("key-pair-exists");
        let error = |code: &str| Failure::Service {
            code: code.into(),
            action: String::new(),
            retries: String::new(),
            message: "m".into(),
        };
        let again = exists
            .judge(Err(&error("InvalidKeyPair.NotFound")))
            .unwrap();
        assert!(matches!(again, Step::Again(Some(_))));
        let never = exists.judge(Err(&error("AuthFailure"))).unwrap();
        assert_eq!(
            never,
            Step::Never("An error occurred (AuthFailure): m".into())
        );
        let there = json!({"KeyPairs": [{"KeyName": "a"}]});
        assert_eq!(exists.judge(Ok(&there)).unwrap(), Step::Done);
    }
}
