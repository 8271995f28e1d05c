//! `StartInstances`: with a new public address.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::state_change::{StateChange, changes, chosen};
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::instance::{Instance, PublicAddress, State};

request! {
    /// The request.
    pub struct StartInstances {
        /// Ids.
        instance_ids: Vec<String> = "InstanceId",
    }
}

answer! {
    /// The answer.
    pub struct StartInstancesAnswer { starting_instances: Vec<StateChange> = "instancesSet" }
}

impl Operation for StartInstances {
    const NAME: &'static str = "StartInstances";
    type Answer = StartInstancesAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<StartInstancesAnswer, ApiError> {
        let before = chosen(call.region, &self.instance_ids)?;
        for instance in &before {
            match instance.state {
                State::Pending | State::Running | State::Stopped => {}
                State::Stopping | State::ShuttingDown | State::Terminated => {
                    return Err(ApiError::incorrect_state(format!(
                        "The instance '{}' is not in a state from which it can be started.",
                        instance.id
                    )));
                }
            }
        }
        let stopped: Vec<_> = before
            .iter()
            .filter(|instance| instance.state == State::Stopped)
            .collect();
        let more: i64 = stopped.iter().map(|one| one.vcpus()).sum();
        if call.region.instances.vcpus() + more > call.quotas.vcpus && more > 0 {
            return Err(ApiError::too_many_vcpus(call.quotas));
        }
        // One that has an Elastic IP keeps that.
        let wants = |one: &Instance| one.wants_public_address && one.public_address.is_none();
        let wanted = stopped.iter().filter(|one| wants(one)).count();
        let mut addresses = call.env.take_addresses(wanted)?.into_iter();
        for instance in stopped {
            let address = wants(instance)
                .then(|| addresses.next())
                .flatten()
                .map(|address| PublicAddress::new(address, &call.region.name));
            let (now, pace) = (call.env.now, call.env.pace);
            call.region
                .instances
                .start(&instance.id, now, pace, address);
        }
        Ok(StartInstancesAnswer {
            starting_instances: changes(call.region, &before),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn an_instance_that_stops_cannot_be_started_yet() {
        let mut client = Client::new();
        let id = client.launch("");
        let form = format!("InstanceId.1={id}");
        client.pass(2);
        done(client.ec2("StopInstances", &form));
        assert_eq!(
            refusal(&client.ec2("StartInstances", &form)),
            format!(
                "400 IncorrectInstanceState: The instance '{id}' is not in a state from which it can be started."
            )
        );
        client.pass(2);
        insta::assert_snapshot!(transcript(&client.ec2("StartInstances", &form)));
    }

    #[test]
    fn no_ids_are_refused() {
        assert_eq!(
            refusal(&Client::new().ec2("StartInstances", "")),
            "400 InvalidParameterCombination: No instances specified"
        );
    }
}
