//! What is wrong with how an instance was launched, or with its state.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, Instance};
use crate::course::explain::recognised;
use crate::course::mistake::{Mistake, Recognised};
use crate::course::scene;

/// The newest living instance that was not launched with the bound key pair.
pub(crate) fn explain(evidence: &Evidence, bindings: &Bindings) -> Option<Recognised> {
    let account = scene::known_account(evidence)?;
    let newest = account
        .instances
        .iter()
        .filter(|one| !scene::is_gone(one))
        .max_by_key(|one| one.launched_at)?;
    Some(wrong_key_pair(newest, bindings))
}

/// An instance with no key pair, or another.
pub(crate) fn wrong_key_pair(instance: &Instance, bindings: &Bindings) -> Recognised {
    let id = &instance.id;
    let wanted = scene::key_name(bindings);
    let cure = Some(format!("aws ec2 terminate-instances --instance-ids {id}"));
    match &instance.key_name {
        None => recognised(
            Mistake::LaunchedWithoutKeyPair,
            format!(
                "Instance {id} was launched without a key pair, so no key opens it, and one cannot be added later. \
                 Terminate it and launch again with --key-name {wanted}"
            ),
            cure,
        ),
        Some(name) if name == wanted => recognised(
            Mistake::LaunchedWithOtherKeyPair,
            format!(
                "Instance {id} was launched with an earlier key pair that was named {name} too. The one that you \
                 have now is another key. Terminate the instance and launch a new one."
            ),
            cure,
        ),
        Some(name) => recognised(
            Mistake::LaunchedWithOtherKeyPair,
            format!(
                "Instance {id} was launched with key pair {name} but the private half that you saved is that of \
                 {wanted} and a key pair cannot be changed after launch. Terminate it and launch again."
            ),
            cure,
        ),
    }
}

/// A stopped instance.
pub(crate) fn stopped(instance: &Instance) -> Recognised {
    let id = &instance.id;
    recognised(
        Mistake::InstanceStopped,
        format!(
            "Instance {id} is {}. A stopped instance has no public address and answers nobody. Start it; it gets a \
             new address then.",
            instance.state
        ),
        format!("aws ec2 start-instances --instance-ids {id}"),
    )
}

/// A terminated instance.
pub(crate) fn terminated(instance: &Instance) -> Recognised {
    let id = &instance.id;
    recognised(
        Mistake::InstanceTerminated,
        format!(
            "Instance {id} is {}. It does not come back, and its address is given away. Launch a new one; the key \
             pair can be used again.",
            instance.state
        ),
        None,
    )
}
