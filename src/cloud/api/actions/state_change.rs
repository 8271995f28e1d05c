//! What StartInstances, StopInstances, RebootInstances and TerminateInstances have in common.

use std::sync::Arc;

use crate::cloud::Region;
use crate::cloud::api::actions::instance_item::StateItem;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::id::well_formed;
use crate::cloud::resources::instance::{Instance, State};

answer! {
    /// A change of state.
    pub struct StateChange {
        instance_id: String = "instanceId",
        current_state: StateItem = "currentState",
        previous_state: StateItem = "previousState",
    }
}

/// The instances with these ids; one bad id among them refuses the whole call.
pub fn chosen(region: &Region, ids: &[String]) -> Result<Vec<Arc<Instance>>, ApiError> {
    if ids.is_empty() {
        return Err(ApiError::invalid_combination("No instances specified"));
    }
    all_of(region, ids)
}

/// The instances with these ids, each once, in the order given; none for no ids.
pub fn all_of(region: &Region, ids: &[String]) -> Result<Vec<Arc<Instance>>, ApiError> {
    let mut found: Vec<Arc<Instance>> = Vec::with_capacity(ids.len());
    let mut seen = std::collections::HashSet::new();
    let mut missing = Vec::new();
    for id in ids {
        well_formed(id, "i", "InvalidInstanceID.Malformed")?;
        match region.instances.get(id) {
            Some(instance) if seen.insert(instance.number) => found.push(Arc::clone(instance)),
            Some(_) => {}
            None => missing.push(id.as_str()),
        }
    }
    match missing.as_slice() {
        [] => Ok(found),
        missing => Err(ApiError::no_such_instances(missing)),
    }
}

/// The changes from the states before to those that the instances have now.
pub fn changes(region: &Region, before: &[Arc<Instance>]) -> Vec<StateChange> {
    before
        .iter()
        .map(|was| StateChange {
            instance_id: was.id.clone(),
            current_state: region
                .instances
                .get(&was.id)
                .map_or(was.state, |is| is.state)
                .into(),
            previous_state: was.state.into(),
        })
        .collect()
}

impl ApiError {
    /// `InvalidInstanceID.NotFound`.
    pub fn no_such_instances(ids: &[&str]) -> Self {
        let text = match ids {
            [one] => format!("The instance ID '{one}' does not exist"),
            several => format!("The instance IDs '{}' do not exist", several.join(", ")),
        };
        Self::new("InvalidInstanceID.NotFound", text)
    }

    /// `IncorrectInstanceState`, with the sentence of each action.
    pub fn incorrect_state(message: String) -> Self {
        Self::new("IncorrectInstanceState", message)
    }
}

/// Whether an instance is on its way out or gone.
pub fn is_over(state: State) -> bool {
    matches!(state, State::ShuttingDown | State::Terminated)
}
