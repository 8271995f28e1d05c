//! `DescribeVpcs`: the default VPC.

use std::borrow::Cow;

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::filter::{Filter, Filters};
use crate::cloud::api::page::{USUAL, paginate};
use crate::cloud::api::params::request;
use crate::cloud::resources::network::Vpc;
use crate::cloud::resources::tag::TagItem;

request! {
    /// The request.
    pub struct DescribeVpcs {
        /// `is-default`, `cidr`, `tag:KEY` and so on.
        filters: Vec<Filter> = "Filter",
        /// Ids of VPCs.
        vpc_ids: Vec<String> = "VpcId",
        /// Where the last page ended.
        next_token: Option<String> = "NextToken",
        /// Size of a page, 5 to 1000.
        max_results: Option<i64> = "MaxResults",
    }
}

answer! {
    /// The answer.
    pub struct DescribeVpcsAnswer {
        vpcs: Vec<VpcItem> = "vpcSet",
        next_token: Option<String> = "nextToken",
    }
}

answer! {
    /// One VPC.
    pub struct VpcItem {
        vpc_id: String = "vpcId",
        owner_id: String = "ownerId",
        state: &'static str = "state",
        cidr_block: String = "cidrBlock",
        cidr_block_association_set: Vec<CidrAssociation> = "cidrBlockAssociationSet",
        dhcp_options_id: String = "dhcpOptionsId",
        tags: Option<Vec<TagItem>> = "tagSet",
        instance_tenancy: &'static str = "instanceTenancy",
        is_default: bool = "isDefault",
    }
}

answer! {
    /// An address range of a VPC.
    pub struct CidrAssociation {
        cidr_block: String = "cidrBlock",
        association_id: String = "associationId",
        cidr_block_state: CidrState = "cidrBlockState",
    }
}

answer! {
    /// The state of an address range.
    pub struct CidrState { state: &'static str = "state" }
}

const FILTERS: &[&str] = &[
    "cidr",
    "cidr-block",
    "cidr-block-association.association-id",
    "cidr-block-association.cidr-block",
    "cidr-block-association.state",
    "cidrBlock",
    "dhcp-options-id",
    "dhcpOptionsId",
    "ipv6-cidr-block-association.association-id",
    "ipv6-cidr-block-association.ipv6-cidr-block",
    "ipv6-cidr-block-association.ipv6-pool",
    "ipv6-cidr-block-association.state",
    "is-default",
    "isDefault",
    "owner-id",
    "state",
    "tag-key",
    "tag-value",
    "tag:",
    "vpc-id",
    "vpcId",
];

impl Operation for DescribeVpcs {
    const NAME: &'static str = "DescribeVpcs";
    const CHANGES: bool = false;
    type Answer = DescribeVpcsAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescribeVpcsAnswer, ApiError> {
        let filters = Filters::check(self.filters, FILTERS)?;
        let vpc = &call.region.network.vpc;
        if let Some(unknown) = self.vpc_ids.iter().find(|id| **id != vpc.id) {
            return Err(ApiError::no_such_vpc(unknown));
        }
        let meant = [vpc]
            .into_iter()
            .filter(|vpc| filters.fit(|filter| values(vpc, filter, call.account_id)));
        let (page, next_token) = paginate(
            meant,
            |vpc| vpc.id.as_str(),
            self.max_results,
            self.next_token.as_deref(),
            USUAL,
        )?;
        let vpcs = page
            .into_iter()
            .map(|vpc| item(vpc, call.account_id))
            .collect();
        Ok(DescribeVpcsAnswer { vpcs, next_token })
    }
}

fn values<'a>(vpc: &'a Vpc, filter: &str, account: &'a str) -> Vec<Cow<'a, str>> {
    let value = match filter {
        "cidr" | "cidr-block" | "cidrBlock" | "cidr-block-association.cidr-block" => {
            vpc.cidr.to_string().into()
        }
        "cidr-block-association.association-id" => vpc.cidr_association_id.as_str().into(),
        "cidr-block-association.state" => "associated".into(),
        "dhcp-options-id" | "dhcpOptionsId" => vpc.dhcp_options_id.as_str().into(),
        "is-default" | "isDefault" => "true".into(),
        // No VPC has IPv6 here.
        "ipv6-cidr-block-association.association-id"
        | "ipv6-cidr-block-association.ipv6-cidr-block"
        | "ipv6-cidr-block-association.ipv6-pool"
        | "ipv6-cidr-block-association.state" => return Vec::new(),
        "owner-id" => account.into(),
        "state" => "available".into(),
        "vpc-id" | "vpcId" => vpc.id.as_str().into(),
        _ => return vpc.tags.filter_values(filter).unwrap_or_default(),
    };
    vec![value]
}

fn item(vpc: &Vpc, account: &str) -> VpcItem {
    VpcItem {
        vpc_id: vpc.id.clone(),
        owner_id: account.to_owned(),
        state: "available",
        cidr_block: vpc.cidr.to_string(),
        cidr_block_association_set: vec![CidrAssociation {
            cidr_block: vpc.cidr.to_string(),
            association_id: vpc.cidr_association_id.clone(),
            cidr_block_state: CidrState {
                state: "associated",
            },
        }],
        dhcp_options_id: vpc.dhcp_options_id.clone(),
        tags: vpc.tags.items_if_any(),
        instance_tenancy: "default",
        is_default: true,
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn the_default_vpc_in_the_order_of_awss_samples() {
        insta::assert_snapshot!(transcript(&Client::new().ec2("DescribeVpcs", "")));
    }

    #[test]
    fn both_spellings_of_a_filter_are_known_and_others_refused() {
        let mut client = Client::new();
        for name in ["is-default", "isDefault"] {
            let form = format!("Filter.1.Name={name}&Filter.1.Value.1=true");
            let reply = done(client.ec2("DescribeVpcs", &form));
            assert!(reply.body.contains("172.31.0.0/16"), "{}", reply.body);
            let form = format!("Filter.1.Name={name}&Filter.1.Value.1=false");
            let reply = done(client.ec2("DescribeVpcs", &form));
            assert!(reply.body.contains("<vpcSet/>"), "{}", reply.body);
        }
        assert_eq!(
            refusal(&client.ec2(
                "DescribeVpcs",
                "Filter.1.Name=default&Filter.1.Value.1=true"
            )),
            "400 InvalidParameterValue: The filter 'default' is invalid"
        );
    }

    #[test]
    fn an_unknown_vpc_is_refused_by_id() {
        assert_eq!(
            refusal(&Client::new().ec2("DescribeVpcs", "VpcId.1=vpc-0123456789abcdef0")),
            "400 InvalidVpcID.NotFound: The vpc ID 'vpc-0123456789abcdef0' does not exist"
        );
    }
}
