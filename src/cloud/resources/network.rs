//! The default VPC of a region: its subnets, one a zone, and the private addresses in them.
//!
//! 172.31.0.0/16 with one /20 default subnet a zone, public addresses given at launch (`facts/ec2-api.md` section 5.3).

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::cloud::api::error::ApiError;
use crate::cloud::env::Env;
use crate::cloud::resources::tag::Tags;
use crate::cloud::resources::zone::zones_of;

/// A region's network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The default VPC, the only one of the region.
    pub vpc: Vpc,
    /// Its subnets, one a zone, by zone.
    pub subnets: Vec<Subnet>,
}

/// A VPC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vpc {
    /// `vpc-0…`.
    pub id: String,
    /// `172.31.0.0/16`.
    pub cidr: Ipv4Net,
    /// `vpc-cidr-assoc-0…`, the id of the range's association.
    pub cidr_association_id: String,
    /// `dopt-0…`.
    pub dhcp_options_id: String,
    /// Tags.
    pub tags: Tags,
}

/// A subnet, and which of its addresses are in use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subnet {
    /// `subnet-0…`.
    pub id: String,
    /// `us-east-1a`.
    pub zone: String,
    /// `use1-az6`.
    pub zone_id: String,
    /// `172.31.16.0/20`.
    pub cidr: Ipv4Net,
    /// Tags.
    pub tags: Tags,
    taken: BTreeSet<Ipv4Addr>,
}

/// Why a private address cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefused {
    /// Outside the subnet, or one of the five that AWS keeps for itself.
    #[error("the address is outside the subnet or kept by AWS")]
    NotOffered,
    /// Somebody has it.
    #[error("the address is in use")]
    InUse,
}

impl Network {
    /// The default network of a region.
    pub fn new(region: &str, env: &mut Env<'_>) -> Self {
        let vpc = Vpc {
            id: env.id("vpc"),
            cidr: range(0, 16),
            cidr_association_id: env.id("vpc-cidr-assoc"),
            dhcp_options_id: env.id("dopt"),
            tags: Tags::default(),
        };
        let subnets = (0_u8..)
            .zip(zones_of(region))
            .map(|(number, zone)| Subnet {
                id: env.id("subnet"),
                zone: zone.name,
                zone_id: zone.id,
                cidr: range(number * 16, 20),
                tags: Tags::default(),
                taken: BTreeSet::new(),
            })
            .collect();
        Self { vpc, subnets }
    }

    /// The subnet of that id.
    pub fn subnet(&self, id: &str) -> Option<&Subnet> {
        self.subnets.iter().find(|subnet| subnet.id == id)
    }

    /// The subnet of that id, to take addresses from or to tag.
    pub fn subnet_mut(&mut self, id: &str) -> Option<&mut Subnet> {
        self.subnets.iter_mut().find(|subnet| subnet.id == id)
    }

    /// The id of a zone, such as `use1-az6` for `us-east-1a`.
    pub fn zone_id(&self, zone: &str) -> Option<&str> {
        let subnet = self.subnets.iter().find(|subnet| subnet.zone == zone)?;
        Some(&subnet.zone_id)
    }

    /// The subnet of that id, or AWS's refusal.
    pub fn require_subnet(&self, id: &str) -> Result<&Subnet, ApiError> {
        self.subnet(id).ok_or_else(|| ApiError::no_such_subnet(id))
    }

    /// The default subnet of a zone; without a zone, the first one that has a free address (AWS chooses by rules of its
    /// own).
    pub fn default_subnet(&self, zone: Option<&str>) -> Result<&Subnet, ApiError> {
        match zone {
            Some(zone) => self
                .subnets
                .iter()
                .find(|subnet| subnet.zone == zone)
                .ok_or_else(|| ApiError::no_such_zone(zone)),
            None => self
                .subnets
                .iter()
                .find(|subnet| subnet.free() > 0)
                .or(self.subnets.first())
                .ok_or_else(ApiError::no_default_vpc),
        }
    }
}

impl Subnet {
    /// How many addresses are free: 4091 of a /20 that nobody uses.
    pub fn free(&self) -> usize {
        self.count() as usize - self.taken.len()
    }

    /// Takes a free address, drawn at random, or none when the subnet is full.
    pub fn take(&mut self, rng: &mut StdRng) -> Option<Ipv4Addr> {
        let (first, count) = (self.first(), self.count());
        let start = rng.random_range(0..count);
        let free = (0..count)
            .map(|step| Ipv4Addr::from(first + (start + step) % count))
            .find(|address| !self.taken.contains(address))?;
        self.taken.insert(free);
        Some(free)
    }

    /// Takes this very address.
    pub fn reserve(&mut self, address: Ipv4Addr) -> Result<(), AddressRefused> {
        let offered = u32::from(address)
            .checked_sub(self.first())
            .is_some_and(|offset| offset < self.count());
        if !offered {
            return Err(AddressRefused::NotOffered);
        }
        if self.taken.insert(address) {
            Ok(())
        } else {
            Err(AddressRefused::InUse)
        }
    }

    /// Gives an address back, as when its instance is terminated.
    pub fn give_back(&mut self, address: Ipv4Addr) {
        self.taken.remove(&address);
    }

    /// AWS keeps the first four addresses and the last one of a subnet.
    fn first(&self) -> u32 {
        u32::from(self.cidr.network()) + 4
    }

    fn count(&self) -> u32 {
        u32::from(self.cidr.broadcast()) - self.first()
    }
}

/// `172.31.THIRD.0/LENGTH`.
fn range(third: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(172, 31, third, 0), length)
}

impl ApiError {
    /// `InvalidSubnetID.NotFound`.
    pub fn no_such_subnet(id: &str) -> Self {
        let text = format!("The subnet ID '{id}' does not exist");
        Self::new("InvalidSubnetID.NotFound", text)
    }

    /// `InvalidVpcID.NotFound`. The text is unverified.
    pub fn no_such_vpc(id: &str) -> Self {
        let text = format!("The vpc ID '{id}' does not exist");
        Self::new("InvalidVpcID.NotFound", text)
    }

    /// An availability zone that the region does not have.
    pub fn no_such_zone(name: &str) -> Self {
        Self::invalid_value(format!("Invalid availability zone: [{name}]"))
    }

    /// `VPCIdNotSpecified`.
    pub fn no_default_vpc() -> Self {
        Self::new("VPCIdNotSpecified", "No default VPC for this user")
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn subnet(cidr: &str) -> Subnet {
        Subnet {
            id: "subnet-0".into(),
            zone: "us-east-1a".into(),
            zone_id: "use1-az6".into(),
            cidr: cidr.parse().unwrap(),
            tags: Tags::default(),
            taken: BTreeSet::new(),
        }
    }

    #[test]
    fn a_slash_20_offers_4091_addresses() {
        assert_eq!(subnet("172.31.16.0/20").free(), 4091);
    }

    #[test]
    fn the_first_four_addresses_and_the_last_are_never_handed_out() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut subnet = subnet("172.31.0.0/28");
        let all: BTreeSet<_> = std::iter::from_fn(|| subnet.take(&mut rng)).collect();
        let expected: BTreeSet<_> = (4..=14)
            .map(|last| Ipv4Addr::new(172, 31, 0, last))
            .collect();
        assert_eq!(all, expected);
        assert_eq!(subnet.free(), 0);
    }

    #[test]
    fn an_address_asked_for_by_name_is_had_once_and_again_when_it_was_given_back() {
        let mut subnet = subnet("172.31.0.0/20");
        let address = Ipv4Addr::new(172, 31, 0, 10);
        assert_eq!(subnet.reserve(address), Ok(()));
        assert_eq!(subnet.reserve(address), Err(AddressRefused::InUse));
        subnet.give_back(address);
        assert_eq!(subnet.reserve(address), Ok(()));
        let router = Ipv4Addr::new(172, 31, 0, 1);
        assert_eq!(subnet.reserve(router), Err(AddressRefused::NotOffered));
        let elsewhere = Ipv4Addr::new(10, 0, 0, 9);
        assert_eq!(subnet.reserve(elsewhere), Err(AddressRefused::NotOffered));
    }
}
