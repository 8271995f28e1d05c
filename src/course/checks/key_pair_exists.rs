//! A key pair is in the account.

use crate::course::bindings::Bindings;
use crate::course::evidence::Evidence;
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    let account = scene::account(evidence)?;
    let listed = bindings
        .key_pair
        .as_ref()
        .filter(|key| account.key_pairs.iter().any(|one| one.id == key.id));
    Ok(match listed {
        Some(key) => Verdict::passed(format!(
            "Key pair {} is in your account: AWS keeps its public half.",
            key.name
        )),
        None => Verdict::not_yet(
            "A key pair in your account.",
            format!("There is no key pair in region {} yet.", account.region),
        ),
    })
}
