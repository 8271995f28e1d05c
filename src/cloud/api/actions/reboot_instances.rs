//! `RebootInstances`: state and addresses stay, terminated instances are ignored.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::state_change::chosen;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::instance::State;

request! {
    /// The request.
    pub struct RebootInstances {
        /// Ids.
        instance_ids: Vec<String> = "InstanceId",
    }
}

answer! {
    /// The answer.
    pub struct RebootInstancesAnswer { return_: bool = "return" }
}

impl Operation for RebootInstances {
    const NAME: &'static str = "RebootInstances";
    type Answer = RebootInstancesAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<RebootInstancesAnswer, ApiError> {
        let before = chosen(call.region, &self.instance_ids)?;
        for instance in &before {
            match instance.state {
                State::Pending | State::Running | State::ShuttingDown | State::Terminated => {}
                // The text is unverified.
                State::Stopping | State::Stopped => {
                    return Err(ApiError::incorrect_state(format!(
                        "The instance '{}' is not in a state from which it can be rebooted.",
                        instance.id
                    )));
                }
            }
        }
        let (now, pace) = (call.env.now, call.env.pace);
        for instance in &before {
            call.region.instances.reboot(&instance.id, now, pace);
        }
        Ok(RebootInstancesAnswer { return_: true })
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn a_reboot_keeps_state_and_addresses() {
        let mut client = Client::new();
        let id = client.launch("");
        client.pass(2);
        done(client.ec2("DescribeInstances", ""));
        let before = client.instance(&id).public_address.clone();
        assert!(before.is_some());
        insta::assert_snapshot!(transcript(
            &client.ec2("RebootInstances", &format!("InstanceId.1={id}"))
        ));
        assert_eq!(client.instance(&id).public_address, before);
    }

    #[test]
    fn a_terminated_instance_is_ignored_and_a_stopped_one_refused() {
        let mut client = Client::new();
        let (a, b) = (client.launch(""), client.launch(""));
        client.pass(2);
        done(client.ec2("TerminateInstances", &format!("InstanceId.1={a}")));
        done(client.ec2("StopInstances", &format!("InstanceId.1={b}")));
        client.pass(2);
        done(client.ec2("RebootInstances", &format!("InstanceId.1={a}")));
        assert!(
            refusal(&client.ec2("RebootInstances", &format!("InstanceId.1={b}")))
                .starts_with("400 IncorrectInstanceState: ")
        );
    }
}
