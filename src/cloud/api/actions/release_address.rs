//! `ReleaseAddress`: an Elastic IP address is given up.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;

request! {
    /// The request.
    pub struct ReleaseAddress {
        /// The address, by its allocation.
        allocation_id: Option<String> = "AllocationId",
        /// An address of EC2-Classic: AWS wants the allocation instead.
        public_ip: Option<String> = "PublicIp",
        /// The region's own name.
        network_border_group: Option<String> = "NetworkBorderGroup",
    }
}

answer! {
    /// The answer.
    pub struct ReleaseAddressAnswer { return_: bool = "return" }
}

impl Operation for ReleaseAddress {
    const NAME: &'static str = "ReleaseAddress";
    type Answer = ReleaseAddressAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<ReleaseAddressAnswer, ApiError> {
        let region = &mut *call.region;
        let address = match (&self.allocation_id, &self.public_ip) {
            (Some(id), None) => region.addresses.require(id)?,
            (Some(_), Some(_)) => return Err(ApiError::both_ip_and_id("allocation")),
            (None, Some(ip)) => {
                region.addresses.require_ip(ip)?;
                return Err(ApiError::invalid_value(
                    "You must specify an allocation id when releasing a VPC elastic IP address",
                ));
            }
            (None, None) => return Err(ApiError::neither_ip_nor_id("allocation")),
        };
        if self
            .network_border_group
            .is_some_and(|group| group != region.name)
        {
            return Err(ApiError::no_such_address(&address.public_ip.to_string()));
        }
        let allocation_id = address.allocation_id.clone();
        region.release_address(&allocation_id, call.env);
        Ok(ReleaseAddressAnswer { return_: true })
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn a_released_address_is_gone() {
        let mut client = Client::new();
        let made = done(client.ec2("AllocateAddress", ""));
        let allocation = first(&made, "allocationId");
        let form = format!("AllocationId={allocation}");
        insta::assert_snapshot!(transcript(&client.ec2("ReleaseAddress", &form)));
        assert_eq!(
            refusal(&client.ec2("ReleaseAddress", &form)),
            format!(
                "400 InvalidAllocationID.NotFound: The allocation ID '{allocation}' does not exist"
            )
        );
        let none = done(client.ec2("DescribeAddresses", ""));
        assert!(none.body.contains("<addressesSet/>"), "{}", none.body);
    }

    #[test]
    fn in_the_default_vpc_it_leaves_its_instance_first() {
        let mut client = Client::new();
        let id = client.launch("");
        client.pass(2);
        let made = done(client.ec2("AllocateAddress", ""));
        let allocation = format!("AllocationId={}", first(&made, "allocationId"));
        done(client.ec2("AssociateAddress", &format!("InstanceId={id}&{allocation}")));
        done(client.ec2("ReleaseAddress", &allocation));
        let now = first(&done(client.ec2("DescribeInstances", "")), "ipAddress");
        assert!(!now.is_empty());
        assert_ne!(now, first(&made, "publicIp"));
    }

    #[test]
    fn the_allocation_must_be_named() {
        let mut client = Client::new();
        let made = done(client.ec2("AllocateAddress", ""));
        let (allocation, ip) = (first(&made, "allocationId"), first(&made, "publicIp"));
        let mut refused = |form: &str| refusal(&client.ec2("ReleaseAddress", form));
        assert_eq!(
            refused(&format!("PublicIp={ip}")),
            "400 InvalidParameterValue: You must specify an allocation id when releasing a VPC elastic IP address"
        );
        assert_eq!(
            refused("PublicIp=198.51.100.1"),
            "400 InvalidAddress.NotFound: Address '198.51.100.1' not found."
        );
        assert_eq!(
            refused(&format!(
                "AllocationId={allocation}&NetworkBorderGroup=us-west-2-lax-1"
            )),
            format!("400 InvalidAddress.NotFound: Address '{ip}' not found.")
        );
        assert!(refused("").starts_with("400 MissingParameter: "));
    }
}
