//! Options that the AWS CLI adds to some commands and turns into members of the request before it sends.

use serde_json::{Map, Value, json};

use crate::cli::aws::arguments::{self, Argument, Givens, Kind};
use crate::cli::aws::failure::Failure;
use crate::cloud::api::actions::Action;

/// The simple options of a security group rule.
const RULE: [(&str, &str); 5] = [
    ("protocol", "tcp, udp, icmp, all or a protocol's number."),
    ("port", "One port or a range: 22 or 22-25."),
    (
        "cidr",
        "The IPv4 range that may come in: 0.0.0.0/0 is everyone.",
    ),
    ("source-group", "The id or name of a source security group."),
    (
        "group-owner",
        "The account that owns the source security group.",
    ),
];

/// Changes an action's options to the AWS CLI's.
pub fn shape(action: &Action, table: &mut Vec<Argument>) {
    if action.name == "RunInstances" {
        table.retain(|one| !matches!(one.option.as_str(), "min-count" | "max-count"));
        let doc = "How many instances: 1, or 1:3 for one to three.";
        table.push(Argument::own("count", Kind::One, doc));
        let doc = "Whether the instance gets a public address; default: as its subnet says.";
        arguments::add_flag(
            table,
            Argument::own("associate-public-ip-address", Kind::One, doc),
        );
    }
    if has(action, "ip_permissions") {
        table.extend(RULE.map(|(option, doc)| Argument::own(option, Kind::One, doc)));
    }
    if is_paged(action) {
        table.push(Argument::own(
            "page-size",
            Kind::One,
            "How many to ask for at a time.",
        ));
    }
}

/// Whether an action answers in pages.
pub fn is_paged(action: &Action) -> bool {
    has(action, "next_token") && has(action, "max_results")
}

fn has(action: &Action, field: &str) -> bool {
    arguments::members(action)
        .iter()
        .any(|one| one.field == field)
}

/// Turns these options into members. `token` is a fresh client token.
pub fn apply(
    action: &Action,
    givens: &Givens,
    parameters: &mut Map<String, Value>,
    token: impl FnOnce() -> String,
) -> Result<(), Failure> {
    if action.name == "RunInstances" {
        counts(givens.one("count"), parameters)?;
        public_address(givens.flag("associate-public-ip-address"), parameters)?;
    }
    if has(action, "client_token") && !parameters.contains_key("ClientToken") {
        parameters.insert("ClientToken".into(), token().into());
    }
    if has(action, "ip_permissions") {
        rule(givens, parameters)?;
    }
    if let Some(size) = givens.one("page-size").filter(|_| is_paged(action)) {
        let size = size.parse::<i64>().map_err(|_| {
            Failure::Usage(format!("argument --page-size: invalid int value: '{size}'"))
        })?;
        parameters.insert("MaxResults".into(), size.into());
    }
    Ok(())
}

fn counts(count: Option<&str>, parameters: &mut Map<String, Value>) -> Result<(), Failure> {
    let count = count.unwrap_or("1");
    let (least, most) = count.split_once(':').unwrap_or((count, count));
    let (Ok(least), Ok(most)) = (least.parse::<i64>(), most.parse::<i64>()) else {
        let text = "count parameter should be of form min[:max] (e.g. 1 or 1:10)";
        return Err(Failure::Parameter(text.into()));
    };
    parameters.insert("MinCount".into(), least.into());
    parameters.insert("MaxCount".into(), most.into());
    Ok(())
}

/// A public address belongs to a network interface, and then the subnet and the groups do too.
fn public_address(
    wanted: Option<bool>,
    parameters: &mut Map<String, Value>,
) -> Result<(), Failure> {
    let Some(wanted) = wanted else {
        return Ok(());
    };
    if parameters.contains_key("NetworkInterfaces") {
        let text = "Mixing the --network-interfaces option with the simple, scalar options is not \
                    supported.";
        return Err(Failure::Parameter(text.into()));
    }
    let mut interface = Map::new();
    interface.insert("DeviceIndex".into(), 0.into());
    interface.insert("AssociatePublicIpAddress".into(), wanted.into());
    for (top, inside) in [("SubnetId", "SubnetId"), ("SecurityGroupIds", "Groups")] {
        if let Some(value) = parameters.remove(top) {
            interface.insert(inside.into(), value);
        }
    }
    if let Some(address) = parameters.remove("PrivateIpAddress") {
        let addresses = json!([{ "PrivateIpAddress": address, "Primary": true }]);
        interface.insert("PrivateIpAddresses".into(), addresses);
    }
    parameters.insert("NetworkInterfaces".into(), json!([interface]));
    Ok(())
}

fn rule(givens: &Givens, parameters: &mut Map<String, Value>) -> Result<(), Failure> {
    let Some((first, _)) = RULE.iter().find(|(option, _)| givens.has(option)) else {
        return Ok(());
    };
    if parameters.contains_key("IpPermissions") {
        let option = first.replace('-', "_");
        return Err(Failure::Parameter(format!(
            "The --{option} option is not compatible with the --ip-permissions option "
        )));
    }
    let mut rule = Map::new();
    if let Some(protocol) = givens.one("protocol") {
        match (protocol, protocol.parse::<i64>()) {
            ("all", _) => rule.insert("IpProtocol".into(), "-1".into()),
            ("tcp" | "udp" | "icmp", _) | (_, Ok(-1..=255)) => {
                rule.insert("IpProtocol".into(), protocol.into())
            }
            // The CLI means to say that numbers end at 255, but its own handler replaces that text by this one.
            _ => {
                let text = "protocol parameter should be one of: tcp|udp|icmp|all or any valid \
                            protocol number.";
                return Err(Failure::Parameter(text.into()));
            }
        };
    }
    if let Some(port) = givens.one("port") {
        let (from, to) = match port {
            "-1" | "all" => ("-1", "-1"),
            _ => port.split_once('-').unwrap_or((port, port)),
        };
        let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) else {
            let text = "port parameter should be of the form <from[-to]> (e.g. 22 or 22-25)";
            return Err(Failure::Parameter(text.into()));
        };
        rule.insert("FromPort".into(), from.into());
        rule.insert("ToPort".into(), to.into());
    }
    if let Some(cidr) = givens.one("cidr") {
        rule.insert("IpRanges".into(), json!([{ "CidrIp": cidr }]));
    }
    let mut group = Map::new();
    if let Some(source) = givens.one("source-group") {
        let member = if source.starts_with("sg-") {
            "GroupId"
        } else {
            "GroupName"
        };
        group.insert(member.into(), source.into());
    }
    if let Some(owner) = givens.one("group-owner") {
        group.insert("UserId".into(), owner.into());
    }
    if !group.is_empty() {
        rule.insert("UserIdGroupPairs".into(), json!([group]));
    }
    parameters.insert("IpPermissions".into(), json!([rule]));
    Ok(())
}
