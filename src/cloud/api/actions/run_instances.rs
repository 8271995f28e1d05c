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
        use base64::Engine;
        let text: String = String::take(params, path)?
            .split_ascii_whitespace()
            .collect();
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
        let order = Order::of(self, call.region)?;
        let instances = launch_order::make(order, token.clone(), call)?;
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
