//! Security groups admit the learner's address on port 22, and nobody else's: those of the instance, or one before there is any.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::course::bindings::Bindings;
use crate::course::checks::ssh_allowed::{admits, is_everybody, ssh_rules};
use crate::course::evidence::{Account, Evidence, SecurityGroup};
use crate::course::explain::network;
use crate::course::mistake::Mistake;
use crate::course::scene;
use crate::course::verdict::Verdict;

/// The groups of the instance, together.
/// `nothing_else`: and no other port is open to anybody.
pub(super) fn judge(
    nothing_else: bool,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Result<Verdict, Verdict> {
    let account = scene::account(evidence)?;
    let wanted = "Port 22 of the instance is open to your own address with /32 and to nobody else.";
    let Some(instance) = scene::bound_instance(evidence, bindings) else {
        return Ok(Verdict::not_yet(
            wanted,
            "There is no instance with your key pair yet.",
        ));
    };
    let me = me(account)?;
    let groups = network::groups_of(Some(instance), evidence);
    let verdict = of_groups(wanted, &groups, me, evidence);
    if nothing_else
        && verdict.is_passed()
        && let Some(more) = more_than_needed(&groups)
    {
        return Ok(Verdict::not_yet(
            "Port 22 of the instance is open to your own address with /32, and nothing else is open to anybody.",
            more,
        ));
    }
    Ok(verdict)
}

/// A rule that opens another port than 22 to an address, in words.
fn more_than_needed(groups: &[&SecurityGroup]) -> Option<String> {
    let rules = groups.iter().flat_map(|group| &group.inbound);
    let mut of_addresses = rules.filter(|rule| rule.source.parse::<IpNet>().is_ok());
    let rule = of_addresses.find(|rule| {
        !matches!(rule.protocol.as_str(), "tcp" | "6") || rule.ports != Some((22, 22))
    })?;
    let ports = match (rule.protocol.as_str(), rule.ports) {
        ("tcp" | "6", Some((first, last))) if first == last => format!("Port {first}"),
        (protocol, Some((first, last))) => format!("{protocol} {first} to {last}"),
        ("-1", None) => "Every port".to_owned(),
        (protocol, None) => format!("All of {protocol}"),
    };
    let whom = if is_everybody(rule) || rule.source == "::/0" {
        "the whole internet"
    } else {
        &rule.source
    };
    Some(if network::admits_ssh(&rule.protocol, rule.ports) {
        format!("{ports} is open to {whom}: port 22 alone would do.")
    } else {
        format!("{ports} is open to {whom} too, and nothing of yours listens there.")
    })
}

/// Any one group of the account, behind which nothing need be yet.
pub(super) fn group(evidence: &Evidence) -> Result<Verdict, Verdict> {
    let account = scene::account(evidence)?;
    let wanted = "A security group opens port 22 to your own address with /32 and to nobody else.";
    let me = me(account)?;
    let groups = account.security_groups.iter();
    // The one that is meant: a right one, else one that has the learner's address at least, else the last.
    let verdicts = groups
        .filter(|group| !ssh_rules(&[group]).is_empty())
        .map(|group| {
            let verdict = of_groups(wanted, &[group], me, evidence);
            let admits_me = ssh_rules(&[group])
                .iter()
                .any(|rule| is_alone(&rule.source, me));
            (verdict.is_passed(), admits_me, verdict)
        });
    let best = verdicts.max_by_key(|(is_passed, admits_me, _)| (*is_passed, *admits_me));
    Ok(match best {
        Some((_, _, verdict)) => verdict,
        None => Verdict::not_yet(wanted, "No security group has a rule for port 22 yet."),
    })
}

fn me(account: &Account) -> Result<&str, Verdict> {
    account
        .my_address
        .as_deref()
        .ok_or_else(|| Verdict::CouldNotTell {
            why: "Your own public address could not be learned, so it is not known whom the rules admit."
                .to_owned(),
        })
}

/// Whether a range is the learner's address and no other.
fn is_alone(source: &str, me: &str) -> bool {
    matches!((source.parse::<IpNet>(), me.parse::<IpAddr>()), (Ok(net), Ok(me))
        if net.addr() == me && net.prefix_len() == net.max_prefix_len())
}

fn of_groups(wanted: &str, groups: &[&SecurityGroup], me: &str, evidence: &Evidence) -> Verdict {
    let rules = ssh_rules(groups);
    let wide = rules.iter().find(|rule| !is_alone(&rule.source, me));
    let mine = rules.iter().any(|rule| is_alone(&rule.source, me));
    match (mine, wide) {
        (true, None) => Verdict::passed(format!(
            "Port 22 is open to {me}/32 and to nobody else: others do not even see that somebody is at home."
        )),
        (_, Some(rule)) if is_everybody(rule) => Verdict::not_yet(
            wanted,
            format!("The rule for {} admits the whole internet.", rule.source),
        )
        .or_mistake(Some(network::open_to_all(&rule.source, groups, evidence))),
        (true, Some(rule)) => Verdict::not_yet(
            wanted,
            format!(
                "Your address is admitted, and {} still is too.",
                rule.source
            ),
        ),
        (false, Some(rule)) => {
            let admitted = rules.iter().any(|rule| admits(rule, me));
            let shut_out = || network::group(Mistake::GroupForOthers, groups, evidence);
            let found = format!(
                "The rule for {} is not for your address alone.",
                rule.source
            );
            Verdict::not_yet(wanted, found).or_mistake((!admitted).then(shut_out))
        }
        (false, None) => Verdict::not_yet(wanted, "No rule for port 22 lets anybody in.")
            .or_mistake(Some(network::group(Mistake::GroupClosed, groups, evidence))),
    }
}
