//! Why a connection met silence.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, Instance, SecurityGroup, Silence};
use crate::course::explain::{launch, recognised};
use crate::course::mistake::{Mistake, Recognised};
use crate::course::scene;

/// One attempt that no machine answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unanswered<'a> {
    /// As asked for.
    pub(crate) address: &'a str,
    /// Port asked for.
    pub(crate) port: u16,
    /// Whose it is, was, or is inside.
    pub(crate) instance: Option<&'a str>,
    /// Why.
    pub(crate) why: Silence,
}

/// The sentence for an unanswered attempt.
pub(crate) fn explain(
    attempt: Unanswered<'_>,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Recognised {
    let Unanswered { address, port, .. } = attempt;
    let of_attempt = attempt
        .instance
        .and_then(|id| scene::instance(evidence, id));
    let ours = of_attempt.or_else(|| scene::bound_instance(evidence, bindings));
    let again = || Some(scene::ssh_command(bindings, ours));
    let its_address = ours
        .and_then(|one| one.public_address.as_deref())
        .map_or_else(String::new, |now| {
            format!(" Its public address is {now} now.")
        });
    // What has become of the instance since explains more than that its address is an old one.
    if let Some(explained) = of_an_earlier_one(attempt, evidence, bindings) {
        return explained;
    }
    let why = match (attempt.why, ours.map(|one| one.state.as_str())) {
        (Silence::OldAddress, Some("stopping" | "stopped")) => Silence::Stopped,
        (Silence::OldAddress, Some("shutting-down" | "terminated")) => Silence::Terminated,
        (why, _) => why,
    };
    match why {
        Silence::OldAddress => recognised(
            Mistake::OldAddress,
            if ours.is_some_and(|one| has_elastic(one, evidence)) {
                format!(
                    "Nothing answers at {address} any more: your instance had that address before, and has an Elastic IP \
                     now.{its_address}"
                )
            } else {
                format!(
                    "Nothing answers at {address} any more: your instance had that address before it was stopped, and a \
                     start gives a new one.{its_address}"
                )
            },
            again(),
        ),
        Silence::PrivateAddress => recognised(
            Mistake::PrivateAddress,
            format!(
                "{address} is the instance's private address. It is reached from inside its network only; from your \
                 computer you need the public one.{its_address}"
            ),
            again(),
        ),
        Silence::NobodyThere => recognised(
            Mistake::UnknownAddress,
            format!(
                "You tried {address} and none of your instances has that address, or ever had it.{its_address}"
            ),
            again(),
        ),
        Silence::Stopped => match ours {
            Some(instance) => launch::stopped(instance),
            None => recognised(
                Mistake::InstanceStopped,
                format!("The instance at {address} is stopped. Start it; it gets a new address."),
                None,
            ),
        },
        Silence::Terminated => match ours {
            Some(instance) => launch::terminated(instance),
            None => recognised(
                Mistake::InstanceTerminated,
                format!("The instance at {address} is terminated. Launch a new one."),
                None,
            ),
        },
        Silence::GroupClosed | Silence::GroupForOthers | Silence::Refused if port != 22 => {
            recognised(
                Mistake::WrongPort,
                format!(
                    "You tried port {port} at {address} but an instance listens for ssh on port 22, which is what \
                     ssh uses when you name no port."
                ),
                again(),
            )
        }
        Silence::Pending | Silence::Refused => pending(ours, bindings),
        Silence::GroupClosed => group(Mistake::GroupClosed, &groups_of(ours, evidence), evidence),
        Silence::GroupForOthers => group(
            Mistake::GroupForOthers,
            &groups_of(ours, evidence),
            evidence,
        ),
    }
}

/// The address was that of an instance that is gone, and the lesson has a new one by now.
fn of_an_earlier_one(
    attempt: Unanswered<'_>,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Option<Recognised> {
    let address = attempt.address;
    let old = attempt
        .instance
        .and_then(|id| scene::instance(evidence, id));
    let new = scene::bound_instance(evidence, bindings).filter(|one| scene::is_alive(one))?;
    let account = scene::known_account(evidence)?;
    let elastic = account
        .addresses
        .iter()
        .find(|one| one.address == address && one.instance.is_none());
    if !old.is_none_or(scene::is_gone) || (old.is_none() && elastic.is_none()) {
        return None;
    }
    if let Some(elastic) = elastic {
        return Some(recognised(
            old.map_or(Mistake::UnknownAddress, |_| Mistake::InstanceTerminated),
            format!(
                "Nothing answers at {address}: that Elastic IP is yours, and no instance has it now. Associate it with \
                 your new one, {}, once that runs.",
                new.id
            ),
            format!(
                "aws ec2 associate-address --allocation-id {} \\\n  --instance-id {}",
                elastic.id, new.id
            ),
        ));
    }
    let now = new.public_address.as_deref().map_or_else(
        || "has no address yet".to_owned(),
        |now| format!("is at {now} now"),
    );
    Some(recognised(
        Mistake::InstanceTerminated,
        format!(
            "Nothing answers at {address} any more: it was the address of {}, which is {}. Your new instance, {}, {now}.",
            old.map_or("an instance", |old| &old.id),
            old.map_or("terminated", |old| &old.state),
            new.id
        ),
        scene::ssh_command(bindings, Some(new)),
    ))
}

/// Whether the instance has an Elastic IP address.
fn has_elastic(instance: &Instance, evidence: &Evidence) -> bool {
    let account = scene::known_account(evidence);
    account.is_some_and(|account| {
        let mut addresses = account.addresses.iter();
        addresses.any(|one| one.instance.as_ref() == Some(&instance.id))
    })
}

/// An instance that is not up yet, or whose ssh server is not.
pub(crate) fn pending(instance: Option<&Instance>, bindings: &Bindings) -> Recognised {
    let id = instance.map_or("INSTANCE-ID", |one| &one.id);
    if instance.is_some_and(|one| one.state == "running") {
        return recognised(
            Mistake::InstancePending,
            format!(
                "Instance {id} is running, but its ssh server has not started yet. Give it half a minute, then try \
                 again."
            ),
            scene::ssh_command(bindings, instance),
        );
    }
    recognised(
        Mistake::InstancePending,
        format!(
            "Instance {id} is still starting: nothing listens there yet, and it gets its public address only when it \
             runs. Wait a moment, then look the address up and try again."
        ),
        format!("aws ec2 wait instance-running --instance-ids {id}"),
    )
}

/// The security groups of an instance; none without one.
pub(crate) fn groups_of<'e>(
    instance: Option<&Instance>,
    evidence: &'e Evidence,
) -> Vec<&'e SecurityGroup> {
    let account = scene::known_account(evidence).into_iter();
    account
        .flat_map(|account| &account.security_groups)
        .filter(|group| instance.is_some_and(|one| one.security_groups.contains(&group.id)))
        .collect()
}

/// What the learner's own address is, as an instance would see it.
fn me(evidence: &Evidence) -> &str {
    scene::known_account(evidence)
        .and_then(|account| account.my_address.as_deref())
        .unwrap_or("YOUR-ADDRESS")
}

/// Groups that do not let the learner in: the sentence for a silent connection and for a launch alike.
pub(crate) fn group(
    mistake: Mistake,
    groups: &[&SecurityGroup],
    evidence: &Evidence,
) -> Recognised {
    let me = me(evidence);
    let name = groups
        .first()
        .map_or("of the instance", |group| group.name.as_str());
    let id = groups.first().map_or("GROUP-ID", |group| group.id.as_str());
    let says = if mistake == Mistake::GroupForOthers {
        let sources: Vec<&str> = groups
            .iter()
            .flat_map(|group| &group.inbound)
            .filter(|rule| admits_ssh(&rule.protocol, rule.ports))
            .map(|rule| rule.source.as_str())
            .collect();
        format!(
            "Security group {name} lets {} in on port 22 and not your address, which is {me} here: your packets are \
             dropped without an answer. Add a rule for yourself.",
            if sources.is_empty() {
                "others".to_owned()
            } else {
                sources.join(" and ")
            }
        )
    } else {
        format!(
            "Security group {name} has no rule for port 22, so packets to it are dropped without an answer: ssh \
             waits and times out. Let your own address ({me}) in."
        )
    };
    recognised(
        mistake,
        says,
        format!(
            "aws ec2 authorize-security-group-ingress --group-id {id} \\\n  --protocol tcp --port 22 --cidr {me}/32"
        ),
    )
}

/// A rule that admits everybody, of one of these groups.
pub(crate) fn open_to_all(
    source: &str,
    groups: &[&SecurityGroup],
    evidence: &Evidence,
) -> Recognised {
    let me = me(evidence);
    let id = groups
        .iter()
        .find(|group| group.inbound.iter().any(|rule| rule.source == source))
        .map_or("GROUP-ID", |group| group.id.as_str());
    recognised(
        Mistake::GroupOpenToAll,
        format!(
            "A rule lets {source} in on port 22, and that is the whole internet: within minutes strangers' programs try \
             names and keys there. Take it away; {me}/32 is you alone."
        ),
        format!(
            "aws ec2 revoke-security-group-ingress --group-id {id} \\\n  --protocol tcp --port 22 --cidr {source}"
        ),
    )
}

/// Whether a rule is about ssh at all.
pub(crate) fn admits_ssh(protocol: &str, ports: Option<(u16, u16)>) -> bool {
    match protocol {
        "-1" => true,
        "tcp" | "6" => ports.is_none_or(|(first, last)| (first..=last).contains(&22)),
        _ => false,
    }
}
