//! Rules as answers list them, one item a range or group.

use crate::cloud::api::answer::answer;
use crate::cloud::resources::security_group::{Direction, Peer, Rule};
use crate::cloud::resources::tag::TagItem;

answer! {
    /// A rule as it goes out, one for each range or group.
    pub struct RuleItem {
        security_group_rule_id: String = "securityGroupRuleId",
        group_id: String = "groupId",
        group_owner_id: String = "groupOwnerId",
        is_egress: bool = "isEgress",
        ip_protocol: String = "ipProtocol",
        from_port: i64 = "fromPort",
        to_port: i64 = "toPort",
        cidr_ipv4: Option<String> = "cidrIpv4",
        cidr_ipv6: Option<String> = "cidrIpv6",
        referenced_group_info: Option<ReferencedGroup> = "referencedGroupInfo",
        description: Option<String> = "description",
        tags: Vec<TagItem> = "tagSet",
        security_group_rule_arn: String = "securityGroupRuleArn",
    }
}

answer! {
    /// The group that a rule lets in.
    pub struct ReferencedGroup { group_id: String = "groupId", user_id: String = "userId" }
}

answer! {
    /// A rule that was taken away.
    pub struct RevokedRuleItem {
        security_group_rule_id: String = "securityGroupRuleId",
        group_id: String = "groupId",
        is_egress: bool = "isEgress",
        ip_protocol: String = "ipProtocol",
        from_port: i64 = "fromPort",
        to_port: i64 = "toPort",
        cidr_ipv4: Option<String> = "cidrIpv4",
        cidr_ipv6: Option<String> = "cidrIpv6",
        referenced_group_id: Option<String> = "referencedGroupId",
        description: Option<String> = "description",
    }
}

impl Rule {
    /// As an answer lists it. Both ports are -1 where the protocol has none.
    pub fn item(
        &self,
        group_id: &str,
        direction: Direction,
        account: &str,
        region: &str,
    ) -> RuleItem {
        let (from_port, to_port) = self.traffic.ports().unwrap_or((-1, -1));
        RuleItem {
            security_group_rule_id: self.id.clone(),
            group_id: group_id.to_owned(),
            group_owner_id: account.to_owned(),
            is_egress: direction == Direction::Egress,
            ip_protocol: self.traffic.protocol(),
            from_port,
            to_port,
            cidr_ipv4: self.cidr_ipv4(),
            cidr_ipv6: self.cidr_ipv6(),
            referenced_group_info: self.referenced_group().map(|group_id| ReferencedGroup {
                group_id,
                user_id: account.to_owned(),
            }),
            description: self.description.clone(),
            tags: self.tags.items(),
            security_group_rule_arn: format!(
                "arn:aws:ec2:{region}:{account}:security-group-rule/{}",
                self.id
            ),
        }
    }

    /// As the answer to a revocation lists it.
    pub fn revoked(&self, group_id: &str, direction: Direction) -> RevokedRuleItem {
        let (from_port, to_port) = self.traffic.ports().unwrap_or((-1, -1));
        RevokedRuleItem {
            security_group_rule_id: self.id.clone(),
            group_id: group_id.to_owned(),
            is_egress: direction == Direction::Egress,
            ip_protocol: self.traffic.protocol(),
            from_port,
            to_port,
            cidr_ipv4: self.cidr_ipv4(),
            cidr_ipv6: self.cidr_ipv6(),
            referenced_group_id: self.referenced_group(),
            description: self.description.clone(),
        }
    }

    fn cidr_ipv4(&self) -> Option<String> {
        match &self.peer {
            Peer::Ipv4(range) => Some(range.to_string()),
            Peer::Ipv6(_) | Peer::Group(_) => None,
        }
    }

    fn cidr_ipv6(&self) -> Option<String> {
        match &self.peer {
            Peer::Ipv6(range) => Some(range.to_string()),
            Peer::Ipv4(_) | Peer::Group(_) => None,
        }
    }

    fn referenced_group(&self) -> Option<String> {
        match &self.peer {
            Peer::Group(id) => Some(id.clone()),
            Peer::Ipv4(_) | Peer::Ipv6(_) => None,
        }
    }
}
