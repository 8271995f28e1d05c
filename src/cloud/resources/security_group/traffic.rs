//! Protocol and ports of a rule, parsed once.

use serde::{Deserialize, Serialize};

use crate::cloud::api::error::ApiError;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_case_and_numbers_are_the_same_protocol() {
        let ssh = Traffic::Tcp(PortRange { from: 22, to: 22 });
        for protocol in ["tcp", "TCP", "Tcp", "6"] {
            assert_eq!(Traffic::parse(protocol, Some(22), Some(22)), Ok(ssh));
        }
        let ping = Traffic::Icmp(Icmp {
            kind: Some(8),
            code: None,
        });
        for protocol in ["icmp", "ICMP", "1"] {
            assert_eq!(Traffic::parse(protocol, Some(8), Some(-1)), Ok(ping));
        }
        let dns = Traffic::Udp(PortRange { from: 53, to: 53 });
        assert_eq!(Traffic::parse("17", Some(53), Some(53)), Ok(dns));
    }

    #[test]
    fn ports_mean_nothing_where_the_protocol_has_none() {
        assert_eq!(Traffic::parse("-1", Some(22), Some(22)), Ok(Traffic::All));
        assert_eq!(
            Traffic::parse("50", Some(22), Some(22)),
            Ok(Traffic::Other(50))
        );
        assert_eq!(Traffic::Other(50).ports(), None);
        let all = Icmp {
            kind: None,
            code: None,
        };
        assert_eq!(
            Traffic::parse("icmpv6", None, None),
            Ok(Traffic::Icmpv6(all))
        );
        assert_eq!(Traffic::Icmpv6(all).ports(), Some((-1, -1)));
    }

    #[test]
    fn a_port_range_has_both_its_ends() {
        let range = Traffic::Tcp(PortRange { from: 22, to: 80 });
        assert!(range.is_tcp_to(22) && range.is_tcp_to(80));
        assert!(!range.is_tcp_to(21) && !range.is_tcp_to(81));
    }
}
