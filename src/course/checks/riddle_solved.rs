//! One broken instance: its fault is named, or it is mended and the learner has signed in.

use crate::course::checks::ssh_allowed::{is_everybody, ssh_rules};
use crate::course::evidence::{Event, Evidence, What};
use crate::course::explain::network;
use crate::course::scene;
use crate::course::start::Cause;
use crate::course::verdict::Verdict;

/// The step's id is the instance's name.
pub(super) fn judge(name: &str, evidence: &Evidence) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    let events = scene::events(evidence)?;
    let wanted = format!("You name what keeps you out of {name}, or mend it and sign in.");
    let Some(riddle) = evidence.riddles.get(name) else {
        return Err(Verdict::CouldNotTell {
            why: format!("Nothing is known of {name}: type `lab reset` to begin the lesson anew."),
        });
    };
    let came = events.iter().any(|event| {
        matches!(&event.what, What::LoggedIn { instance, .. } if *instance == riddle.instance)
    });
    if came {
        let instance = scene::instance(evidence, &riddle.instance);
        let groups = network::groups_of(instance, evidence);
        let wide = ssh_rules(&groups).into_iter().any(is_everybody);
        let warning = if wide {
            " But its port 22 is open to the whole internet now: your own address with /32 would do."
        } else {
            ""
        };
        return Ok(Verdict::passed(format!(
            "You mended {name} and signed in. {}{warning}",
            riddle.cause.lesson()
        )));
    }
    let answers = events.iter().enumerate().filter_map(|(place, event)| {
        if let What::Answered {
            step: of, choice, ..
        } = &event.what
        {
            (of == name).then_some((place, choice))
        } else {
            None
        }
    });
    let mut looked_from = 0;
    let mut last = None;
    for (place, choice) in answers {
        let looked = events
            .get(looked_from..place)
            .unwrap_or_default()
            .iter()
            .any(|event| is_look(event, &riddle.instance, name));
        last = Some((Cause::of(choice), looked, looked_from > 0));
        looked_from = place;
        if looked && Cause::of(choice) == Some(riddle.cause) {
            return Ok(Verdict::passed(format!(
                "Right: {}. {}",
                riddle.cause.words(),
                riddle.cause.lesson()
            )));
        }
    }
    Ok(match last {
        Some((_, false, true)) => Verdict::not_yet(
            wanted,
            format!(
                "One look, one answer: look at {name} again (ssh, AWS or its file), then answer."
            ),
        ),
        Some((_, false, false)) => Verdict::not_yet(
            wanted,
            format!(
                "That would be a guess: look first. Try {name} with ssh, or ask AWS about it, then answer."
            ),
        ),
        Some((Some(cause), true, _)) => Verdict::not_yet(
            wanted,
            format!(
                "Not {}: what you see at {name} does not come from there. Look again, then answer.",
                cause.letter()
            ),
        ),
        Some((None, true, _)) | None => {
            Verdict::not_yet(wanted, format!("{name} lets nobody in yet."))
        }
    })
}

/// Whether the newest answer about this instance was given without a look since the one before.
pub(crate) fn is_guess(name: &str, evidence: &Evidence) -> bool {
    let Some(riddle) = evidence.riddles.get(name) else {
        return false;
    };
    let mut looked = false;
    let mut guess = false;
    for event in scene::known_events(evidence) {
        if matches!(&event.what, What::Answered { step, .. } if step == name) {
            guess = !looked;
            looked = false;
        } else {
            looked |= is_look(event, &riddle.instance, name);
        }
    }
    guess
}

/// Whether the learner looked: at that instance with a client, at the account, or at the file of the instance's name.
fn is_look(event: &Event, id: &str, name: &str) -> bool {
    match &event.what {
        What::Connected { instance, .. } => instance == id,
        What::Unreachable { instance, .. } => instance.as_deref() == Some(id),
        What::Api {
            action,
            error: None,
            ..
        } => action.starts_with("Describe") || action.starts_with("Get"),
        What::Api { .. }
        | What::UserNamed { .. }
        | What::KeyOffered { .. }
        | What::LoggedIn { .. }
        | What::Refused { .. }
        | What::RootTurnedAway { .. }
        | What::RemoteCommand { .. }
        | What::Copied { .. }
        | What::Disconnected { .. }
        | What::Answered { .. } => false,
        What::ShellCommand { line, .. } => line
            .as_ref()
            .is_some_and(|line| line.contains(&format!("{name}.pem"))),
    }
}
