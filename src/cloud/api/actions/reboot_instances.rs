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
        let now = call.env.now;
        for instance in &before {
            if instance.state == State::Running {
                call.region.instances.reboot(&instance.id, now);
            }
        }
        Ok(RebootInstancesAnswer { return_: true })
    }
}
