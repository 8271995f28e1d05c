//! A security group of the instance admits the learner's address on port 22.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, InboundRule, SecurityGroup};
use crate::course::explain::network;
use crate::course::mistake::Mistake;
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    let account = scene::account(evidence)?;
    let wanted = "A security group of the instance lets your address in on port 22.";
    let Some(instance) = scene::bound_instance(evidence, bindings) else {
        return Ok(Verdict::not_yet(
            wanted,
            "There is no instance with your key pair yet.",
        ));
    };
    let groups = network::groups_of(Some(instance), evidence);
    let rules = ssh_rules(&groups);
    if let Some(rule) = rules.iter().find(|rule| is_everybody(rule)) {
        return Ok(Verdict::passed(format!(
            "Port 22 is open to everybody ({}). Fine for a short test; your own address with /32 is safer.",
            rule.source
        )));
    }
    let Some(me) = &account.my_address else {
        return if rules.is_empty() {
            Ok(closed(wanted, Mistake::GroupClosed, &groups, evidence))
        } else {
            Err(Verdict::CouldNotTell {
                why: "Your own public address could not be learned, so it is not known whether the security group \
                      lets you in."
                    .to_owned(),
            })
        };
    };
    if let Some(rule) = rules.iter().find(|rule| admits(rule, me)) {
        return Ok(Verdict::passed(format!(
            "You come from {me} and the rule for {} lets you in on port 22.",
            rule.source
        )));
    }
    let mistake = if rules.is_empty() {
        Mistake::GroupClosed
    } else {
        Mistake::GroupForOthers
    };
    Ok(closed(wanted, mistake, &groups, evidence))
}

/// The rules of these groups that are about port 22.
pub(super) fn ssh_rules<'e>(groups: &[&'e SecurityGroup]) -> Vec<&'e InboundRule> {
    groups
        .iter()
        .flat_map(|group| &group.inbound)
        .filter(|rule| network::admits_ssh(&rule.protocol, rule.ports))
        // A rule for the members of a group says nothing about anybody outside.
        .filter(|rule| rule.source.parse::<IpNet>().is_ok())
        .collect()
}

pub(super) fn is_everybody(rule: &InboundRule) -> bool {
    rule.source
        .parse::<IpNet>()
        .is_ok_and(|net| net.prefix_len() == 0 && net.addr().is_ipv4())
}

pub(super) fn admits(rule: &InboundRule, me: &str) -> bool {
    match (rule.source.parse::<IpNet>(), me.parse::<IpAddr>()) {
        (Ok(net), Ok(me)) => net.contains(&me),
        _ => false,
    }
}

fn closed(
    wanted: &str,
    mistake: Mistake,
    groups: &[&SecurityGroup],
    evidence: &Evidence,
) -> Verdict {
    let found = if mistake == Mistake::GroupClosed {
        "No rule for port 22 lets anybody in."
    } else {
        "There is a rule for port 22, but not for your address."
    };
    let recognised = network::group(mistake, groups, evidence);
    Verdict::not_yet(wanted, found).or_mistake(Some(recognised))
}
