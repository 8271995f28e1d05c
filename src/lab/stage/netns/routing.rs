//! The namespace's addresses, routes and rules, by messages to the kernel.
//!
//! Everything leaves by the loopback and comes back in, but to what is no address of this namespace TCP gives no answer, not even that the
//! port is closed: silence. (Pings it would answer for all the world; see `ping.rs`.) An instance's address is a
//! *local* route, which is enough to listen on it, and whose source is the learner's address. Whether a packet comes so far
//! is decided by rules, which stand before the table of local addresses here (`ip rule` shows them):
//!
//! ```text
//! 100: to 203.0.113.25 ipproto tcp dport 22 lookup local     one for each door of each instance
//! 200: to 203.0.113.0/24 lookup main                         everything else to an instance: silence
//! 300: lookup local
//! ```
//!
//! So a port that no security group admits is silent, and one that is admitted and has no listener is refused, as on AWS.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::OwnedFd;

use ipnet::Ipv4Net;
use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage,
    NetlinkPayload,
};
use netlink_packet_route::address::{AddressAttribute, AddressMessage, AddressScope};
use netlink_packet_route::link::{LinkFlags, LinkMessage};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::rule::{RuleAction, RuleAttribute, RuleMessage, RulePortRange};
use netlink_packet_route::{AddressFamily, IpProtocol, RouteNetlinkMessage};
use rustix::net::{RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};

use super::message::Door;

/// The loopback's index: it is the first interface of every network namespace.
const LOOPBACK: u32 = 1;
/// `RT_TABLE_LOCAL`.
const LOCAL: u8 = 255;
const DOORS: u32 = 100;
const SILENCE: u32 = 200;
const THE_REST: u32 = 300;

/// A connection to the kernel's routing.
pub(super) struct Routing {
    socket: OwnedFd,
    sequence: u32,
}

impl Routing {
    /// For the network namespace that this process is in now.
    pub(super) fn open() -> io::Result<Self> {
        let socket = socket_with(
            rustix::net::AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            // NETLINK_ROUTE is 0.
            None,
        )?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    fn ask(&mut self, message: RouteNetlinkMessage, more: u16) -> io::Result<()> {
        self.sequence += 1;
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | NLM_F_ACK | more;
        header.sequence_number = self.sequence;
        let mut message = NetlinkMessage::new(header, NetlinkPayload::from(message));
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        send(&self.socket, &bytes, SendFlags::empty())?;
        let mut answer = vec![0; 8192];
        let (count, _) = recv(&self.socket, answer.as_mut_slice(), RecvFlags::empty())?;
        let answer = NetlinkMessage::<RouteNetlinkMessage>::deserialize(
            answer.get(..count).unwrap_or_default(),
        )
        .map_err(io::Error::other)?;
        let NetlinkPayload::Error(error) = answer.payload else {
            return Err(io::Error::other("the kernel's answer is none"));
        };
        match error.code {
            None => Ok(()),
            Some(_) => Err(error.to_io()),
        }
    }

    /// `ip link set lo up`
    pub(super) fn bring_up_the_loopback(&mut self) -> io::Result<()> {
        let mut link = LinkMessage::default();
        link.header.index = LOOPBACK;
        link.header.flags = LinkFlags::Up;
        link.header.change_mask = LinkFlags::Up;
        self.ask(RouteNetlinkMessage::SetLink(link), 0)
    }

    /// `ip address add ADDRESS/32 dev lo`
    pub(super) fn add_address(&mut self, address: Ipv4Addr) -> io::Result<()> {
        let mut message = AddressMessage::default();
        message.header.family = AddressFamily::Inet;
        message.header.prefix_len = 32;
        message.header.scope = AddressScope::Universe;
        message.header.index = LOOPBACK;
        let address = IpAddr::V4(address);
        message.attributes = vec![
            AddressAttribute::Local(address),
            AddressAttribute::Address(address),
        ];
        self.ask(
            RouteNetlinkMessage::NewAddress(message),
            NLM_F_CREATE | NLM_F_EXCL,
        )
    }

    /// `ip route add NET dev lo src SOURCE`: what is sent there is swallowed.
    pub(super) fn add_silence(&mut self, net: Ipv4Net, source: Ipv4Addr) -> io::Result<()> {
        let mut route = route(net, source);
        route.header.table = RouteHeader::RT_TABLE_MAIN;
        route.header.scope = RouteScope::Link;
        route.header.kind = RouteType::Unicast;
        self.ask(
            RouteNetlinkMessage::NewRoute(route),
            NLM_F_CREATE | NLM_F_EXCL,
        )
    }

    /// Puts the rules before the local addresses of `instances`.
    pub(super) fn add_rules(&mut self, instances: Ipv4Net) -> io::Result<()> {
        let new = NLM_F_CREATE | NLM_F_EXCL;
        let silence = rule(SILENCE, RouteHeader::RT_TABLE_MAIN, Some(instances));
        let rest = rule(THE_REST, LOCAL, None);
        let first = rule(0, LOCAL, None);
        self.ask(RouteNetlinkMessage::NewRule(silence), new)?;
        self.ask(RouteNetlinkMessage::NewRule(rest), new)?;
        self.ask(RouteNetlinkMessage::DelRule(first), 0)
    }

    /// `ip route add local ADDRESS/32 dev lo table local src SOURCE`
    pub(super) fn add_instance(&mut self, address: Ipv4Addr, source: Ipv4Addr) -> io::Result<()> {
        let message = RouteNetlinkMessage::NewRoute(instance(address, source));
        self.ask(message, NLM_F_CREATE | NLM_F_EXCL)
    }

    /// Takes it away again.
    pub(super) fn remove_instance(
        &mut self,
        address: Ipv4Addr,
        source: Ipv4Addr,
    ) -> io::Result<()> {
        self.ask(RouteNetlinkMessage::DelRoute(instance(address, source)), 0)
    }

    /// Opens a door of an instance.
    pub(super) fn open_door(&mut self, address: Ipv4Addr, door: Door) -> io::Result<()> {
        let message = RouteNetlinkMessage::NewRule(door_rule(address, door));
        self.ask(message, NLM_F_CREATE | NLM_F_EXCL)
    }

    /// Closes it.
    pub(super) fn close_door(&mut self, address: Ipv4Addr, door: Door) -> io::Result<()> {
        self.ask(RouteNetlinkMessage::DelRule(door_rule(address, door)), 0)
    }
}

fn route(net: Ipv4Net, source: Ipv4Addr) -> RouteMessage {
    let mut route = RouteMessage::default();
    route.header.address_family = AddressFamily::Inet;
    route.header.destination_prefix_length = net.prefix_len();
    route.header.protocol = RouteProtocol::Static;
    if net.prefix_len() > 0 {
        let destination = RouteAddress::Inet(net.network());
        route
            .attributes
            .push(RouteAttribute::Destination(destination));
    }
    route.attributes.extend([
        RouteAttribute::PrefSource(RouteAddress::Inet(source)),
        RouteAttribute::Oif(LOOPBACK),
    ]);
    route
}

fn instance(address: Ipv4Addr, source: Ipv4Addr) -> RouteMessage {
    let mut route = route(Ipv4Net::from(address), source);
    route.header.table = LOCAL;
    route.header.scope = RouteScope::Host;
    route.header.kind = RouteType::Local;
    route
}

fn rule(priority: u32, table: u8, to: Option<Ipv4Net>) -> RuleMessage {
    let mut rule = RuleMessage::default();
    rule.header.family = AddressFamily::Inet;
    rule.header.table = table;
    rule.header.action = RuleAction::ToTable;
    rule.attributes = vec![RuleAttribute::Priority(priority)];
    if let Some(to) = to {
        rule.header.dst_len = to.prefix_len();
        let to = IpAddr::V4(to.network());
        rule.attributes.push(RuleAttribute::Destination(to));
    }
    rule
}

fn door_rule(address: Ipv4Addr, door: Door) -> RuleMessage {
    let mut rule = rule(DOORS, LOCAL, Some(Ipv4Net::from(address)));
    rule.attributes.extend([
        RuleAttribute::IpProtocol(IpProtocol::Tcp),
        RuleAttribute::DestinationPortRange(RulePortRange {
            start: door.first,
            end: door.last,
        }),
    ]);
    rule
}
