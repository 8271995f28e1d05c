//! The loopback stage: each instance has an address in 127.0.0.0/8, on a port of the user's choice.
//!
//! One listener an address, because an SSH client does not say which host it wants. Who connects looks like `learner` to the
//! instance, whatever loopback address the connection really comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;

use socket2::{Domain, SockAddr, Socket, Type};
use tokio::runtime::Handle;

use super::listener::{From, Listener};
use super::{Listening, Place, Stage, StageError};
use crate::lab::server::lanes::Lanes;
use crate::lab::server::ssh::Server;

/// Listeners on loopback addresses.
pub struct LoopbackStage {
    server: Arc<Server>,
    learner: IpAddr,
    port: u16,
    runtime: Handle,
    lanes: Option<Arc<Lanes>>,
    listeners: BTreeMap<Ipv4Addr, Listener>,
}

impl LoopbackStage {
    /// A stage without addresses. Port 0 takes one that is free now. `runtime` runs the connections.
    pub fn new(
        server: Arc<Server>,
        port: u16,
        learner: IpAddr,
        runtime: Handle,
    ) -> Result<Self, StageError> {
        let port = if port == 0 { free_port()? } else { port };
        Ok(Self {
            server,
            learner,
            port,
            runtime,
            lanes: None,
            listeners: BTreeMap::new(),
        })
    }

    /// The same, whose connections run on these threads.
    #[must_use]
    pub fn with_lanes(self, lanes: Arc<Lanes>) -> Self {
        Self {
            lanes: Some(lanes),
            ..self
        }
    }

    fn open(&self, place: &Place) -> io::Result<Listener> {
        let at = SocketAddr::from((place.address, self.port));
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.bind(&SockAddr::from(at))?;
        Listener::start(
            socket.into(),
            place.listening == Listening::Dropped,
            place.target.clone(),
            From::Always(self.learner),
            &self.server,
            (&self.runtime, self.lanes.as_ref()),
        )
    }

    fn put(&mut self, place: &Place) -> io::Result<()> {
        let known = self
            .listeners
            .get(&place.address)
            .filter(|listener| *listener.target() == place.target);
        match (known, place.listening) {
            (_, Listening::Refused) => {
                self.listeners.remove(&place.address);
            }
            (Some(listener), Listening::Open) => listener.open()?,
            (Some(listener), Listening::Dropped) => listener.close()?,
            (None, Listening::Open | Listening::Dropped) => {
                // One of another instance goes first: the address is the same.
                self.listeners.remove(&place.address);
                let listener = self.open(place)?;
                self.listeners.insert(place.address, listener);
            }
        }
        Ok(())
    }
}

impl Stage for LoopbackStage {
    fn name(&self) -> &'static str {
        "loopback"
    }

    fn port(&self) -> u16 {
        self.port
    }

    fn apply(&mut self, wanted: &[Place]) -> Result<(), StageError> {
        let kept: BTreeSet<Ipv4Addr> = wanted.iter().map(|place| place.address).collect();
        self.listeners.retain(|address, _| kept.contains(address));
        let mut first = Ok(());
        for place in wanted {
            let done = self
                .put(place)
                .map_err(|e| StageError::new(SocketAddrV4::new(place.address, self.port), e));
            if first.is_ok() {
                first = done;
            }
        }
        first
    }
}

fn free_port() -> Result<u16, StageError> {
    let at = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
    let port = std::net::TcpListener::bind(at)
        .and_then(|listener| listener.local_addr())
        .map(|local| local.port());
    port.map_err(|source| StageError::new(at, source))
}
