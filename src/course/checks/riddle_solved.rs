//! One broken instance: its fault is named, or it is mended and the learner has signed in.

use crate::course::evidence::{Event, Evidence, What};
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
        return Ok(Verdict::passed(format!(
            "You mended {name} and signed in. {}",
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
            .any(|event| is_look(event, &riddle.instance));
        last = Some((Cause::of(choice), looked));
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
        Some((_, false)) => Verdict::not_yet(
            wanted,
            format!(
                "That would be a guess: look first. Try {name} with ssh, or ask AWS about it, then answer."
            ),
        ),
        Some((Some(cause), true)) => Verdict::not_yet(
            wanted,
            format!(
                "Not {}: what you see at {name} does not come from there. Look again, then answer.",
                cause.letter()
            ),
        ),
        Some((None, true)) | None => {
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
            looked |= is_look(event, &riddle.instance);
        }
    }
    guess
}

/// Whether the learner looked: at that instance with a client, or at the account.
fn is_look(event: &Event, id: &str) -> bool {
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
        | What::Answered { .. }
        | What::ShellCommand { .. } => false,
    }
}
