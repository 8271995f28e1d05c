//! The security groups of a region, and how requests find one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::cloud::api::error::ApiError;
use crate::cloud::api::id::well_formed;
use crate::cloud::env::Env;
use crate::cloud::resources::security_group::{NewRule, Peer, Rule, SecurityGroup, Traffic};
use crate::cloud::resources::tag::Tags;

/// The security groups of a region, by id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
/// Beside them the ids that nobody sees yet, during a call.
pub struct SecurityGroups(
    pub(super) BTreeMap<String, SecurityGroup>,
    #[serde(skip)] pub(super) BTreeSet<String>,
);

impl SecurityGroups {
    /// The name of the group that comes with each VPC.
    pub const DEFAULT: &str = "default";

    /// The groups of a new region: the VPC's default group, which lets its own members in and nobody else, so that a
    /// learner who launches without a group meets a time-out.
    pub fn new(vpc_id: &str, env: &mut Env<'_>) -> Self {
        let text = "default VPC security group";
        let mut group = SecurityGroup::new(Self::DEFAULT, text, vpc_id, Tags::default(), env);
        let members = NewRule {
            traffic: Traffic::All,
            peer: Peer::Group(group.id.clone()),
            description: None,
        };
        group.ingress.push(members.made(Tags::default(), env));
        let mut groups = Self(BTreeMap::new(), BTreeSet::new());
        groups.insert(group);
        groups
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &SecurityGroup> {
        let all = self.0.values();
        all.filter(|group| !self.1.contains(&group.id))
    }

    /// Lets nobody see the group of that id, or lets it be seen again.
    pub(in crate::cloud) fn hide(&mut self, id: &str, hidden: bool) {
        if hidden {
            self.1.insert(id.to_owned());
        } else {
            self.1.remove(id);
        }
    }

    /// The group of that id.
    pub fn get(&self, id: &str) -> Option<&SecurityGroup> {
        self.0.get(id).filter(|_| !self.1.contains(id))
    }

    /// The group of that id, to change.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut SecurityGroup> {
        self.0.get_mut(id)
    }

    /// The rule of that id, in whichever group it is, to change.
    pub fn rule_mut(&mut self, id: &str) -> Option<&mut Rule> {
        self.0
            .values_mut()
            .flat_map(|group| group.ingress.iter_mut().chain(&mut group.egress))
            .find(|rule| rule.id == id)
    }

    /// The group of that name in the default VPC.
    pub fn named(&self, name: &str) -> Option<&SecurityGroup> {
        self.iter().find(|group| group.name == name)
    }

    /// The group that an instance gets when its launch names none.
    pub fn default_group(&self) -> Option<&SecurityGroup> {
        self.named(Self::DEFAULT)
    }

    /// The group of that id, or AWS's refusal for a malformed or an unknown id.
    pub fn require(&self, id: &str) -> Result<&SecurityGroup, ApiError> {
        well_formed(id, "sg", "InvalidGroupId.Malformed")?;
        self.get(id).ok_or_else(|| ApiError::no_such_group(id))
    }

    /// The group of that name in the default VPC, or AWS's refusal.
    pub fn require_named(&self, name: &str, vpc_id: &str) -> Result<&SecurityGroup, ApiError> {
        self.named(name)
            .ok_or_else(|| ApiError::no_group_named(name, vpc_id))
    }

    /// The one group that an action is about: by id, or by name in the default VPC.
    pub fn select(
        &self,
        id: Option<&str>,
        name: Option<&str>,
        vpc_id: &str,
    ) -> Result<&SecurityGroup, ApiError> {
        match (id, name) {
            (Some(id), None) => self.require(id),
            (None, Some(name)) => self.require_named(name, vpc_id),
            (None, None) => Err(ApiError::missing_parameter("groupName or groupId")),
            // The text is unverified.
            (Some(_), Some(_)) => Err(ApiError::invalid_combination(
                "The parameter groupName cannot be used with the parameter groupId",
            )),
        }
    }

    /// Adds a group.
    pub fn insert(&mut self, group: SecurityGroup) {
        self.0.insert(group.id.clone(), group);
    }

    /// Removes a group.
    pub fn remove(&mut self, id: &str) -> Option<SecurityGroup> {
        self.0.remove(id)
    }

    /// Whether a rule of another group names this one.
    pub fn is_referred_to(&self, id: &str) -> bool {
        self.iter()
            .any(|group| group.id != id && group.refers_to(id))
    }
}
