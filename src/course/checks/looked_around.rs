//! A command was run on the instance.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Event, Evidence, What};
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    let events = scene::events(evidence)?;
    let mut visited: Vec<&str> = scene::logins(evidence, bindings)
        .map(|(instance, _)| instance)
        .collect();
    visited.extend(bindings.instance.as_deref());
    let ran = events.iter().rev().find_map(|event| {
        if let What::RemoteCommand { instance, line, .. } = &event.what {
            let command = line.trim();
            (visited.contains(&instance.as_str()) && !is_leaving(command)).then_some(command)
        } else {
            None
        }
    });
    Ok(match ran {
        Some(command) => {
            let first = command
                .split([' ', ';', '|', '&'])
                .next()
                .unwrap_or(command);
            Verdict::passed(format!("You ran {first} on the instance itself."))
        }
        None if signed_in_unseen(events) => Verdict::CouldNotTell {
            why: "You were signed in, and nobody here sees what you type on an instance of yours. Run one command the other \
                  way, with `whoami` behind the address in your ssh command, or type `lab code`."
                .to_owned(),
        },
        None => Verdict::not_yet(
            "You run a command on the instance, such as whoami",
            "No command was run there yet.",
        ),
    })
}

/// Whether there was a login whose commands are seen by nobody.
fn signed_in_unseen(events: &[Event]) -> bool {
    let mut whats = events.iter().map(|event| &event.what);
    whats.any(|what| matches!(what, What::LoggedIn { watched: false, .. }))
}

/// Leaving is not looking around.
fn is_leaving(command: &str) -> bool {
    matches!(
        command.split_whitespace().next(),
        None | Some("exit" | "logout")
    )
}
