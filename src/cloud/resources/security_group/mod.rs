//! Security groups: which traffic they let in and out, and where each is found.

mod permission;
mod refusal;
mod rule;

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

pub use permission::{IpPermission, IpRange, PermissionItem, permission_items, rules_wanted};
pub use rule::{
    Direction, Icmp, NewRule, Peer, PortRange, RevokedRuleItem, Rule, RuleItem, Traffic,
};

use crate::cloud::api::error::ApiError;
use crate::cloud::api::id::well_formed;
use crate::cloud::env::Env;
use crate::cloud::resources::tag::Tags;

/// The characters of names and descriptions, besides letters and digits.
const PUNCTUATION: &str = " ._-:/()#,@[]+=&;{}!$*";

/// One security group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroup {
    /// `sg-0…`.
    pub id: String,
    /// `GroupName`, unique in its VPC.
    pub name: String,
    /// `GroupDescription`; never changes.
    pub description: String,
    /// Its VPC.
    pub vpc_id: String,
    /// What is let in, oldest rule first.
    pub ingress: Vec<Rule>,
    /// What is let out, oldest rule first.
    pub egress: Vec<Rule>,
    /// Tags.
    pub tags: Tags,
}

/// The security groups of a region, by id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecurityGroups(BTreeMap<String, SecurityGroup>);

/// Whether a connection gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Admission {
    /// A rule lets this source in.
    Open,
    /// A rule for that port exists, but for another source.
    ForOthers,
    /// No rule for that port.
    Closed,
}

impl SecurityGroup {
    /// The most rules that a group may have, in each direction and for each of IPv4 and IPv6.
    pub const RULES: usize = 60;

    /// The most groups that a region may have (AWS's default quota).
    pub const PER_REGION: usize = 2500;

    /// A new group as AWS makes it: nothing comes in, everything may go out.
    pub fn new(name: &str, description: &str, vpc_id: &str, tags: Tags, env: &mut Env<'_>) -> Self {
        let anywhere = NewRule::anywhere(Traffic::All);
        Self {
            id: env.id("sg"),
            name: name.to_owned(),
            description: description.to_owned(),
            vpc_id: vpc_id.to_owned(),
            ingress: Vec::new(),
            egress: vec![anywhere.made(Tags::default(), env)],
            tags,
        }
    }

    /// `arn:aws:ec2:REGION:ACCOUNT:security-group/sg-0…`.
    pub fn arn(&self, account: &str, region: &str) -> String {
        format!("arn:aws:ec2:{region}:{account}:security-group/{}", self.id)
    }

    /// Whether this is the group that comes with the VPC and cannot be deleted.
    pub fn is_default(&self) -> bool {
        self.name == SecurityGroups::DEFAULT
    }

    /// The rules of one direction.
    pub fn rules(&self, direction: Direction) -> &[Rule] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }

    /// The rules of one direction, to change.
    pub fn rules_mut(&mut self, direction: Direction) -> &mut Vec<Rule> {
        match direction {
            Direction::Ingress => &mut self.ingress,
            Direction::Egress => &mut self.egress,
        }
    }

    /// All rules with their directions, inbound ones first.
    pub fn all_rules(&self) -> impl Iterator<Item = (Direction, &Rule)> {
        let ingress = self.ingress.iter().map(|rule| (Direction::Ingress, rule));
        let egress = self.egress.iter().map(|rule| (Direction::Egress, rule));
        ingress.chain(egress)
    }

    /// Whether a rule of this group names that group as its peer.
    pub fn refers_to(&self, group_id: &str) -> bool {
        self.all_rules()
            .any(|(_, rule)| matches!(&rule.peer, Peer::Group(id) if id == group_id))
    }

    /// Adds all of these rules or none: a rule that is there, a rule given twice and a rule beyond the quota are refused.
    pub fn authorize(
        &mut self,
        direction: Direction,
        wanted: Vec<NewRule>,
        tags: &Tags,
        env: &mut Env<'_>,
    ) -> Result<&[Rule], ApiError> {
        let has = self.rules(direction);
        for (index, new) in wanted.iter().enumerate() {
            if wanted.iter().take(index).any(|other| other.same(new)) {
                return Err(ApiError::permission_given_twice());
            }
            if has.iter().any(|rule| rule.is(new)) {
                return Err(ApiError::permission_exists(new));
            }
        }
        let peers = || {
            let old = has.iter().map(|rule| &rule.peer);
            old.chain(wanted.iter().map(|new| &new.peer))
        };
        let in_ipv4 = peers()
            .filter(|peer| !matches!(peer, Peer::Ipv6(_)))
            .count();
        let in_ipv6 = peers()
            .filter(|peer| !matches!(peer, Peer::Ipv4(_)))
            .count();
        if in_ipv4.max(in_ipv6) > Self::RULES {
            return Err(ApiError::too_many_rules());
        }
        let from = has.len();
        let made: Vec<Rule> = wanted
            .into_iter()
            .map(|new| new.made(tags.clone(), env))
            .collect();
        let rules = self.rules_mut(direction);
        rules.extend(made);
        Ok(rules.get(from..).unwrap_or_default())
    }

    /// Takes these rules away, all or none, and gives them back.
    ///
    /// The API reference says that in a default VPC rules that do not exist are only listed in the answer; every quoted
    /// answer of AWS is the error, and so is this.
    pub fn revoke(
        &mut self,
        direction: Direction,
        unwanted: &[NewRule],
    ) -> Result<Vec<Rule>, ApiError> {
        let rules = self.rules_mut(direction);
        if !unwanted
            .iter()
            .all(|unwanted| rules.iter().any(|rule| rule.is(unwanted)))
        {
            return Err(ApiError::no_such_permission());
        }
        let goes = |rule: &mut Rule| unwanted.iter().any(|unwanted| rule.is(unwanted));
        Ok(rules.extract_if(.., goes).collect())
    }

    /// Takes the rules of these ids away, all or none, and gives them back.
    pub fn revoke_ids(
        &mut self,
        direction: Direction,
        ids: &[String],
    ) -> Result<Vec<Rule>, ApiError> {
        let rules = self.rules_mut(direction);
        for id in ids {
            well_formed(id, "sgr", "InvalidSecurityGroupRuleId.Malformed")?;
            if !rules.iter().any(|rule| rule.id == *id) {
                return Err(ApiError::no_such_rule(id));
            }
        }
        Ok(rules
            .extract_if(.., |rule| ids.contains(&rule.id))
            .collect())
    }
}

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
        let mut groups = Self(BTreeMap::new());
        groups.insert(group);
        groups
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &SecurityGroup> {
        self.0.values()
    }

    /// The group of that id.
    pub fn get(&self, id: &str) -> Option<&SecurityGroup> {
        self.0.get(id)
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

    /// Whether a TCP connection from `from` to `port` reaches an instance that is in these groups.
    ///
    /// A rule for another group's members is for others: whoever comes from outside the network is no member. A rule by
    /// which a group lets in its own members says nothing about the outside and does not count at all, or every default
    /// group would look as if somebody had opened it to the wrong address.
    pub fn admits(&self, group_ids: &[String], port: u16, from: IpAddr) -> Admission {
        let from = from.to_canonical();
        let mut answer = Admission::Closed;
        for group in group_ids.iter().filter_map(|id| self.get(id)) {
            for rule in group
                .ingress
                .iter()
                .filter(|rule| rule.traffic.is_tcp_to(port))
            {
                match &rule.peer {
                    Peer::Ipv4(range) if ipnet::IpNet::from(*range).contains(&from) => {
                        return Admission::Open;
                    }
                    Peer::Ipv6(range) if ipnet::IpNet::from(*range).contains(&from) => {
                        return Admission::Open;
                    }
                    Peer::Group(peer) if *peer == group.id => {}
                    Peer::Ipv4(_) | Peer::Ipv6(_) | Peer::Group(_) => answer = Admission::ForOthers,
                }
            }
        }
        answer
    }
}

/// Whether AWS takes the text as a name or description: fewer than 256 of its characters.
fn is_plain(text: &str) -> bool {
    text.len() < 256
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || PUNCTUATION.contains(c))
}

/// Refuses names that AWS refuses for a new group.
pub fn check_name(name: &str) -> Result<(), ApiError> {
    if name.is_empty() {
        return Err(ApiError::missing_parameter("GroupName"));
    }
    if !name.is_ascii() {
        return Err(ApiError::beyond_ascii("GroupName", name));
    }
    if name.starts_with("sg-") {
        return Err(ApiError::name_like_an_id(name));
    }
    if name == SecurityGroups::DEFAULT {
        return Err(ApiError::reserved_name(name));
    }
    if !is_plain(name) {
        return Err(ApiError::bad_group_name());
    }
    Ok(())
}

/// Refuses descriptions that AWS refuses for a new group.
pub fn check_description(description: &str) -> Result<(), ApiError> {
    if description.is_empty() {
        return Err(ApiError::missing_parameter("GroupDescription"));
    }
    if !description.is_ascii() {
        return Err(ApiError::beyond_ascii("GroupDescription", description));
    }
    if !is_plain(description) {
        return Err(ApiError::bad_group_description());
    }
    Ok(())
}
