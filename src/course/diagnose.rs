//! Diagnosis: which mistake the learner's newest attempt looks like, from evidence on both sides.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Event, Evidence, What};
use crate::course::explain::{api, launch, login, network};
use crate::course::hint;
use crate::course::mistake::Recognised;
use crate::course::scene;
use crate::course::session::sessions;

/// Without a shell that reports its commands, an attempt stays fresh for two minutes.
const FRESH: i64 = 120_000;

/// The mistake of the newest attempt, if it was made with the learner's last command and looks like one. An attempt is a
/// connection, answered or not, or a call to the API that creates something or is refused.
pub fn diagnose(evidence: &Evidence, bindings: &Bindings) -> Option<Recognised> {
    let all = scene::known_events(evidence);
    let fresh = fresh(all, evidence.now);
    let first = fresh.first()?.number;
    let newest_session = sessions(all)
        .into_iter()
        .rev()
        .max_by_key(|session| session.newest);
    let newest_other = fresh.iter().rev().find(|event| is_attempt(&event.what));
    let session = newest_session.filter(|session| {
        session.newest >= first && newest_other.is_none_or(|other| session.newest > other.number)
    });
    if let Some(session) = session {
        return login::explain(&session, evidence, bindings);
    }
    let Some(newest_other) = newest_other else {
        return without_attempt(fresh, evidence, bindings);
    };
    match &newest_other.what {
        What::Unreachable {
            address,
            port,
            instance,
            why,
        } => {
            let attempt = network::Unanswered {
                address,
                port: *port,
                instance: instance.as_deref(),
                why: *why,
            };
            Some(network::explain(attempt, evidence, bindings))
        }
        What::Api {
            action,
            region,
            parameters,
            error: Some((code, message)),
        } => {
            let call = api::Refused {
                action,
                region,
                parameters,
                code,
                message,
            };
            api::explain(call, evidence, bindings)
        }
        What::Api { error: None, .. }
        | What::Connected { .. }
        | What::UserNamed { .. }
        | What::KeyOffered { .. }
        | What::LoggedIn { .. }
        | What::RootTurnedAway { .. }
        | What::RemoteCommand { .. }
        | What::Disconnected { .. }
        | What::ShellCommand { .. } => None,
    }
}

/// An ssh that failed without a trace on the other side, such as `ssh ec2-user@None`: the instance had no address to give,
/// and its state says why.
fn without_attempt(
    fresh: &[Event],
    evidence: &Evidence,
    bindings: &Bindings,
) -> Option<Recognised> {
    let failed = fresh.iter().rev().any(|event| {
        matches!(&event.what, What::ShellCommand { line: Some(line), status: 255, .. }
            if hint::names_client(line))
    });
    let instance = scene::bound_instance(evidence, bindings).filter(|_| failed)?;
    match instance.state.as_str() {
        "pending" => Some(network::pending(Some(instance), bindings)),
        "stopping" | "stopped" => Some(launch::stopped(instance)),
        "shutting-down" | "terminated" => Some(launch::terminated(instance)),
        _ => None,
    }
}

/// Attempts other than sessions. Looking at the account is none, so it does not hide what went wrong before it.
fn is_attempt(what: &What) -> bool {
    match what {
        What::Unreachable { .. } => true,
        What::Api { action, error, .. } => error.is_some() || !action.starts_with("Describe"),
        What::Connected { .. }
        | What::UserNamed { .. }
        | What::KeyOffered { .. }
        | What::LoggedIn { .. }
        | What::RootTurnedAway { .. }
        | What::RemoteCommand { .. }
        | What::Disconnected { .. }
        | What::ShellCommand { .. } => false,
    }
}

/// The events since the last command but one: those of the last command, and of one that still runs.
fn fresh(events: &[Event], now: i64) -> &[Event] {
    let mut commands = events
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, event)| is_command(&event.what))
        .map(|(place, _)| place);
    let start = match (commands.next(), commands.next()) {
        (_, Some(previous)) => previous + 1,
        (Some(_), None) => 0,
        (None, None) => events
            .iter()
            .position(|event| event.at + FRESH >= now)
            .unwrap_or(events.len()),
    };
    events.get(start..).unwrap_or_default()
}

/// A command of the learner's, other than the lab's own word.
fn is_command(what: &What) -> bool {
    let What::ShellCommand { line, .. } = what else {
        return false;
    };
    let first = line
        .as_deref()
        .and_then(|line| line.split_whitespace().next());
    first != Some("lab")
}
