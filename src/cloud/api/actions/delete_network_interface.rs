//! `DeleteNetworkInterface`: an interface that an instance left when it was terminated.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::id::well_formed;
use crate::cloud::api::params::request;

request! {
    /// The request.
    pub struct DeleteNetworkInterface {
        /// The interface.
        network_interface_id: String = "NetworkInterfaceId",
    }
}

answer! {
    /// The answer.
    pub struct DeleteNetworkInterfaceAnswer { return_: bool = "return" }
}

impl Operation for DeleteNetworkInterface {
    const NAME: &'static str = "DeleteNetworkInterface";
    type Answer = DeleteNetworkInterfaceAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DeleteNetworkInterfaceAnswer, ApiError> {
        let id = &self.network_interface_id;
        well_formed(id, "eni", "InvalidNetworkInterfaceId.Malformed")?;
        let region = &mut *call.region;
        if region.instances.with_interface(id).is_some() {
            return Err(ApiError::interface_in_use(id));
        }
        if !region.left.has(id) {
            return Err(ApiError::no_such_interfaces(&[id]));
        }
        if let Some(left) = region.left.remove_interface(id)
            && let Some(subnet) = region.network.subnet_mut(&left.interface.subnet_id)
        {
            subnet.give_back(left.interface.private_address);
        }
        Ok(DeleteNetworkInterfaceAnswer { return_: true })
    }
}

impl ApiError {
    /// An interface that an instance has, as quoted of the AWS CLI and of CloudTrail.
    pub fn interface_in_use(id: &str) -> Self {
        Self::invalid_value(format!("Network interface '{id}' is currently in use."))
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal};

    /// What moto's authors ran against AWS (`test_create_instance__termination_deletes_eni`).
    #[test]
    fn an_interface_that_stays_is_available_until_it_is_deleted() {
        let mut client = Client::new();
        let group = first(
            &done(client.ec2("CreateSecurityGroup", "GroupName=g&GroupDescription=d")),
            "groupId",
        );
        let id = client.launch(&format!(
            "NetworkInterface.1.DeviceIndex=0&NetworkInterface.1.DeleteOnTermination=false&\
             NetworkInterface.1.SecurityGroupId.1={group}&"
        ));
        client.pass(2);
        let shown = done(client.ec2("DescribeNetworkInterfaces", ""));
        let (interface, address) = (
            first(&shown, "networkInterfaceId"),
            first(&shown, "privateIpAddress"),
        );
        let delete = format!("NetworkInterfaceId={interface}");
        assert_eq!(
            refusal(&client.ec2("DeleteNetworkInterface", &delete)),
            format!(
                "400 InvalidParameterValue: Network interface '{interface}' is currently in use."
            )
        );
        done(client.ec2("TerminateInstances", &format!("InstanceId.1={id}")));
        client.pass(2);
        let by_id = format!("NetworkInterfaceId.1={interface}");
        let shown = done(client.ec2("DescribeNetworkInterfaces", &by_id));
        assert_eq!(first(&shown, "status"), "available");
        assert_eq!(first(&shown, "privateIpAddress"), address);
        assert!(!shown.body.contains("<attachment>") && !shown.body.contains("<association>"));
        let launch_there = format!(
            "PrivateIpAddress={address}&SubnetId={}&",
            first(&shown, "subnetId")
        );
        let form = format!("{launch_there}{}", crate::cloud::api::testing::LAUNCH);
        assert!(refusal(&client.ec2("RunInstances", &form)).contains("in use"));
        let delete_group = format!("GroupId={group}");
        assert!(
            refusal(&client.ec2("DeleteSecurityGroup", &delete_group))
                .starts_with("400 DependencyViolation: ")
        );
        done(client.ec2("DeleteNetworkInterface", &delete));
        assert_eq!(
            refusal(&client.ec2("DeleteNetworkInterface", &delete)),
            format!(
                "400 InvalidNetworkInterfaceID.NotFound: The networkInterface ID '{interface}' does not exist"
            )
        );
        done(client.ec2("DeleteSecurityGroup", &delete_group));
        done(client.ec2("RunInstances", &form));
    }

    #[test]
    fn its_address_stays_taken_when_the_account_is_read_again() {
        let mut client = Client::new();
        let id = client.launch(
            "NetworkInterface.1.DeviceIndex=0&NetworkInterface.1.DeleteOnTermination=false&",
        );
        client.pass(2);
        done(client.ec2("TerminateInstances", &format!("InstanceId.1={id}")));
        client.pass(2);
        let free = |client: &mut Client| {
            let subnets = done(client.ec2("DescribeSubnets", "")).body;
            subnets.matches("<availableIpAddressCount>4090<").count()
        };
        assert_eq!(free(&mut client), 1);
        let text = serde_json::to_string(&client.account).unwrap();
        client.account = serde_json::from_str(&text).unwrap();
        assert_eq!(free(&mut client), 1);
    }
}
