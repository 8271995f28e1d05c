//! `DescribeAddresses`: Elastic IP addresses in the order in which they were allocated. AWS does not page them.

use std::borrow::Cow;

use crate::cloud::Region;
use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::filter::{Filter, Filters};
use crate::cloud::api::params::request;
use crate::cloud::resources::address::Address;
use crate::cloud::resources::tag::TagItem;

request! {
    /// The request.
    pub struct DescribeAddresses {
        /// Addresses; all when none is named.
        public_ips: Vec<String> = "PublicIp",
        /// `instance-id`, `public-ip`, `tag:KEY` and so on.
        filters: Vec<Filter> = "Filter",
        /// Ids of allocations.
        allocation_ids: Vec<String> = "AllocationId",
    }
}

answer! {
    /// The answer.
    pub struct DescribeAddressesAnswer { addresses: Vec<AddressItem> = "addressesSet" }
}

answer! {
    /// One address. What is about an instance is left out while none has it.
    pub struct AddressItem {
        public_ip: String = "publicIp",
        allocation_id: String = "allocationId",
        domain: &'static str = "domain",
        instance_id: Option<String> = "instanceId",
        association_id: Option<String> = "associationId",
        network_interface_id: Option<String> = "networkInterfaceId",
        network_interface_owner_id: Option<String> = "networkInterfaceOwnerId",
        private_ip_address: Option<String> = "privateIpAddress",
        tags: Option<Vec<TagItem>> = "tagSet",
        public_ipv4_pool: &'static str = "publicIpv4Pool",
        network_border_group: String = "networkBorderGroup",
    }
}

const FILTERS: &[&str] = &[
    "allocation-id",
    "association-id",
    "domain",
    "instance-id",
    "network-border-group",
    "network-interface-id",
    "network-interface-owner-id",
    "private-ip-address",
    "public-ip",
    "tag-key",
    "tag-value",
    "tag:",
];

impl Operation for DescribeAddresses {
    const NAME: &'static str = "DescribeAddresses";
    const CHANGES: bool = false;
    type Answer = DescribeAddressesAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescribeAddressesAnswer, ApiError> {
        let filters = Filters::check(self.filters, FILTERS)?;
        let region = &*call.region;
        let all = &region.addresses;
        for ip in &self.public_ips {
            all.require_ip(ip)?;
        }
        let unknown: Vec<&str> = self
            .allocation_ids
            .iter()
            .map(String::as_str)
            .filter(|id| all.get(id).is_none())
            .collect();
        if !unknown.is_empty() {
            return Err(ApiError::no_such_allocations(&unknown));
        }
        let named = |address: &Address| {
            let by_id = self.allocation_ids.contains(&address.allocation_id);
            let by_ip = self.public_ips.contains(&address.public_ip.to_string());
            by_id || by_ip || (self.allocation_ids.is_empty() && self.public_ips.is_empty())
        };
        let addresses = all
            .iter()
            .filter(|address| named(address))
            .map(|address| (address, item(address, region, call.account_id)))
            .filter(|(address, item)| filters.fit(|filter| values(address, item, filter)))
            .map(|(_, item)| item)
            .collect();
        Ok(DescribeAddressesAnswer { addresses })
    }
}

fn item(address: &Address, region: &Region, account: &str) -> AddressItem {
    let association = address.association.as_ref();
    let interface = association
        .and_then(|association| region.instances.get(&association.instance_id))
        .and_then(|instance| instance.interface.as_ref());
    AddressItem {
        public_ip: address.public_ip.to_string(),
        allocation_id: address.allocation_id.clone(),
        domain: "vpc",
        instance_id: association.map(|association| association.instance_id.clone()),
        association_id: association.map(|association| association.id.clone()),
        network_interface_id: interface.map(|interface| interface.id.clone()),
        network_interface_owner_id: interface.map(|_| account.to_owned()),
        private_ip_address: interface.map(|interface| interface.private_address.to_string()),
        tags: address.tags.items_if_any(),
        public_ipv4_pool: "amazon",
        network_border_group: region.name.clone(),
    }
}

fn values<'a>(address: &'a Address, item: &'a AddressItem, filter: &str) -> Vec<Cow<'a, str>> {
    let value = match filter {
        "allocation-id" => Some(item.allocation_id.as_str()),
        "association-id" => item.association_id.as_deref(),
        "domain" => Some(item.domain),
        "instance-id" => item.instance_id.as_deref(),
        "network-border-group" => Some(item.network_border_group.as_str()),
        "network-interface-id" => item.network_interface_id.as_deref(),
        "network-interface-owner-id" => item.network_interface_owner_id.as_deref(),
        "private-ip-address" => item.private_ip_address.as_deref(),
        "public-ip" => Some(item.public_ip.as_str()),
        _ => return address.tags.filter_values(filter).unwrap_or_default(),
    };
    value.map(Cow::from).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    fn ids() -> Vec<(&'static str, &'static str)> {
        vec![
            (r"203\.0\.113\.\d+", "[public]"),
            (r"172\.31\.\d+\.\d+", "[private]"),
        ]
    }

    /// A client with a tagged address that an instance has, and a free one. Gives the first one's allocation.
    fn client() -> (Client, String) {
        let mut client = Client::new();
        let id = client.launch("");
        client.pass(2);
        let tags = "TagSpecification.1.ResourceType=elastic-ip&TagSpecification.1.Tag.1.Key=Name\
                    &TagSpecification.1.Tag.1.Value=web";
        let made = done(client.ec2("AllocateAddress", tags));
        let allocation = first(&made, "allocationId");
        done(client.ec2(
            "AssociateAddress",
            &format!("InstanceId={id}&AllocationId={allocation}"),
        ));
        done(client.ec2("AllocateAddress", ""));
        (client, allocation)
    }

    #[test]
    fn what_is_about_an_instance_stands_only_at_an_address_that_one_has() {
        let (mut client, _) = client();
        insta::with_settings!({filters => ids()}, {
            insta::assert_snapshot!(transcript(&client.ec2("DescribeAddresses", "")));
        });
    }

    #[test]
    fn every_filter_finds_the_address_that_an_instance_has() {
        let (mut client, allocation) = client();
        let reply = done(client.ec2("DescribeAddresses", ""));
        for (filter, element) in [
            ("allocation-id", "allocationId"),
            ("association-id", "associationId"),
            ("instance-id", "instanceId"),
            ("network-interface-id", "networkInterfaceId"),
            ("network-interface-owner-id", "networkInterfaceOwnerId"),
            ("private-ip-address", "privateIpAddress"),
            ("public-ip", "publicIp"),
            ("tag:Name", "value"),
            ("tag-key", "key"),
            ("tag-value", "value"),
        ] {
            let value = first(&reply, element);
            let form = format!("Filter.1.Name={filter}&Filter.1.Value.1={value}");
            let found = done(client.ec2("DescribeAddresses", &form));
            let count = found.body.matches("<allocationId>").count();
            assert_eq!(count, 1, "{filter}={value}");
            assert_eq!(first(&found, "allocationId"), allocation);
        }
        for (filter, value) in [("domain", "vpc"), ("network-border-group", "us-east-1")] {
            let form = format!("Filter.1.Name={filter}&Filter.1.Value.1={value}");
            let found = done(client.ec2("DescribeAddresses", &form));
            assert_eq!(found.body.matches("<allocationId>").count(), 2, "{filter}");
        }
        assert_eq!(
            refusal(&client.ec2(
                "DescribeAddresses",
                "Filter.1.Name=association.association-id&Filter.1.Value.1=x"
            )),
            "400 InvalidParameterValue: The filter 'association.association-id' is invalid"
        );
    }

    #[test]
    fn unknown_addresses_are_refused() {
        let (mut client, allocation) = client();
        let mut refused = |form: &str| refusal(&client.ec2("DescribeAddresses", form));
        assert_eq!(
            refused(&format!(
                "AllocationId.1={allocation}&AllocationId.2=eipalloc-00000000000000001"
            )),
            "400 InvalidAllocationID.NotFound: The allocation ID 'eipalloc-00000000000000001' does not exist"
        );
        assert_eq!(
            refused("PublicIp.1=256.256.256.256"),
            "400 InvalidAddress.NotFound: Address '256.256.256.256' not found."
        );
    }

    #[test]
    fn addresses_are_found_by_either_name() {
        let (mut client, allocation) = client();
        let reply = done(client.ec2("DescribeAddresses", ""));
        let ip = first(&reply, "publicIp");
        for form in [
            format!("PublicIp.1={ip}"),
            format!("AllocationId.1={allocation}"),
        ] {
            let found = done(client.ec2("DescribeAddresses", &form));
            assert_eq!(found.body.matches("<allocationId>").count(), 1);
            assert_eq!(first(&found, "allocationId"), allocation);
        }
    }
}
