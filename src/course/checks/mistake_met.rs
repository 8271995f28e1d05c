//! The learner met a failure that the lesson wants them to meet.

use std::collections::BTreeSet;

use crate::course::bindings::Bindings;
use crate::course::evidence::{Event, Evidence};
use crate::course::explain::{self, login};
use crate::course::mistake::Mistake;
use crate::course::scene;
use crate::course::session::sessions;
use crate::course::verdict::Verdict;

/// Whether any attempt so far, or since the step before, looks like this mistake. `saw` is the lesson's own sentence on what it means.
pub(super) fn judge(
    mistake: Mistake,
    saw: &str,
    again: bool,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    scene::key_files(evidence)?;
    let events = scene::events(evidence)?;
    // A connection's events belong together; they are all of one command.
    let since = if again { bindings.since } else { i64::MIN };
    let first = events.iter().position(|event| event.at >= since);
    let events = first
        .and_then(|first| events.get(first..))
        .unwrap_or_default();
    let is_met = evidence.met.contains(&mistake)
        || among(events, evidence, bindings).any(|one| one == mistake);
    Ok(if is_met {
        Verdict::passed(saw)
    } else {
        Verdict::not_yet(
            "You meet this failure once, on purpose: the task says how.",
            "This failure has not happened yet.",
        )
    })
}

/// Every mistake that was met so far.
pub(crate) fn met(evidence: &Evidence, bindings: &Bindings) -> BTreeSet<Mistake> {
    among(scene::known_events(evidence), evidence, bindings).collect()
}

/// What these attempts look like.
fn among<'a>(
    events: &'a [Event],
    evidence: &'a Evidence,
    bindings: &'a Bindings,
) -> impl Iterator<Item = Mistake> + 'a {
    let in_sessions = sessions(events)
        .into_iter()
        .filter_map(|session| login::explain(&session, evidence, bindings));
    let elsewhere = events
        .iter()
        .filter_map(|event| explain::alone(&event.what, evidence, bindings));
    in_sessions
        .chain(elsewhere)
        .map(|recognised| recognised.mistake)
}
