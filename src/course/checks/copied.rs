//! A file was copied to the instance, or from it.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Event, Evidence, What};
use crate::course::scene;
use crate::course::session::sessions;
use crate::course::verdict::Verdict;

/// `to`: to the instance. `with_putty`: by a program of PuTTY's.
pub(super) fn judge(
    to: bool,
    with_putty: bool,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    let events = scene::events(evidence)?;
    let sessions = sessions(events);
    let is_putty = |event: &Event| {
        let mut of_event = sessions.iter();
        of_event.any(|one| Some(one.number) == event.what.session() && one.is_putty())
    };
    let copies = events.iter().rev().filter_map(|event| {
        if let What::Copied {
            instance,
            path,
            there,
            ..
        } = &event.what
        {
            (*there == to && Some(instance) == bindings.instance.as_ref())
                .then_some((event, path.as_str()))
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
            (Some(instance) == bindings.instance.as_ref()).then_some((event, path.trim()))
        } else {
            None
        }
    });
    let (mut copied, mut by_another) = (None, false);
    for (event, path) in copies {
        if !with_putty || is_putty(event) {
            copied = Some(path.trim_start_matches("./"));
            break;
        }
        by_another = true;
    }
    if copied.is_none() && by_another {
        return Ok(Verdict::not_yet(
            "You copy a file with pscp.",
            "A file was copied, and not by pscp: that was another program's copy.",
        ));
    }
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
