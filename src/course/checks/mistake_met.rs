//! The learner met a failure that the lesson wants them to meet.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, What};
use crate::course::explain::{api, login, network};
use crate::course::mistake::Mistake;
use crate::course::scene;
use crate::course::session::sessions;
use crate::course::verdict::Verdict;

/// Whether any attempt so far looks like this mistake. `saw` is the lesson's own sentence on what it means.
pub(super) fn judge(
    mistake: Mistake,
    saw: &str,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    scene::key_files(evidence)?;
    let events = scene::events(evidence)?;
    let in_session = || {
        sessions(events).iter().any(|session| {
            login::explain(session, evidence, bindings)
                .is_some_and(|recognised| recognised.mistake == mistake)
        })
    };
    let elsewhere = || {
        events.iter().any(|event| {
            alone(&event.what, evidence, bindings)
                .is_some_and(|recognised| recognised.mistake == mistake)
        })
    };
    Ok(if in_session() || elsewhere() {
        Verdict::passed(saw)
    } else {
        Verdict::not_yet(
            "You meet this failure once, on purpose: the task says how.",
            "It was not met yet.",
        )
    })
}

/// What an event outside of any connection looks like.
fn alone(
    what: &What,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Option<crate::course::mistake::Recognised> {
    match what {
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
        | What::Refused { .. }
        | What::LoggedIn { .. }
        | What::RootTurnedAway { .. }
        | What::RemoteCommand { .. }
        | What::Copied { .. }
        | What::Disconnected { .. }
        | What::Answered { .. }
        | What::ShellCommand { .. } => None,
    }
}
