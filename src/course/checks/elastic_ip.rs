//! The instance has an Elastic IP address.

use crate::course::bindings::Bindings;
use crate::course::evidence::Evidence;
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    let account = scene::account(evidence)?;
    let wanted = "Your instance has an Elastic IP address.";
    let Some(instance) = scene::bound_instance(evidence, bindings) else {
        return Ok(Verdict::not_yet(
            wanted,
            "There is no instance with your key pair.",
        ));
    };
    let its = account
        .addresses
        .iter()
        .find(|one| one.instance.as_ref() == Some(&instance.id));
    Ok(match (its, account.addresses.first()) {
        (Some(one), _) => Verdict::passed(format!(
            "{} belongs to your account and to {} until you take it away: a stop and start will not change it.",
            one.address, instance.id
        )),
        (None, Some(one)) => Verdict::not_yet(
            wanted,
            format!(
                "{} is allocated ({}), but no instance has it: it costs and does nothing.",
                one.address, one.id
            ),
        ),
        (None, None) => Verdict::not_yet(wanted, "No Elastic IP address is allocated yet."),
    })
}
