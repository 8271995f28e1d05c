//! What terminated instances left behind: volumes and network interfaces that were not to go away with them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::resources::instance::{Instance, Interface, Volume};
use crate::cloud::resources::tag::Tags;
use crate::cloud::text::Text;

/// The volumes and interfaces of one Region that no instance has any more, by id. They stay until they are deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Left {
    volumes: BTreeMap<String, LeftVolume>,
    interfaces: BTreeMap<String, LeftInterface>,
}

/// A volume that is `available`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftVolume {
    /// The volume. Its device is where it was.
    pub volume: Volume,
    /// Availability zone.
    pub zone: Text,
    /// The image that it was made from.
    pub image_id: Text,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A network interface that is `available`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftInterface {
    /// The interface. Its attachment is how it was attached.
    pub interface: Interface,
    /// Availability zone.
    pub zone: Text,
}

impl Left {
    /// Keeps a volume of an instance that is terminated.
    pub(super) fn keep_volume(&mut self, volume: Volume, of: &Instance) {
        let left = LeftVolume {
            zone: of.availability_zone.clone(),
            image_id: of.image_id.clone(),
            created_at: of.created_at,
            volume,
        };
        self.volumes.insert(left.volume.id.clone(), left);
    }

    /// Keeps the interface of an instance that is terminated.
    pub(super) fn keep_interface(&mut self, interface: Interface, of: &Instance) {
        let zone = of.availability_zone.clone();
        let left = LeftInterface { interface, zone };
        self.interfaces.insert(left.interface.id.clone(), left);
    }

    /// The volume of that id.
    pub fn volume(&self, id: &str) -> Option<&LeftVolume> {
        self.volumes.get(id)
    }

    /// The interface of that id.
    pub fn interface(&self, id: &str) -> Option<&LeftInterface> {
        self.interfaces.get(id)
    }

    /// Whether the volume or interface of that id is here.
    pub fn has(&self, id: &str) -> bool {
        self.volumes.contains_key(id) || self.interfaces.contains_key(id)
    }

    /// All volumes, by id.
    pub fn volumes(&self) -> impl Iterator<Item = &LeftVolume> {
        self.volumes.values()
    }

    /// All interfaces, by id.
    pub fn interfaces(&self) -> impl Iterator<Item = &LeftInterface> {
        self.interfaces.values()
    }

    /// Deletes a volume.
    pub fn remove_volume(&mut self, id: &str) -> Option<LeftVolume> {
        self.volumes.remove(id)
    }

    /// Deletes an interface; its address is for the caller to give back.
    pub fn remove_interface(&mut self, id: &str) -> Option<LeftInterface> {
        self.interfaces.remove(id)
    }

    /// Whether an interface is in that security group.
    pub fn use_group(&self, group_id: &str) -> bool {
        let mut groups = self.interfaces().flat_map(|left| &left.interface.groups);
        groups.any(|group| group.id == group_id)
    }

    /// The private addresses of the interfaces, with their subnets.
    pub(in crate::cloud) fn private_addresses(&self) -> Vec<(Text, Ipv4Addr)> {
        let interfaces = self.interfaces().map(|left| &left.interface);
        interfaces
            .map(|interface| (interface.subnet_id.clone(), interface.private_address))
            .collect()
    }

    /// The tags of the volume or interface of that id.
    pub fn tags_mut(&mut self, id: &str) -> Option<&mut Tags> {
        let volume = self.volumes.get_mut(id).map(|left| &mut left.volume.tags);
        let interface = self.interfaces.get_mut(id);
        volume.or_else(|| interface.map(|left| &mut left.interface.tags))
    }

    /// Ids with their resource type and tags.
    pub fn tagged(&self) -> impl Iterator<Item = (&str, &'static str, &Tags)> {
        let volumes = self.volumes().map(|left| &left.volume);
        let interfaces = self.interfaces().map(|left| &left.interface);
        let volumes = volumes.map(|one| (one.id.as_str(), "volume", &one.tags));
        volumes.chain(interfaces.map(|one| (one.id.as_str(), "network-interface", &one.tags)))
    }
}
