//! Launch an instance: the form is taken. First the new security group is made, as AWS's wizard does, then the instances; if
//! those are refused the group goes again, so that the next try finds everything as it was.
#![expect(
    clippy::disallowed_methods,
    reason = "the description of a group that the wizard makes names the time, as AWS's does"
)]

use std::time::Duration;

use base64::Engine;
use serde::Deserialize;

use super::LIST;
use crate::cloud::api::error::ApiError;
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::pages::security_groups;
use crate::console::pages::security_groups::rule::Peer;
use crate::console::parts::notice::Notice;
use crate::console::visit::{Go, Outcome, Refusal, Visit};

/// The field that becomes the tag `Name`.
pub(super) const NAME: &str = "Name";
/// Whether the instance gets a public address.
pub(super) const PUBLIC: &str = "AssociatePublicIpAddress";
/// Which security groups: [`NEW_GROUP`] or [`OLD_GROUPS`].
pub(super) const FIREWALL: &str = "Firewall";
/// A new one.
pub(super) const NEW_GROUP: &str = "new";
/// Those of [`MORE_GROUPS`].
pub(super) const OLD_GROUPS: &str = "existing";
/// The groups that are ticked.
pub(super) const MORE_GROUPS: &str = "SecurityGroupId";
/// Whether SSH is let in.
pub(super) const SSH: &str = "AllowSsh";
/// From where: `anywhere`, `custom` with [`SSH_ADDRESS`], or `my-ip`.
pub(super) const SOURCE: &str = "SshFrom";
/// A CIDR block or a group's id. Named as the API names it, so that its refusals stand there.
pub(super) const SSH_ADDRESS: &str = "CidrIp";
/// Whether HTTPS is let in.
pub(super) const HTTPS: &str = "AllowHttps";
/// Whether HTTP is let in.
pub(super) const HTTP: &str = "AllowHttp";
/// What the instance runs at its first start.
pub(super) const USER_DATA: &str = "UserData";
/// "Proceed without a key pair": no key pair's name starts with a space.
pub(super) const WITHOUT_KEY: &str = " none";

/// How often a group is asked for that was just made: on AWS it can take a moment until everybody sees it.
const TRIES: u32 = 20;
/// The wait between two tries.
const BETWEEN: Duration = Duration::from_millis(250);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Launched {
    reservation_id: String,
    instances: Vec<LaunchedInstance>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LaunchedInstance {
    instance_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NewGroup {
    group_id: String,
}

/// Launches.
pub(in crate::console) fn take(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    let ask = order(form)?;
    let launched = if form.get(FIREWALL) == OLD_GROUPS {
        let groups: Vec<&str> = form.all(MORE_GROUPS).collect();
        launch(visit, form, &with_groups(ask, form, &groups), "")?
    } else {
        let group = new_group(visit, form)?;
        let ask = with_groups(ask, form, &[group.as_str()]);
        let done = launch(visit, form, &ask, &group);
        if done.is_err() {
            take_back(visit, &group);
        }
        done?
    };
    let ids: Vec<&str> = launched
        .instances
        .iter()
        .map(|one| one.instance_id.as_str())
        .collect();
    let text = format!("The launch of {} has begun.", ids.join(", "));
    let path = format!("{LIST}/launched/{}", launched.reservation_id);
    Ok(Go::to(path).saying(Notice::done(text)).into())
}

/// The order, without its security groups.
fn order(form: &Form) -> Result<Ask, Refusal> {
    let mut ask = Ask::new("RunInstances")
        .field(form, "ImageId")
        .field(form, "InstanceType");
    ask = match form.get("KeyName") {
        WITHOUT_KEY => ask,
        "" => {
            let text = "Choose a key pair, or choose to proceed without one";
            let error = ApiError::new("GroundSchool.NotChosen", text);
            return Err(Refusal::Field("KeyName", error));
        }
        name => ask.with("KeyName", name),
    };
    ask = ask
        .with("MinCount", form.get("MaxCount"))
        .with("MaxCount", form.get("MaxCount"));
    if !form.get(USER_DATA).is_empty() {
        let packed = base64::engine::general_purpose::STANDARD.encode(form.get(USER_DATA));
        ask = ask.with(USER_DATA, packed);
    }
    if !form.get(NAME).is_empty() {
        let tag = "TagSpecification.1";
        ask = ask
            .with(format!("{tag}.ResourceType"), "instance")
            .with(format!("{tag}.Tag.1.Key"), "Name")
            .with(format!("{tag}.Tag.1.Value"), form.get(NAME));
    }
    Ok(ask)
}

/// With the groups. A choice about the public address is one about the network interface, which then has the groups too.
fn with_groups(mut ask: Ask, form: &Form, groups: &[&str]) -> Ask {
    let on_the_interface = form.get(PUBLIC) == "false";
    let at = if on_the_interface {
        ask = ask
            .with("NetworkInterface.1.DeviceIndex", "0")
            .with("NetworkInterface.1.AssociatePublicIpAddress", "false");
        "NetworkInterface.1."
    } else {
        ""
    };
    if !form.get("SubnetId").is_empty() {
        ask = ask.with(format!("{at}SubnetId"), form.get("SubnetId"));
    }
    for (place, group) in groups.iter().enumerate() {
        ask = ask.with(format!("{at}SecurityGroupId.{}", place + 1), *group);
    }
    ask
}

/// Asks for it, and says a refusal at the field that it is about. `fresh` is the group that was just made, if one was.
fn launch(visit: &Visit, form: &Form, ask: &Ask, fresh: &str) -> Result<Launched, Refusal> {
    seen(fresh, || visit.ask(ask)).map_err(|error| {
        let lower = error.message.to_ascii_lowercase();
        if lower.contains("tag") && !form.get(NAME).is_empty() {
            return Refusal::Field(NAME, error);
        }
        match error.code.as_ref() {
            _ if lower.contains("user data") => Refusal::Field(USER_DATA, error),
            _ if lower.contains("mincount") => Refusal::Field("MaxCount", error),
            "InvalidGroup.NotFound"
            | "InvalidGroupId.Malformed"
            | "SecurityGroupsPerInstanceLimitExceeded" => Refusal::Field(MORE_GROUPS, error),
            "InsufficientFreeAddressesInSubnet" => Refusal::Field("SubnetId", error),
            _ if lower.contains("architecture") => Refusal::Field("InstanceType", error),
            _ => Refusal::Api(error),
        }
    })
}

/// Makes `launch-wizard-N` with the rules that are ticked; its id.
fn new_group(visit: &Visit, form: &Form) -> Result<String, Refusal> {
    let groups = security_groups::all(visit)?;
    let name = next_group_name(groups.iter().map(|group| group.group_name.as_str()));
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ");
    let ask = Ask::new("CreateSecurityGroup")
        .with("GroupName", &name)
        .with("GroupDescription", format!("{name} created {now}"));
    let made: NewGroup = visit.ask(&ask)?;
    let group = made.group_id;
    if let Some(ask) = rules(visit, form, &group) {
        let done: Result<(), ApiError> = seen(&group, || visit.tell(&ask));
        if let Err(error) = done {
            take_back(visit, &group);
            let is_typed = form.get(SOURCE) == "custom";
            return Err(if is_typed {
                Refusal::Field(SSH_ADDRESS, error)
            } else {
                Refusal::Api(error)
            });
        }
    }
    Ok(group)
}

/// The rules of the new group; none when nothing is ticked.
fn rules(visit: &Visit, form: &Form, group: &str) -> Option<Ask> {
    let from_ssh = match form.get(SOURCE) {
        "my-ip" => Peer::of_address(visit.my_address()),
        "custom" => Peer::typed(form.get(SSH_ADDRESS)),
        _ => Peer::anywhere(),
    };
    let wanted = [
        (SSH, "22", from_ssh),
        (HTTPS, "443", Peer::anywhere()),
        (HTTP, "80", Peer::anywhere()),
    ];
    let mut ask = Ask::new("AuthorizeSecurityGroupIngress").with("GroupId", group);
    let mut number = 0;
    for (tick, port, peer) in wanted {
        if !form.has(tick) {
            continue;
        }
        number += 1;
        let at = format!("IpPermissions.{number}");
        ask = ask
            .with(format!("{at}.IpProtocol"), "tcp")
            .with(format!("{at}.FromPort"), port)
            .with(format!("{at}.ToPort"), port);
        let (name, value) = peer.on_the_wire();
        ask = ask.with(format!("{at}.{name}"), value);
    }
    (number > 0).then_some(ask)
}

/// The group was made for a launch that was refused. That it may stay where this fails is as on AWS.
fn take_back(visit: &Visit, group: &str) {
    let ask = Ask::new("DeleteSecurityGroup").with("GroupId", group);
    let _ = seen(group, || visit.tell(&ask));
}

/// Asks again for as long as the new group is not seen.
fn seen<T>(fresh: &str, mut ask: impl FnMut() -> Result<T, ApiError>) -> Result<T, ApiError> {
    let mut tries = 0;
    loop {
        match ask() {
            Err(error)
                if error.code == "InvalidGroup.NotFound"
                    && !fresh.is_empty()
                    && error.message.contains(fresh)
                    && tries < TRIES =>
            {
                tries += 1;
                crate::console::account::wait(BETWEEN);
            }
            done => return done,
        }
    }
}

/// `launch-wizard-1`, or the first number that is free.
pub(super) fn next_group_name<'a>(taken: impl Iterator<Item = &'a str>) -> String {
    let taken: std::collections::BTreeSet<&str> = taken.collect();
    let mut numbers = 1..;
    let free = numbers.find_map(|number: u32| {
        let name = format!("launch-wizard-{number}");
        (!taken.contains(name.as_str())).then_some(name)
    });
    free.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Form {
        Form::of_pairs(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_wizards_group_has_the_first_free_number() {
        assert_eq!(next_group_name([].into_iter()), "launch-wizard-1");
        let taken = ["default", "launch-wizard-1", "launch-wizard-3"];
        assert_eq!(next_group_name(taken.into_iter()), "launch-wizard-2");
    }

    #[test]
    fn an_order_without_a_word_about_the_key_pair_is_not_taken() {
        let refused = order(&form("ImageId=ami-1&KeyName=&MaxCount=1")).unwrap_err();
        assert!(matches!(refused, Refusal::Field("KeyName", _)));
        let ask = order(&form("ImageId=ami-1&KeyName=+none&MaxCount=2&Name=web")).unwrap();
        let text = format!("{ask:?}");
        assert!(!text.contains("KeyName"), "{text}");
        assert!(text.contains("(\"MinCount\", \"2\")"), "{text}");
        assert!(
            text.contains("(\"TagSpecification.1.Tag.1.Value\", \"web\")"),
            "{text}"
        );
    }

    #[test]
    fn an_instance_without_a_public_address_has_its_groups_on_the_interface() {
        let form = form("AssociatePublicIpAddress=false&SubnetId=subnet-1");
        let ask = with_groups(Ask::new("RunInstances"), &form, &["sg-1"]);
        let text = format!("{ask:?}");
        for name in [
            "NetworkInterface.1.SubnetId",
            "NetworkInterface.1.SecurityGroupId.1",
            "NetworkInterface.1.AssociatePublicIpAddress",
        ] {
            assert!(text.contains(name), "{name}: {text}");
        }
    }
}
