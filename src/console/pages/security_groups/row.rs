//! A row of the rules editor: what stands in its fields, and the parameters that are sent for it.

use std::net::IpAddr;

use super::kind::{self, Kind, Ports};
use super::rule::{ANYWHERE, ANYWHERE_IPV6, Peer, Rule};
use crate::console::account::Ask;
use crate::console::form::Form;

/// The most rows of a form: what AWS lets a group have each way.
pub(super) const MOST: usize = 60;

/// The fields of a row, and what their names end in.
pub(super) const ID: &str = "Id";
/// The type.
pub(super) const KIND: &str = "Type";
/// The ports.
pub(super) const PORTS: &str = "Ports";
/// Which kind of source or destination.
pub(super) const SOURCE: &str = "Source";
/// The CIDR block or group.
pub(super) const PEER: &str = "Peer";
/// The note.
pub(super) const DESCRIPTION: &str = "Description";

/// The form's hidden field with the ids of the rules that it was shown with, spaces between them.
pub(super) const KNOWN: &str = "Known";

/// What the source or destination is chosen from.
pub(super) const CUSTOM: &str = "custom";
/// Every IPv4 address.
pub(super) const ANYWHERE_4: &str = "anywhere-ipv4";
/// Every IPv6 address.
pub(super) const ANYWHERE_6: &str = "anywhere-ipv6";
/// The learner's own address.
pub(super) const MY_IP: &str = "my-ip";

/// The name of a row's field.
pub(super) fn name(number: usize, what: &str) -> String {
    format!("Rule.{number}.{what}")
}

/// A row as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// The rule's id; empty for a new one.
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) ports: String,
    pub(super) source: String,
    pub(super) peer: String,
    pub(super) description: String,
}

impl Row {
    /// An empty one.
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            id: String::new(),
            kind,
            ports: String::new(),
            source: CUSTOM.to_owned(),
            peer: String::new(),
            description: String::new(),
        }
    }

    /// The row of a rule that is there.
    pub(super) fn of(rule: &Rule) -> Self {
        let kind = Kind::of(rule);
        let (from, to) = rule.ports();
        let ports = match kind.ports {
            Ports::Typed if from == to => from.to_string(),
            Ports::Typed => format!("{from}-{to}"),
            Ports::Icmp => format!("{from}:{to}"),
            Ports::Protocol => rule.wire_protocol().to_owned(),
            Ports::Fixed(..) | Ports::None => String::new(),
        };
        let peer = rule.peer().text().to_owned();
        let (source, peer) = match peer.as_str() {
            ANYWHERE => (ANYWHERE_4, String::new()),
            ANYWHERE_IPV6 => (ANYWHERE_6, String::new()),
            _ => (CUSTOM, peer),
        };
        Self {
            id: rule.id().to_owned(),
            kind,
            ports,
            source: source.to_owned(),
            peer,
            description: rule.description().unwrap_or_default().to_owned(),
        }
    }

    /// The rows of a form, with their numbers.
    pub(super) fn all(form: &Form) -> Vec<(usize, Self)> {
        let numbers = (1..=MOST).filter(|number| form.has(&name(*number, KIND)));
        numbers
            .map(|number| {
                let field = |what| form.get(&name(number, what)).to_owned();
                let row = Self {
                    id: field(ID),
                    kind: Kind::named(&field(KIND)),
                    ports: field(PORTS),
                    source: field(SOURCE),
                    peer: field(PEER),
                    description: field(DESCRIPTION),
                };
                (number, row)
            })
            .collect()
    }

    /// The row in another form's fields.
    pub(super) fn put(&self, form: &mut Form, number: usize) {
        for (what, value) in [
            (ID, self.id.as_str()),
            (KIND, self.kind.value),
            (PORTS, self.ports.as_str()),
            (SOURCE, self.source.as_str()),
            (PEER, self.peer.as_str()),
            (DESCRIPTION, self.description.as_str()),
        ] {
            form.set(&name(number, what), value);
        }
    }

    /// The other side that is meant.
    pub(super) fn peer(&self, my_address: IpAddr) -> Peer {
        match self.source.as_str() {
            ANYWHERE_4 => Peer::anywhere(),
            ANYWHERE_6 => Peer::anywhere_ipv6(),
            MY_IP => Peer::of_address(my_address),
            _ => Peer::typed(&self.peer),
        }
    }

    /// Protocol and ports, by the names that both actions share. What is no number is sent as it is: the API refuses it.
    pub(super) fn traffic(&self) -> Vec<(&'static str, String)> {
        let typed = self.ports.trim();
        let pair = |mark: char| match typed.split_once(mark) {
            Some((from, to)) => (from.trim().to_owned(), to.trim().to_owned()),
            None => (typed.to_owned(), typed.to_owned()),
        };
        let ports = match self.kind.ports {
            Ports::Fixed(from, to) => (from.to_string(), to.to_string()),
            Ports::Typed => pair('-'),
            Ports::Icmp if typed.contains(':') => pair(':'),
            Ports::Icmp => (typed.to_owned(), "-1".to_owned()),
            Ports::None | Ports::Protocol => (String::new(), String::new()),
        };
        let protocol = match self.kind.ports {
            Ports::Protocol => typed,
            Ports::Fixed(..) | Ports::Typed | Ports::Icmp | Ports::None => self.kind.protocol,
        };
        [
            ("IpProtocol", protocol.to_owned()),
            ("FromPort", ports.0),
            ("ToPort", ports.1),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
    }

    /// As one of the `IpPermissions` of a call that adds rules.
    pub(super) fn authorize(&self, mut ask: Ask, number: usize, my_address: IpAddr) -> Ask {
        let at = format!("IpPermissions.{number}");
        for (name, value) in self.traffic() {
            ask = ask.with(format!("{at}.{name}"), value);
        }
        let peer = self.peer(my_address);
        let (name, value) = peer.on_the_wire();
        ask = ask.with(format!("{at}.{name}"), value);
        if self.description.is_empty() {
            return ask;
        }
        // The note stands beside the range: `IpRanges.1.CidrIp` and `IpRanges.1.Description`.
        let range = name.rsplit_once('.').map_or(name, |(range, _)| range);
        ask.with(format!("{at}.{range}.Description"), &self.description)
    }

    /// As one of the `SecurityGroupRule`s of a call that changes rules.
    pub(super) fn modify(&self, mut ask: Ask, number: usize, my_address: IpAddr) -> Ask {
        let at = format!("SecurityGroupRule.{number}");
        ask = ask.with(format!("{at}.SecurityGroupRuleId"), &self.id);
        let at = format!("{at}.SecurityGroupRule");
        for (name, value) in self.traffic() {
            ask = ask.with(format!("{at}.{name}"), value);
        }
        let (name, value) = match self.peer(my_address) {
            Peer::Ipv4(range) => ("CidrIpv4", range),
            Peer::Ipv6(range) => ("CidrIpv6", range),
            Peer::Group(id) => ("ReferencedGroupId", id),
        };
        ask = ask.with(format!("{at}.{name}"), value);
        if self.description.is_empty() {
            return ask;
        }
        ask.with(format!("{at}.Description"), &self.description)
    }

    /// Whether the rule is as the row says.
    pub(super) fn is(&self, rule: &Rule, my_address: IpAddr) -> bool {
        let there = Self::of(rule);
        self.traffic() == there.traffic()
            && self.peer(my_address) == there.peer(my_address)
            && self.description == there.description
    }
}

/// A new row.
pub(super) fn fresh() -> Row {
    Row::new(kind::CUSTOM_TCP)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

    fn row(kind: &str, ports: &str, source: &str, peer: &str) -> Row {
        Row {
            ports: ports.to_owned(),
            source: source.to_owned(),
            peer: peer.to_owned(),
            ..Row::new(Kind::named(kind))
        }
    }

    fn sent(row: &Row) -> String {
        let ask = row.authorize(Ask::new("AuthorizeSecurityGroupIngress"), 1, ME);
        format!("{ask:?}")
    }

    #[test]
    fn a_row_is_sent_as_the_aws_cli_sends_it() {
        let text = sent(&row("ssh", "", MY_IP, ""));
        for pair in [
            r#"("IpPermissions.1.IpProtocol", "tcp")"#,
            r#"("IpPermissions.1.FromPort", "22")"#,
            r#"("IpPermissions.1.ToPort", "22")"#,
            r#"("IpPermissions.1.IpRanges.1.CidrIp", "203.0.113.9/32")"#,
        ] {
            assert!(text.contains(pair), "{pair}: {text}");
        }
        let text = sent(&row("all", "", ANYWHERE_6, ""));
        assert!(
            text.contains(r#"IpProtocol", "-1""#) && !text.contains("FromPort"),
            "{text}"
        );
        assert!(text.contains("Ipv6Ranges.1.CidrIpv6"), "{text}");
    }

    #[test]
    fn ports_are_typed_as_one_or_as_a_range_and_nonsense_is_left_to_the_api() {
        let ports = |text: &str| {
            let traffic = row("custom-tcp", text, CUSTOM, "1.2.3.4/32").traffic();
            traffic
                .into_iter()
                .skip(1)
                .map(|(_, value)| value)
                .collect::<Vec<_>>()
        };
        assert_eq!(ports("22"), ["22", "22"]);
        assert_eq!(ports(" 8000 - 8080 "), ["8000", "8080"]);
        assert_eq!(ports("ssh"), ["ssh", "ssh"]);
        assert!(ports("").is_empty());
        let ping = row("custom-icmp", "8", ANYWHERE_4, "").traffic();
        assert_eq!(
            ping[1..],
            [("FromPort", "8".into()), ("ToPort", "-1".into())]
        );
        let esp = row("custom", "50", ANYWHERE_4, "").traffic();
        assert_eq!(esp, [("IpProtocol", "50".into())]);
    }

    #[test]
    fn a_description_stands_beside_its_range() {
        let mut noted = row("ssh", "", CUSTOM, "sg-0123");
        noted.description = "home".to_owned();
        let text = sent(&noted);
        assert!(
            text.contains(r#"("IpPermissions.1.Groups.1.Description", "home")"#),
            "{text}"
        );
    }

    #[test]
    fn rows_are_kept_by_a_form() {
        let mut form = Form::default();
        let ssh = row("ssh", "", MY_IP, "");
        ssh.put(&mut form, 3);
        assert_eq!(Row::all(&form), [(3, ssh)]);
    }
}
