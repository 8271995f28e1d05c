//! The learner signed in to the instance with the key.

use crate::course::bindings::Bindings;
use crate::course::evidence::Evidence;
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    let account = scene::account(evidence)?;
    scene::events(evidence)?;
    let login = scene::logins(evidence, bindings).last();
    if let Some((instance, user)) = login {
        let name = scene::key_name(bindings);
        let deleted = !account.key_pairs.iter().any(|key| key.name == name);
        let note = if deleted {
            " That pair is deleted in EC2: the instance keeps its own copy of the public half, so your file still opens it."
        } else {
            ""
        };
        return Ok(Verdict::passed(format!(
            "You signed in to {instance} as {user} and proved that you hold the key of {name}.{note}"
        )));
    }
    let instance = scene::bound_instance(evidence, bindings);
    let wanted = format!(
        "You sign in to your instance as {} with the key of {}.",
        scene::login_user(instance),
        scene::key_name(bindings)
    );
    Ok(Verdict::not_yet(
        wanted,
        "Nobody has signed in to your instance with that key yet.",
    ))
}
