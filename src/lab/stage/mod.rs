//! Stages: how the instances' addresses are made real on this computer.
//!
//! A stage is told again and again which addresses there are and what is behind each, and brings the computer in line.
//! Lessons and checks never know which stage it is.

mod choice;
mod drop_packets;
mod listener;
mod loopback;
#[cfg(target_os = "linux")]
pub mod netns;
pub mod shim;

use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::lab::server::network::Network;
use crate::lab::server::ssh::Target;

pub use choice::{Choice, ChoiceError, Chosen, Ground, Probe, Refused, cure};
pub use loopback::LoopbackStage;

/// One address, and what a client meets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The public address of an instance.
    pub address: Ipv4Addr,
    /// The instance.
    pub target: Target,
    /// What is behind it.
    pub listening: Listening,
    /// What its security groups let through besides.
    pub admits: Admits,
}

/// What reaches an address from where the learner is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Admits {
    /// TCP ports.
    pub tcp: Vec<RangeInclusive<u16>>,
    /// ICMP's echo.
    pub ping: bool,
}

/// What a client meets at an address on SSH's port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listening {
    /// The machine's SSH server.
    Open,
    /// The machine is there and nothing listens: refused at once.
    Refused,
    /// Packets are dropped: the client waits until it gives up.
    Dropped,
}

/// Returns when everything that has happened so far has been told.
pub type CatchUp = Arc<dyn Fn() + Send + Sync>;

/// How addresses become real.
pub trait Stage: Send {
    /// `loopback`, `shim` or `netns`.
    fn name(&self) -> &'static str;

    /// What the lab's shell needs in its environment for it.
    fn environment(&self) -> Vec<(OsString, OsString)> {
        Vec::new()
    }

    /// The port on which an open address answers.
    fn port(&self) -> u16;

    /// The network that the lab's shell is in, where it is not the computer's.
    fn network(&self) -> Option<Arc<dyn Network>> {
        None
    }

    /// The process whose namespaces the lab's shell must join, if there is one.
    fn keeper(&self) -> Option<u32> {
        None
    }

    /// Where the stage itself sees who tries to connect: to be called by whoever is about to judge, so that every attempt until
    /// now has been told.
    fn attempts(&self) -> Option<CatchUp> {
        None
    }

    /// What could not be had and is not needed, in words.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Makes these names, and no others, lead to these addresses.
    fn set_names(&mut self, _names: Vec<(Ipv4Addr, String)>) -> io::Result<()> {
        Ok(())
    }

    /// Brings the computer in line with `wanted`; addresses that are not in it vanish. Established connections live on,
    /// as AWS's do when a security group closes. Does what it can and returns the first error. Called from any thread,
    /// and may take a tenth of a second.
    fn apply(&mut self, wanted: &[Place]) -> Result<(), StageError>;
}

/// An address cannot be made real.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// Somebody else listens there.
    #[error("port {port} of {address} is in use by another program", address = .0.ip(), port = .0.port())]
    Busy(SocketAddrV4),
    /// A port below 1024, mostly.
    #[error("this user may not listen on port {port} of {address}", address = .0.ip(), port = .0.port())]
    NotAllowed(SocketAddrV4),
    /// This computer does not have the address: outside Linux only 127.0.0.1 is there without setting up.
    #[error("this computer has no address {address}", address = .0.ip())]
    NoSuchAddress(SocketAddrV4),
    /// Anything else.
    #[error("cannot listen on {at}: {source}")]
    Other {
        /// Where.
        at: SocketAddrV4,
        /// What the system said.
        source: std::io::Error,
    },
}

impl StageError {
    pub(crate) fn new(at: SocketAddrV4, source: std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        let kind = source.kind();
        if kind == Kind::AddrInUse {
            Self::Busy(at)
        } else if kind == Kind::PermissionDenied {
            Self::NotAllowed(at)
        } else if kind == Kind::AddrNotAvailable {
            Self::NoSuchAddress(at)
        } else {
            Self::Other { at, source }
        }
    }
}
