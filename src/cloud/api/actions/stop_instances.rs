//! `StopInstances`.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::state_change::{StateChange, changes, chosen};
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::instance::State;

request! {
    /// The request.
    pub struct StopInstances {
        /// Ids.
        instance_ids: Vec<String> = "InstanceId",
        /// Without the operating system's consent: the same here.
        force: Option<bool> = "Force",
        /// Likewise.
        skip_os_shutdown: Option<bool> = "SkipOsShutdown",
    }
}

answer! {
    /// The answer.
    pub struct StopInstancesAnswer { stopping_instances: Vec<StateChange> = "instancesSet" }
}

impl Operation for StopInstances {
    const NAME: &'static str = "StopInstances";
    type Answer = StopInstancesAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<StopInstancesAnswer, ApiError> {
        let before = chosen(call.region, &self.instance_ids)?;
        for instance in &before {
            match instance.state {
                State::Running | State::Stopping | State::Stopped => {}
                State::Pending | State::ShuttingDown | State::Terminated => {
                    // "This instance", where starting says "The instance" (facts, section 5.1).
                    return Err(ApiError::incorrect_state(format!(
                        "This instance '{}' is not in a state from which it can be stopped.",
                        instance.id
                    )));
                }
            }
            if instance.disable_api_stop && instance.state == State::Running {
                return Err(ApiError::protected(
                    &instance.id,
                    "stopped",
                    "disableApiStop",
                ));
            }
        }
        let (now, pace) = (call.env.now, call.env.pace);
        for instance in &before {
            if instance.state == State::Running {
                call.region.instances.stop(&instance.id, now, pace);
            }
        }
        Ok(StopInstancesAnswer {
            stopping_instances: changes(call.region, &before),
        })
    }
}

impl ApiError {
    /// `OperationNotPermitted`. Both texts are quoted, the one for stopping in many course notes.
    pub fn protected(id: &str, what: &str, attribute: &str) -> Self {
        let text = format!(
            "The instance '{id}' may not be {what}. Modify its '{attribute}' instance attribute and try again."
        );
        Self::new("OperationNotPermitted", text)
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::{done, refusal, transcript};

    use crate::cloud::api::testing::first;

    #[test]
    fn a_stop_releases_the_public_address_and_a_start_brings_another() {
        let mut client = Client::new();
        let id = client.launch("");
        client.pass(2);
        let before = client.ec2("DescribeInstances", "");
        let (address, private) = (
            first(&before, "ipAddress"),
            first(&before, "privateIpAddress"),
        );
        let form = format!("InstanceId.1={id}");
        insta::assert_snapshot!(transcript(&client.ec2("StopInstances", &form)));
        client.pass(2);
        let stopped = client.ec2("DescribeInstances", "");
        assert!(!stopped.body.contains("<ipAddress>"));
        assert_eq!(first(&stopped, "dnsName"), "");
        assert_eq!(
            first(&stopped, "reason"),
            "User initiated (2026-11-24 10:00:02 GMT)"
        );
        assert!(stopped.body.contains(
            "<stateReason><code>Client.UserInitiatedShutdown</code>\
             <message>Client.UserInitiatedShutdown: User initiated shutdown</message></stateReason>"
        ));
        done(client.ec2("StartInstances", &form));
        client.pass(2);
        let again = client.ec2("DescribeInstances", "");
        assert_ne!(first(&again, "ipAddress"), address);
        assert_eq!(first(&again, "privateIpAddress"), private);
        assert!(!again.body.contains("<stateReason>"));
        let had: Vec<String> = client
            .instance(&id)
            .earlier_addresses
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(had, [address]);
    }

    #[test]
    fn an_instance_that_is_not_up_cannot_be_stopped() {
        let mut client = Client::new();
        let id = client.launch("");
        assert_eq!(
            refusal(&client.ec2("StopInstances", &format!("InstanceId.1={id}"))),
            format!(
                "400 IncorrectInstanceState: This instance '{id}' is not in a state from which it can be stopped."
            )
        );
    }

    #[test]
    fn a_stopped_instance_is_stopped_again_without_complaint() {
        let mut client = Client::new();
        let id = client.launch("");
        let form = format!("InstanceId.1={id}");
        client.pass(2);
        done(client.ec2("StopInstances", &form));
        client.pass(2);
        assert_eq!(first(&client.ec2("StopInstances", &form), "code"), "80");
    }

    #[test]
    fn a_protected_instance_goes_on() {
        let mut client = Client::new();
        let id = client.launch("DisableApiStop=true&");
        client.pass(2);
        assert!(
            refusal(&client.ec2("StopInstances", &format!("InstanceId.1={id}")))
                .starts_with("400 OperationNotPermitted: ")
        );
    }
}
