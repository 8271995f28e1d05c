//! `RunInstances`: everything is checked before anything is made.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::instance_item::Reservation;
use crate::cloud::api::actions::launch_order::{self, Order};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::api::params::{Parameter, Params};
use crate::cloud::api::shape::Shape;
use crate::cloud::resources::instance::State;
use crate::cloud::resources::tag::TagSpecification;

request! {
    /// The request.
    pub struct RunInstances {
        /// Changes of the root volume.
        block_device_mappings: Vec<BlockDeviceMapping> = "BlockDeviceMapping",
        /// An image id, or `resolve:ssm:` and the path of a public parameter.
        image_id: String = "ImageId",
        /// `m1.small` unless named.
        instance_type: Option<String> = "InstanceType",
        /// The key pair whose public key is put on the instances.
        key_name: Option<String> = "KeyName",
        /// The most instances to launch.
        max_count: i64 = "MaxCount",
        /// The fewest.
        min_count: i64 = "MinCount",
        /// Detailed monitoring.
        monitoring: Option<Monitoring> = "Monitoring",
        /// Where.
        placement: Option<Placement> = "Placement",
        /// Ids of security groups.
        security_group_ids: Vec<String> = "SecurityGroupId",
        /// Names of security groups of the default VPC.
        security_groups: Vec<String> = "SecurityGroup",
        /// Subnet.
        subnet_id: Option<String> = "SubnetId",
        /// User data, base64.
        user_data: Option<UserData> = "UserData",
        /// Tags for instances, volumes and network interfaces.
        tag_specifications: Vec<TagSpecification> = "TagSpecification",
        /// CPU credits of burstable types.
        credit_specification: Option<CreditSpecification> = "CreditSpecification",
        /// Metadata service.
        metadata_options: Option<MetadataOptionsRequest> = "MetadataOptions",
        /// Stop protection.
        disable_api_stop: Option<bool> = "DisableApiStop",
        /// Termination protection.
        disable_api_termination: Option<bool> = "DisableApiTermination",
        /// `stop` (the default) or `terminate`.
        instance_initiated_shutdown_behavior: Option<String> = "InstanceInitiatedShutdownBehavior",
        /// A private address of the subnet.
        private_ip_address: Option<String> = "PrivateIpAddress",
        /// The same token is the same launch.
        client_token: Option<String> = "ClientToken",
        /// The one network interface.
        network_interfaces: Vec<NetworkInterface> = "NetworkInterface",
        /// Optimised for EBS.
        ebs_optimized: Option<bool> = "EbsOptimized",
        /// Hibernation: off.
        hibernation_options: Option<HibernationOptions> = "HibernationOptions",
        /// Enclaves: off.
        enclave_options: Option<EnclaveOptions> = "EnclaveOptions",
    }
}

request! {
    /// Hibernation.
    pub struct HibernationOptions {
        /// On.
        configured: Option<bool> = "Configured",
    }
}
request! {
    /// Enclaves.
    pub struct EnclaveOptions {
        /// On.
        enabled: Option<bool> = "Enabled",
    }
}

request! {
    /// A device of the instance.
    pub struct BlockDeviceMapping {
        /// The volume.
        ebs: Option<Ebs> = "Ebs",
        /// `/dev/xvda` and so on.
        device_name: Option<String> = "DeviceName",
    }
}
request! {
    /// A volume.
    pub struct Ebs {
        /// Goes away with the instance.
        delete_on_termination: Option<bool> = "DeleteOnTermination",
        /// GiB.
        volume_size: Option<i64> = "VolumeSize",
        /// `gp3` and so on.
        volume_type: Option<String> = "VolumeType",
        /// Encrypted.
        encrypted: Option<bool> = "Encrypted",
    }
}
request! {
    /// Detailed monitoring.
    pub struct Monitoring {
        /// On.
        enabled: bool = "Enabled",
    }
}
request! {
    /// Where.
    pub struct Placement {
        /// Availability zone.
        availability_zone: Option<String> = "AvailabilityZone",
        /// `default`.
        tenancy: Option<String> = "Tenancy",
    }
}
request! {
    /// CPU credits.
    pub struct CreditSpecification {
        /// `standard` or `unlimited`.
        cpu_credits: String = "CpuCredits",
    }
}
request! {
    /// Options of the metadata service.
    pub struct MetadataOptionsRequest {
        /// `optional` or `required`.
        http_tokens: Option<String> = "HttpTokens",
        /// 1 to 64.
        http_put_response_hop_limit: Option<i64> = "HttpPutResponseHopLimit",
        /// `enabled` or `disabled`.
        http_endpoint: Option<String> = "HttpEndpoint",
        /// `enabled` or `disabled`.
        http_protocol_ipv6: Option<String> = "HttpProtocolIpv6",
        /// `enabled` or `disabled`.
        instance_metadata_tags: Option<String> = "InstanceMetadataTags",
    }
}
request! {
    /// A network interface to make.
    pub struct NetworkInterface {
        /// A public address or none.
        associate_public_ip_address: Option<bool> = "AssociatePublicIpAddress",
        /// Goes away with the instance.
        delete_on_termination: Option<bool> = "DeleteOnTermination",
        /// Description.
        description: Option<String> = "Description",
        /// 0.
        device_index: Option<i64> = "DeviceIndex",
        /// Ids of security groups.
        groups: Vec<String> = "SecurityGroupId",
        /// A private address of the subnet.
        private_ip_address: Option<String> = "PrivateIpAddress",
        /// Subnet.
        subnet_id: Option<String> = "SubnetId",
    }
}

/// User data, kept in base64 as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserData(pub String);

impl Parameter for UserData {
    const SHAPE: Shape = Shape::Blob;
    fn take(params: &mut Params, path: &str) -> Result<Self, ApiError> {
        Self::parse(&String::take(params, path)?)
    }
}

impl UserData {
    /// Reads base64, whatever its line breaks.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        use base64::Engine;
        let text: String = text.split_ascii_whitespace().collect();
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(&text)
            .map_err(|_| {
                // From memory, unverified.
                let text = "Invalid BASE64 encoding of user data.";
                ApiError::new("InvalidUserData.Malformed", text)
            })?;
        if bytes.len() > 16_384 {
            // From memory, unverified.
            let text = "User data is limited to 16384 bytes";
            return Err(ApiError::invalid_value(text));
        }
        Ok(Self(text))
    }
}

impl Operation for RunInstances {
    const NAME: &'static str = "RunInstances";
    type Answer = Reservation;

    fn run(self, call: &mut Call<'_, '_>) -> Result<Reservation, ApiError> {
        let token = self.client_token.clone().filter(|token| !token.is_empty());
        let digest = self.digest();
        if let Some(token) = &token
            && let Some(again) = repeated(call, token, &digest)?
        {
            return Ok(again);
        }
        let order = Order::of(self, call.region, call.quotas)?;
        let instances = launch_order::make(&order, token.as_deref(), call)?;
        let ids: Vec<String> = instances
            .iter()
            .map(|instance| instance.id.clone())
            .collect();
        call.region
            .instances
            .launched(instances, token.map(|token| (token, digest)));
        Ok(Reservation {
            owner: call.account_id.into(),
            instances: ids
                .iter()
                .filter_map(|id| call.region.instances.get(id))
                .map(Arc::clone)
                .collect(),
            launching: true,
        })
    }
}

impl RunInstances {
    /// Two requests are the same when everything but the token is.
    fn digest(&self) -> String {
        let without_token = Self {
            client_token: None,
            ..self.clone()
        };
        hex::encode(Sha256::digest(format!("{without_token:?}")))
    }
}

/// The launch that this token made before, if it did.
fn repeated(
    call: &Call<'_, '_>,
    token: &str,
    digest: &str,
) -> Result<Option<Reservation>, ApiError> {
    let Some(launch) = call.region.instances.launch(token) else {
        return Ok(None);
    };
    if launch.request != digest {
        let text = "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).";
        return Err(ApiError::new("IdempotentParameterMismatch", text));
    }
    let instances: Vec<_> = call
        .region
        .instances
        .of_launch(launch)
        .map(Arc::clone)
        .collect();
    if instances
        .iter()
        .any(|instance| instance.state == State::Terminated)
    {
        // The code is from the API reference, the text is unverified.
        let text = "The request contains a client token that matches a terminated instance";
        return Err(ApiError::new("IdempotentInstanceTerminated", text));
    }
    Ok(Some(Reservation {
        owner: call.account_id.into(),
        instances,
        launching: false,
    }))
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, LAUNCH, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    fn ids() -> Vec<(&'static str, &'static str)> {
        vec![
            (r"02(:[0-9a-f]{2}){5}", "[mac]"),
            (r"172\.31\.\d+\.\d+", "[private]"),
            (r"ip-172-31-\d+-\d+", "ip-[private]"),
        ]
    }

    #[test]
    fn the_answer_is_pending_and_has_no_public_address() {
        let mut client = Client::new();
        done(client.ec2("CreateKeyPair", "KeyName=mk&KeyType=ed25519"));
        let form = format!(
            "KeyName=mk&ClientToken=t&Monitoring.Enabled=true&\
            TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=Name&\
            TagSpecification.1.Tag.1.Value=web&{LAUNCH}"
        );
        insta::with_settings!({filters => ids()}, {
            insta::assert_snapshot!(transcript(&client.ec2("RunInstances", &form)));
        });
    }

    #[test]
    fn everything_named_is_checked_before_anything_is_made() {
        let mut client = Client::new();
        let mut refused = |form: &str| refusal(&client.ec2("RunInstances", form));
        let arm = "ImageId=resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64&MinCount=1&MaxCount=1";
        assert_eq!(
            refused(&format!("KeyName=testkeypair.pem&{LAUNCH}")),
            "400 InvalidKeyPair.NotFound: The key pair 'testkeypair.pem' does not exist"
        );
        assert_eq!(
            refused("MinCount=1&MaxCount=1&ImageId=ami-00000000000000001"),
            "400 InvalidAMIID.NotFound: The image id '[ami-00000000000000001]' does not exist"
        );
        assert_eq!(
            refused("MinCount=1&MaxCount=1&ImageId=not_an_ami_id"),
            "400 InvalidAMIID.Malformed: Invalid id: \"not_an_ami_id\" (expecting \"ami-...\")"
        );
        assert_eq!(
            refused("MinCount=1&MaxCount=1"),
            "400 MissingParameter: The request must contain the parameter ImageId"
        );
        assert_eq!(
            refused(&format!("{arm}&InstanceType=t9.huge")),
            "400 InvalidParameterValue: Invalid value 't9.huge' for InstanceType."
        );
        assert!(refused(&format!("{arm}&InstanceType=t2.micro")).starts_with(
            "400 InvalidParameterValue: The architecture 'i386,x86_64' of the specified instance type does not match \
             the architecture 'arm64' of the specified AMI. Specify an instance type"
        ));
        assert_eq!(
            refused(&format!("SecurityGroupId.1=sg-00000000000000001&{LAUNCH}")),
            "400 InvalidGroup.NotFound: The security group 'sg-00000000000000001' does not exist"
        );
        assert!(
            refused(&format!("SecurityGroup.1=web&{LAUNCH}"))
                .starts_with("400 InvalidGroup.NotFound: The security group 'web' does not exist in default VPC 'vpc-0")
        );
        assert_eq!(
            refused(&format!("SubnetId=subnet-00000000000000001&{LAUNCH}")),
            "400 InvalidSubnetID.NotFound: The subnet ID 'subnet-00000000000000001' does not exist"
        );
        assert_eq!(
            refused(&format!("Placement.AvailabilityZone=us-west-2z&{LAUNCH}")),
            "400 InvalidParameterValue: Invalid availability zone: [us-west-2z]"
        );
        assert_eq!(
            refused(&format!("UserData=%25&{LAUNCH}")),
            "400 InvalidUserData.Malformed: Invalid BASE64 encoding of user data."
        );
        assert!(
            refused(&format!("IamInstanceProfile.Name=x&{LAUNCH}"))
                .starts_with("400 GroundSchool.NotSimulated: ")
        );
        assert!(
            refused(&format!(
                "TagSpecification.1.ResourceType=key-pair&{LAUNCH}"
            ))
            .starts_with("400 InvalidParameterValue: ")
        );
        assert!(client.account.regions["us-east-1"].instances.is_empty());
    }

    #[test]
    fn counts_must_make_sense() {
        let mut client = Client::new();
        let mut refused = |min: i64, max: i64| {
            let form = LAUNCH.replace(
                "MaxCount=1&MinCount=1",
                &format!("MinCount={min}&MaxCount={max}"),
            );
            refusal(&client.ec2("RunInstances", &form))
        };
        assert!(refused(0, 1).contains("minCount"));
        assert!(refused(2, 1).contains("maxCount"));
        assert!(refused(20_001, 1_000_000_000).starts_with("400 VcpuLimitExceeded: "));
    }

    #[test]
    fn as_many_are_launched_as_the_quota_for_virtual_processors_allows() {
        let mut client = Client::new();
        client.launch("");
        let first = client.account.regions["us-east-1"].instances.iter().next();
        let id = first.unwrap().id.clone();
        client.account.quotas.vcpus = 9;
        // Two each, and two are in use.
        let form = |min: i64, max: i64| {
            LAUNCH.replace(
                "MaxCount=1&MinCount=1",
                &format!("MinCount={min}&MaxCount={max}"),
            )
        };
        assert_eq!(
            refusal(&client.ec2("RunInstances", &form(4, 4))),
            "400 VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 9 allows for \
             the instance bucket that the specified instance type belongs to. Please visit \
             http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."
        );
        let reply = done(client.ec2("RunInstances", &form(1, 4)));
        assert_eq!(reply.body.matches("<amiLaunchIndex>").count(), 3);
        // A stopped one makes room, and needs it again to start.
        client.pass(2);
        done(client.ec2("StopInstances", &format!("InstanceId.1={id}")));
        client.pass(2);
        done(client.ec2("RunInstances", &form(1, 1)));
        assert!(
            refusal(&client.ec2("StartInstances", &format!("InstanceId.1={id}")))
                .starts_with("400 VcpuLimitExceeded: ")
        );
    }

    #[test]
    fn one_call_is_one_reservation() {
        let mut client = Client::new();
        let form = LAUNCH.replace("MaxCount=1", "MaxCount=3");
        let reply = done(client.ec2("RunInstances", &form));
        assert_eq!(reply.body.matches("<amiLaunchIndex>").count(), 3);
        let reply = client.ec2("DescribeInstances", "");
        assert_eq!(reply.body.matches("<reservationId>").count(), 1);
    }

    #[test]
    fn the_same_token_is_the_same_launch() {
        let mut client = Client::new();
        let first = client.launch("ClientToken=t&");
        assert_eq!(client.launch("ClientToken=t&"), first);
        let other = format!("ClientToken=t&EbsOptimized=true&{LAUNCH}");
        assert_eq!(
            refusal(&client.ec2("RunInstances", &other)),
            "400 IdempotentParameterMismatch: Arguments on this idempotent request are inconsistent with arguments \
             used in previous request(s)."
        );
        done(client.ec2("TerminateInstances", &format!("InstanceId.1={first}")));
        client.pass(60);
        let again = client.ec2("RunInstances", &format!("ClientToken=t&{LAUNCH}"));
        assert!(refusal(&again).starts_with("400 IdempotentInstanceTerminated: "));
    }

    #[test]
    fn the_clis_associate_public_ip_address_form_is_understood() {
        let mut client = Client::new();
        let subnet = first(&client.ec2("DescribeSubnets", ""), "subnetId");
        let group = first(&client.ec2("DescribeSecurityGroups", ""), "groupId");
        let form = format!(
            "NetworkInterface.1.DeviceIndex=0&NetworkInterface.1.AssociatePublicIpAddress=false&\
             NetworkInterface.1.SubnetId={subnet}&NetworkInterface.1.SecurityGroupId.1={group}&"
        );
        let id = client.launch(&form);
        client.pass(5);
        let reply = client.ec2("DescribeInstances", "");
        assert!(!reply.body.contains("<ipAddress>"));
        assert_eq!(
            client.instance(&id).group_ids().collect::<Vec<_>>(),
            [group]
        );
        let clash = format!("{form}SubnetId={subnet}&{LAUNCH}");
        assert_eq!(
            refusal(&client.ec2("RunInstances", &clash)),
            "400 InvalidParameterCombination: Network interfaces and an instance-level subnet ID may not be specified \
             on the same request"
        );
    }

    #[test]
    fn the_root_volume_may_grow_but_not_shrink() {
        let mut client = Client::new();
        let device =
            "BlockDeviceMapping.1.DeviceName=/dev/xvda&BlockDeviceMapping.1.Ebs.VolumeSize=";
        let id = client.launch(&format!("{device}20&"));
        assert_eq!(client.instance(&id).volumes[0].size, 20);
        let small = client.ec2("RunInstances", &format!("{device}4&{LAUNCH}"));
        assert!(
            refusal(&small)
                .starts_with("400 InvalidBlockDeviceMapping: Volume of size 4GB is smaller")
        );
    }

    #[test]
    fn amazon_linux_2023_wants_version_2_of_the_metadata_service() {
        let mut client = Client::new();
        let id = client.launch("");
        let metadata = client.instance(&id).metadata;
        assert_eq!((metadata.tokens_required, metadata.hop_limit), (true, 2));
        let id = client.launch("MetadataOptions.HttpTokens=optional&");
        assert!(!client.instance(&id).metadata.tokens_required);
    }

    #[test]
    fn a_device_of_which_too_little_is_said_is_refused_before_the_key_is_looked_for() {
        let mut client = Client::new();
        for (device, missing) in [
            ("Ebs.VolumeSize=9", "deviceName"),
            ("DeviceName=/dev/sdb", "ebs"),
            (
                "DeviceName=/dev/sdb&BlockDeviceMapping.1.Ebs.VolumeType=gp2",
                "size or snapshotId",
            ),
        ] {
            let form = format!("KeyName=none&BlockDeviceMapping.1.{device}&{LAUNCH}");
            assert_eq!(
                refusal(&client.ec2("RunInstances", &form)),
                format!("400 MissingParameter: The request must contain the parameter {missing}")
            );
        }
    }

    #[test]
    fn what_is_as_usual_may_be_said_and_anything_else_is_refused_by_name() {
        let mut client = Client::new();
        client.launch(
            "HibernationOptions.Configured=false&EnclaveOptions.Enabled=false&Placement.Tenancy=default&",
        );
        for (unusual, named) in [
            (
                "HibernationOptions.Configured=true",
                "HibernationOptions.Configured",
            ),
            ("EnclaveOptions.Enabled=true", "EnclaveOptions.Enabled"),
            ("Placement.Tenancy=host", "Placement.Tenancy"),
        ] {
            let reply = client.ec2("RunInstances", &format!("{unusual}&{LAUNCH}"));
            let says = format!("does not simulate the parameter '{named}' of RunInstances");
            assert!(refusal(&reply).contains(&says), "{}", reply.body);
        }
    }
}
