//! The learner signed in to the instance with the key.

use crate::course::bindings::Bindings;
use crate::course::evidence::Evidence;
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    scene::events(evidence)?;
    let login = scene::logins(evidence, bindings).last();
    if let Some((instance, user)) = login {
        return Ok(Verdict::passed(format!(
            "You signed in to {instance} as {user} and proved that you hold the key of {}.",
            scene::key_name(bindings)
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
        "Nobody has signed in to it with that key yet.",
    ))
}
