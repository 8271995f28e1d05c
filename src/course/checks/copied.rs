//! A file was copied to the instance, or from it.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, What};
use crate::course::scene;
use crate::course::verdict::Verdict;

/// `to`: to the instance.
pub(super) fn judge(
    to: bool,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    let events = scene::events(evidence)?;
    let copied = events.iter().rev().find_map(|event| {
        if let What::Copied {
            instance,
            path,
            there,
            ..
        } = &event.what
        {
            (*there == to && Some(instance) == bindings.instance.as_ref()).then_some(path.as_str())
        } else if let What::RemoteCommand {
            instance,
            line,
            status: 0,
            ..
        } = &event.what
        {
            // scp before OpenSSH 9, and scp -O.
            let old = if to { "scp -t " } else { "scp -f " };
            let path = line.strip_prefix(old)?;
            (Some(instance) == bindings.instance.as_ref()).then_some(path.trim())
        } else {
            None
        }
    });
    Ok(match (copied, to) {
        (Some(path), true) => Verdict::passed(format!("{path} is on the instance now.")),
        (Some(path), false) => Verdict::passed(format!("{path} of the instance is here now.")),
        (None, true) => Verdict::not_yet(
            "You copy a file from here to the instance.",
            "No file has arrived there yet.",
        ),
        (None, false) => Verdict::not_yet(
            "You copy a file from the instance to here.",
            "No file was fetched from there yet.",
        ),
    })
}
