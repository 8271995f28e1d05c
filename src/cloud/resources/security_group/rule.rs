//! One rule of a security group: traffic, peer, and its own id and tags.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::env::Env;
use crate::cloud::resources::security_group::is_plain;
use crate::cloud::resources::tag::{TagItem, Tags};

/// Inbound or outbound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Inbound.
    Ingress,
    /// Outbound.
    Egress,
}

/// A rule of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `sgr-0…`.
    pub id: String,
    /// Protocol and ports.
    pub traffic: Traffic,
    /// The other side.
    pub peer: Peer,
    /// What the learner noted.
    pub description: Option<String>,
    /// Tags.
    pub tags: Tags,
}

/// A rule as a request describes it, before it has an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRule {
    /// Protocol and ports.
    pub traffic: Traffic,
    /// The other side.
    pub peer: Peer,
    /// What the learner noted; not part of what makes two rules the same.
    pub description: Option<String>,
}

/// Protocol and ports, as far as the protocol has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Traffic {
    /// All protocols and ports, `-1`.
    All,
    /// TCP.
    Tcp(PortRange),
    /// UDP.
    Udp(PortRange),
    /// ICMP.
    Icmp(Icmp),
    /// ICMP for IPv6.
    Icmpv6(Icmp),
    /// Another protocol by its number, all of it.
    Other(u8),
}

/// Ports, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortRange {
    /// First.
    pub from: u16,
    /// Last.
    pub to: u16,
}

/// ICMP type and code; none stands for all, `-1` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Icmp {
    /// Type.
    pub kind: Option<u8>,
    /// Code.
    pub code: Option<u8>,
}

/// The other side of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Peer {
    /// IPv4 addresses, in canonical form: no bit set beyond the prefix.
    Ipv4(Ipv4Net),
    /// IPv6 addresses, in canonical form.
    Ipv6(Ipv6Net),
    /// The members of a group of the same account, by its id.
    Group(String),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(range) => range.fmt(f),
            Self::Ipv6(range) => range.fmt(f),
            Self::Group(id) => id.fmt(f),
        }
    }
}

impl Peer {
    /// An IPv4 range, made canonical: `100.68.0.18/18` is kept as `100.68.0.0/18`.
    pub fn ipv4(text: &str) -> Result<Self, ApiError> {
        text.parse()
            .map(|range: Ipv4Net| Self::Ipv4(range.trunc()))
            .map_err(|_| ApiError::malformed_cidr(text))
    }

    /// An IPv6 range, made canonical.
    pub fn ipv6(text: &str) -> Result<Self, ApiError> {
        text.parse()
            .map(|range: Ipv6Net| Self::Ipv6(range.trunc()))
            .map_err(|_| ApiError::malformed_cidr(text))
    }
}

impl Traffic {
    /// From a request: names in any case, or numbers. Ports mean nothing for protocols that have none, and AWS ignores
    /// them there (API reference, IpPermission).
    pub fn parse(protocol: &str, from: Option<i64>, to: Option<i64>) -> Result<Self, ApiError> {
        match protocol.to_ascii_lowercase().as_str() {
            "-1" => Ok(Self::All),
            "tcp" | "6" => PortRange::parse(from, to).map(Self::Tcp),
            "udp" | "17" => PortRange::parse(from, to).map(Self::Udp),
            "icmp" | "1" => Icmp::parse(from, to).map(Self::Icmp),
            "icmpv6" | "58" => Icmp::parse(from, to).map(Self::Icmpv6),
            number => number
                .parse()
                .map(Self::Other)
                .map_err(|_| ApiError::unknown_protocol(protocol)),
        }
    }

    /// `tcp`, `icmpv6`, `-1`, `50`.
    pub fn protocol(self) -> String {
        match self {
            Self::All => "-1".to_owned(),
            Self::Tcp(_) => "tcp".to_owned(),
            Self::Udp(_) => "udp".to_owned(),
            Self::Icmp(_) => "icmp".to_owned(),
            Self::Icmpv6(_) => "icmpv6".to_owned(),
            Self::Other(number) => number.to_string(),
        }
    }

    /// First and last port, or ICMP type and code with -1 for all; none where the protocol has none.
    pub fn ports(self) -> Option<(i64, i64)> {
        match self {
            Self::All | Self::Other(_) => None,
            Self::Tcp(range) | Self::Udp(range) => Some((range.from.into(), range.to.into())),
            Self::Icmp(icmp) | Self::Icmpv6(icmp) => Some((
                icmp.kind.map_or(-1, i64::from),
                icmp.code.map_or(-1, i64::from),
            )),
        }
    }

    /// Whether TCP connections to that port are meant.
    pub fn is_tcp_to(self, port: u16) -> bool {
        match self {
            Self::All => true,
            Self::Tcp(range) => (range.from..=range.to).contains(&port),
            Self::Other(_) | Self::Udp(_) | Self::Icmp(_) | Self::Icmpv6(_) => false,
        }
    }

    /// As AWS words it in `InvalidPermission.Duplicate`. ICMP with numbers, ICMPv6 and other protocols are unverified.
    pub(super) fn in_words(self) -> String {
        match self {
            Self::All => "ALL".to_owned(),
            Self::Tcp(range) => format!("TCP, from port: {}, to port: {}", range.from, range.to),
            Self::Udp(range) => format!("UDP, from port: {}, to port: {}", range.from, range.to),
            Self::Icmp(icmp) => format!("ICMP, {}", icmp.in_words()),
            Self::Icmpv6(icmp) => format!("ICMPv6, {}", icmp.in_words()),
            Self::Other(number) => number.to_string(),
        }
    }
}

impl PortRange {
    fn parse(from: Option<i64>, to: Option<i64>) -> Result<Self, ApiError> {
        let (Some(from), Some(to)) = (from, to) else {
            return Err(ApiError::ports_missing());
        };
        let range = Self {
            from: u16::try_from(from).map_err(|_| ApiError::port_out_of_range("from", from))?,
            to: u16::try_from(to).map_err(|_| ApiError::port_out_of_range("to", to))?,
        };
        if range.from > range.to {
            return Err(ApiError::ports_reversed(from, to));
        }
        Ok(range)
    }
}

impl Icmp {
    /// A missing type or code is taken as all; AWS's reference promises that for ICMPv6 only, and what it answers for
    /// ICMP is unverified.
    fn parse(kind: Option<i64>, code: Option<i64>) -> Result<Self, ApiError> {
        let number = |which, number: Option<i64>| match number {
            None | Some(-1) => Ok(None),
            Some(number) => u8::try_from(number)
                .map(Some)
                .map_err(|_| ApiError::icmp_out_of_range(which, number)),
        };
        Ok(Self {
            kind: number("type", kind)?,
            code: number("code", code)?,
        })
    }

    fn in_words(self) -> String {
        let word = |number: Option<u8>| number.map_or("ALL".to_owned(), |n| n.to_string());
        format!("type: {}, code: {}", word(self.kind), word(self.code))
    }
}

impl NewRule {
    /// A rule for all IPv4 addresses.
    pub fn anywhere(traffic: Traffic) -> Self {
        let peer = Peer::Ipv4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0));
        Self {
            traffic,
            peer,
            description: None,
        }
    }

    /// A rule for all IPv6 addresses.
    pub fn anywhere_ipv6(traffic: Traffic) -> Self {
        let peer = Peer::Ipv6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0));
        Self {
            traffic,
            peer,
            description: None,
        }
    }

    /// A rule from a request; an empty description is none.
    pub fn parse(
        traffic: Traffic,
        peer: Peer,
        description: Option<&str>,
    ) -> Result<Self, ApiError> {
        let description = description.filter(|text| !text.is_empty());
        if description.is_some_and(|text| !is_plain(text)) {
            return Err(ApiError::bad_rule_description());
        }
        Ok(Self {
            traffic,
            peer,
            description: description.map(str::to_owned),
        })
    }

    /// Whether both let the same traffic through.
    pub fn same(&self, other: &Self) -> bool {
        self.traffic == other.traffic && self.peer == other.peer
    }

    /// The rule, with an id of its own.
    pub fn made(self, tags: Tags, env: &mut Env<'_>) -> Rule {
        Rule {
            id: env.id("sgr"),
            traffic: self.traffic,
            peer: self.peer,
            description: self.description,
            tags,
        }
    }
}

impl Rule {
    /// Whether a request's rule means this one.
    pub fn is(&self, new: &NewRule) -> bool {
        self.traffic == new.traffic && self.peer == new.peer
    }
}

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
