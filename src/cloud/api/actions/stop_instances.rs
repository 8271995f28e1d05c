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
    /// `OperationNotPermitted`. The text for stopping is unverified, the one for terminating is AWS's.
    pub fn protected(id: &str, what: &str, attribute: &str) -> Self {
        let text = format!(
            "The instance '{id}' may not be {what}. Modify its '{attribute}' instance attribute and try again."
        );
        Self::new("OperationNotPermitted", text)
    }
}
