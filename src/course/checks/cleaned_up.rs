//! The instance is gone or going, and the key pair is deleted.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Account, Evidence, Leftover};
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &mut Bindings) -> Result<Verdict, Verdict> {
    let account = scene::account(evidence)?;
    // This check is about what there was; only what is not known at all is looked for.
    if bindings.key_pair.is_none() || bindings.instance.is_none() {
        bindings.settle(evidence);
    }
    let wanted = "Your instance is terminated and your key pair is deleted.";
    if bindings.key_pair.is_none() && bindings.instance.is_none() {
        return Ok(Verdict::not_yet(
            wanted,
            "Nothing of this lesson was seen in your account, so there is nothing to clean up.",
        ));
    }
    let instance = scene::bound_instance(evidence, bindings).filter(|one| !scene::is_gone(one));
    let key = bindings
        .key_pair
        .as_ref()
        .filter(|key| account.key_pairs.iter().any(|one| one.id == key.id));
    let mut left = Vec::new();
    if let Some(instance) = instance {
        left.push(format!(
            "Instance {} is still {}.",
            instance.id, instance.state
        ));
    }
    if let Some(key) = key {
        left.push(format!("Key pair {} is still in your account.", key.name));
    }
    if let Some(left_behind) = &account.left_behind {
        return Ok(on_aws(left_behind));
    }
    if left.is_empty() {
        Ok(Verdict::passed(format!(
            "Nothing here costs money any more.{}",
            leftovers(account)
        )))
    } else {
        Ok(Verdict::not_yet(wanted, left.join(" ")))
    }
}

/// Where what was there before is known: everything else must go.
fn on_aws(left_behind: &[Leftover]) -> Verdict {
    if left_behind.is_empty() {
        return Verdict::passed(
            "Nothing is in your account that was not there before: this lesson costs nothing any more.",
        );
    }
    let left: Vec<&str> = left_behind.iter().map(|one| one.what.as_str()).collect();
    Verdict::not_yet(
        "Nothing of this lesson is left in your account.",
        format!(
            "Still there: {}. `lab leftovers` shows the commands.",
            left.join(", ")
        ),
    )
}

/// A kind word about what may stay.
fn leftovers(account: &Account) -> String {
    let running: Vec<&str> = account
        .instances
        .iter()
        .filter(|one| scene::is_alive(one))
        .map(|one| one.id.as_str())
        .collect();
    let groups: Vec<&str> = account
        .security_groups
        .iter()
        .filter(|group| group.name != "default")
        .map(|group| group.name.as_str())
        .collect();
    let mut words = String::new();
    if !running.is_empty() {
        words.push_str(" Still running, if you want it to: ");
        words.push_str(&running.join(", "));
    }
    if let Some(group) = groups.first() {
        words = format!(
            "{words} Security group {group} costs nothing; it can be deleted once the instance is terminated."
        );
    }
    words
}
