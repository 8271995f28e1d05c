//! `AllocateAddress`: an Elastic IP address that stays with the account until it is released.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::tag::{TagSpecification, Tags};

request! {
    /// The request.
    pub struct AllocateAddress {
        /// `vpc`, the only one that is left on AWS, which takes anything else for it too (measured in getmoto/moto#5729).
        domain: Option<String> = "Domain",
        /// The region's own name: there are no other places here.
        network_border_group: Option<String> = "NetworkBorderGroup",
        /// Tags for the address.
        tag_specifications: Vec<TagSpecification> = "TagSpecification",
    }
}

answer! {
    /// The answer.
    pub struct AllocateAddressAnswer {
        public_ip: String = "publicIp",
        allocation_id: String = "allocationId",
        public_ipv4_pool: &'static str = "publicIpv4Pool",
        network_border_group: String = "networkBorderGroup",
        domain: &'static str = "domain",
    }
}

impl Operation for AllocateAddress {
    const NAME: &'static str = "AllocateAddress";
    type Answer = AllocateAddressAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<AllocateAddressAnswer, ApiError> {
        let region = &mut *call.region;
        if let Some(group) = &self.network_border_group
            && *group != region.name
        {
            // The text is unverified.
            return Err(ApiError::invalid_choice("networkBorderGroup", group));
        }
        let own_kind = "elastic-ip";
        let tags = Tags::specified(&self.tag_specifications, own_kind, &[own_kind])?;
        let region_name = region.name.clone();
        let address = region.allocate_address(tags, call.env)?;
        Ok(AllocateAddressAnswer {
            public_ip: address.public_ip.to_string(),
            allocation_id: address.allocation_id.clone(),
            public_ipv4_pool: "amazon",
            network_border_group: region_name,
            domain: "vpc",
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn the_answer_names_the_address_and_its_allocation() {
        insta::with_settings!({filters => vec![(r"203\.0\.113\.\d+", "[public]")]}, {
            insta::assert_snapshot!(transcript(&Client::new().ec2("AllocateAddress", "Domain=vpc")));
        });
    }

    #[test]
    fn the_sixth_address_of_a_region_is_refused() {
        let mut client = Client::new();
        for _ in 0..5 {
            done(client.ec2("AllocateAddress", ""));
        }
        assert_eq!(
            refusal(&client.ec2("AllocateAddress", "Domain=vpc")),
            "400 AddressLimitExceeded: The maximum number of addresses has been reached."
        );
        client.region = "eu-north-1";
        done(client.ec2("AllocateAddress", "Domain=vpc"));
    }

    #[test]
    fn tags_come_with_it() {
        let mut client = Client::new();
        let tags = "TagSpecification.1.ResourceType=elastic-ip&TagSpecification.1.Tag.1.Key=a\
                    &TagSpecification.1.Tag.1.Value=b";
        done(client.ec2("AllocateAddress", tags));
        let reply = client.ec2(
            "DescribeTags",
            "Filter.1.Name=resource-type&Filter.1.Value.1=elastic-ip",
        );
        assert!(reply.body.contains("<key>a</key><value>b</value>"));
    }

    #[test]
    fn whatever_the_domain_says_it_is_a_vpc_s() {
        for domain in ["", "xyz"] {
            let form = format!("Domain={domain}");
            let reply = done(Client::new().ec2("AllocateAddress", &form));
            assert_eq!(first(&reply, "domain"), "vpc");
        }
    }

    #[test]
    fn other_places_and_pools_are_refused() {
        let mut client = Client::new();
        assert_eq!(
            refusal(&client.ec2("AllocateAddress", "NetworkBorderGroup=us-west-2-lax-1")),
            "400 InvalidParameterValue: Invalid value 'us-west-2-lax-1' for networkBorderGroup."
        );
        assert!(
            refusal(&client.ec2("AllocateAddress", "Address=198.51.100.1"))
                .starts_with("400 GroundSchool.NotSimulated: ")
        );
        assert!(
            refusal(&client.ec2(
                "AllocateAddress",
                "TagSpecification.1.ResourceType=instance"
            ))
            .starts_with("400 InvalidParameterValue: ")
        );
    }
}
