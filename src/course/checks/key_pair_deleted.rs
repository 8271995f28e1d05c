//! The key pair that the instance was launched with is deleted in EC2.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, What};
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    let account = scene::account(evidence)?;
    let name = scene::key_name(bindings);
    let listed = bindings
        .key_pair
        .as_ref()
        .is_none_or(|key| account.key_pairs.iter().any(|one| one.id == key.id));
    Ok(if listed {
        let still = format!("Key pair {name} is still in your account.");
        let found = scene::done_elsewhere(evidence, &["DeleteKeyPair"])
            .or_else(|| another_deleted(name, evidence))
            .map_or_else(|| still.clone(), |says| format!("{says} {still}"));
        Verdict::not_yet(format!("Key pair {name} is deleted in EC2."), found)
    } else {
        Verdict::passed(format!(
            "Key pair {name} is gone from EC2. Only AWS's copy of a public half was deleted: no instance has noticed."
        ))
    })
}

/// Another pair was deleted in its place.
fn another_deleted(name: &str, evidence: &Evidence) -> Option<String> {
    let mut events = scene::known_events(evidence).iter().rev();
    let deleted = events.find_map(|event| {
        if let What::Api {
            action,
            parameters,
            error: None,
            ..
        } = &event.what
        {
            (action == "DeleteKeyPair").then(|| parameters.get("KeyName"))
        } else {
            None
        }
    })??;
    // AWS answers so whether there was one of that name or not.
    (deleted != name).then(|| {
        format!(
            "Your delete-key-pair named {deleted}: AWS says true to that even if there is none."
        )
    })
}
