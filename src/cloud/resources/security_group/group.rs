//! One security group and its rules.

use serde::{Deserialize, Serialize};

use crate::cloud::api::error::ApiError;
use crate::cloud::api::id::well_formed;
use crate::cloud::env::Env;
use crate::cloud::resources::security_group::{
    Direction, NewRule, Peer, Rule, SecurityGroups, Traffic,
};
use crate::cloud::resources::tag::Tags;

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

    /// Changes the rules of these ids, all or none. A rule keeps its direction and its kind of peer, and no two rules may
    /// become the same.
    pub fn modify(&mut self, changes: &[(String, NewRule)]) -> Result<(), ApiError> {
        let mut rules = [self.ingress.clone(), self.egress.clone()];
        for (index, (id, _)) in changes.iter().enumerate() {
            if changes.iter().take(index).any(|(other, _)| other == id) {
                return Err(ApiError::permission_given_twice());
            }
        }
        for (id, new) in changes {
            well_formed(id, "sgr", "InvalidSecurityGroupRuleId.Malformed")?;
            let rule = rules.iter_mut().flatten().find(|rule| rule.id == *id);
            let rule = rule.ok_or_else(|| ApiError::no_such_rule(id))?;
            if std::mem::discriminant(&rule.peer) != std::mem::discriminant(&new.peer) {
                return Err(ApiError::other_rule_type(id));
            }
            rule.become_like(new.clone());
        }
        for (id, new) in changes {
            let mut own = rules
                .iter()
                .filter(|all| all.iter().any(|rule| rule.id == *id));
            let twice = own.any(|all| all.iter().any(|rule| rule.id != *id && rule.is(new)));
            if twice {
                return Err(ApiError::permission_exists(new));
            }
        }
        [self.ingress, self.egress] = rules;
        Ok(())
    }

    /// Gives rules of one direction other descriptions, all or none: those that are the same as `wanted`, and those of
    /// these ids.
    pub fn describe_rules(
        &mut self,
        direction: Direction,
        wanted: &[NewRule],
        by_id: &[(String, Option<String>)],
    ) -> Result<(), ApiError> {
        let mut rules = self.rules(direction).to_vec();
        for new in wanted {
            let rule = rules.iter_mut().find(|rule| rule.is(new));
            let rule = rule.ok_or_else(ApiError::no_such_permission)?;
            rule.description.clone_from(&new.description);
        }
        for (id, description) in by_id {
            well_formed(id, "sgr", "InvalidSecurityGroupRuleId.Malformed")?;
            let rule = rules.iter_mut().find(|rule| rule.id == *id);
            let rule = rule.ok_or_else(|| ApiError::no_such_rule(id))?;
            rule.description.clone_from(description);
        }
        *self.rules_mut(direction) = rules;
        Ok(())
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

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal};

    #[test]
    fn the_quota_counts_ipv4_and_ipv6_apart_and_a_group_as_both() {
        let mut client = Client::new();
        let made = done(client.ec2("CreateSecurityGroup", "GroupDescription=d&GroupName=g"));
        let id = first(&made, "groupId");
        let mut allow = |port: u32, peer: &str| {
            let form = format!(
                "GroupId={id}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort={port}\
                 &IpPermissions.1.ToPort={port}&IpPermissions.1.{peer}"
            );
            client.ec2("AuthorizeSecurityGroupIngress", &form)
        };
        let (v4, v6) = ("IpRanges.1.CidrIp=0.0.0.0/0", "Ipv6Ranges.1.CidrIpv6=::/0");
        for port in 1..=59 {
            done(allow(port, v4));
            done(allow(port, v6));
        }
        done(allow(60, &format!("Groups.1.GroupId={id}")));
        for peer in [v4, v6] {
            assert_eq!(
                refusal(&allow(61, peer)),
                "400 RulesPerSecurityGroupLimitExceeded: The maximum number of rules per security group has been reached."
            );
        }
    }
}
