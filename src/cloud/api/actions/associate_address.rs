//! `AssociateAddress`: an Elastic IP address goes to an instance, from wherever it was.

use std::sync::Arc;

use crate::cloud::Region;
use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::state_change::all_of;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::instance::{Instance, State};

request! {
    /// The request.
    pub struct AssociateAddress {
        /// The address, by its allocation.
        allocation_id: Option<String> = "AllocationId",
        /// The instance that gets it.
        instance_id: Option<String> = "InstanceId",
        /// An address of EC2-Classic: AWS wants the allocation instead.
        public_ip: Option<String> = "PublicIp",
        /// The interface that gets it, in place of the instance.
        network_interface_id: Option<String> = "NetworkInterfaceId",
        /// A private address of the interface: it has one.
        private_ip_address: Option<String> = "PrivateIpAddress",
        /// `false` refuses an address that something else has.
        allow_reassociation: Option<bool> = "AllowReassociation",
    }
}

answer! {
    /// The answer.
    pub struct AssociateAddressAnswer {
        return_: bool = "return",
        association_id: String = "associationId",
    }
}

impl Operation for AssociateAddress {
    const NAME: &'static str = "AssociateAddress";
    type Answer = AssociateAddressAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<AssociateAddressAnswer, ApiError> {
        let region = &mut *call.region;
        let allocation_id = match (&self.allocation_id, &self.public_ip) {
            (Some(id), None) => id,
            (Some(_), Some(_)) => return Err(ApiError::both_ip_and_id("allocation")),
            (None, Some(_)) => {
                return Err(ApiError::invalid_combination(
                    "You must specify an allocation id when mapping an address to a VPC instance",
                ));
            }
            (None, None) => return Err(ApiError::neither_ip_nor_id("allocation")),
        };
        let instance = target(
            region,
            self.instance_id.as_deref(),
            self.network_interface_id.as_deref(),
        )?;
        let address = region.addresses.require(allocation_id)?;
        if let Some(wanted) = &self.private_ip_address
            && instance
                .private_address()
                .map(|has| has.to_string())
                .as_ref()
                != Some(wanted)
        {
            // The text is unverified.
            return Err(ApiError::invalid_value(format!(
                "The private IP address '{wanted}' is not assigned to the network interface"
            )));
        }
        match instance.state {
            State::Running | State::Stopping | State::Stopped => {}
            State::Pending => return Err(not_ready("pending", &instance.id)),
            // Quoted for a pending instance only.
            State::ShuttingDown => return Err(not_ready("shutting-down", &instance.id)),
            State::Terminated => return Err(not_ready("terminated", &instance.id)),
        }
        if self.allow_reassociation == Some(false)
            && let Some(other) = &address.association
            && other.instance_id != instance.id
        {
            let text = format!(
                "resource {allocation_id} is already associated with associate-id {}",
                other.id
            );
            return Err(ApiError::new("Resource.AlreadyAssociated", text));
        }
        let association_id = region.associate_address(allocation_id, &instance.id, call.env);
        Ok(AssociateAddressAnswer {
            return_: true,
            association_id,
        })
    }
}

/// The instance that is meant, by its own id or by its interface's.
fn target(
    region: &Region,
    instance_id: Option<&str>,
    interface_id: Option<&str>,
) -> Result<Arc<Instance>, ApiError> {
    match (instance_id, interface_id) {
        (Some(id), None) => all_of(region, &[id.to_owned()])?
            .pop()
            .ok_or_else(|| ApiError::no_such_instances(&[id])),
        (None, Some(id)) if region.left.interface(id).is_some() => Err(ApiError::new(
            "GroundSchool.NotSimulated",
            format!(
                "Ground School does not simulate an Elastic IP at an interface without an instance, as '{id}' is"
            ),
        )),
        (None, Some(id)) => region
            .instances
            .with_interface(id)
            .map(Arc::clone)
            .ok_or_else(|| ApiError::no_such_interfaces(&[id])),
        // The text is that of a well-known re-implementation, unverified.
        (None, None) => Err(ApiError::new(
            "MissingParameter",
            "Either instance ID or network interface id must be specified",
        )),
        // The text is unverified.
        (Some(_), Some(_)) => Err(ApiError::invalid_combination(
            "You may specify instance ID or network interface ID, but not both in the same call",
        )),
    }
}

/// With a full stop, as quoted.
fn not_ready(state: &str, id: &str) -> ApiError {
    ApiError::new(
        "InvalidInstanceID",
        format!("The {state} instance '{id}' is not in a valid state for this operation."),
    )
}

impl ApiError {
    /// Neither form of naming an address; `id` is `allocation` or `association`. The text is that of a well-known
    /// re-implementation, unverified, as is the next one.
    pub fn neither_ip_nor_id(id: &str) -> Self {
        Self::new(
            "MissingParameter",
            format!("Either public IP or {id} id must be specified"),
        )
    }

    /// Both forms of naming an address.
    pub fn both_ip_and_id(id: &str) -> Self {
        Self::invalid_combination(format!(
            "You may specify public IP or {id} id, but not both in the same call"
        ))
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::Reply;
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};
    use crate::cloud::resources::instance::State;

    fn allocate(client: &mut Client) -> (String, String) {
        let reply = done(client.ec2("AllocateAddress", "Domain=vpc"));
        (first(&reply, "allocationId"), first(&reply, "publicIp"))
    }

    fn running(client: &mut Client) -> String {
        let id = client.launch("");
        client.pass(2);
        done(client.ec2("DescribeInstances", ""));
        id
    }

    fn associate(client: &mut Client, instance: &str, allocation: &str) -> Reply {
        let form = format!("InstanceId={instance}&AllocationId={allocation}");
        client.ec2("AssociateAddress", &form)
    }

    fn addresses(client: &mut Client, instance: &str) -> (String, String) {
        let form = format!("InstanceId.1={instance}");
        let reply = done(client.ec2("DescribeInstances", &form));
        (first(&reply, "ipAddress"), first(&reply, "dnsName"))
    }

    #[test]
    fn the_instance_changes_its_address_and_its_public_name() {
        let mut client = Client::new();
        let id = running(&mut client);
        let (before, _) = addresses(&mut client, &id);
        let (allocation, ip) = allocate(&mut client);
        assert_ne!(before, ip);
        insta::assert_snapshot!(transcript(&associate(&mut client, &id, &allocation)));
        let name = format!("ec2-{}.compute-1.amazonaws.com", ip.replace('.', "-"));
        assert_eq!(addresses(&mut client, &id), (ip, name));
        let reply = done(client.ec2("DescribeInstances", ""));
        assert_eq!(first(&reply, "ipOwnerId"), "123456789012");
        // The address that AWS had given is free again.
        assert_eq!(
            client.instance(&id).earlier_addresses,
            [before.parse::<std::net::Ipv4Addr>().unwrap()]
        );
    }

    #[test]
    fn it_stays_over_stop_and_start_and_outlives_the_instance() {
        let mut client = Client::new();
        let id = running(&mut client);
        let (allocation, ip) = allocate(&mut client);
        done(associate(&mut client, &id, &allocation));
        let form = format!("InstanceId.1={id}");
        done(client.ec2("StopInstances", &form));
        client.pass(2);
        assert_eq!(addresses(&mut client, &id).0, ip);
        done(client.ec2("StartInstances", &form));
        client.pass(2);
        assert_eq!(addresses(&mut client, &id).0, ip);
        assert_eq!(client.instance(&id).state, State::Running);
        done(client.ec2("TerminateInstances", &form));
        client.pass(2);
        let reply = done(client.ec2("DescribeAddresses", ""));
        assert_eq!(first(&reply, "publicIp"), ip);
        assert!(!reply.body.contains("associationId"), "{}", reply.body);
        assert_eq!(addresses(&mut client, &id).0, "");
    }

    #[test]
    fn it_moves_to_another_instance_unless_that_is_forbidden() {
        let mut client = Client::new();
        let (a, b) = (running(&mut client), running(&mut client));
        let (allocation, ip) = allocate(&mut client);
        let had = first(
            &done(associate(&mut client, &a, &allocation)),
            "associationId",
        );
        let form = format!("InstanceId={b}&AllocationId={allocation}&AllowReassociation=false");
        assert_eq!(
            refusal(&client.ec2("AssociateAddress", &form)),
            format!(
                "400 Resource.AlreadyAssociated: resource {allocation} is already associated with \
                 associate-id {had}"
            )
        );
        let now = first(
            &done(associate(&mut client, &b, &allocation)),
            "associationId",
        );
        assert_ne!(now, had);
        assert_eq!(addresses(&mut client, &b).0, ip);
        let (fresh, _) = addresses(&mut client, &a);
        assert!(!fresh.is_empty() && fresh != ip, "{fresh}");
    }

    #[test]
    fn doing_it_again_changes_nothing() {
        let mut client = Client::new();
        let id = running(&mut client);
        let (allocation, _) = allocate(&mut client);
        let once = associate(&mut client, &id, &allocation);
        let again = associate(&mut client, &id, &allocation);
        assert_eq!(
            first(&once, "associationId"),
            first(&again, "associationId")
        );
        let form = format!("InstanceId={id}&AllocationId={allocation}&AllowReassociation=false");
        done(client.ec2("AssociateAddress", &form));
    }

    #[test]
    fn a_second_one_takes_the_place_of_the_first_which_stays_allocated() {
        let mut client = Client::new();
        let id = running(&mut client);
        let (first_one, _) = allocate(&mut client);
        let (second, ip) = allocate(&mut client);
        done(associate(&mut client, &id, &first_one));
        done(associate(&mut client, &id, &second));
        assert_eq!(addresses(&mut client, &id).0, ip);
        let reply = done(client.ec2("DescribeAddresses", ""));
        assert_eq!(reply.body.matches("<allocationId>").count(), 2);
        assert_eq!(reply.body.matches("<associationId>").count(), 1);
    }

    #[test]
    fn an_interface_stands_for_its_instance() {
        let mut client = Client::new();
        let id = running(&mut client);
        let (allocation, ip) = allocate(&mut client);
        let interface = client.instance(&id).interface.clone().unwrap();
        let form = format!(
            "NetworkInterfaceId={}&AllocationId={allocation}&PrivateIpAddress={}",
            interface.id, interface.private_address
        );
        done(client.ec2("AssociateAddress", &form));
        assert_eq!(addresses(&mut client, &id).0, ip);
        let form = format!(
            "NetworkInterfaceId={}&AllocationId={allocation}&PrivateIpAddress=10.0.0.1",
            interface.id
        );
        assert!(
            refusal(&client.ec2("AssociateAddress", &form))
                .starts_with("400 InvalidParameterValue: ")
        );
    }

    #[test]
    fn what_cannot_be_associated_is_refused_in_awss_words() {
        let mut client = Client::new();
        let (allocation, ip) = allocate(&mut client);
        let id = client.launch("");
        assert_eq!(
            refusal(&associate(&mut client, &id, &allocation)),
            format!(
                "400 InvalidInstanceID: The pending instance '{id}' is not in a valid state for this operation."
            )
        );
        client.pass(2);
        let mut refused = |form: &str| refusal(&client.ec2("AssociateAddress", form));
        assert_eq!(
            refused(&format!("InstanceId={id}&PublicIp={ip}")),
            "400 InvalidParameterCombination: You must specify an allocation id when mapping an address to a VPC instance"
        );
        assert_eq!(
            refused(&format!(
                "InstanceId={id}&AllocationId=eipassoc-0045976d3b4818dfa"
            )),
            "400 InvalidAllocationID.NotFound: The allocation ID 'eipassoc-0045976d3b4818dfa' does not exist"
        );
        assert_eq!(
            refused(&format!(
                "InstanceId=i-00000000000000001&AllocationId={allocation}"
            )),
            "400 InvalidInstanceID.NotFound: The instance ID 'i-00000000000000001' does not exist"
        );
        assert_eq!(
            refused(&format!(
                "NetworkInterfaceId=eni-00000000000000001&AllocationId={allocation}"
            )),
            "400 InvalidNetworkInterfaceID.NotFound: The networkInterface ID 'eni-00000000000000001' does not exist"
        );
        assert!(refused(&format!("InstanceId={id}")).starts_with("400 MissingParameter: "));
        assert!(
            refused(&format!("AllocationId={allocation}")).starts_with("400 MissingParameter: ")
        );
    }

    #[test]
    fn an_account_with_addresses_is_the_same_after_being_written_and_read() {
        let mut client = Client::new();
        let id = running(&mut client);
        let (allocation, _) = allocate(&mut client);
        done(associate(&mut client, &id, &allocation));
        let text = serde_json::to_string(&client.account).unwrap();
        let read: crate::cloud::Account = serde_json::from_str(&text).unwrap();
        assert_eq!(read, client.account);
    }
}
