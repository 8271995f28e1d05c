//! What changed in an account since it was kept last, as a value: it is written, and read again on top of what was kept.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cloud::account::Quotas;
use crate::cloud::resources::address::Addresses;
use crate::cloud::resources::fleet::Launch;
use crate::cloud::resources::instance::Instance;
use crate::cloud::resources::key_pair::KeyPair;
use crate::cloud::resources::left::Left;
use crate::cloud::resources::network::Network;
use crate::cloud::resources::security_group::SecurityGroups;
use crate::cloud::tracked::IsNew;
use crate::cloud::{Account, Region};

/// What changed in an account. Where something is none, it is gone.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountChanges<'a> {
    id: Cow<'a, str>,
    quotas: Quotas,
    regions: BTreeMap<Cow<'a, str>, RegionChanges<'a>>,
}

/// What changed in a Region: large collections one by one, small ones as a whole.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionChanges<'a> {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    key_pairs: BTreeMap<Cow<'a, str>, Option<Cow<'a, KeyPair>>>,
    #[serde(default, skip_serializing_if = "InstanceChanges::is_empty")]
    instances: InstanceChanges<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network: Option<Cow<'a, Network>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    security_groups: Option<Cow<'a, SecurityGroups>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    addresses: Option<Cow<'a, Addresses>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left: Option<Cow<'a, Left>>,
}

/// What changed among a Region's instances.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceChanges<'a> {
    /// The number that the next instance gets.
    pub(in crate::cloud) next: u64,
    /// By client token.
    pub(in crate::cloud) launches: BTreeMap<Cow<'a, str>, Option<Cow<'a, Launch>>>,
    /// By number.
    pub(in crate::cloud) instances: BTreeMap<u64, Option<Cow<'a, Instance>>>,
}

impl InstanceChanges<'_> {
    fn is_empty(&self) -> bool {
        self.launches.is_empty() && self.instances.is_empty()
    }
}

impl Account {
    /// What changed since the last [`settle`](Self::settle), none when nothing did.
    pub fn changes(&self) -> Option<AccountChanges<'_>> {
        let regions: BTreeMap<_, _> = self
            .regions
            .iter()
            .filter_map(|(name, region)| Some((Cow::Borrowed(name.as_str()), region.changes()?)))
            .collect();
        (self.is_new.0 || !regions.is_empty()).then(|| AccountChanges {
            id: Cow::Borrowed(&self.id),
            quotas: self.quotas,
            regions,
        })
    }

    /// Makes these changes, which were written after what is here. It is settled then.
    pub fn apply(&mut self, changes: AccountChanges<'_>) {
        self.id = changes.id.into_owned();
        self.quotas = changes.quotas;
        for (name, changes) in changes.regions {
            if let Some(region) = self.regions.get_mut(&*name) {
                region.apply(changes);
            } else {
                let region = Region::from_changes(&name, changes);
                self.regions
                    .extend(region.map(|it| (name.into_owned(), it)));
            }
        }
        self.settle();
    }

    /// What is there now is what the next change starts from: it was kept, or nothing is.
    pub fn settle(&mut self) {
        self.is_new = IsNew(false);
        for region in self.regions.values_mut() {
            region.settle();
        }
    }

    /// Makes everything as it was when it was kept last; false when it never was. Which addresses are in use is for the
    /// caller to find out again.
    #[must_use]
    pub fn undo(&mut self) -> bool {
        self.regions.retain(|_, region| !region.is_new.0);
        for region in self.regions.values_mut() {
            region.undo();
        }
        !self.is_new.0
    }

    /// Whether something changed that decides who can connect to an instance.
    pub fn changes_connections(&self) -> bool {
        self.regions.values().any(|region| {
            region.is_new.0
                || region.instances.changes_connections()
                || region.security_groups.changed().is_some()
        })
    }
}

impl Region {
    fn changes(&self) -> Option<RegionChanges<'_>> {
        if self.is_new.0 {
            // Made just now: all of it, however much of it the tracking has seen.
            let mut changes = self.touched();
            changes.network = Some(Cow::Borrowed(&*self.network));
            changes.security_groups = Some(Cow::Borrowed(&*self.security_groups));
            changes.addresses = Some(Cow::Borrowed(&*self.addresses));
            changes.left = Some(Cow::Borrowed(&*self.left));
            return Some(changes);
        }
        let changes = self.touched();
        let is_one = !changes.key_pairs.is_empty()
            || !changes.instances.is_empty()
            || changes.network.is_some()
            || changes.security_groups.is_some()
            || changes.addresses.is_some()
            || changes.left.is_some();
        is_one.then_some(changes)
    }

    /// Ids of security groups that were made since the last [`settle`](Self::settle).
    pub(in crate::cloud) fn security_groups_made(&self) -> impl Iterator<Item = String> {
        let before = self.security_groups.before();
        let groups = self.security_groups.iter();
        groups
            .filter(move |group| !self.is_new.0 && before.get(&group.id).is_none())
            .map(|group| group.id.clone())
    }

    fn touched(&self) -> RegionChanges<'_> {
        RegionChanges {
            key_pairs: self
                .key_pairs
                .touched()
                .map(|(name, pair)| (Cow::Borrowed(name), pair.map(Cow::Borrowed)))
                .collect(),
            instances: self.instances.changes(),
            network: self.network.changed().map(Cow::Borrowed),
            security_groups: self.security_groups.changed().map(Cow::Borrowed),
            addresses: self.addresses.changed().map(Cow::Borrowed),
            left: self.left.changed().map(Cow::Borrowed),
        }
    }

    /// A Region that was new when its changes were written; none when they are those of another, which is not there.
    fn from_changes(name: &str, mut changes: RegionChanges<'_>) -> Option<Self> {
        let network = changes.network.take()?.into_owned();
        let security_groups = changes.security_groups.take()?.into_owned();
        let mut region = Self::with(name, network, security_groups);
        region.apply(changes);
        Some(region)
    }

    fn apply(&mut self, changes: RegionChanges<'_>) {
        for (name, pair) in changes.key_pairs {
            match pair {
                Some(pair) => self.key_pairs.insert(pair.into_owned()),
                None => drop(self.key_pairs.remove(&name)),
            }
        }
        if let Some(network) = changes.network {
            self.network.become_like(network.into_owned());
        }
        let numbers: Vec<u64> = changes.instances.instances.keys().copied().collect();
        // Which private addresses are in use is told by the instances.
        self.free_private_addresses(&numbers);
        if let Some(left) = changes.left {
            self.free_left_addresses();
            *self.left = left.into_owned();
        }
        self.instances.apply(changes.instances);
        self.take_private_addresses(&numbers);
        self.take_left_addresses();
        if let Some(groups) = changes.security_groups {
            *self.security_groups = groups.into_owned();
        }
        if let Some(addresses) = changes.addresses {
            *self.addresses = addresses.into_owned();
        }
    }

    pub(in crate::cloud) fn settle(&mut self) {
        self.is_new = IsNew(false);
        self.key_pairs.settle();
        self.instances.settle();
        self.network.settle();
        self.security_groups.settle();
        self.addresses.settle();
        self.left.settle();
    }

    fn undo(&mut self) {
        self.key_pairs.undo();
        self.instances.undo();
        self.network.undo();
        self.security_groups.undo();
        self.addresses.undo();
        self.left.undo();
    }
}
