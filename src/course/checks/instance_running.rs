//! The instance runs.

use crate::course::bindings::Bindings;
use crate::course::evidence::Evidence;
use crate::course::explain::launch;
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    let wanted = "Your instance is running.";
    let Some(instance) = scene::bound_instance(evidence, bindings) else {
        return Ok(Verdict::not_yet(
            wanted,
            "There is no instance with your key pair yet.",
        ));
    };
    if instance.state == "running" {
        return Ok(Verdict::passed(format!(
            "Instance {} is running.",
            instance.id
        )));
    }
    let found = format!("Instance {} is {}.", instance.id, instance.state);
    let mistake = match instance.state.as_str() {
        "stopping" | "stopped" => Some(launch::stopped(instance)),
        "shutting-down" | "terminated" => Some(launch::terminated(instance)),
        _ => None,
    };
    Ok(Verdict::not_yet(wanted, found).or_mistake(mistake))
}
