//! What the filters of `DescribeInstances` look at: names as AWS documents them, and an instance's values under each.

use std::borrow::Cow;

use crate::cloud::api::actions::instance_item::{
    ip_owner, state_reason_code, state_reason_message, switch, token_rule, transition_reason,
};
use crate::cloud::api::answer::WholeSeconds;
use crate::cloud::resources::instance::{Group, Instance, Volume};

/// The names, and two of AWS's that its documentation leaves out: `tag-value` and `group-id` with its name.
pub const FILTERS: &[&str] = &[
    "affinity",
    "architecture",
    "availability-zone",
    "block-device-mapping.attach-time",
    "block-device-mapping.delete-on-termination",
    "block-device-mapping.device-name",
    "block-device-mapping.status",
    "block-device-mapping.volume-id",
    "boot-mode",
    "client-token",
    "current-instance-boot-mode",
    "dns-name",
    "ebs-optimized",
    "ena-support",
    "enclave-options.enabled",
    "group-id",
    "group-name",
    "hibernation-options.configured",
    "host-id",
    "hypervisor",
    "iam-instance-profile.arn",
    "image-id",
    "instance-id",
    "instance-lifecycle",
    "instance-state-code",
    "instance-state-name",
    "instance-type",
    "instance.group-id",
    "instance.group-name",
    "ip-address",
    "kernel-id",
    "key-name",
    "launch-index",
    "launch-time",
    "metadata-options.http-endpoint",
    "metadata-options.http-protocol-ipv6",
    "metadata-options.http-put-response-hop-limit",
    "metadata-options.http-tokens",
    "metadata-options.instance-metadata-tags",
    "monitoring-state",
    "network-interface.addresses.association.ip-owner-id",
    "network-interface.addresses.association.public-ip",
    "network-interface.addresses.primary",
    "network-interface.addresses.private-ip-address",
    "network-interface.association.allocation-id",
    "network-interface.association.association-id",
    "network-interface.association.ip-owner-id",
    "network-interface.association.public-ip",
    "network-interface.attachment.attach-time",
    "network-interface.attachment.attachment-id",
    "network-interface.attachment.delete-on-termination",
    "network-interface.attachment.device-index",
    "network-interface.attachment.instance-id",
    "network-interface.attachment.instance-owner-id",
    "network-interface.attachment.status",
    "network-interface.availability-zone",
    "network-interface.description",
    "network-interface.group-id",
    "network-interface.group-name",
    "network-interface.mac-address",
    "network-interface.network-interface-id",
    "network-interface.owner-id",
    "network-interface.private-dns-name",
    "network-interface.source-dest-check",
    "network-interface.status",
    "network-interface.subnet-id",
    "network-interface.vpc-id",
    "outpost-arn",
    "owner-id",
    "placement-group-name",
    "placement-partition-number",
    "platform",
    "platform-details",
    "private-dns-name",
    "private-ip-address",
    "product-code",
    "product-code.type",
    "ramdisk-id",
    "reason",
    "requester-id",
    "reservation-id",
    "root-device-name",
    "root-device-type",
    "source-dest-check",
    "spot-instance-request-id",
    "state-reason-code",
    "state-reason-message",
    "subnet-id",
    "tag:",
    "tag-key",
    "tag-value",
    "tenancy",
    "usage-operation",
    "virtualization-type",
    "vpc-id",
];

/// An instance's values under a filter's name; none for what no instance has here, such as `platform`.
pub fn values<'a>(instance: &'a Instance, owner: &'a str, filter: &str) -> Vec<Cow<'a, str>> {
    if let Some(name) = filter.strip_prefix("block-device-mapping.") {
        let of = |volume| volume_value(volume, instance, name);
        return instance.volumes.iter().filter_map(of).collect();
    }
    if let Some(name) = filter.strip_prefix("metadata-options.") {
        return metadata_value(instance, name).into_iter().collect();
    }
    let groups = || instance.interface.iter().flat_map(|one| &one.groups);
    let names = |group: &'a Group| Cow::from(group.name.as_str());
    let ids = |group: &'a Group| Cow::from(group.id.as_str());
    if let Some(name) = filter.strip_prefix("network-interface.") {
        return match name {
            "group-id" => groups().map(ids).collect(),
            "group-name" => groups().map(names).collect(),
            _ => interface_value(instance, owner, name).into_iter().collect(),
        };
    }
    match filter {
        "group-id" | "instance.group-id" => groups().map(ids).collect(),
        "group-name" | "instance.group-name" => groups().map(names).collect(),
        _ => match instance.tags.filter_values(filter) {
            Some(values) => values,
            None => value(instance, owner, filter).into_iter().collect(),
        },
    }
}

fn value<'a>(instance: &'a Instance, owner: &'a str, filter: &str) -> Option<Cow<'a, str>> {
    let interface = instance.interface.as_ref();
    let public = instance.public_address.as_ref();
    Some(match filter {
        "architecture" => instance.architecture.as_str().into(),
        "availability-zone" => instance.availability_zone.as_str().into(),
        "boot-mode" => instance.boot_mode.as_deref()?.into(),
        "client-token" => instance.client_token.as_deref()?.into(),
        "current-instance-boot-mode" => instance.current_boot_mode().into(),
        "dns-name" => public?.name.as_str().into(),
        "ebs-optimized" => yes_or_no(instance.ebs_optimized),
        "ena-support" => "true".into(),
        "enclave-options.enabled" | "hibernation-options.configured" => "false".into(),
        "hypervisor" => "xen".into(),
        "image-id" => instance.image_id.as_str().into(),
        "instance-id" => instance.id.as_str().into(),
        "instance-state-code" => instance.state.code().to_string().into(),
        "instance-state-name" => instance.state.name().into(),
        "instance-type" => instance.instance_type.as_str().into(),
        "ip-address" => public?.address.to_string().into(),
        "key-name" => instance.key_name.as_deref()?.into(),
        "launch-index" => instance.launch_index.to_string().into(),
        "launch-time" => WholeSeconds(instance.launched_at).to_string().into(),
        "monitoring-state" => (if instance.monitoring {
            "enabled"
        } else {
            "disabled"
        })
        .into(),
        "owner-id" => owner.into(),
        "platform-details" => instance.platform_details.as_str().into(),
        "private-dns-name" => interface?.private_name.as_str().into(),
        "private-ip-address" => interface?.private_address.to_string().into(),
        "reason" => transition_reason(instance),
        "reservation-id" => instance.reservation_id.as_str().into(),
        "root-device-name" => instance.root_device.as_str().into(),
        "root-device-type" => "ebs".into(),
        "source-dest-check" => yes_or_no(interface?.source_dest_check),
        // Found by an empty code while it has no reason: moto's tests, unverified.
        "state-reason-code" => state_reason_code(instance).unwrap_or_default().into(),
        "state-reason-message" => state_reason_message(instance)?.into(),
        "subnet-id" => interface?.subnet_id.as_str().into(),
        "tenancy" => "default".into(),
        "usage-operation" => instance.usage_operation.as_str().into(),
        "virtualization-type" => "hvm".into(),
        "vpc-id" => interface?.vpc_id.as_str().into(),
        _ => return None,
    })
}

fn volume_value<'a>(volume: &'a Volume, instance: &Instance, name: &str) -> Option<Cow<'a, str>> {
    Some(match name {
        "attach-time" => WholeSeconds(instance.created_at).to_string().into(),
        "delete-on-termination" => yes_or_no(volume.delete_on_termination),
        "device-name" => volume.device.as_str().into(),
        "status" => "attached".into(),
        "volume-id" => volume.id.as_str().into(),
        _ => return None,
    })
}

fn metadata_value<'a>(instance: &Instance, name: &str) -> Option<Cow<'a, str>> {
    let options = instance.metadata;
    Some(match name {
        "http-endpoint" => switch(options.endpoint_enabled).into(),
        "http-protocol-ipv6" => switch(options.ipv6_enabled).into(),
        "http-put-response-hop-limit" => options.hop_limit.to_string().into(),
        "http-tokens" => token_rule(options.tokens_required).into(),
        "instance-metadata-tags" => switch(options.tags_enabled).into(),
        _ => return None,
    })
}

fn interface_value<'a>(instance: &'a Instance, owner: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let interface = instance.interface.as_ref()?;
    let public = instance.public_address.as_ref();
    Some(match name {
        "addresses.association.ip-owner-id" | "association.ip-owner-id" => {
            ip_owner(public?, owner).into()
        }
        "association.allocation-id" => public?.elastic.as_ref()?.allocation_id.as_str().into(),
        "association.association-id" => public?.elastic.as_ref()?.association_id.as_str().into(),
        "addresses.association.public-ip" | "association.public-ip" => {
            public?.address.to_string().into()
        }
        "addresses.primary" => "true".into(),
        "source-dest-check" => yes_or_no(interface.source_dest_check),
        "addresses.private-ip-address" => interface.private_address.to_string().into(),
        "attachment.attach-time" => WholeSeconds(instance.created_at).to_string().into(),
        "attachment.attachment-id" => interface.attachment_id.as_str().into(),
        "attachment.delete-on-termination" => yes_or_no(interface.delete_on_termination),
        "attachment.device-index" => "0".into(),
        "attachment.instance-id" => instance.id.as_str().into(),
        "attachment.instance-owner-id" | "owner-id" => owner.into(),
        "attachment.status" => "attached".into(),
        "availability-zone" => instance.availability_zone.as_str().into(),
        "description" => interface.description.as_str().into(),
        "mac-address" => interface.mac_address.as_str().into(),
        "network-interface-id" => interface.id.as_str().into(),
        "private-dns-name" => interface.private_name.as_str().into(),
        "status" => "in-use".into(),
        "subnet-id" => interface.subnet_id.as_str().into(),
        "vpc-id" => interface.vpc_id.as_str().into(),
        _ => return None,
    })
}

/// `true` or `false`.
pub fn yes_or_no<'a>(yes: bool) -> Cow<'a, str> {
    (if yes { "true" } else { "false" }).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::done;

    /// What no instance has that was just launched here: the filter is known and fits nothing.
    const NOTHING: [&str; 16] = [
        "affinity",
        "network-interface.association.allocation-id",
        "network-interface.association.association-id",
        "host-id",
        "iam-instance-profile.arn",
        "instance-lifecycle",
        "kernel-id",
        "outpost-arn",
        "placement-group-name",
        "placement-partition-number",
        "platform",
        "product-code",
        "product-code.type",
        "ramdisk-id",
        "requester-id",
        "spot-instance-request-id",
    ];

    #[test]
    fn every_filter_finds_what_a_running_instance_has() {
        let mut client = Client::new();
        done(client.ec2("CreateKeyPair", "KeyName=mk&KeyType=ed25519"));
        let id = client.launch(
            "KeyName=mk&ClientToken=t&TagSpecification.1.ResourceType=instance&\
             TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1.Value=web&",
        );
        client.pass(60);
        done(client.ec2("DescribeRegions", ""));
        let instance = client.instance(&id);
        for filter in FILTERS {
            let name = if *filter == "tag:" {
                "tag:Name"
            } else {
                filter
            };
            let found = values(&instance, "1", name);
            let ended_only = name == "state-reason-message";
            let expected = !(NOTHING.contains(&name) || ended_only);
            assert_eq!(!found.is_empty(), expected, "{name}: {found:?}");
        }
        assert_eq!(values(&instance, "1", "tag:Name"), ["web"]);
        assert_eq!(
            values(&instance, "1", "launch-time"),
            ["2026-11-24T10:00:00.000Z"]
        );
        assert_eq!(
            values(
                &instance,
                "1",
                "network-interface.addresses.association.public-ip"
            ),
            values(&instance, "1", "ip-address")
        );
    }
}
