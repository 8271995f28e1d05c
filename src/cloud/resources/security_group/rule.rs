//! One rule of a security group: traffic, peer, and its own id and tags.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use crate::cloud::api::error::ApiError;
use crate::cloud::env::Env;
use crate::cloud::resources::security_group::{Traffic, is_plain};
use crate::cloud::resources::tag::Tags;

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

/// A rule's description from a request; an empty one is none.
pub fn checked_description(description: Option<&str>) -> Result<Option<String>, ApiError> {
    let description = description.filter(|text| !text.is_empty());
    if description.is_some_and(|text| !is_plain(text)) {
        return Err(ApiError::bad_rule_description());
    }
    Ok(description.map(str::to_owned))
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
        Ok(Self {
            traffic,
            peer,
            description: checked_description(description)?,
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
    /// Lets through what the request's rule does, under the same id and with the same tags.
    pub fn become_like(&mut self, new: NewRule) {
        self.traffic = new.traffic;
        self.peer = new.peer;
        self.description = new.description;
    }

    /// Whether a request's rule means this one.
    pub fn is(&self, new: &NewRule) -> bool {
        self.traffic == new.traffic && self.peer == new.peer
    }
}
