//! One simulated AWS account: what it holds, region by region.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::env::{AddressPool, Env};
use crate::cloud::resources::address::Addresses;
use crate::cloud::resources::fleet::Instances;
use crate::cloud::resources::instance::State;
use crate::cloud::resources::key_pair::KeyPairs;
use crate::cloud::resources::left::Left;
use crate::cloud::resources::network::{Network, Subnet};
use crate::cloud::resources::security_group::SecurityGroups;
use crate::cloud::tracked::{IsNew, Tracked};
use crate::cloud::unseen::Unseen;

/// An account: an id of twelve digits, and regions that know nothing of each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The account id, twelve digits.
    pub id: String,
    /// What it may have at most, where that differs from account to account.
    #[serde(default)]
    pub quotas: Quotas,
    /// Regions that were used so far, by name.
    pub regions: BTreeMap<String, Region>,
    /// It was never kept.
    #[serde(skip)]
    pub(in crate::cloud) is_new: IsNew,
    /// What was made so lately that nobody sees it, where that is asked for.
    #[serde(skip)]
    pub unseen: Unseen,
}

impl Account {
    /// An empty account.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            quotas: Quotas::default(),
            regions: BTreeMap::new(),
            is_new: IsNew(true),
            unseen: Unseen::default(),
        }
    }

    /// The region of that name, made with its default VPC when it is used for the first time.
    pub fn region(&mut self, name: &str, env: &mut Env<'_>) -> &mut Region {
        self.regions
            .entry(name.to_owned())
            .or_insert_with(|| Region::new(name, env))
    }

    /// When something will happen by itself; none while nothing will.
    pub fn next_due(&self) -> Option<Timestamp> {
        let due = |region: &Region| region.instances.next_due();
        self.regions.values().filter_map(due).min()
    }

    /// The public addresses of its instances, of those that will have one, and its Elastic IPs.
    pub fn addresses_in_use(&self) -> BTreeSet<Ipv4Addr> {
        let regions = self.regions.values();
        regions
            .flat_map(|region| {
                let elastic = region.addresses.iter().map(|one| one.public_ip);
                region.instances.addresses_in_use().chain(elastic)
            })
            .collect()
    }

    /// Whether there is an instance of that id, in any state but terminated.
    pub fn has_machine(&self, instance: &str) -> bool {
        self.regions.values().any(|region| {
            let instance = region.instances.get(instance);
            instance.is_some_and(|instance| instance.state != State::Terminated)
        })
    }

    /// Lets everything that was due by `now` happen; true when something changed.
    pub fn advance(&mut self, now: Timestamp, addresses: &mut AddressPool) -> bool {
        let mut changed = false;
        for region in self.regions.values_mut() {
            changed |= region.advance(now, addresses);
        }
        changed
    }
}

/// Quotas that AWS raises with an account's history; all others are constants of their resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quotas {
    /// Virtual processors of running On-Demand Standard instances in a Region.
    pub vcpus: i64,
}

impl Quotas {
    /// Those of an account that is not quite new.
    pub const LEARNERS: Self = Self { vcpus: 32 };
}

/// As an engineer's account has them: room for ten thousand small instances.
impl Default for Quotas {
    fn default() -> Self {
        Self { vcpus: 20_000 }
    }
}

/// What an account has in one region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "WrittenRegion")]
pub struct Region {
    /// `us-east-1` and so on.
    pub name: String,
    /// Key pairs.
    pub key_pairs: KeyPairs,
    /// Instances, terminated ones included for as long as they are shown.
    pub instances: Instances,
    /// The default VPC and its subnets.
    pub network: Tracked<Network>,
    /// Security groups.
    pub security_groups: Tracked<SecurityGroups>,
    /// Elastic IP addresses.
    pub addresses: Tracked<Addresses>,
    /// Volumes and interfaces of instances that are gone.
    pub left: Tracked<Left>,
    /// It was never kept.
    #[serde(skip)]
    pub(in crate::cloud) is_new: IsNew,
}

/// A Region as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRegion {
    name: String,
    key_pairs: KeyPairs,
    instances: Instances,
    network: Network,
    security_groups: SecurityGroups,
    #[serde(default)]
    addresses: Addresses,
    #[serde(default)]
    left: Left,
}

impl From<WrittenRegion> for Region {
    fn from(written: WrittenRegion) -> Self {
        let mut region = Self {
            key_pairs: written.key_pairs,
            instances: written.instances,
            addresses: Tracked::new(written.addresses),
            left: Tracked::new(written.left),
            ..Self::with(&written.name, written.network, written.security_groups)
        };
        let numbers: Vec<u64> = region.instances.iter().map(|one| one.number).collect();
        region.take_private_addresses(&numbers);
        region.take_left_addresses();
        region.settle();
        region
    }
}

impl Region {
    fn new(name: &str, env: &mut Env<'_>) -> Self {
        let network = Network::new(name, env);
        let security_groups = SecurityGroups::new(&network.vpc.id, env);
        Self::with(name, network, security_groups)
    }

    /// A Region that has nothing but these.
    pub(in crate::cloud) fn with(name: &str, network: Network, groups: SecurityGroups) -> Self {
        Self {
            name: name.to_owned(),
            network: Tracked::new(network),
            security_groups: Tracked::new(groups),
            key_pairs: KeyPairs::default(),
            instances: Instances::default(),
            addresses: Tracked::default(),
            left: Tracked::default(),
            is_new: IsNew(true),
        }
    }

    /// Whether an interface is in that security group: that of an instance, or one that an instance left.
    pub fn group_in_use(&self, group_id: &str) -> bool {
        self.instances.use_group(group_id) || self.left.use_group(group_id)
    }

    /// Takes the private addresses of what instances left out of their subnets.
    pub(in crate::cloud) fn take_left_addresses(&mut self) {
        for (subnet, address) in self.left.private_addresses() {
            if let Some(subnet) = self.network.subnet_mut(&subnet) {
                // One that has it already is no news.
                let _ = subnet.reserve(address);
            }
        }
    }

    /// Puts the private addresses of what instances left back into their subnets.
    pub(in crate::cloud) fn free_left_addresses(&mut self) {
        for (subnet, address) in self.left.private_addresses() {
            if let Some(subnet) = self.network.subnet_mut(&subnet) {
                subnet.give_back(address);
            }
        }
    }

    /// Takes the private addresses of these instances out of their subnets.
    pub(in crate::cloud) fn take_private_addresses(&mut self, numbers: &[u64]) {
        self.at_private_addresses(numbers, |subnet, address| {
            // One that has it already is no news.
            let _ = subnet.reserve(address);
        });
    }

    /// Puts the private addresses of these instances back into their subnets.
    pub(in crate::cloud) fn free_private_addresses(&mut self, numbers: &[u64]) {
        self.at_private_addresses(numbers, Subnet::give_back);
    }

    fn at_private_addresses(&mut self, numbers: &[u64], what: impl Fn(&mut Subnet, Ipv4Addr)) {
        for number in numbers {
            if let Some(instance) = self.instances.numbered(*number)
                && let Some(interface) = &instance.interface
                && let Some(subnet) = self.network.subnet_mut(&interface.subnet_id)
            {
                what(subnet, interface.private_address);
            }
        }
    }

    fn advance(&mut self, now: Timestamp, addresses: &mut AddressPool) -> bool {
        if self.instances.next_due().is_none_or(|due| due > now) {
            return false;
        }
        self.instances.advance(
            now,
            addresses,
            &mut self.network,
            &mut self.addresses,
            &mut self.left,
        )
    }
}

/// The regions of this simulation: those that are enabled in a new AWS account without opting in.
pub const REGIONS: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// Regions that exist and that an account here has not opted in to: `DescribeRegions` names them when asked for all.
pub const NOT_OPTED_IN: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

/// Whether this simulation has a region of that name.
pub fn region_exists(name: &str) -> bool {
    REGIONS.contains(&name)
}
