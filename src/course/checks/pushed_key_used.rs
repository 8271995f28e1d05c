//! The learner came in with a key that EC2 Instance Connect had pushed for a minute.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, What};
use crate::course::explain::pushed;
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    let events = scene::events(evidence)?;
    let launch_key = bindings
        .key_pair
        .as_ref()
        .and_then(|key| key.public_sha256.as_deref());
    let mut pushed = None::<i64>;
    let mut came = false;
    for event in events {
        match &event.what {
            What::Api {
                action,
                error: None,
                ..
            } if action == "SendSSHPublicKey" => pushed = Some(event.at),
            What::LoggedIn {
                instance,
                key_sha256,
                ..
            } => {
                came |= pushed.is_some()
                    && Some(instance) == bindings.instance.as_ref()
                    && launch_key.is_none_or(|key| key != key_sha256);
            }
            What::Api { .. }
            | What::Unreachable { .. }
            | What::Connected { .. }
            | What::UserNamed { .. }
            | What::KeyOffered { .. }
            | What::Refused { .. }
            | What::RootTurnedAway { .. }
            | What::RemoteCommand { .. }
            | What::Copied { .. }
            | What::Disconnected { .. }
            | What::Answered { .. }
            | What::ShellCommand { .. } => {}
        }
    }
    let wanted = "You push a public key with send-ssh-public-key, and sign in with its private half within a minute.";
    Ok(if came {
        Verdict::passed(
            "You came in with a key that was good for one minute: your right to AWS was the key, and AWS has a record of it.",
        )
    } else {
        let found = match pushed {
            Some(at) if evidence.now < at + pushed::GOOD_FOR => {
                "The key is pushed: you have 60 seconds. Now sign in with its private half.".to_owned()
            }
            Some(_) => {
                "A key was pushed, and nobody has come in with it. Its 60 seconds are over: push it again, then sign in at once."
                    .to_owned()
            }
            None => {
                let elsewhere = scene::done_elsewhere(evidence, &["SendSSHPublicKey"])
                    .map_or_else(String::new, |says| format!(" {says}"));
                format!("No key was pushed yet.{elsewhere}")
            }
        };
        Verdict::not_yet(wanted, found)
    })
}
