//! The loopback stage: each instance has an address in 127.0.0.0/8, on a port of the user's choice.
//!
//! One listener an address, because an SSH client does not say which host it wants. Who connects looks like `learner` to the
//! instance, whatever loopback address the connection really comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::drop_packets::{BACKLOG, Dropping};
use super::{Listening, Place, Stage, StageError};
use crate::lab::server::ssh::{QuickAck, Server, Target};

/// How long a listener rests after a failed accept: with no file descriptor left the next one fails at once.
const REST: Duration = Duration::from_millis(50);

/// Listeners on loopback addresses.
pub struct LoopbackStage {
    server: Arc<Server>,
    learner: IpAddr,
    port: u16,
    runtime: Handle,
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
            listeners: BTreeMap::new(),
        })
    }

    fn open(&self, place: &Place) -> io::Result<Listener> {
        let at = SocketAddr::from((place.address, self.port));
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.set_reuse_address(true)?;
        socket.bind(&SockAddr::from(at))?;
        let dropping = if place.listening == Listening::Dropped {
            Some(Dropping::begin(&SockRef::from(&socket), at)?)
        } else {
            socket.listen(BACKLOG)?;
            None
        };
        let _guard = self.runtime.enter();
        let door = Arc::new(Door {
            listener: TcpListener::from_std(socket.into())?,
            state: Mutex::new(State {
                dropping,
                fillers: BTreeSet::new(),
                waiting: None,
            }),
        });
        let task = self.runtime.spawn(accept(
            Arc::clone(&door),
            Arc::clone(&self.server),
            place.target.clone(),
            self.learner,
        ));
        Ok(Listener {
            door,
            target: place.target.clone(),
            task,
        })
    }

    fn put(&mut self, place: &Place) -> io::Result<()> {
        let known = self
            .listeners
            .get(&place.address)
            .filter(|listener| listener.target == place.target);
        match (known, place.listening) {
            (_, Listening::Refused) => {
                self.listeners.remove(&place.address);
            }
            (Some(listener), Listening::Open) => listener.door.open()?,
            (Some(listener), Listening::Dropped) => listener.door.close()?,
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

/// One address that somebody listens on. Dropped, it listens no more; its connections live on.
struct Listener {
    door: Arc<Door>,
    target: Target,
    task: JoinHandle<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
        // The task may be busy on another thread for a moment, and holds the socket: the address is free at once.
        let _: io::Result<()> =
            SockRef::from(&self.door.listener).shutdown(std::net::Shutdown::Both);
    }
}

/// A listening socket, and whether it drops.
struct Door {
    listener: TcpListener,
    state: Mutex<State>,
}

struct State {
    dropping: Option<Dropping>,
    /// Our own connections that are still in the queue, by their address.
    fillers: BTreeSet<SocketAddr>,
    /// The accepting task, while it must not.
    waiting: Option<Waker>,
}

impl Door {
    fn open(&self) -> io::Result<()> {
        let mut state = self.lock();
        if let Some(dropping) = state.dropping.take() {
            let fillers = dropping.end(&SockRef::from(&self.listener))?;
            state.fillers.extend(fillers);
        }
        if let Some(waiting) = state.waiting.take() {
            waiting.wake();
        }
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        let mut state = self.lock();
        if state.dropping.is_none() {
            let at = self.listener.local_addr()?;
            state.dropping = Some(Dropping::begin(&SockRef::from(&self.listener), at)?);
        }
        Ok(())
    }

    /// The next connection that is a client's. While the queue is full of fillers it is left so.
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        let mut state = self.lock();
        loop {
            if matches!(state.dropping, Some(Dropping::Fillers(_))) {
                state.waiting = Some(cx.waker().clone());
                return Poll::Pending;
            }
            let (stream, from) = ready!(self.listener.poll_accept(cx))?;
            if !state.fillers.remove(&from) {
                return Poll::Ready(Ok(stream));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(door: Arc<Door>, server: Arc<Server>, target: Target, learner: IpAddr) {
    loop {
        match poll_fn(|cx| door.poll_accept(cx)).await {
            Ok(stream) => {
                tokio::spawn(server.serve(QuickAck::new(stream), target.clone(), learner));
            }
            // Out of file descriptors, or a client that went before it was accepted: neither may end the listener.
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
}
