//! The key pair that the instance was launched with is deleted in EC2.

use crate::course::bindings::Bindings;
use crate::course::evidence::Evidence;
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
        Verdict::not_yet(
            format!("Key pair {name} is deleted in EC2."),
            format!("Key pair {name} is still in your account."),
        )
    } else {
        Verdict::passed(format!(
            "Key pair {name} is gone from EC2. Only AWS's copy of a public half was deleted: no instance has noticed."
        ))
    })
}
