//! A reservation and its instances as RunInstances and DescribeInstances write them, in the order of AWS's samples.
//!
//! Written straight from the account through views, because a class asks for this answer all day.

use std::borrow::Cow;
use std::net::Ipv4Addr;
use std::sync::Arc;

use jiff::Timestamp;

use crate::cloud::api::answer::{Element, Structure, answer, viewed};
use crate::cloud::api::shape::Shape;
use crate::cloud::api::xml::{Name, Xml, name};
use crate::cloud::resources::instance::{
    EndedBy, Group, Instance, Interface, PublicAddress, State, Volume,
};
use crate::cloud::resources::instance_type;
use crate::cloud::resources::tag::Tags;

/// Instances of one launch, all or some.
#[derive(Debug, Clone, PartialEq)]
pub struct Reservation {
    /// The account's id.
    pub owner: Arc<str>,
    /// At least one instance.
    pub instances: Vec<Arc<Instance>>,
    /// Whether this is RunInstances' own answer, in which nothing is attached yet.
    pub launching: bool,
}

impl Reservation {
    /// Puts instances that follow one another into their reservations.
    pub fn group(owner: &str, instances: impl IntoIterator<Item = Arc<Instance>>) -> Vec<Self> {
        let owner: Arc<str> = owner.into();
        let mut all: Vec<Self> = Vec::new();
        for instance in instances {
            match all.last_mut() {
                Some(last)
                    if last
                        .instances
                        .first()
                        .is_some_and(|first| first.reservation_id == instance.reservation_id) =>
                {
                    last.instances.push(instance);
                }
                _ => all.push(Self {
                    owner: Arc::clone(&owner),
                    instances: vec![instance],
                    launching: false,
                }),
            }
        }
        all
    }

    fn view(&self) -> ReservationView<'_> {
        ReservationView {
            reservation_id: self
                .instances
                .first()
                .map_or("", |first| first.reservation_id.as_str()),
            owner_id: &self.owner,
            groups: &[],
            instances: InstanceViews(self),
        }
    }
}

viewed!(Reservation as ReservationView);

/// The instances of a reservation, looked at one by one: a view of all of them would be larger than the answer's text.
#[derive(Debug, Clone, PartialEq)]
struct InstanceViews<'a>(&'a Reservation);

impl InstanceViews<'_> {
    fn each(&self) -> impl Iterator<Item = InstanceView<'_>> {
        let Reservation {
            owner, launching, ..
        } = self.0;
        let instances = self.0.instances.iter();
        instances.map(move |instance| InstanceView::of(instance, owner, *launching))
    }
}

impl Element for InstanceViews<'_> {
    const SHAPE: Shape = <Vec<InstanceView<'static>> as Element>::SHAPE;
    fn write(&self, xml: &mut Xml, name: Name) {
        // A reservation has at least one instance.
        xml.open(name);
        for instance in self.each() {
            instance.write(xml, name!("item"));
        }
        xml.close(name);
    }
    fn json(&self) -> Option<serde_json::Value> {
        Some(self.each().filter_map(|one| one.json()).collect())
    }
}

impl Structure for Reservation {
    fn members(&self, xml: &mut Xml) {
        self.view().members(xml);
    }
}

answer! {
    /// A reservation.
    struct ReservationView<'a> {
        reservation_id: &'a str = "reservationId",
        owner_id: &'a str = "ownerId",
        groups: &'a [Group] = "groupSet",
        instances: InstanceViews<'a> = "instancesSet",
    }
}

answer! {
    /// An instance.
    struct InstanceView<'a> {
        instance_id: &'a str = "instanceId",
        image_id: &'a str = "imageId",
        state: StateItem = "instanceState",
        private_dns_name: &'a str = "privateDnsName",
        public_dns_name: &'a str = "dnsName",
        state_transition_reason: Cow<'a, str> = "reason",
        key_name: Option<&'a str> = "keyName",
        ami_launch_index: i64 = "amiLaunchIndex",
        product_codes: &'a [String] = "productCodes",
        instance_type: &'a str = "instanceType",
        launch_time: Timestamp = "launchTime",
        placement: PlacementView<'a> = "placement",
        monitoring: MonitoringItem = "monitoring",
        subnet_id: Option<&'a str> = "subnetId",
        vpc_id: Option<&'a str> = "vpcId",
        private_ip_address: Option<Ipv4Addr> = "privateIpAddress",
        public_ip_address: Option<Ipv4Addr> = "ipAddress",
        source_dest_check: Option<bool> = "sourceDestCheck",
        security_groups: &'a [Group] = "groupSet",
        state_reason: Option<StateReason> = "stateReason",
        architecture: &'static str = "architecture",
        root_device_type: &'static str = "rootDeviceType",
        root_device_name: &'a str = "rootDeviceName",
        block_device_mappings: Vec<BlockDeviceView<'a>> = "blockDeviceMapping",
        virtualization_type: &'static str = "virtualizationType",
        client_token: &'a str = "clientToken",
        tags: Option<&'a Tags> = "tagSet",
        hypervisor: &'static str = "hypervisor",
        network_interfaces: Vec<InterfaceView<'a>> = "networkInterfaceSet",
        ebs_optimized: bool = "ebsOptimized",
        ena_support: bool = "enaSupport",
        cpu_options: Option<CpuOptions> = "cpuOptions",
        capacity_reservation_specification: CapacityReservation = "capacityReservationSpecification",
        hibernation_options: HibernationOptions = "hibernationOptions",
        metadata_options: MetadataItem = "metadataOptions",
        enclave_options: EnclaveOptions = "enclaveOptions",
        boot_mode: Option<&'a str> = "bootMode",
        platform_details: &'a str = "platformDetails",
        usage_operation: &'a str = "usageOperation",
        usage_operation_update_time: Timestamp = "usageOperationUpdateTime",
        private_dns_name_options: Option<DnsOptions> = "privateDnsNameOptions",
        maintenance_options: MaintenanceOptions = "maintenanceOptions",
        current_instance_boot_mode: &'static str = "currentInstanceBootMode",
    }
}

answer! {
    /// A state.
    pub struct StateItem { code: i64 = "code", name: &'static str = "name" }
}
answer! {
    /// Why it is in that state.
    struct StateReason { code: &'static str = "code", message: &'static str = "message" }
}
answer! {
    /// Where it runs.
    struct PlacementView<'a> {
        availability_zone: &'a str = "availabilityZone",
        group_name: &'static str = "groupName",
        tenancy: &'static str = "tenancy",
    }
}
answer! {
    /// Detailed monitoring.
    struct MonitoringItem { state: &'static str = "state" }
}
answer! {
    /// A security group.
    struct GroupView<'a> { group_id: &'a str = "groupId", group_name: &'a str = "groupName" }
}
answer! {
    /// A volume at its device.
    struct BlockDeviceView<'a> { device_name: &'a str = "deviceName", ebs: EbsView<'a> = "ebs" }
}
answer! {
    /// A volume.
    struct EbsView<'a> {
        volume_id: &'a str = "volumeId",
        status: &'static str = "status",
        attach_time: Timestamp = "attachTime",
        delete_on_termination: bool = "deleteOnTermination",
    }
}
answer! {
    /// A network interface.
    struct InterfaceView<'a> {
        network_interface_id: &'a str = "networkInterfaceId",
        subnet_id: &'a str = "subnetId",
        vpc_id: &'a str = "vpcId",
        description: &'a str = "description",
        owner_id: &'a str = "ownerId",
        status: &'static str = "status",
        mac_address: &'a str = "macAddress",
        private_ip_address: Ipv4Addr = "privateIpAddress",
        private_dns_name: &'a str = "privateDnsName",
        source_dest_check: bool = "sourceDestCheck",
        groups: &'a [Group] = "groupSet",
        attachment: AttachmentView<'a> = "attachment",
        association: Option<AssociationView<'a>> = "association",
        private_ip_addresses: [AddressView<'a>; 1] = "privateIpAddressesSet",
        ipv6_addresses: &'a [String] = "ipv6AddressesSet",
        interface_type: &'static str = "interfaceType",
    }
}
answer! {
    /// How an interface is attached.
    struct AttachmentView<'a> {
        attachment_id: &'a str = "attachmentId",
        device_index: i64 = "deviceIndex",
        status: &'static str = "status",
        attach_time: Timestamp = "attachTime",
        delete_on_termination: bool = "deleteOnTermination",
        network_card_index: i64 = "networkCardIndex",
    }
}
answer! {
    /// A public address.
    struct AssociationView<'a> {
        public_ip: Ipv4Addr = "publicIp",
        public_dns_name: &'a str = "publicDnsName",
        ip_owner_id: &'a str = "ipOwnerId",
    }
}
answer! {
    /// A private address.
    struct AddressView<'a> {
        private_ip_address: Ipv4Addr = "privateIpAddress",
        private_dns_name: &'a str = "privateDnsName",
        primary: bool = "primary",
        association: Option<AssociationView<'a>> = "association",
    }
}
answer! {
    /// Processors.
    struct CpuOptions { core_count: i64 = "coreCount", threads_per_core: i64 = "threadsPerCore" }
}
answer! {
    /// Capacity reservations.
    struct CapacityReservation { capacity_reservation_preference: &'static str = "capacityReservationPreference" }
}
answer! {
    /// Hibernation.
    struct HibernationOptions { configured: bool = "configured" }
}
answer! {
    /// Metadata service.
    struct MetadataItem {
        state: &'static str = "state",
        http_tokens: &'static str = "httpTokens",
        http_put_response_hop_limit: i64 = "httpPutResponseHopLimit",
        http_endpoint: &'static str = "httpEndpoint",
        http_protocol_ipv6: &'static str = "httpProtocolIpv6",
        instance_metadata_tags: &'static str = "instanceMetadataTags",
    }
}
answer! {
    /// Enclaves.
    struct EnclaveOptions { enabled: bool = "enabled" }
}
answer! {
    /// What the private name is made of.
    struct DnsOptions {
        hostname_type: &'static str = "hostnameType",
        enable_resource_name_dns_a_record: bool = "enableResourceNameDnsARecord",
        enable_resource_name_dns_a_a_a_a_record: bool = "enableResourceNameDnsAAAARecord",
    }
}
answer! {
    /// Maintenance.
    struct MaintenanceOptions { auto_recovery: &'static str = "autoRecovery" }
}

impl Group {
    fn view(&self) -> GroupView<'_> {
        GroupView {
            group_id: &self.id,
            group_name: &self.name,
        }
    }
}

viewed!(Group as GroupView);

impl From<State> for StateItem {
    fn from(state: State) -> Self {
        Self {
            code: state.code(),
            name: state.name(),
        }
    }
}

/// `reason`, with its time as AWS writes it: `User initiated (2024-08-09 07:00:48 GMT)`.
pub fn transition_reason(instance: &Instance) -> Cow<'static, str> {
    match instance.ended {
        Some(ended) if ended.by == EndedBy::User => {
            let at = ended.at.strftime("%Y-%m-%d %H:%M:%S GMT");
            format!("User initiated ({at})").into()
        }
        Some(_) | None => "".into(),
    }
}

/// The code of `stateReason`.
pub fn state_reason_code(instance: &Instance) -> Option<&'static str> {
    state_reason(instance).map(|reason| reason.code)
}

/// The message of `stateReason`.
pub fn state_reason_message(instance: &Instance) -> Option<&'static str> {
    state_reason(instance).map(|reason| reason.message)
}

fn state_reason(instance: &Instance) -> Option<StateReason> {
    let (code, message) = match instance.ended.map(|ended| ended.by) {
        Some(EndedBy::User) => (
            "Client.UserInitiatedShutdown",
            "Client.UserInitiatedShutdown: User initiated shutdown",
        ),
        // From memory, unverified.
        Some(EndedBy::Instance) => (
            "Client.InstanceInitiatedShutdown",
            "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
        ),
        None if instance.state == State::Pending => ("pending", "pending"),
        None => return None,
    };
    Some(StateReason { code, message })
}

/// `IpOwnerId`: the account for an Elastic IP.
pub fn ip_owner<'a>(public: &PublicAddress, owner: &'a str) -> &'a str {
    if public.elastic.is_some() {
        owner
    } else {
        "amazon"
    }
}

/// `HttpTokens`.
pub fn token_rule(required: bool) -> &'static str {
    if required { "required" } else { "optional" }
}

/// How AWS says whether an option is on.
pub fn switch(on: bool) -> &'static str {
    if on { "enabled" } else { "disabled" }
}

impl<'a> InstanceView<'a> {
    fn of(instance: &'a Instance, owner: &'a str, launching: bool) -> Self {
        let interface = instance.interface.as_ref();
        let public = instance.public_address.as_ref();
        let metadata = instance.metadata;
        Self {
            instance_id: &instance.id,
            image_id: &instance.image_id,
            state: instance.state.into(),
            private_dns_name: interface.map_or("", |interface| &interface.private_name),
            public_dns_name: public.map_or("", |public| &public.name),
            state_transition_reason: transition_reason(instance),
            key_name: instance.key_name.as_deref(),
            ami_launch_index: instance.launch_index,
            product_codes: &[],
            instance_type: &instance.instance_type,
            launch_time: instance.launched_at,
            placement: PlacementView {
                availability_zone: &instance.availability_zone,
                group_name: "",
                tenancy: "default",
            },
            monitoring: MonitoringItem {
                state: match (instance.monitoring, launching) {
                    (false, _) => "disabled",
                    (true, true) => "pending",
                    (true, false) => "enabled",
                },
            },
            subnet_id: interface.map(|interface| interface.subnet_id.as_str()),
            vpc_id: interface.map(|interface| interface.vpc_id.as_str()),
            private_ip_address: instance.private_address(),
            public_ip_address: public.map(|public| public.address),
            source_dest_check: interface.map(|interface| interface.source_dest_check),
            security_groups: interface.map_or(&[], |interface| &interface.groups),
            state_reason: state_reason(instance),
            architecture: instance.architecture.as_str(),
            root_device_type: "ebs",
            root_device_name: &instance.root_device,
            block_device_mappings: if launching {
                Vec::new()
            } else {
                let at = instance.created_at;
                instance
                    .volumes
                    .iter()
                    .map(|volume| BlockDeviceView::of(volume, at))
                    .collect()
            },
            virtualization_type: "hvm",
            client_token: instance.client_token.as_deref().unwrap_or_default(),
            tags: instance.tags.if_any(),
            // Also for the new hypervisor (facts, section 5.4).
            hypervisor: "xen",
            network_interfaces: interface
                .map(|interface| InterfaceView::of(interface, instance, owner, launching))
                .into_iter()
                .collect(),
            ebs_optimized: instance.ebs_optimized,
            ena_support: true,
            cpu_options: instance_type::find(&instance.instance_type).map(|kind| CpuOptions {
                core_count: kind.vcpus / kind.threads_per_core.max(1),
                threads_per_core: kind.threads_per_core,
            }),
            capacity_reservation_specification: CapacityReservation {
                capacity_reservation_preference: "open",
            },
            hibernation_options: HibernationOptions { configured: false },
            metadata_options: MetadataItem {
                state: if launching { "pending" } else { "applied" },
                http_tokens: token_rule(metadata.tokens_required),
                http_put_response_hop_limit: metadata.hop_limit,
                http_endpoint: switch(metadata.endpoint_enabled),
                http_protocol_ipv6: switch(metadata.ipv6_enabled),
                instance_metadata_tags: switch(metadata.tags_enabled),
            },
            enclave_options: EnclaveOptions { enabled: false },
            boot_mode: instance.boot_mode.as_deref(),
            platform_details: &instance.platform_details,
            usage_operation: &instance.usage_operation,
            usage_operation_update_time: instance.created_at,
            private_dns_name_options: interface.map(|_| DnsOptions {
                hostname_type: "ip-name",
                enable_resource_name_dns_a_record: false,
                enable_resource_name_dns_a_a_a_a_record: false,
            }),
            maintenance_options: MaintenanceOptions {
                auto_recovery: "default",
            },
            current_instance_boot_mode: instance.current_boot_mode(),
        }
    }
}

/// A volume at its device, for an answer that has nothing else of the instance.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockDeviceItem {
    volume: Volume,
    attach_time: Timestamp,
}

impl BlockDeviceItem {
    /// All that an instance has.
    pub fn of_all(instance: &Instance) -> Vec<Self> {
        let item = |volume: &Volume| Self {
            volume: volume.clone(),
            attach_time: instance.created_at,
        };
        instance.volumes.iter().map(item).collect()
    }

    fn view(&self) -> BlockDeviceView<'_> {
        BlockDeviceView::of(&self.volume, self.attach_time)
    }
}

viewed!(BlockDeviceItem as BlockDeviceView);

impl<'a> BlockDeviceView<'a> {
    fn of(volume: &'a Volume, attach_time: Timestamp) -> Self {
        Self {
            device_name: &volume.device,
            ebs: EbsView {
                volume_id: &volume.id,
                status: "attached",
                attach_time,
                delete_on_termination: volume.delete_on_termination,
            },
        }
    }
}

impl<'a> InterfaceView<'a> {
    fn of(
        interface: &'a Interface,
        instance: &'a Instance,
        owner: &'a str,
        launching: bool,
    ) -> Self {
        let public = instance.public_address.as_ref();
        let association = |public: &'a PublicAddress| AssociationView {
            public_ip: public.address,
            public_dns_name: &public.name,
            ip_owner_id: ip_owner(public, owner),
        };
        Self {
            network_interface_id: &interface.id,
            subnet_id: &interface.subnet_id,
            vpc_id: &interface.vpc_id,
            description: &interface.description,
            owner_id: owner,
            status: "in-use",
            mac_address: &interface.mac_address,
            private_ip_address: interface.private_address,
            private_dns_name: &interface.private_name,
            source_dest_check: interface.source_dest_check,
            groups: &interface.groups,
            attachment: AttachmentView {
                attachment_id: &interface.attachment_id,
                device_index: 0,
                status: if launching { "attaching" } else { "attached" },
                attach_time: instance.created_at,
                delete_on_termination: interface.delete_on_termination,
                network_card_index: 0,
            },
            association: public.map(association),
            private_ip_addresses: [AddressView {
                private_ip_address: interface.private_address,
                private_dns_name: &interface.private_name,
                primary: true,
                association: public.map(association),
            }],
            ipv6_addresses: &[],
            interface_type: "interface",
        }
    }
}
