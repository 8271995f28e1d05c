//! `DisassociateAddress`: an Elastic IP address leaves its instance and stays with the account.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;

request! {
    /// The request.
    pub struct DisassociateAddress {
        /// The association, as AssociateAddress answered it.
        association_id: Option<String> = "AssociationId",
        /// An address of EC2-Classic: AWS wants the association instead.
        public_ip: Option<String> = "PublicIp",
    }
}

answer! {
    /// The answer.
    pub struct DisassociateAddressAnswer { return_: bool = "return" }
}

impl Operation for DisassociateAddress {
    const NAME: &'static str = "DisassociateAddress";
    type Answer = DisassociateAddressAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DisassociateAddressAnswer, ApiError> {
        let region = &mut *call.region;
        let address = match (&self.association_id, &self.public_ip) {
            // The documentation calls this idempotent, but an id that is gone is refused (terraform-provider-aws#3653).
            (Some(id), None) => region.addresses.require_association(id)?,
            (Some(_), Some(_)) => return Err(ApiError::both_ip_and_id("association")),
            (None, Some(ip)) => {
                region.addresses.require_ip(ip)?;
                return Err(ApiError::invalid_value(
                    "You must specify an association id when unmapping an address from a VPC instance",
                ));
            }
            (None, None) => return Err(ApiError::neither_ip_nor_id("association")),
        };
        let allocation_id = address.allocation_id.clone();
        region.disassociate_address(&allocation_id, call.env);
        Ok(DisassociateAddressAnswer { return_: true })
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    /// A client, its running instance, its Elastic IP and the association.
    fn client() -> (Client, String, String, String) {
        let mut client = Client::new();
        let id = client.launch("");
        client.pass(2);
        let made = done(client.ec2("AllocateAddress", ""));
        let form = format!(
            "InstanceId={id}&AllocationId={}",
            first(&made, "allocationId")
        );
        let association = first(
            &done(client.ec2("AssociateAddress", &form)),
            "associationId",
        );
        (client, id, first(&made, "publicIp"), association)
    }

    #[test]
    fn the_instance_gets_an_address_of_awss_again() {
        let (mut client, _, ip, association) = client();
        let form = format!("AssociationId={association}");
        insta::assert_snapshot!(transcript(&client.ec2("DisassociateAddress", &form)));
        let reply = done(client.ec2("DescribeInstances", ""));
        let fresh = first(&reply, "ipAddress");
        assert!(!fresh.is_empty() && fresh != ip, "{fresh}");
        assert_eq!(first(&reply, "ipOwnerId"), "amazon");
        assert_eq!(
            refusal(&client.ec2("DisassociateAddress", &form)),
            format!(
                "400 InvalidAssociationID.NotFound: The association ID '{association}' does not exist"
            )
        );
    }

    #[test]
    fn a_stopped_instance_gets_one_when_it_starts() {
        let (mut client, id, ip, association) = client();
        let instance = format!("InstanceId.1={id}");
        done(client.ec2("StopInstances", &instance));
        client.pass(2);
        done(client.ec2(
            "DisassociateAddress",
            &format!("AssociationId={association}"),
        ));
        let reply = done(client.ec2("DescribeInstances", ""));
        assert!(!reply.body.contains("<ipAddress>"));
        done(client.ec2("StartInstances", &instance));
        client.pass(2);
        let fresh = first(&done(client.ec2("DescribeInstances", "")), "ipAddress");
        assert!(!fresh.is_empty() && fresh != ip, "{fresh}");
    }

    #[test]
    fn an_instance_without_public_addresses_has_none_afterwards() {
        let mut client = Client::new();
        let id = client.launch(
            "NetworkInterface.1.DeviceIndex=0&NetworkInterface.1.AssociatePublicIpAddress=false&",
        );
        client.pass(2);
        let made = done(client.ec2("AllocateAddress", ""));
        let form = format!(
            "InstanceId={id}&AllocationId={}",
            first(&made, "allocationId")
        );
        let association = first(
            &done(client.ec2("AssociateAddress", &form)),
            "associationId",
        );
        done(client.ec2(
            "DisassociateAddress",
            &format!("AssociationId={association}"),
        ));
        assert!(client.instance(&id).public_address.is_none());
    }

    #[test]
    fn an_address_that_comes_off_while_the_instance_starts_is_replaced_when_it_runs() {
        let (mut client, id, ip, association) = client();
        let instance = format!("InstanceId.1={id}");
        done(client.ec2("StopInstances", &instance));
        client.pass(2);
        done(client.ec2("StartInstances", &instance));
        done(client.ec2(
            "DisassociateAddress",
            &format!("AssociationId={association}"),
        ));
        assert!(client.instance(&id).public_address.is_none());
        client.pass(2);
        let fresh = first(&done(client.ec2("DescribeInstances", "")), "ipAddress");
        assert!(!fresh.is_empty() && fresh != ip, "{fresh}");
    }

    #[test]
    fn the_association_must_be_named() {
        let (mut client, _, ip, _) = client();
        let mut refused = |form: &str| refusal(&client.ec2("DisassociateAddress", form));
        assert_eq!(
            refused(&format!("PublicIp={ip}")),
            "400 InvalidParameterValue: You must specify an association id when unmapping an address from a VPC instance"
        );
        assert_eq!(
            refused("PublicIp=198.51.100.1"),
            "400 InvalidAddress.NotFound: Address '198.51.100.1' not found."
        );
        assert!(refused("").starts_with("400 MissingParameter: "));
    }
}
