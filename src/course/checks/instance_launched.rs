//! An instance was launched with the key pair.

use crate::course::bindings::Bindings;
use crate::course::evidence::Evidence;
use crate::course::explain::launch;
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    let name = scene::key_name(bindings);
    let wanted =
        format!("An instance that was launched with key pair {name} and is starting or running.");
    let Some(instance) = scene::bound_instance(evidence, bindings) else {
        let mistake = launch::explain(evidence, bindings);
        let found = if mistake.is_some() {
            "There is an instance, but not with that key pair.".to_owned()
        } else {
            format!("No instance with key pair {name} is there yet.")
        };
        return Ok(Verdict::not_yet(wanted, found).or_mistake(mistake));
    };
    let id = &instance.id;
    if scene::is_alive(instance) {
        return Ok(Verdict::passed(format!(
            "Instance {id} was launched with key pair {name} and is {}.",
            instance.state
        )));
    }
    let found = format!("Instance {id} is {}.", instance.state);
    if scene::is_gone(instance) {
        // One with another key pair may have been launched since.
        let other = launch::explain(evidence, bindings);
        let mistake = other.unwrap_or_else(|| launch::terminated(instance));
        Ok(Verdict::not_yet(wanted, found).or_mistake(Some(mistake)))
    } else {
        Ok(Verdict::not_yet(wanted, found).or_mistake(Some(launch::stopped(instance))))
    }
}
