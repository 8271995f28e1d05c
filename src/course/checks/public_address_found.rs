//! The instance's public address was looked up, or used.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Event, Evidence, Instance, What};
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    let events = scene::events(evidence)?;
    let wanted = "You look up the public address of your instance.";
    let Some(instance) = scene::bound_instance(evidence, bindings) else {
        return Ok(Verdict::not_yet(
            wanted,
            "There is no instance with your key pair.",
        ));
    };
    let Some(address) = &instance.public_address else {
        return Ok(Verdict::not_yet(
            wanted,
            format!(
                "Instance {} is {} and has no public address.",
                instance.id, instance.state
            ),
        ));
    };
    Ok(if events.iter().any(|event| shows(event, instance)) {
        Verdict::passed(format!(
            "The public address of {} is {address} until it is stopped: each start gives it a new one.",
            instance.id
        ))
    } else {
        Verdict::not_yet(
            wanted,
            "Nobody has asked for it since the instance was launched.",
        )
    })
}

/// Asked for since the launch, or used.
fn shows(event: &Event, instance: &Instance) -> bool {
    match &event.what {
        What::Api { action, error, .. } => {
            action == "DescribeInstances" && error.is_none() && event.at >= instance.launched_at
        }
        What::Connected {
            instance: id,
            address,
            ..
        } => {
            *id == instance.id
                && (Some(address) == instance.public_address.as_ref()
                    || Some(address) == instance.public_name.as_ref())
        }
        What::LoggedIn { instance: id, .. } => *id == instance.id,
        What::Unreachable { .. }
        | What::UserNamed { .. }
        | What::KeyOffered { .. }
        | What::Refused { .. }
        | What::RootTurnedAway { .. }
        | What::RemoteCommand { .. }
        | What::Copied { .. }
        | What::Disconnected { .. }
        | What::Answered { .. }
        | What::ShellCommand { .. } => false,
    }
}
