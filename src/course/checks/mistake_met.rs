//! The learner met a failure that the lesson wants them to meet.

use std::collections::BTreeSet;

use crate::course::bindings::Bindings;
use crate::course::evidence::{Event, Evidence};
use crate::course::explain::{self, login};
use crate::course::mistake::Mistake;
use crate::course::scene;
use crate::course::session::{Session, sessions};
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
    if is_met {
        return Ok(Verdict::passed(saw));
    }
    let found = as_another(mistake, events, evidence, bindings)
        .or_else(|| {
            (mistake == Mistake::HostKeyChanged)
                .then(|| not_missed(events, evidence, bindings))
                .flatten()
        })
        .unwrap_or_else(|| format!("This failure has not happened yet: {}.", mistake.words()));
    Ok(Verdict::not_yet(
        "You meet this failure once, on purpose: the task says how.",
        found,
    ))
}

/// It was met by one who came as another user than the instance's: that one is turned away whatever the key.
fn as_another(
    mistake: Mistake,
    events: &[Event],
    evidence: &Evidence,
    bindings: &Bindings,
) -> Option<String> {
    let all = sessions(events);
    let session = all.iter().rev().find(|session| {
        !is_as_meant(session, mistake, evidence)
            && login::explain(session, evidence, bindings).is_some_and(|one| one.mistake == mistake)
    })?;
    let right = scene::login_user(scene::instance(evidence, session.instance));
    Some(format!(
        "You came as {}: meet this failure as {right}, so that the user is not what it is about.",
        session.user.unwrap_or_default()
    ))
}

/// A new instance was met without a warning, because ssh had no key for its address.
fn not_missed(events: &[Event], evidence: &Evidence, bindings: &Bindings) -> Option<String> {
    const ROUNDING: i64 = 1_000;
    let account = scene::known_account(evidence)?;
    let came = sessions(events).into_iter().rev().find(|session| {
        let instance = scene::instance(evidence, session.instance);
        session.logged_in
            && instance.is_some_and(|one| one.launched_at + ROUNDING >= bindings.since)
            && account
                .addresses
                .iter()
                .any(|one| one.address == session.address)
    })?;
    let instance = scene::instance(evidence, came.instance)?;
    let is_known = evidence
        .known_hosts
        .iter()
        .any(|known| known.host == came.address && instance.host_keys.contains(&known.key_sha256));
    is_known.then(|| {
        format!(
            "Your ssh had no key for {} when you came, so it could not miss the old one. Now it has: launch and associate \
             once more.",
            came.address
        )
    })
}

/// Whether a failed session shows this mistake as a lesson means it: as the right user, where the user is not what it is about.
fn is_as_meant(session: &Session<'_>, mistake: Mistake, evidence: &Evidence) -> bool {
    let right = scene::login_user(scene::instance(evidence, session.instance));
    matches!(mistake, Mistake::WrongUser | Mistake::RootLogin)
        || session.user.is_none_or(|user| user == right)
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
    let in_sessions = sessions(events).into_iter().filter_map(|session| {
        login::explain(&session, evidence, bindings)
            .filter(|found| is_as_meant(&session, found.mistake, evidence))
    });
    let elsewhere = events
        .iter()
        .filter_map(|event| explain::alone(&event.what, evidence, bindings));
    in_sessions
        .chain(elsewhere)
        .map(|recognised| recognised.mistake)
}
