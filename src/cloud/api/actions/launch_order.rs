//! A launch that has passed every check, and the instances that are made of it.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use rand::RngExt;

use crate::cloud::account::Quotas;
use crate::cloud::api::Call;
use crate::cloud::api::actions::launch_limits::{check_counts, count, each_once};
use crate::cloud::api::actions::run_instances::{
    BlockDeviceMapping, MetadataOptionsRequest, NetworkInterface, RunInstances,
};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::id::well_formed;
use crate::cloud::resources::image::{Architecture, Family, Image, shelf};
use crate::cloud::resources::instance::{
    Group, Instance, Interface, MetadataOptions, PublicAddress, ShutdownBehavior, State, Volume,
    later, private_dns_name,
};
use crate::cloud::resources::instance_type::{self, InstanceType};
use crate::cloud::resources::network::{AddressRefused, Subnet};
use crate::cloud::resources::tag::Tags;
use crate::cloud::text::Text;
use crate::cloud::{Env, Region};
use crate::keys::{HostKeys, PublicKey};

/// A launch that has passed every check.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the switches of the request, one each"
)]
pub struct Order {
    count: usize,
    image_id: Text,
    image: &'static Image,
    instance_type: &'static InstanceType,
    key: Option<(Text, PublicKey)>,
    zone: Text,
    subnet_id: Text,
    vpc_id: Text,
    groups: Vec<Group>,
    public: bool,
    private_address: Option<Ipv4Addr>,
    interface: NetworkInterface,
    volume: Volume,
    tags: Tags,
    interface_tags: Tags,
    user_data: Option<String>,
    monitoring: bool,
    metadata: MetadataOptions,
    disable_api_stop: bool,
    disable_api_termination: bool,
    shutdown_behavior: ShutdownBehavior,
    ebs_optimized: bool,
}

impl Order {
    /// Checks a request against what the Region has.
    pub fn of(request: RunInstances, region: &Region, quotas: Quotas) -> Result<Self, ApiError> {
        check_plain(&request)?;
        check_counts(request.min_count, request.max_count)?;
        let (image_id, image) = image(&request.image_id, &region.name)?;
        check_mappings(&request.block_device_mappings, image)?;
        let type_name = request
            .instance_type
            .as_deref()
            .unwrap_or(instance_type::DEFAULT);
        let instance_type = instance_type::find(type_name).ok_or_else(|| {
            ApiError::invalid_value(format!("Invalid value '{type_name}' for InstanceType."))
        })?;
        check_architecture(instance_type, image.architecture)?;
        let counts = (request.min_count, request.max_count);
        let count = count(counts, instance_type, region, quotas)?;
        let key = match request.key_name {
            None => None,
            Some(name) => {
                let public = region.key_pairs.require(&name)?.public_key.clone();
                Some((name.into(), public))
            }
        };
        let top_level_groups =
            !(request.security_group_ids.is_empty() && request.security_groups.is_empty());
        let interface = interface(
            request.network_interfaces,
            request.subnet_id.is_some(),
            top_level_groups,
            request.private_ip_address.is_some(),
        )?;
        let subnet_id = interface.subnet_id.clone().or(request.subnet_id);
        let zone = request
            .placement
            .and_then(|placement| placement.availability_zone);
        let subnet = subnet(region, subnet_id.as_deref(), zone.as_deref(), count)?;
        let group_ids = if interface.groups.is_empty() {
            &request.security_group_ids
        } else {
            &interface.groups
        };
        let groups = groups(region, group_ids, &request.security_groups)?;
        let private_address = interface
            .private_ip_address
            .as_deref()
            .or(request.private_ip_address.as_deref())
            .map(|text| private_address(text, count))
            .transpose()?;
        if let Some(credits) = &request.credit_specification {
            choice(
                "CreditSpecification.CpuCredits",
                &credits.cpu_credits,
                "unlimited",
                "standard",
            )?;
        }
        let shutdown_behavior = match request.instance_initiated_shutdown_behavior.as_deref() {
            None | Some("stop") => ShutdownBehavior::Stop,
            Some("terminate") => ShutdownBehavior::Terminate,
            Some(other) => {
                return Err(ApiError::invalid_choice(
                    "InstanceInitiatedShutdownBehavior",
                    other,
                ));
            }
        };
        let taggable = ["instance", "volume", "network-interface"];
        let tags_for = |kind: &str| Tags::specified(&request.tag_specifications, kind, &taggable);
        Ok(Self {
            count,
            image_id: image_id.into(),
            image,
            instance_type,
            key,
            zone: subnet.zone.as_str().into(),
            subnet_id: subnet.id.as_str().into(),
            vpc_id: region.network.vpc.id.as_str().into(),
            groups,
            // Default subnets give public addresses unless the launch says otherwise.
            public: interface.associate_public_ip_address.unwrap_or(true),
            private_address,
            interface,
            volume: root_volume(
                &request.block_device_mappings,
                image,
                &region.name,
                tags_for("volume")?,
            )?,
            tags: tags_for("instance")?,
            interface_tags: tags_for("network-interface")?,
            user_data: request.user_data.map(|data| data.0),
            monitoring: request
                .monitoring
                .is_some_and(|monitoring| monitoring.enabled),
            metadata: metadata(request.metadata_options, image)?,
            disable_api_stop: request.disable_api_stop == Some(true),
            disable_api_termination: request.disable_api_termination == Some(true),
            shutdown_behavior,
            ebs_optimized: request.ebs_optimized == Some(true),
        })
    }
}

/// The image and its id: named, or through a public parameter.
fn image(wanted: &str, region: &str) -> Result<(String, &'static Image), ApiError> {
    let shelf = shelf(region);
    let id = match wanted.strip_prefix("resolve:ssm:") {
        // The text is unverified.
        Some(path) => shelf.parameter(path).ok_or_else(|| {
            let text = format!(
                "Invalid value '{wanted}' for ImageId. There is no public parameter '{path}' here"
            );
            ApiError::invalid_value(text)
        })?,
        None => wanted,
    };
    check_image_id(id)?;
    let image = shelf
        .get(id)
        .ok_or_else(|| ApiError::no_such_images(&[id]))?;
    Ok((id.to_owned(), image))
}

/// Refuses a malformed image id. AWS calls the sample of its own documentation malformed, too (facts, section 2).
pub fn check_image_id(id: &str) -> Result<(), ApiError> {
    const CODE: &str = "InvalidAMIID.Malformed";
    if id == "ami-0abcdef1234567890" {
        return Err(ApiError::new(CODE, format!("Invalid id: \"{id}\"")));
    }
    well_formed(id, "ami", CODE)
}

impl ApiError {
    /// `InvalidAMIID.NotFound`, with its brackets.
    pub fn no_such_images(ids: &[&str]) -> Self {
        let text = match ids {
            [one] => format!("The image id '[{one}]' does not exist"),
            several => format!("The image ids '[{}]' do not exist", several.join(", ")),
        };
        Self::new("InvalidAMIID.NotFound", text)
    }
}

/// Refuses a type that cannot run an image of that architecture.
pub fn check_architecture(kind: &InstanceType, image: Architecture) -> Result<(), ApiError> {
    if kind.architectures.contains(&image) {
        return Ok(());
    }
    Err(ApiError::invalid_value(format!(
        "The architecture '{}' of the specified instance type does not match the architecture '{}' of the specified \
         AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use \
         'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.",
        kind.architecture_list(),
        image
    )))
}

/// The one interface: an empty one stands for none in the request.
fn interface(
    all: Vec<NetworkInterface>,
    top_level_subnet: bool,
    top_level_groups: bool,
    top_level_address: bool,
) -> Result<NetworkInterface, ApiError> {
    let mut all = all.into_iter();
    let Some(interface) = all.next() else {
        return Ok(NetworkInterface {
            associate_public_ip_address: None,
            delete_on_termination: None,
            description: None,
            device_index: None,
            groups: Vec::new(),
            private_ip_address: None,
            subnet_id: None,
        });
    };
    if all.next().is_some() {
        return Err(ApiError::not_simulated(
            "RunInstances",
            "NetworkInterface.2",
        ));
    }
    // The three texts are from memory, unverified.
    let clash = if top_level_subnet {
        Some("subnet ID")
    } else if top_level_groups {
        Some("security groups")
    } else if top_level_address {
        Some("private address")
    } else {
        None
    };
    if let Some(clash) = clash {
        return Err(ApiError::invalid_combination(format!(
            "Network interfaces and an instance-level {clash} may not be specified on the same request"
        )));
    }
    match interface.device_index {
        Some(0) => Ok(interface),
        None => Err(ApiError::missing_parameter(
            "NetworkInterface.1.DeviceIndex",
        )),
        Some(_) => Err(ApiError::not_simulated(
            "RunInstances",
            "NetworkInterface.1.DeviceIndex",
        )),
    }
}

/// The subnet that is named, or the default one of the zone, or one with room.
fn subnet<'a>(
    region: &'a Region,
    id: Option<&str>,
    zone: Option<&str>,
    count: usize,
) -> Result<&'a Subnet, ApiError> {
    let subnet = match (id, zone) {
        (Some(id), zone) => {
            let subnet = region.network.require_subnet(id)?;
            if let Some(zone) = zone
                && subnet.zone != zone
            {
                // Says which of the two is unknown first, as AWS would.
                region.network.default_subnet(Some(zone))?;
                // The text is unverified.
                return Err(ApiError::invalid_value(format!(
                    "The availability zone '{zone}' is not that of the subnet '{id}'"
                )));
            }
            subnet
        }
        (None, Some(zone)) => region.network.default_subnet(Some(zone))?,
        (None, None) => match region
            .network
            .subnets
            .iter()
            .find(|subnet| subnet.free() >= count)
        {
            Some(subnet) => subnet,
            None => region.network.default_subnet(None)?,
        },
    };
    if subnet.free() < count {
        // From memory, unverified.
        let text = format!(
            "There are not enough free addresses in subnet '{}' to satisfy the requested number of instances.",
            subnet.id
        );
        return Err(ApiError::new("InsufficientFreeAddressesInSubnet", text));
    }
    Ok(subnet)
}

/// The groups named, each once; the VPC's default group when none is.
fn groups(region: &Region, ids: &[String], names: &[String]) -> Result<Vec<Group>, ApiError> {
    let all = &region.security_groups;
    let mut found = Vec::new();
    for id in ids {
        found.push(all.require(id)?);
    }
    for name in names {
        found.push(all.require_named(name, &region.network.vpc.id)?);
    }
    if found.is_empty() {
        found.extend(all.default_group());
    }
    each_once(found)
}

/// The texts are unverified.
fn private_address(text: &str, count: usize) -> Result<Ipv4Addr, ApiError> {
    if count > 1 {
        let text = "A private address can be given to one instance only";
        return Err(ApiError::invalid_combination(text));
    }
    text.parse()
        .map_err(|_| ApiError::invalid_value(format!("Invalid IPv4 address: {text}")))
}

fn choice(name: &str, value: &str, yes: &str, no: &str) -> Result<bool, ApiError> {
    if value == yes {
        Ok(true)
    } else if value == no {
        Ok(false)
    } else {
        Err(ApiError::invalid_choice(name, value))
    }
}

fn metadata(
    request: Option<MetadataOptionsRequest>,
    image: &Image,
) -> Result<MetadataOptions, ApiError> {
    let mut options = MetadataOptions {
        tokens_required: image.imds_required,
        hop_limit: if image.imds_required { 2 } else { 1 },
        endpoint_enabled: true,
        ipv6_enabled: false,
        tags_enabled: false,
    };
    let Some(request) = request else {
        return Ok(options);
    };
    let switches = [
        (
            "MetadataOptions.HttpTokens",
            &request.http_tokens,
            ("required", "optional"),
            &mut options.tokens_required,
        ),
        (
            "MetadataOptions.HttpEndpoint",
            &request.http_endpoint,
            ("enabled", "disabled"),
            &mut options.endpoint_enabled,
        ),
        (
            "MetadataOptions.HttpProtocolIpv6",
            &request.http_protocol_ipv6,
            ("enabled", "disabled"),
            &mut options.ipv6_enabled,
        ),
        (
            "MetadataOptions.InstanceMetadataTags",
            &request.instance_metadata_tags,
            ("enabled", "disabled"),
            &mut options.tags_enabled,
        ),
    ];
    for (name, value, (yes, no), option) in switches {
        if let Some(value) = value {
            *option = choice(name, value, yes, no)?;
        }
    }
    if let Some(limit) = request.http_put_response_hop_limit {
        if !(1..=64).contains(&limit) {
            return Err(ApiError::invalid_value(format!(
                "Invalid value '{limit}' for MetadataOptions.HttpPutResponseHopLimit. It should be 1 to 64"
            )));
        }
        options.hop_limit = limit;
    }
    Ok(options)
}

/// Refuses a device of which too little is said. The names `ebs` and `size or snapshotId` are those of moto's tests; that
/// the first is written so is unverified.
fn check_mappings(mappings: &[BlockDeviceMapping], image: &Image) -> Result<(), ApiError> {
    for mapping in mappings {
        let device = mapping.device_name.as_ref();
        let device = device.ok_or_else(|| ApiError::missing_parameter("deviceName"))?;
        let ebs = mapping.ebs.as_ref();
        let ebs = ebs.ok_or_else(|| ApiError::missing_parameter("ebs"))?;
        if *device != image.root_device && ebs.volume_size.is_none() {
            return Err(ApiError::missing_parameter("size or snapshotId"));
        }
    }
    Ok(())
}

/// Refuses by name what is not simulated, where a request says more than that it is as usual.
fn check_plain(request: &RunInstances) -> Result<(), ApiError> {
    let tenancy = request.placement.as_ref();
    let tenancy = tenancy.and_then(|placement| placement.tenancy.as_deref());
    let hibernates = (request.hibernation_options.as_ref()).and_then(|options| options.configured);
    let enclaves = (request.enclave_options.as_ref()).and_then(|options| options.enabled);
    let unusual = if tenancy.is_some_and(|tenancy| tenancy != "default") {
        "Placement.Tenancy"
    } else if hibernates == Some(true) {
        "HibernationOptions.Configured"
    } else if enclaves == Some(true) {
        "EnclaveOptions.Enabled"
    } else {
        return Ok(());
    };
    Err(ApiError::not_simulated("RunInstances", unusual))
}

/// The root volume as the image has it, with the request's changes. Its id is given when it is made.
fn root_volume(
    mappings: &[BlockDeviceMapping],
    image: &Image,
    region: &str,
    tags: Tags,
) -> Result<Volume, ApiError> {
    let mut volume = Volume {
        id: String::new(),
        device: image.root_device.clone(),
        size: image.volume_gib,
        volume_type: image.volume_type.clone(),
        encrypted: false,
        delete_on_termination: true,
        tags,
    };
    for (index, mapping) in (1..).zip(mappings) {
        let at = |member: &str| format!("BlockDeviceMapping.{index}.{member}");
        // Further volumes are not simulated.
        if mapping.device_name.as_ref() != Some(&image.root_device) {
            return Err(ApiError::not_simulated("RunInstances", &at("DeviceName")));
        }
        let Some(ebs) = &mapping.ebs else { continue };
        if let Some(size) = ebs.volume_size {
            if size < image.volume_gib {
                // From memory, unverified.
                let text = format!(
                    "Volume of size {size}GB is smaller than snapshot '{}', expect size >= {}GB",
                    image.snapshot_id(region),
                    image.volume_gib
                );
                return Err(ApiError::new("InvalidBlockDeviceMapping", text));
            }
            volume.size = size;
        }
        if let Some(kind) = &ebs.volume_type {
            if !["gp2", "gp3", "standard"].contains(&kind.as_str()) {
                return Err(ApiError::not_simulated(
                    "RunInstances",
                    &at("Ebs.VolumeType"),
                ));
            }
            volume.volume_type.clone_from(kind);
        }
        volume.encrypted = ebs.encrypted.unwrap_or(volume.encrypted);
        volume.delete_on_termination = ebs
            .delete_on_termination
            .unwrap_or(volume.delete_on_termination);
    }
    Ok(volume)
}

/// Makes the instances of an order; nothing has changed when it refuses.
pub fn make(
    order: &Order,
    client_token: Option<&str>,
    call: &mut Call<'_, '_>,
) -> Result<Vec<Instance>, ApiError> {
    let region = call.region.name.clone();
    let private = private_addresses(order, call)?;
    let public = if order.public {
        match call.env.take_addresses(order.count) {
            Ok(addresses) => addresses.into_iter().map(Some).collect(),
            Err(refused) => {
                if let Some(subnet) = call.region.network.subnet_mut(&order.subnet_id) {
                    for address in private {
                        subnet.give_back(address);
                    }
                }
                return Err(refused);
            }
        }
    } else {
        vec![None; order.count]
    };
    let reservation_id = Text::from(call.env.id("r"));
    let client_token = client_token.map(Text::from);
    let first = call.region.instances.next_number();
    let due = later(call.env.now, call.env.pace.boot());
    let blueprint = order.blueprint(call.env.now, due);
    let has_rsa = match order.image.family {
        // AL2023 user guide, `ssh-host-keys-disabled`.
        Family::Al2023 => false,
        Family::Al2 | Family::Ubuntu2404 | Family::Debian12 | Family::Rhel9 => true,
    };
    let instances = (0_u64..)
        .zip(private.into_iter().zip(public))
        .map(|(index, (private, public))| Instance {
            number: first + index,
            id: call.env.id("i"),
            reservation_id: reservation_id.clone(),
            launch_index: i64::try_from(index).unwrap_or_default(),
            client_token: client_token.clone(),
            host_keys: HostKeys::new(has_rsa, call.env.rng),
            next_address: public.map(|address| PublicAddress::new(address, &region)),
            interface: Some(order.interface(private, &region, call.env)),
            volumes: vec![Volume {
                id: call.env.id("vol"),
                ..order.volume.clone()
            }],
            ..blueprint.clone()
        })
        .collect();
    Ok(instances)
}

fn private_addresses(order: &Order, call: &mut Call<'_, '_>) -> Result<Vec<Ipv4Addr>, ApiError> {
    let subnet = call
        .region
        .network
        .subnet_mut(&order.subnet_id)
        .ok_or_else(|| ApiError::no_such_subnet(&order.subnet_id))?;
    let Some(wanted) = order.private_address else {
        return Ok((0..order.count)
            .map_while(|_| subnet.take(call.env.rng))
            .collect());
    };
    match subnet.reserve(wanted) {
        Ok(()) => Ok(vec![wanted]),
        // Both texts are from memory, unverified.
        Err(AddressRefused::InUse) => Err(ApiError::new(
            "InvalidIPAddress.InUse",
            format!("Address {wanted} is in use."),
        )),
        Err(AddressRefused::NotOffered) => Err(ApiError::invalid_value(format!(
            "Address {wanted} does not fall within the subnet's address range"
        ))),
    }
}

impl Order {
    fn interface(&self, address: Ipv4Addr, region: &str, env: &mut Env<'_>) -> Interface {
        let [a, b, c, d, e]: [u8; 5] = env.rng.random();
        Interface {
            id: env.id("eni"),
            attachment_id: env.id("eni-attach"),
            // Locally administered, as AWS's are.
            mac_address: format!("02:{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}"),
            description: self.interface.description.clone().unwrap_or_default(),
            subnet_id: self.subnet_id.clone(),
            vpc_id: self.vpc_id.clone(),
            private_address: address,
            private_name: private_dns_name(address, region),
            groups: self.groups.clone(),
            delete_on_termination: self.interface.delete_on_termination.unwrap_or(true),
            source_dest_check: true,
            tags: self.interface_tags.clone(),
        }
    }

    /// What all instances of the order have in common.
    fn blueprint(&self, now: Timestamp, due: Timestamp) -> Instance {
        Instance {
            number: 0,
            id: String::new(),
            reservation_id: "".into(),
            launch_index: 0,
            client_token: None,
            image_id: self.image_id.clone(),
            family: self.image.family,
            architecture: self.image.architecture,
            root_device: self.image.root_device.as_str().into(),
            boot_mode: self.image.boot_mode.as_deref().map(Text::from),
            platform_details: self.image.platform_details.as_str().into(),
            usage_operation: self.image.usage_operation.as_str().into(),
            instance_type: self.instance_type.name.as_str().into(),
            state: State::Pending,
            due: Some(due),
            ended: None,
            created_at: now,
            launched_at: now,
            running_since: None,
            boots: Vec::new(),
            key_name: self.key.as_ref().map(|(name, _)| name.clone()),
            public_key: self.key.as_ref().map(|(_, key)| key.clone()),
            host_keys: HostKeys::from_seed([0; 32], false),
            interface: None,
            availability_zone: self.zone.clone(),
            wants_public_address: self.public,
            public_address: None,
            next_address: None,
            earlier_addresses: Vec::new(),
            volumes: Vec::new(),
            user_data: self.user_data.clone(),
            monitoring: self.monitoring,
            metadata: self.metadata,
            disable_api_termination: self.disable_api_termination,
            disable_api_stop: self.disable_api_stop,
            shutdown_behavior: self.shutdown_behavior,
            ebs_optimized: self.ebs_optimized,
            pushed_keys: Vec::new(),
            tags: self.tags.clone(),
        }
    }
}
