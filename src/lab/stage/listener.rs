//! One address that somebody listens on, which may be made to drop what would open a new connection.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::drop_packets::{BACKLOG, Dropping};
use crate::lab::server::lanes::Lanes;
use crate::lab::server::ssh::{QuickAck, Server, Target};

/// How long a listener rests after a failed accept: with no file descriptor left the next one fails at once.
const REST: Duration = Duration::from_millis(50);

/// Who a machine sees at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// This one, whatever address the connection comes from.
    Always(IpAddr),
    /// Where the connection really comes from.
    Peer,
}

/// A listening socket and the task that accepts on it. Dropped, it listens no more; its connections live on.
pub(super) struct Listener {
    door: Arc<Door>,
    task: JoinHandle<()>,
}

impl Listener {
    /// Serves the SSH of `target` on a bound socket, which need not listen yet. Connections run on the lanes, or where they were
    /// accepted.
    pub(super) fn start(
        socket: std::net::TcpListener,
        dropping: bool,
        target: Target,
        from: From,
        server: &Arc<Server>,
        (runtime, lanes): (&Handle, Option<&Arc<Lanes>>),
    ) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let at = socket.local_addr()?;
        let socket_ref = SockRef::from(&socket);
        let dropping = if dropping {
            Some(Dropping::begin(&socket_ref, at)?)
        } else {
            socket_ref.listen(BACKLOG)?;
            None
        };
        let _guard = runtime.enter();
        let door = Arc::new(Door {
            target,
            listener: TcpListener::from_std(socket)?,
            state: Mutex::new(State {
                dropping,
                fillers: BTreeSet::new(),
                waiting: None,
            }),
        });
        let lanes = lanes.map(Arc::clone);
        let task = runtime.spawn(accept(Arc::clone(&door), Arc::clone(server), from, lanes));
        Ok(Self { door, task })
    }

    /// Whose SSH it is.
    pub(super) fn target(&self) -> &Target {
        &self.door.target
    }

    /// Lets new connections in.
    pub(super) fn open(&self) -> io::Result<()> {
        self.door.open()
    }

    /// Drops what would open a new connection.
    pub(super) fn close(&self) -> io::Result<()> {
        self.door.close()
    }
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
    target: Target,
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
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let mut state = self.lock();
        loop {
            if matches!(state.dropping, Some(Dropping::Fillers(_))) {
                state.waiting = Some(cx.waker().clone());
                return Poll::Pending;
            }
            let (stream, from) = ready!(self.listener.poll_accept(cx))?;
            if !state.fillers.remove(&from) {
                return Poll::Ready(Ok((stream, from)));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(door: Arc<Door>, server: Arc<Server>, from: From, lanes: Option<Arc<Lanes>>) {
    loop {
        match poll_fn(|cx| door.poll_accept(cx)).await {
            Ok((stream, peer)) => {
                let from = match from {
                    From::Always(address) => address,
                    From::Peer => peer.ip(),
                };
                let target = door.target.clone();
                match &lanes {
                    None => drop(tokio::spawn(server.serve(
                        QuickAck::new(stream),
                        target,
                        from,
                    ))),
                    Some(lanes) => move_to(lanes, stream, Arc::clone(&server), target, from),
                }
            }
            // Out of file descriptors, or a client that went before it was accepted: neither may end the listener.
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
}

/// Serves a connection on one of the lanes.
fn move_to(lanes: &Lanes, stream: TcpStream, server: Arc<Server>, target: Target, from: IpAddr) {
    let Ok(stream) = stream.into_std() else {
        return;
    };
    lanes.run(move || async move {
        if let Ok(stream) = TcpStream::from_std(stream) {
            let _ended = server.serve(QuickAck::new(stream), target, from).await;
        }
    });
}
