//! One instance: the tabs Security, Networking, Storage and Tags.

use maud::{Markup, html};
use serde::Deserialize;

use super::details::page;
use super::{Device, Instance, Interface, group_links, one, or_nothing};
use crate::console::account::Ask;
use crate::console::form::Form;
use crate::console::pages::security_groups::rule::{self, Direction, Rule};
use crate::console::pages::tags as manage;
use crate::console::parts::table::{Row, Table, table};
use crate::console::parts::tabs::facts;
use crate::console::parts::{self};
use crate::console::visit::{Outcome, Refusal, Visit};

/// The rules of all its groups, as they count together.
pub(in crate::console) fn security(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let instance = one(visit)?;
    let mut rules = Vec::new();
    for group in &instance.security_groups {
        let of_it = rule::of_group(visit, &group.group_id)?;
        rules.extend(
            of_it
                .into_iter()
                .map(|rule| (rule, group.group_name.as_str())),
        );
    }
    let content = html! {
        (facts("security", "Security details", &[("Security groups", group_links(&instance.security_groups))]))
        (rules_table("inbound", "Inbound rules", Direction::Inbound, &rules))
        (rules_table("outbound", "Outbound rules", Direction::Outbound, &rules))
    };
    Ok(page(visit, &instance, &content))
}

fn rules_table(id: &str, caption: &str, direction: Direction, all: &[(Rule, &str)]) -> Markup {
    let of_it = all.iter().filter(|(rule, _)| rule.direction() == direction);
    let rows = of_it.map(|(rule, group)| Row {
        id: rule.id().to_owned(),
        says: format!("Rule {}", rule.in_words()),
        cells: vec![
            html! { (rule.port_range()) },
            html! { (rule.protocol()) },
            rule.peer_with_warning(),
            html! { (group) },
            html! { code { (rule.id()) } },
            or_nothing(rule.description()),
        ],
    });
    let rows: Vec<Row> = rows.collect();
    table(&Table {
        id,
        caption,
        columns: &[
            "Port range",
            "Protocol",
            direction.peer_title(),
            "Security group",
            "Security group rule ID",
            "Description",
        ],
        rows,
        empty: html! { p { (direction.nothing_passes()) } },
    })
}

/// Its addresses and its place.
pub(in crate::console) fn networking(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let instance = one(visit)?;
    let details = facts(
        "networking",
        "Networking details",
        &[
            (
                "Public IPv4 address",
                or_nothing(instance.public_ip_address.as_deref()),
            ),
            (
                "Private IPv4 address",
                or_nothing(instance.private_ip_address.as_deref()),
            ),
            ("Public DNS", or_nothing(instance.public_name())),
            (
                "Private IP DNS name",
                or_nothing(Some(instance.private_dns_name.as_str())),
            ),
            ("VPC ID", or_nothing(instance.vpc_id.as_deref())),
            ("Subnet ID", or_nothing(instance.subnet_id.as_deref())),
            (
                "Availability Zone",
                html! { (instance.placement.availability_zone) },
            ),
        ],
    );
    let content = html! { (details) (interfaces(&instance)) };
    Ok(page(visit, &instance, &content))
}

fn interfaces(instance: &Instance) -> Markup {
    let row = |one: &Interface| Row {
        id: one.network_interface_id.clone(),
        says: format!("Network interface {}", one.network_interface_id),
        cells: vec![
            html! { code { (one.network_interface_id) } },
            html! { (one.private_ip_address) },
            or_nothing(one.association.as_ref().map(|has| has.public_ip.as_str())),
            html! { code { (one.mac_address) } },
            html! { code { (one.subnet_id) } },
            html! { (one.status) },
        ],
    };
    table(&Table {
        id: "interfaces",
        caption: "Network interfaces",
        columns: &[
            "Interface ID",
            "Private IPv4 address",
            "Public IPv4 address",
            "MAC address",
            "Subnet ID",
            "Status",
        ],
        rows: instance.network_interfaces.iter().map(row).collect(),
        empty: html! { p { "A terminated instance has none." } },
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Volumes {
    volumes: Vec<Volume>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Volume {
    volume_id: String,
    size: i64,
    volume_type: String,
    encrypted: bool,
}

/// Its volumes.
pub(in crate::console) fn storage(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let instance = one(visit)?;
    let ask = Ask::new("DescribeVolumes")
        .with("Filter.1.Name", "attachment.instance-id")
        .with("Filter.1.Value.1", &instance.instance_id);
    let volumes: Volumes = visit.ask(&ask)?;
    let row = |device: &Device| {
        let mut all = volumes.volumes.iter();
        let volume = all.find(|one| one.volume_id == device.ebs.volume_id);
        let size = volume.map(|one| format!("{} GiB", one.size));
        Row {
            id: device.ebs.volume_id.clone(),
            says: format!("Volume {}", device.ebs.volume_id),
            cells: vec![
                html! { code { (device.ebs.volume_id) } },
                html! { code { (device.device_name) } },
                or_nothing(size.as_deref()),
                or_nothing(volume.map(|one| one.volume_type.as_str())),
                html! { (device.ebs.status) },
                parts::time(device.ebs.attach_time),
                html! { (yes_or_no(volume.is_some_and(|one| one.encrypted))) },
                html! { (yes_or_no(device.ebs.delete_on_termination)) },
            ],
        }
    };
    let content = html! {
        (facts("storage", "Root device details", &[
            ("Root device name", html! { code { (instance.root_device_name) } }),
            ("Root device type", html! { "EBS" }),
        ]))
        (table(&Table {
            id: "volumes",
            caption: "Block devices",
            columns: &["Volume ID", "Device name", "Volume size", "Volume type", "Attachment status", "Attachment time", "Encrypted", "Delete on termination"],
            rows: instance.block_device_mappings.iter().map(row).collect(),
            empty: html! { p { "A terminated instance has none." } },
        }))
    };
    Ok(page(visit, &instance, &content))
}

fn yes_or_no(is: bool) -> &'static str {
    if is { "Yes" } else { "No" }
}

/// Its tags.
pub(in crate::console) fn tags(visit: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let instance = one(visit)?;
    let rows = instance.tags.iter().map(|tag| Row {
        id: format!("tag-{}", hex::encode(&tag.key)),
        says: format!("Tag {}: {}", tag.key, tag.value),
        cells: vec![html! { (tag.key) }, html! { (tag.value) }],
    });
    let content = html! {
        p { a.button id="manage-tags" href={ (manage::PATH) "/" (instance.instance_id) } { "Manage tags" } }
        (table(&Table {
            id: "tags",
            caption: "Tags",
            columns: &["Key", "Value"],
            rows: rows.collect(),
            empty: html! { p { "This instance has no tags. The tag Name is its name in the list." } },
        }))
    };
    Ok(page(visit, &instance, &content))
}
