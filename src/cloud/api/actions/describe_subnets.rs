//! `DescribeSubnets`: the default subnets, one a zone.

use std::borrow::Cow;

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::filter::{Filter, Filters};
use crate::cloud::api::page::{USUAL, paginate};
use crate::cloud::api::params::request;
use crate::cloud::resources::network::Subnet;
use crate::cloud::resources::tag::TagItem;

request! {
    /// The request.
    pub struct DescribeSubnets {
        /// `default-for-az`, `availability-zone`, `vpc-id`, `tag:KEY` and so on.
        filters: Vec<Filter> = "Filter",
        /// Ids of subnets.
        subnet_ids: Vec<String> = "SubnetId",
        /// Where the last page ended.
        next_token: Option<String> = "NextToken",
        /// Size of a page, 5 to 1000.
        max_results: Option<i64> = "MaxResults",
    }
}

answer! {
    /// The answer.
    pub struct DescribeSubnetsAnswer {
        subnets: Vec<SubnetItem> = "subnetSet",
        next_token: Option<String> = "nextToken",
    }
}

answer! {
    /// One subnet.
    pub struct SubnetItem {
        subnet_id: String = "subnetId",
        subnet_arn: String = "subnetArn",
        state: &'static str = "state",
        owner_id: String = "ownerId",
        vpc_id: String = "vpcId",
        cidr_block: String = "cidrBlock",
        ipv6_cidr_block_association_set: Vec<String> = "ipv6CidrBlockAssociationSet",
        available_ip_address_count: i64 = "availableIpAddressCount",
        availability_zone: String = "availabilityZone",
        availability_zone_id: String = "availabilityZoneId",
        default_for_az: bool = "defaultForAz",
        map_public_ip_on_launch: bool = "mapPublicIpOnLaunch",
        assign_ipv6_address_on_creation: bool = "assignIpv6AddressOnCreation",
        tags: Option<Vec<TagItem>> = "tagSet",
    }
}

const FILTERS: &[&str] = &[
    "availability-zone",
    "availability-zone-id",
    "availabilityZone",
    "availabilityZoneId",
    "available-ip-address-count",
    "availableIpAddressCount",
    "cidr",
    "cidr-block",
    "cidrBlock",
    "customer-owned-ipv4-pool",
    "customerOwnedIpv4Pool",
    "default-for-az",
    "defaultForAz",
    "enable-dns64",
    "enableDns64",
    "ipv6-cidr-block-association.association-id",
    "ipv6-cidr-block-association.ipv6-cidr-block",
    "ipv6-cidr-block-association.state",
    "ipv6-native",
    "ipv6Native",
    "map-public-ip-on-launch",
    "mapPublicIpOnLaunch",
    "outpost-arn",
    "outpostArn",
    "owner-id",
    "ownerId",
    "state",
    "subnet-arn",
    "subnet-id",
    "subnetArn",
    "subnetId",
    "tag-key",
    "tag-value",
    "tag:",
    "vpc-id",
    "vpcId",
];

impl Operation for DescribeSubnets {
    const NAME: &'static str = "DescribeSubnets";
    const CHANGES: bool = false;
    type Answer = DescribeSubnetsAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescribeSubnetsAnswer, ApiError> {
        let filters = Filters::check(self.filters, FILTERS)?;
        let network = &call.region.network;
        for id in &self.subnet_ids {
            network.require_subnet(id)?;
        }
        let wanted = &self.subnet_ids;
        let subnets = network
            .subnets
            .iter()
            .filter(|subnet| wanted.is_empty() || wanted.contains(&subnet.id))
            .map(|subnet| item(subnet, call))
            .filter(|item| {
                filters.fit(|filter| {
                    let tags = network.subnet(&item.subnet_id).map(|subnet| &subnet.tags);
                    values(item, filter)
                        .map(|value| vec![value])
                        .or_else(|| tags.and_then(|tags| tags.filter_values(filter)))
                        .unwrap_or_default()
                })
            });
        let (subnets, next_token) = paginate(
            subnets,
            |subnet| subnet.availability_zone.clone(),
            self.max_results,
            self.next_token.as_deref(),
            USUAL,
        )?;
        Ok(DescribeSubnetsAnswer {
            subnets,
            next_token,
        })
    }
}

/// What stands in the answer under a filter's name, in either spelling (API reference).
fn values<'a>(item: &SubnetItem, filter: &str) -> Option<Cow<'a, str>> {
    let boolean = |value: bool| if value { "true" } else { "false" }.to_owned();
    let value = match filter {
        "availability-zone" | "availabilityZone" => item.availability_zone.clone(),
        "availability-zone-id" | "availabilityZoneId" => item.availability_zone_id.clone(),
        "available-ip-address-count" | "availableIpAddressCount" => {
            item.available_ip_address_count.to_string()
        }
        "cidr" | "cidr-block" | "cidrBlock" => item.cidr_block.clone(),
        "default-for-az" | "defaultForAz" => boolean(item.default_for_az),
        "map-public-ip-on-launch" | "mapPublicIpOnLaunch" => boolean(item.map_public_ip_on_launch),
        "owner-id" | "ownerId" => item.owner_id.clone(),
        "state" => item.state.to_owned(),
        "subnet-arn" | "subnetArn" => item.subnet_arn.clone(),
        "subnet-id" | "subnetId" => item.subnet_id.clone(),
        "vpc-id" | "vpcId" => item.vpc_id.clone(),
        "enable-dns64" | "enableDns64" | "ipv6-native" | "ipv6Native" => boolean(false),
        // What no subnet has here, such as IPv6.
        _ => return None,
    };
    Some(value.into())
}

fn item(subnet: &Subnet, call: &Call<'_, '_>) -> SubnetItem {
    let (region, account) = (&call.region.name, call.account_id);
    SubnetItem {
        subnet_id: subnet.id.clone(),
        subnet_arn: format!("arn:aws:ec2:{region}:{account}:subnet/{}", subnet.id),
        state: "available",
        owner_id: account.to_owned(),
        vpc_id: call.region.network.vpc.id.clone(),
        cidr_block: subnet.cidr.to_string(),
        ipv6_cidr_block_association_set: Vec::new(),
        available_ip_address_count: i64::try_from(subnet.free()).unwrap_or(i64::MAX),
        availability_zone: subnet.zone.clone(),
        availability_zone_id: subnet.zone_id.clone(),
        default_for_az: true,
        map_public_ip_on_launch: true,
        assign_ipv6_address_on_creation: false,
        tags: subnet.tags.items_if_any(),
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn one_default_subnet_a_zone() {
        let mut client = Client::new();
        client.region = "us-west-1";
        insta::assert_snapshot!(transcript(&client.ec2("DescribeSubnets", "")));
    }

    #[test]
    fn both_spellings_of_a_filter_find_the_same() {
        let mut client = Client::new();
        for name in ["availability-zone", "availabilityZone"] {
            let form = format!("Filter.1.Name={name}&Filter.1.Value.1=us-east-1b");
            let reply = done(client.ec2("DescribeSubnets", &form));
            assert_eq!(reply.body.matches("<subnetId>").count(), 1);
            assert_eq!(first(&reply, "cidrBlock"), "172.31.16.0/20");
            assert_eq!(first(&reply, "availableIpAddressCount"), "4091");
        }
    }

    #[test]
    fn six_subnets_are_two_pages_of_five() {
        let mut client = Client::new();
        let page = done(client.ec2("DescribeSubnets", "MaxResults=5"));
        assert_eq!(page.body.matches("<subnetId>").count(), 5);
        let form = format!("MaxResults=5&NextToken={}", first(&page, "nextToken"));
        let rest = done(client.ec2("DescribeSubnets", &form));
        assert_eq!(first(&rest, "availabilityZone"), "us-east-1f");
        assert!(!rest.body.contains("nextToken"), "{}", rest.body);
    }

    #[test]
    fn refusals_name_the_subnet_and_the_page_size() {
        let mut client = Client::new();
        assert_eq!(
            refusal(&client.ec2("DescribeSubnets", "SubnetId.1=subnet-0123456789abcdef0")),
            "400 InvalidSubnetID.NotFound: The subnet ID 'subnet-0123456789abcdef0' does not exist"
        );
        assert_eq!(
            refusal(&client.ec2("DescribeSubnets", "MaxResults=4")),
            "400 InvalidParameterValue: Value ( 4 ) for parameter maxResults is invalid. \
             Expecting a value greater than 5."
        );
    }
}
