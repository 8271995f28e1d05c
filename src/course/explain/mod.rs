//! Explanations: each mistake's own sentence, and the command that cures it.
//!
//! A sentence says what was seen on both sides and what it means, in at most four lines of 76 columns.

pub(crate) mod api;
pub(crate) mod client;
pub(crate) mod file;
pub(crate) mod launch;
pub(crate) mod login;
pub(crate) mod network;
pub(crate) mod pushed;
#[cfg(test)]
mod tests;

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, What};
use crate::course::mistake::{Mistake, Recognised};

/// A recognised mistake.
pub(crate) fn recognised(
    mistake: Mistake,
    says: impl Into<String>,
    cure: impl Into<Option<String>>,
) -> Recognised {
    Recognised {
        mistake,
        says: says.into(),
        cure: cure.into(),
    }
}

/// The mistake behind an event outside of any connection: an attempt that nobody answered, or a call that was refused.
pub(crate) fn alone(what: &What, evidence: &Evidence, bindings: &Bindings) -> Option<Recognised> {
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
