//! A rule of a security group, as the pages read, show and send it.

use std::net::IpAddr;

use maud::{Markup, html};
use serde::Deserialize;

use crate::cloud::api::error::ApiError;
use crate::console::account::Ask;
use crate::console::visit::Visit;

/// Which way the traffic goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console::pages) enum Direction {
    Inbound,
    Outbound,
}

impl Direction {
    /// As it stands before "rules".
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }

    /// As it begins a heading.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Inbound => "Inbound rules",
            Self::Outbound => "Outbound rules",
        }
    }

    /// What the other side is called.
    pub(in crate::console::pages) fn peer_title(self) -> &'static str {
        match self {
            Self::Inbound => "Source",
            Self::Outbound => "Destination",
        }
    }

    /// What it means that there is no rule.
    pub(in crate::console::pages) fn nothing_passes(self) -> &'static str {
        match self {
            Self::Inbound => {
                "No inbound rules: nothing gets in. Whoever tries to connect waits until the time is over."
            }
            Self::Outbound => "No outbound rules: nothing gets out, except answers.",
        }
    }
}

/// What the pages read of `DescribeSecurityGroupRules`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    security_group_rules: Vec<Rule>,
    #[serde(default)]
    next_token: Option<String>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::console::pages) struct Rule {
    security_group_rule_id: String,
    is_egress: bool,
    ip_protocol: String,
    from_port: i64,
    to_port: i64,
    #[serde(default)]
    cidr_ipv4: Option<String>,
    #[serde(default)]
    cidr_ipv6: Option<String>,
    #[serde(default)]
    referenced_group_info: Option<ReferencedGroup>,
    #[serde(default)]
    description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReferencedGroup {
    group_id: String,
}

/// All rules of a group.
pub(in crate::console::pages) fn of_group(
    visit: &Visit,
    group: &str,
) -> Result<Vec<Rule>, ApiError> {
    let mut all = Vec::new();
    let mut token = None;
    loop {
        let mut ask = Ask::new("DescribeSecurityGroupRules")
            .with("Filter.1.Name", "group-id")
            .with("Filter.1.Value.1", group);
        if let Some(token) = token {
            ask = ask.with("NextToken", token);
        }
        let page: Answer = visit.ask(&ask)?;
        all.extend(page.security_group_rules);
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    all.sort_by(|a, b| {
        let key = |rule: &Rule| (rule.from_port, rule.to_port, rule.ip_protocol.clone());
        (key(a), &a.security_group_rule_id).cmp(&(key(b), &b.security_group_rule_id))
    });
    Ok(all)
}

impl Rule {
    /// Its id.
    pub(in crate::console::pages) fn id(&self) -> &str {
        &self.security_group_rule_id
    }

    /// Which way.
    pub(in crate::console::pages) fn direction(&self) -> Direction {
        if self.is_egress {
            Direction::Outbound
        } else {
            Direction::Inbound
        }
    }

    /// `tcp`, `-1`, `50`.
    pub(super) fn wire_protocol(&self) -> &str {
        &self.ip_protocol
    }

    /// First and last, or ICMP type and code; -1 for all.
    pub(super) fn ports(&self) -> (i64, i64) {
        (self.from_port, self.to_port)
    }

    /// The note.
    pub(in crate::console::pages) fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The other side.
    pub(super) fn peer(&self) -> Peer {
        match (
            &self.cidr_ipv4,
            &self.cidr_ipv6,
            &self.referenced_group_info,
        ) {
            (Some(range), _, _) => Peer::Ipv4(range.clone()),
            (None, Some(range), _) => Peer::Ipv6(range.clone()),
            (None, None, Some(group)) => Peer::Group(group.group_id.clone()),
            (None, None, None) => Peer::Ipv4(String::new()),
        }
    }

    /// As AWS's console writes it.
    pub(in crate::console::pages) fn protocol(&self) -> String {
        match self.ip_protocol.as_str() {
            "-1" => "All".to_owned(),
            "icmpv6" => "IPv6 ICMP".to_owned(),
            name => name.to_ascii_uppercase(),
        }
    }

    /// As AWS's console writes it: `22`, `8000 - 8080`, `All`.
    pub(in crate::console::pages) fn port_range(&self) -> String {
        match (self.from_port, self.to_port) {
            (-1, _) | (0, 65_535) => "All".to_owned(),
            (kind, -1) => format!("Type {kind}"),
            (from, to) if self.ip_protocol.starts_with("icmp") => format!("Type {from}, code {to}"),
            (from, to) if from == to => from.to_string(),
            (from, to) => format!("{from} - {to}"),
        }
    }

    /// For the ear: `TCP 22 from 203.0.113.0/24`.
    pub(in crate::console::pages) fn in_words(&self) -> String {
        let way = match self.direction() {
            Direction::Inbound => "from",
            Direction::Outbound => "to",
        };
        format!(
            "{} {} {way} {}",
            self.protocol(),
            self.port_range(),
            self.peer().text()
        )
    }

    /// The other side, with a word about it where everybody is meant.
    pub(in crate::console::pages) fn peer_with_warning(&self) -> Markup {
        let peer = self.peer();
        let everybody = self.direction() == Direction::Inbound && peer.is_everybody();
        html! {
            span {
                @match &peer {
                    Peer::Group(id) => a href={ "/security-groups/" (id) } { code { (id) } },
                    Peer::Ipv4(range) | Peer::Ipv6(range) => span.nowrap { (range) },
                }
                @if everybody { " " span.note { "(everybody)" } }
            }
        }
    }
}

/// The other side of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::console::pages) enum Peer {
    /// A range; or what was typed, if it is neither of the others: the API judges it.
    Ipv4(String),
    /// A range.
    Ipv6(String),
    /// A group's id.
    Group(String),
}

/// Every IPv4 address.
pub(super) const ANYWHERE: &str = "0.0.0.0/0";
/// Every IPv6 address.
pub(super) const ANYWHERE_IPV6: &str = "::/0";

impl Peer {
    /// Every IPv4 address.
    pub(in crate::console::pages) fn anywhere() -> Self {
        Self::Ipv4(ANYWHERE.to_owned())
    }

    /// Every IPv6 address.
    pub(super) fn anywhere_ipv6() -> Self {
        Self::Ipv6(ANYWHERE_IPV6.to_owned())
    }

    /// One address.
    pub(in crate::console::pages) fn of_address(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::Ipv4(format!("{address}/32")),
            IpAddr::V6(address) => Self::Ipv6(format!("{address}/128")),
        }
    }

    /// What was typed as "Custom".
    pub(in crate::console::pages) fn typed(text: &str) -> Self {
        let text = text.trim();
        if text.starts_with("sg-") {
            Self::Group(text.to_owned())
        } else if text.contains(':') {
            Self::Ipv6(text.to_owned())
        } else {
            Self::Ipv4(text.to_owned())
        }
    }

    /// What it is called in `IpPermissions.N`, and its value.
    pub(in crate::console::pages) fn on_the_wire(&self) -> (&'static str, &str) {
        match self {
            Self::Ipv4(range) => ("IpRanges.1.CidrIp", range),
            Self::Ipv6(range) => ("Ipv6Ranges.1.CidrIpv6", range),
            Self::Group(id) => ("Groups.1.GroupId", id),
        }
    }

    /// The range or the id.
    pub(super) fn text(&self) -> &str {
        let (_, text) = self.on_the_wire();
        text
    }

    fn is_everybody(&self) -> bool {
        matches!(self.text(), ANYWHERE | ANYWHERE_IPV6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(protocol: &str, from: i64, to: i64) -> Rule {
        Rule {
            security_group_rule_id: "sgr-1".to_owned(),
            is_egress: false,
            ip_protocol: protocol.to_owned(),
            from_port: from,
            to_port: to,
            cidr_ipv4: Some("203.0.113.0/24".to_owned()),
            cidr_ipv6: None,
            referenced_group_info: None,
            description: None,
        }
    }

    #[test]
    fn ports_are_written_as_awss_console_writes_them() {
        assert_eq!(rule("tcp", 22, 22).port_range(), "22");
        assert_eq!(rule("tcp", 8000, 8080).port_range(), "8000 - 8080");
        assert_eq!(rule("udp", 0, 65_535).port_range(), "All");
        assert_eq!(rule("-1", -1, -1).port_range(), "All");
        assert_eq!(rule("icmp", 8, -1).port_range(), "Type 8");
        assert_eq!(rule("-1", -1, -1).protocol(), "All");
        assert_eq!(rule("tcp", 22, 22).in_words(), "TCP 22 from 203.0.113.0/24");
    }

    #[test]
    fn what_is_typed_is_a_range_or_a_group() {
        assert_eq!(Peer::typed(" 1.2.3.4/32 "), Peer::Ipv4("1.2.3.4/32".into()));
        assert_eq!(Peer::typed("sg-0123"), Peer::Group("sg-0123".into()));
        assert_eq!(
            Peer::typed("2001:db8::/32").on_the_wire().0,
            "Ipv6Ranges.1.CidrIpv6"
        );
        assert_eq!(Peer::typed("home"), Peer::Ipv4("home".into()));
        let address = "203.0.113.7".parse().unwrap();
        assert_eq!(Peer::of_address(address).text(), "203.0.113.7/32");
    }
}
