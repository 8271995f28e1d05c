//! The security groups of the instance admit the learner's address on port 22, and nobody else's.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::course::bindings::Bindings;
use crate::course::checks::ssh_allowed;
use crate::course::evidence::Evidence;
use crate::course::explain::network;
use crate::course::mistake::Mistake;
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    let account = scene::account(evidence)?;
    let wanted = "Port 22 of the instance is open to your own address with /32 and to nobody else.";
    let Some(instance) = scene::bound_instance(evidence, bindings) else {
        return Ok(Verdict::not_yet(
            wanted,
            "There is no instance with your key pair yet.",
        ));
    };
    let Some(me) = account.my_address.as_deref() else {
        return Err(Verdict::CouldNotTell {
            why: "Your own public address could not be learned, so it is not known whom the rules admit."
                .to_owned(),
        });
    };
    let rules = ssh_allowed::ssh_rules(account, instance);
    let alone = |source: &str| {
        matches!((source.parse::<IpNet>(), me.parse::<IpAddr>()), (Ok(net), Ok(me))
            if net.addr() == me && net.prefix_len() == net.max_prefix_len())
    };
    let wide = rules.iter().find(|rule| !alone(&rule.source));
    let mine = rules.iter().any(|rule| alone(&rule.source));
    Ok(match (mine, wide) {
        (true, None) => Verdict::passed(format!(
            "Port 22 is open to {me}/32 and to nobody else: others do not even see that somebody is at home."
        )),
        (_, Some(rule)) if ssh_allowed::is_everybody(rule) => Verdict::not_yet(
            wanted,
            format!("The rule for {} admits the whole internet.", rule.source),
        )
        .or_mistake(Some(network::open_to_all(&rule.source, instance, evidence))),
        (true, Some(rule)) => Verdict::not_yet(
            wanted,
            format!(
                "Your address is admitted, and {} still is too.",
                rule.source
            ),
        ),
        (false, Some(rule)) => Verdict::not_yet(
            wanted,
            format!(
                "The rule for {} is not for your address alone.",
                rule.source
            ),
        )
        .or_mistake(Some(network::group(
            Mistake::GroupForOthers,
            Some(instance),
            evidence,
        ))),
        (false, None) => ssh_allowed::closed(wanted, Mistake::GroupClosed, instance, evidence),
    })
}
