//! `StartInstances`: with a new public address.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::state_change::{StateChange, changes, chosen};
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::instance::{PublicAddress, State};

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
        let wanted = stopped
            .iter()
            .filter(|instance| instance.wants_public_address)
            .count();
        let mut addresses = call.env.take_addresses(wanted)?.into_iter();
        for instance in stopped {
            let address = instance
                .wants_public_address
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
