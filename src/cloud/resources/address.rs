//! Elastic IP addresses of one Region: allocated to the account until they are released, and moved between instances.
//!
//! What an instance has of it stands in its [`PublicAddress`]; [`Region`] changes both sides together
//! (`facts/ec2-api.md` sections 5.3 and 9).

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::cloud::api::error::ApiError;
use crate::cloud::resources::instance::{Elastic, Instance, PublicAddress, State};
use crate::cloud::resources::tag::Tags;
use crate::cloud::{Env, Region};

/// One Elastic IP address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// `eipalloc-0…`.
    pub allocation_id: String,
    /// The address.
    pub public_ip: Ipv4Addr,
    /// The instance that has it, if one does.
    pub association: Option<Association>,
    /// Tags.
    pub tags: Tags,
}

/// Which instance has an Elastic IP address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Association {
    /// `eipassoc-0…`.
    pub id: String,
    /// `i-0…`. Its one interface is the one that is meant.
    pub instance_id: String,
}

/// The Elastic IP addresses of a Region, in the order in which they were allocated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Addresses(Vec<Address>);

impl Addresses {
    /// The most that a Region holds (AWS's default quota).
    pub const LIMIT: usize = 5;

    /// All of them, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Address> {
        self.0.iter()
    }

    /// The one with that allocation id.
    pub fn get(&self, allocation_id: &str) -> Option<&Address> {
        self.iter().find(|one| one.allocation_id == allocation_id)
    }

    /// The one with that allocation id, or AWS's refusal: the same for an id with another prefix.
    pub fn require(&self, allocation_id: &str) -> Result<&Address, ApiError> {
        self.get(allocation_id)
            .ok_or_else(|| ApiError::no_such_allocations(&[allocation_id]))
    }

    /// The one with that address.
    pub fn with_ip(&self, text: &str) -> Option<&Address> {
        let address: Ipv4Addr = text.parse().ok()?;
        self.iter().find(|one| one.public_ip == address)
    }

    /// The one with that address, or AWS's refusal.
    pub fn require_ip(&self, text: &str) -> Result<&Address, ApiError> {
        self.with_ip(text)
            .ok_or_else(|| ApiError::no_such_address(text))
    }

    /// The one with that association id, or AWS's refusal.
    pub fn require_association(&self, id: &str) -> Result<&Address, ApiError> {
        self.iter()
            .find(|one| one.association.as_ref().is_some_and(|had| had.id == id))
            .ok_or_else(|| ApiError::no_such_association(id))
    }

    /// The tags of the one with that allocation id.
    pub fn tags_mut(&mut self, allocation_id: &str) -> Option<&mut Tags> {
        self.get_mut(allocation_id).map(|one| &mut one.tags)
    }

    /// Forgets the association of an address whose instance is gone.
    pub(super) fn freed(&mut self, allocation_id: &str) {
        if let Some(address) = self.get_mut(allocation_id) {
            address.association = None;
        }
    }

    fn get_mut(&mut self, allocation_id: &str) -> Option<&mut Address> {
        self.0
            .iter_mut()
            .find(|one| one.allocation_id == allocation_id)
    }
}

impl Region {
    /// Allocates an Elastic IP address, unless the quota is reached or no public address is left.
    pub fn allocate_address(
        &mut self,
        tags: Tags,
        env: &mut Env<'_>,
    ) -> Result<&Address, ApiError> {
        if self.addresses.0.len() >= Addresses::LIMIT {
            let text = "The maximum number of addresses has been reached.";
            return Err(ApiError::new("AddressLimitExceeded", text));
        }
        let taken = env.take_addresses(1)?;
        let public_ip = taken.first().copied().unwrap_or(Ipv4Addr::UNSPECIFIED);
        self.addresses.0.push(Address {
            allocation_id: env.id("eipalloc"),
            public_ip,
            association: None,
            tags,
        });
        self.addresses
            .0
            .last()
            .ok_or_else(|| ApiError::internal("an address that was just added is gone"))
    }

    /// Puts an Elastic IP address on an instance, wherever it was before, and gives the association's id. The instance
    /// gives its other public address back: to AWS's pool, or, if it is an Elastic IP too, to the account. The caller has
    /// checked both ids and the instance's state.
    pub fn associate_address(
        &mut self,
        allocation_id: &str,
        instance_id: &str,
        env: &mut Env<'_>,
    ) -> String {
        let had = self.addresses.get(allocation_id).and_then(|address| {
            let association = address.association.as_ref();
            association.filter(|had| had.instance_id == instance_id)
        });
        if let Some(had) = had {
            // Doing it again changes nothing.
            return had.id.clone();
        }
        self.disassociate_address(allocation_id, env);
        let other = self
            .instances
            .get(instance_id)
            .and_then(|instance| instance.public_address.as_ref()?.elastic.clone());
        if let Some(other) = other {
            self.addresses.freed(&other.allocation_id);
        }
        let association_id = env.id("eipassoc");
        let Some(address) = self.addresses.get_mut(allocation_id) else {
            return association_id;
        };
        address.association = Some(Association {
            id: association_id.clone(),
            instance_id: instance_id.to_owned(),
        });
        let public = PublicAddress {
            elastic: Some(Elastic {
                allocation_id: allocation_id.to_owned(),
                association_id: association_id.clone(),
            }),
            ..PublicAddress::new(address.public_ip, &self.name)
        };
        let mut returned = Vec::new();
        self.instances.change(instance_id, |instance| {
            returned = instance.put_on(public);
        });
        for address in returned {
            env.addresses.give_back(address);
        }
        association_id
    }

    /// Takes an Elastic IP address off its instance; nothing when it is on none. A running instance that gets public
    /// addresses has a new one at once (on AWS within a few minutes).
    pub fn disassociate_address(&mut self, allocation_id: &str, env: &mut Env<'_>) {
        let Some(association) = self
            .addresses
            .get_mut(allocation_id)
            .and_then(|address| address.association.take())
        else {
            return;
        };
        let fresh = self
            .instances
            .get(&association.instance_id)
            .filter(|instance| {
                instance.wants_public_address
                    && matches!(instance.state, State::Pending | State::Running)
            })
            .and_then(|_| env.take_addresses(1).ok()?.pop())
            .map(|address| PublicAddress::new(address, &self.name));
        self.instances.change(&association.instance_id, |instance| {
            instance.take_off(fresh);
        });
    }

    /// Gives an Elastic IP address up. In the default VPC, the only one here, it leaves its instance first; in others AWS
    /// refuses with `InvalidIPAddress.InUse`.
    pub fn release_address(&mut self, allocation_id: &str, env: &mut Env<'_>) {
        self.disassociate_address(allocation_id, env);
        let released = self
            .addresses
            .0
            .extract_if(.., |one| one.allocation_id == allocation_id);
        for address in released {
            env.addresses.give_back(address.public_ip);
        }
    }
}

impl Instance {
    /// Has this Elastic IP from now on; gives AWS's own addresses back that it had.
    fn put_on(&mut self, elastic: PublicAddress) -> Vec<Ipv4Addr> {
        let before = self.public_address.replace(elastic);
        self.earlier_addresses
            .extend(before.iter().map(|public| public.address));
        let next = self.next_address.take();
        before
            .into_iter()
            .chain(next)
            .filter(|public| public.elastic.is_none())
            .map(|public| public.address)
            .collect()
    }

    /// Has this address of AWS's, or none, in place of its Elastic IP.
    fn take_off(&mut self, fresh: Option<PublicAddress>) {
        let before = match self.state {
            State::Pending => {
                self.next_address = fresh;
                self.public_address.take()
            }
            State::Running
            | State::ShuttingDown
            | State::Terminated
            | State::Stopping
            | State::Stopped => std::mem::replace(&mut self.public_address, fresh),
        };
        self.earlier_addresses
            .extend(before.map(|public| public.address));
    }
}

impl ApiError {
    /// `InvalidAllocationID.NotFound`. The form for several is unverified.
    pub fn no_such_allocations(ids: &[&str]) -> Self {
        let text = match ids {
            [one] => format!("The allocation ID '{one}' does not exist"),
            several => format!("The allocation IDs '{}' do not exist", several.join(", ")),
        };
        Self::new("InvalidAllocationID.NotFound", text)
    }

    /// `InvalidAssociationID.NotFound` (hashicorp/terraform-provider-aws#3653).
    pub fn no_such_association(id: &str) -> Self {
        let text = format!("The association ID '{id}' does not exist");
        Self::new("InvalidAssociationID.NotFound", text)
    }

    /// `InvalidAddress.NotFound`.
    pub fn no_such_address(address: &str) -> Self {
        Self::new(
            "InvalidAddress.NotFound",
            format!("Address '{address}' not found."),
        )
    }
}
