//! The types of rules that the editor offers: a name for a protocol and its ports, in AWS's order.

use super::rule::Rule;

/// A type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// What is sent by the form.
    pub(super) value: &'static str,
    /// What is read.
    pub(super) label: &'static str,
    /// The protocol on the wire; empty where it is typed.
    pub(super) protocol: &'static str,
    /// Its ports.
    pub(super) ports: Ports,
}

/// Where the ports come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ports {
    /// They belong to the type.
    Fixed(i64, i64),
    /// They are typed: `22`, or `8000-8080`.
    Typed,
    /// ICMP's type and code are typed: `8`, or `3:4`.
    Icmp,
    /// The protocol has none.
    None,
    /// The number of the protocol is typed in their place.
    Protocol,
}

const fn port(value: &'static str, label: &'static str, port: i64) -> Kind {
    Kind {
        value,
        label,
        protocol: "tcp",
        ports: Ports::Fixed(port, port),
    }
}

const fn kind(
    value: &'static str,
    label: &'static str,
    protocol: &'static str,
    ports: Ports,
) -> Kind {
    Kind {
        value,
        label,
        protocol,
        ports,
    }
}

/// The type of a new row.
pub(super) const CUSTOM_TCP: Kind = kind("custom-tcp", "Custom TCP", "tcp", Ports::Typed);
const CUSTOM_UDP: Kind = kind("custom-udp", "Custom UDP", "udp", Ports::Typed);
const CUSTOM_ICMP: Kind = kind("custom-icmp", "Custom ICMP - IPv4", "icmp", Ports::Icmp);
const CUSTOM_ICMPV6: Kind = kind("custom-icmpv6", "Custom ICMP - IPv6", "icmpv6", Ports::Icmp);
const CUSTOM: Kind = kind("custom", "Custom protocol", "", Ports::Protocol);

/// All of them. Which ones AWS's list has, and in which order, is unverified.
pub(super) const KINDS: &[Kind] = &[
    CUSTOM_TCP,
    CUSTOM_UDP,
    CUSTOM_ICMP,
    CUSTOM_ICMPV6,
    CUSTOM,
    kind("all-tcp", "All TCP", "tcp", Ports::Fixed(0, 65_535)),
    kind("all-udp", "All UDP", "udp", Ports::Fixed(0, 65_535)),
    kind("all-icmp", "All ICMP - IPv4", "icmp", Ports::Fixed(-1, -1)),
    kind(
        "all-icmpv6",
        "All ICMP - IPv6",
        "icmpv6",
        Ports::Fixed(-1, -1),
    ),
    kind("all", "All traffic", "-1", Ports::None),
    port("ssh", "SSH", 22),
    port("smtp", "SMTP", 25),
    kind("dns-udp", "DNS (UDP)", "udp", Ports::Fixed(53, 53)),
    port("dns-tcp", "DNS (TCP)", 53),
    port("http", "HTTP", 80),
    port("pop3", "POP3", 110),
    port("imap", "IMAP", 143),
    port("ldap", "LDAP", 389),
    port("https", "HTTPS", 443),
    port("smb", "SMB", 445),
    port("smtps", "SMTPS", 465),
    port("imaps", "IMAPS", 993),
    port("pop3s", "POP3S", 995),
    port("ms-sql", "MSSQL", 1433),
    port("nfs", "NFS", 2049),
    port("mysql", "MYSQL/Aurora", 3306),
    port("rdp", "RDP", 3389),
    port("redshift", "Redshift", 5439),
    port("postgresql", "PostgreSQL", 5432),
];

impl Kind {
    /// The type that the form names; a new row's otherwise.
    pub(super) fn named(value: &str) -> Self {
        let found = KINDS.iter().find(|kind| kind.value == value);
        found.copied().unwrap_or(CUSTOM_TCP)
    }

    /// The type of a rule: that of its ports if there is one.
    pub(super) fn of(rule: &Rule) -> Self {
        let (protocol, (from, to)) = (rule.wire_protocol(), rule.ports());
        let found = KINDS.iter().find(|kind| {
            let fits = match kind.ports {
                Ports::Fixed(first, last) => (first, last) == (from, to),
                Ports::None => true,
                Ports::Typed | Ports::Icmp | Ports::Protocol => false,
            };
            fits && kind.protocol == protocol
        });
        let custom = match protocol {
            "tcp" => CUSTOM_TCP,
            "udp" => CUSTOM_UDP,
            "icmp" => CUSTOM_ICMP,
            "icmpv6" => CUSTOM_ICMPV6,
            _ => CUSTOM,
        };
        found.copied().unwrap_or(custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_again_by_its_value() {
        for kind in KINDS {
            assert_eq!(Kind::named(kind.value), *kind);
        }
        assert_eq!(Kind::named("telnet"), CUSTOM_TCP);
    }
}
