//! `DescribeNetworkInterfaces`: the interfaces that instances have, and those that they left.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::cloud::Region;
use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::instance_filter::yes_or_no;
use crate::cloud::api::actions::instance_item::ip_owner;
use crate::cloud::api::answer::{WholeSeconds, answer};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::filter::{Filter, Filters};
use crate::cloud::api::id::well_formed;
use crate::cloud::api::page::{USUAL, paginate};
use crate::cloud::api::params::request;
use crate::cloud::resources::instance::{Group, Instance, Interface, PublicAddress};
use crate::cloud::resources::left::LeftInterface;
use crate::cloud::resources::tag::TagItem;
use crate::cloud::text::Text;

request! {
    /// The request.
    pub struct DescribeNetworkInterfaces {
        /// Where the last page ended.
        next_token: Option<String> = "NextToken",
        /// Size of a page, 5 to 1000.
        max_results: Option<i64> = "MaxResults",
        /// Ids; all when there are none.
        network_interface_ids: Vec<String> = "NetworkInterfaceId",
        /// `attachment.instance-id`, `group-id`, `tag:KEY` and so on.
        filters: Vec<Filter> = "Filter",
    }
}

answer! {
    /// The answer.
    pub struct DescribeNetworkInterfacesAnswer {
        network_interfaces: Vec<InterfaceItem> = "networkInterfaceSet",
        next_token: Option<String> = "nextToken",
    }
}

answer! {
    /// One interface.
    pub struct InterfaceItem {
        network_interface_id: String = "networkInterfaceId",
        subnet_id: String = "subnetId",
        vpc_id: String = "vpcId",
        availability_zone: String = "availabilityZone",
        availability_zone_id: Option<String> = "availabilityZoneId",
        description: String = "description",
        owner_id: String = "ownerId",
        requester_managed: bool = "requesterManaged",
        status: &'static str = "status",
        mac_address: String = "macAddress",
        private_ip_address: String = "privateIpAddress",
        private_dns_name: String = "privateDnsName",
        source_dest_check: bool = "sourceDestCheck",
        groups: Vec<Group> = "groupSet",
        attachment: Option<AttachmentItem> = "attachment",
        association: Option<AssociationItem> = "association",
        tag_set: Vec<TagItem> = "tagSet",
        private_ip_addresses: [PrivateAddressItem; 1] = "privateIpAddressesSet",
        ipv6_addresses: Vec<String> = "ipv6AddressesSet",
        interface_type: &'static str = "interfaceType",
    }
}
answer! {
    /// How an interface is attached.
    pub struct AttachmentItem {
        attachment_id: String = "attachmentId",
        instance_id: String = "instanceId",
        instance_owner_id: String = "instanceOwnerId",
        device_index: i64 = "deviceIndex",
        network_card_index: i64 = "networkCardIndex",
        status: &'static str = "status",
        attach_time: Timestamp = "attachTime",
        delete_on_termination: bool = "deleteOnTermination",
    }
}
answer! {
    /// A public address; the two ids are those of an Elastic IP.
    pub struct AssociationItem {
        public_ip: String = "publicIp",
        public_dns_name: String = "publicDnsName",
        ip_owner_id: String = "ipOwnerId",
        allocation_id: Option<String> = "allocationId",
        association_id: Option<String> = "associationId",
    }
}
answer! {
    /// A private address.
    pub struct PrivateAddressItem {
        private_ip_address: String = "privateIpAddress",
        private_dns_name: String = "privateDnsName",
        primary: bool = "primary",
        association: Option<AssociationItem> = "association",
    }
}

const FILTERS: &[&str] = &[
    "addresses.association.allocation-id",
    "addresses.association.association-id",
    "addresses.association.owner-id",
    "addresses.association.public-ip",
    "addresses.primary",
    "addresses.private-ip-address",
    "association.allocation-id",
    "association.association-id",
    "association.ip-owner-id",
    "association.public-dns-name",
    "association.public-ip",
    "attachment.attach-time",
    "attachment.attachment-id",
    "attachment.delete-on-termination",
    "attachment.device-index",
    "attachment.instance-id",
    "attachment.instance-owner-id",
    "attachment.status",
    "availability-zone",
    "availability-zone-id",
    "description",
    "group-id",
    "group-name",
    "interface-type",
    "ipv6-addresses.ipv6-address",
    "mac-address",
    "network-interface-id",
    "operator.managed",
    "operator.principal",
    "owner-id",
    "private-dns-name",
    "private-ip-address",
    "requester-id",
    "requester-managed",
    "source-dest-check",
    "status",
    "subnet-id",
    "tag-key",
    "tag-value",
    "tag:",
    "vpc-id",
];

impl Operation for DescribeNetworkInterfaces {
    const NAME: &'static str = "DescribeNetworkInterfaces";
    const CHANGES: bool = false;
    type Answer = DescribeNetworkInterfacesAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescribeNetworkInterfacesAnswer, ApiError> {
        let filters = Filters::check(self.filters, FILTERS)?;
        let ids = &self.network_interface_ids;
        if self.max_results.is_some() && !ids.is_empty() {
            // The text follows that of DescribeInstances, unverified.
            let text =
                "The parameter networkInterfaceIdSet cannot be used with the parameter maxResults";
            return Err(ApiError::invalid_combination(text));
        }
        for id in ids {
            well_formed(id, "eni", "InvalidNetworkInterfaceId.Malformed")?;
        }
        let region = &*call.region;
        let (mut owners, mut left, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for id in ids {
            match (
                region.instances.with_interface(id),
                region.left.interface(id),
            ) {
                (Some(owner), _) => owners.push(owner),
                (None, Some(interface)) => left.push(interface),
                (None, None) => unknown.push(id.as_str()),
            }
        }
        if !unknown.is_empty() {
            return Err(ApiError::no_such_interfaces(&unknown));
        }
        let owner = call.account_id;
        let all = ids.is_empty();
        let owners = (all || !owners.is_empty()).then(|| region.instances.these_or_all(owners));
        let attached = owners.into_iter().flatten();
        left.sort_unstable_by(|one, other| one.interface.id.cmp(&other.interface.id));
        left.dedup_by(|one, other| one.interface.id == other.interface.id);
        let left = left.into_iter();
        let left = left.chain(region.left.interfaces().filter(|_| all));
        let meant = attached
            .filter_map(|instance| Shown::of(instance))
            .chain(left.map(Shown::of_left))
            .filter(|shown| filters.fit(|filter| values(shown, region, owner, filter)));
        let (page, next_token) = paginate(
            meant,
            Shown::key,
            self.max_results,
            self.next_token.as_deref(),
            USUAL,
        )?;
        let network_interfaces = page
            .into_iter()
            .map(|shown| item(&shown, region, owner))
            .collect();
        Ok(DescribeNetworkInterfacesAnswer {
            network_interfaces,
            next_token,
        })
    }
}

/// An interface with what is told of it beside.
struct Shown<'a> {
    interface: &'a Interface,
    zone: &'a Text,
    instance: Option<&'a Instance>,
}

impl<'a> Shown<'a> {
    fn of(instance: &'a Instance) -> Option<Self> {
        Some(Self {
            interface: instance.interface.as_ref()?,
            zone: &instance.availability_zone,
            instance: Some(instance),
        })
    }

    fn of_left(left: &'a LeftInterface) -> Self {
        Self {
            interface: &left.interface,
            zone: &left.zone,
            instance: None,
        }
    }

    /// Where it stands: by instance, and behind them those that have none.
    fn key(&self) -> String {
        match self.instance {
            Some(instance) => format!("{:016x}", instance.number),
            None => format!("left {}", self.interface.id),
        }
    }

    fn status(&self) -> &'static str {
        match self.instance {
            Some(_) => "in-use",
            None => "available",
        }
    }

    fn public_address(&self) -> Option<&'a PublicAddress> {
        self.instance?.public_address.as_ref()
    }
}

fn item(shown: &Shown<'_>, region: &Region, owner: &str) -> InterfaceItem {
    let interface = shown.interface;
    let association = shown
        .public_address()
        .map(|public| association(public, owner));
    InterfaceItem {
        network_interface_id: interface.id.clone(),
        subnet_id: interface.subnet_id.to_string(),
        vpc_id: interface.vpc_id.to_string(),
        availability_zone: shown.zone.to_string(),
        availability_zone_id: region.network.zone_id(shown.zone).map(str::to_owned),
        description: interface.description.clone(),
        owner_id: owner.to_owned(),
        requester_managed: false,
        status: shown.status(),
        mac_address: interface.mac_address.clone(),
        private_ip_address: interface.private_address.to_string(),
        private_dns_name: interface.private_name.clone(),
        source_dest_check: interface.source_dest_check,
        groups: interface.groups.clone(),
        attachment: shown.instance.map(|instance| AttachmentItem {
            attachment_id: interface.attachment_id.clone(),
            instance_id: instance.id.clone(),
            instance_owner_id: owner.to_owned(),
            device_index: 0,
            network_card_index: 0,
            status: "attached",
            attach_time: instance.created_at,
            delete_on_termination: interface.delete_on_termination,
        }),
        association: association.clone(),
        tag_set: interface.tags.items(),
        private_ip_addresses: [PrivateAddressItem {
            private_ip_address: interface.private_address.to_string(),
            private_dns_name: interface.private_name.clone(),
            primary: true,
            association,
        }],
        ipv6_addresses: Vec::new(),
        interface_type: "interface",
    }
}

fn association(public: &PublicAddress, owner: &str) -> AssociationItem {
    let elastic = public.elastic.as_ref();
    AssociationItem {
        public_ip: public.address.to_string(),
        public_dns_name: public.name.clone(),
        ip_owner_id: ip_owner(public, owner).to_owned(),
        allocation_id: elastic.map(|elastic| elastic.allocation_id.clone()),
        association_id: elastic.map(|elastic| elastic.association_id.clone()),
    }
}

fn values<'a>(
    shown: &Shown<'a>,
    region: &'a Region,
    owner: &'a str,
    filter: &str,
) -> Vec<Cow<'a, str>> {
    let groups = shown.interface.groups.iter();
    match filter {
        "group-id" => groups.map(|group| group.id.as_str().into()).collect(),
        "group-name" => groups.map(|group| group.name.as_str().into()).collect(),
        _ => match shown.interface.tags.filter_values(filter) {
            Some(values) => values,
            None => value(shown, region, owner, filter).into_iter().collect(),
        },
    }
}

/// The one value under any other filter; none for what no interface has here.
fn value<'a>(
    shown: &Shown<'a>,
    region: &'a Region,
    owner: &'a str,
    filter: &str,
) -> Option<Cow<'a, str>> {
    let interface = shown.interface;
    if let Some(attachment) = filter.strip_prefix("attachment.") {
        return Some(attachment_value(
            shown.instance?,
            interface,
            owner,
            attachment,
        ));
    }
    let public = shown.public_address();
    let elastic = public.and_then(|public| public.elastic.as_ref());
    Some(match filter {
        "addresses.association.allocation-id" | "association.allocation-id" => {
            elastic?.allocation_id.as_str().into()
        }
        "addresses.association.association-id" | "association.association-id" => {
            elastic?.association_id.as_str().into()
        }
        "addresses.association.owner-id" | "association.ip-owner-id" => {
            ip_owner(public?, owner).into()
        }
        "addresses.association.public-ip" | "association.public-ip" => {
            public?.address.to_string().into()
        }
        "addresses.primary" => "true".into(),
        "addresses.private-ip-address" | "private-ip-address" => {
            interface.private_address.to_string().into()
        }
        "association.public-dns-name" => public?.name.as_str().into(),
        "availability-zone" => shown.zone.as_str().into(),
        "availability-zone-id" => region.network.zone_id(shown.zone)?.into(),
        "description" => interface.description.as_str().into(),
        "interface-type" => "interface".into(),
        "mac-address" => interface.mac_address.as_str().into(),
        "network-interface-id" => interface.id.as_str().into(),
        "operator.managed" | "requester-managed" => "false".into(),
        "owner-id" => owner.into(),
        "private-dns-name" => interface.private_name.as_str().into(),
        "source-dest-check" => yes_or_no(interface.source_dest_check),
        "status" => shown.status().into(),
        "subnet-id" => interface.subnet_id.as_str().into(),
        "vpc-id" => interface.vpc_id.as_str().into(),
        _ => return None,
    })
}

/// What a filter finds of how the interface is attached.
fn attachment_value<'a>(
    instance: &'a Instance,
    interface: &'a Interface,
    owner: &'a str,
    name: &str,
) -> Cow<'a, str> {
    match name {
        "attach-time" => WholeSeconds(instance.created_at).to_string().into(),
        "attachment-id" => interface.attachment_id.as_str().into(),
        "delete-on-termination" => yes_or_no(interface.delete_on_termination),
        "device-index" => "0".into(),
        "instance-id" => instance.id.as_str().into(),
        "instance-owner-id" => owner.into(),
        _ => "attached".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    fn ids() -> Vec<(&'static str, &'static str)> {
        vec![
            (r"02(:[0-9a-f]{2}){5}", "[mac]"),
            (r"172\.31\.\d+\.\d+", "[private]"),
            (r"ip-172-31-\d+-\d+", "ip-[private]"),
            (r"203\.0\.113\.\d+", "[public]"),
            (r"ec2-203-0-113-\d+", "ec2-[public]"),
        ]
    }

    /// A client whose one instance has a tagged interface with an Elastic IP, and the instance's id.
    fn client() -> (Client, String) {
        let mut client = Client::new();
        let id = client.launch(
            "TagSpecification.1.ResourceType=network-interface&TagSpecification.1.Tag.1.Key=Name&\
             TagSpecification.1.Tag.1.Value=web&NetworkInterface.1.DeviceIndex=0&\
             NetworkInterface.1.Description=mine&",
        );
        client.pass(2);
        let made = done(client.ec2("AllocateAddress", ""));
        let allocation = first(&made, "allocationId");
        let form = format!("InstanceId={id}&AllocationId={allocation}");
        done(client.ec2("AssociateAddress", &form));
        (client, id)
    }

    #[test]
    fn an_interface_with_an_elastic_ip_names_its_allocation() {
        let (mut client, _) = client();
        insta::with_settings!({filters => ids()}, {
            insta::assert_snapshot!(transcript(&client.ec2("DescribeNetworkInterfaces", "")));
        });
    }

    #[test]
    fn one_with_an_address_of_awss_does_not() {
        let mut client = Client::new();
        client.launch("");
        client.pass(2);
        let reply = done(client.ec2("DescribeNetworkInterfaces", ""));
        assert_eq!(first(&reply, "ipOwnerId"), "amazon");
        assert!(!reply.body.contains("allocationId"));
        assert!(reply.body.contains("<tagSet/>"));
    }

    #[test]
    fn every_filter_finds_what_an_interface_has() {
        const NOTHING: [&str; 3] = [
            "ipv6-addresses.ipv6-address",
            "operator.principal",
            "requester-id",
        ];
        let (client, id) = client();
        let region = &client.account.regions["us-east-1"];
        let instance = client.instance(&id);
        let shown = Shown::of(&instance).unwrap();
        for filter in FILTERS {
            let name = if *filter == "tag:" {
                "tag:Name"
            } else {
                filter
            };
            let found = values(&shown, region, "1", name);
            assert_eq!(!found.is_empty(), !NOTHING.contains(filter), "{name}");
        }
    }

    #[test]
    fn interfaces_are_found_by_their_instance_and_go_with_it() {
        let (mut client, id) = client();
        client.launch("");
        let form = format!("Filter.1.Name=attachment.instance-id&Filter.1.Value.1={id}");
        let found = done(client.ec2("DescribeNetworkInterfaces", &form));
        assert_eq!(found.body.matches("<macAddress>").count(), 1);
        let interface = first(&found, "networkInterfaceId");
        let by_id = format!("NetworkInterfaceId.1={interface}");
        done(client.ec2("DescribeNetworkInterfaces", &by_id));
        done(client.ec2("TerminateInstances", &format!("InstanceId.1={id}")));
        client.pass(2);
        assert_eq!(
            refusal(&client.ec2("DescribeNetworkInterfaces", &by_id)),
            format!(
                "400 InvalidNetworkInterfaceID.NotFound: The networkInterface ID '{interface}' does not exist"
            )
        );
    }

    #[test]
    fn bad_ids_and_filters_are_refused() {
        let (mut client, _) = client();
        let mut refused = |form: &str| refusal(&client.ec2("DescribeNetworkInterfaces", form));
        assert_eq!(
            refused("NetworkInterfaceId.1=i-1"),
            r#"400 InvalidNetworkInterfaceId.Malformed: Invalid id: "i-1" (expecting "eni-...")"#
        );
        assert!(
            refused("NetworkInterfaceId.1=eni-00000000000000001&MaxResults=5")
                .starts_with("400 InvalidParameterCombination: ")
        );
        assert_eq!(
            refused("Filter.1.Name=instance-id&Filter.1.Value.1=x"),
            "400 InvalidParameterValue: The filter 'instance-id' is invalid"
        );
    }

    #[test]
    fn pages_visit_every_interface_once() {
        let mut client = Client::new();
        for _ in 0..6 {
            client.launch("");
        }
        let page = done(client.ec2("DescribeNetworkInterfaces", "MaxResults=5"));
        let token = first(&page, "nextToken").replace('=', "%3D");
        let form = format!("MaxResults=5&NextToken={token}");
        let rest = done(client.ec2("DescribeNetworkInterfaces", &form));
        assert_eq!(page.body.matches("<macAddress>").count(), 5);
        assert_eq!(rest.body.matches("<macAddress>").count(), 1);
    }
}
