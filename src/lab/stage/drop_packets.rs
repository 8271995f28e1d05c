//! A listening socket that drops what would open a new connection, so that a client meets silence.
//!
//! With CAP_NET_ADMIN one BPF instruction on the listening socket does it: instant, and no side effects. Without, the
//! socket's queue of connections is made as short as it can be and filled with our own, and Linux drops what comes after
//! them. Both leave established connections alone, and a client that is still trying gets in once it ends.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};

/// The queue of an open listener.
pub(super) const BACKLOG: i32 = 128;
/// A connect on the same computer that takes longer than this does not complete.
const PATIENCE: Duration = Duration::from_millis(40);
/// Fillers before giving up. A queue of length 0 takes one or two.
const MOST_FILLERS: usize = 8;

/// A listening socket whose packets are dropped, and how.
#[derive(Debug)]
pub(super) enum Dropping {
    /// A filter is attached.
    #[cfg(target_os = "linux")]
    Filter,
    /// The queue is full of these.
    Fillers(Vec<Socket>),
}

impl Dropping {
    /// Begins to drop. `listener` is bound, and listens or does not yet; afterwards it listens. Nobody may accept until
    /// it ends when this is by fillers.
    pub(super) fn begin(listener: &SockRef<'_>, at: SocketAddr) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if filter(listener).is_ok() {
            listener.listen(BACKLOG)?;
            return Ok(Self::Filter);
        }
        fill(listener, at).map(Self::Fillers)
    }

    /// Drops no more. Returns the addresses of the fillers, whose connections are still in the queue.
    pub(super) fn end(self, listener: &SockRef<'_>) -> io::Result<Vec<SocketAddr>> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Filter => listener.detach_filter().map(|()| Vec::new()),
            Self::Fillers(fillers) => {
                let from = fillers
                    .iter()
                    .filter_map(|filler| filler.local_addr().ok()?.as_socket())
                    .collect();
                listener.listen(BACKLOG)?;
                Ok(from)
            }
        }
    }
}

/// `BPF_RET | BPF_K` with length 0: the packet goes nowhere.
#[cfg(target_os = "linux")]
fn filter(listener: &SockRef<'_>) -> io::Result<()> {
    listener.attach_filter(&[socket2::SockFilter::new(0x06, 0, 0, 0)])
}

fn fill(listener: &SockRef<'_>, at: SocketAddr) -> io::Result<Vec<Socket>> {
    listener.listen(0)?;
    let mut fillers = Vec::new();
    while fillers.len() < MOST_FILLERS {
        let filler = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        filler.set_nonblocking(true)?;
        match filler.connect(&SockAddr::from(at)) {
            Ok(()) => {}
            Err(error)
                if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) =>
            {
                if !completes(&filler)? {
                    return Ok(fillers);
                }
            }
            Err(error) => return Err(error),
        }
        fillers.push(filler);
    }
    Err(io::Error::other(
        "the queue of connections does not fill up, so packets cannot be dropped here",
    ))
}

fn completes(filler: &Socket) -> io::Result<bool> {
    let wait = Timespec {
        tv_sec: 0,
        tv_nsec: i64::from(PATIENCE.subsec_nanos()),
    };
    let mut ready = [PollFd::new(filler, PollFlags::OUT)];
    match poll(&mut ready, Some(&wait)) {
        Ok(0) => Ok(false),
        Ok(_) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, TcpStream};

    use super::*;

    fn bound(address: &str) -> (Socket, SocketAddr) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let at: SocketAddr = format!("{address}:0").parse().unwrap();
        socket.bind(&SockAddr::from(at)).unwrap();
        let at = socket.local_addr().unwrap().as_socket().unwrap();
        (socket, at)
    }

    fn connects(at: SocketAddr) -> bool {
        TcpStream::connect_timeout(&at, Duration::from_millis(100)).is_ok()
    }

    #[test]
    fn a_full_queue_drops_and_lets_in_again() {
        let (socket, at) = bound("127.77.0.1");
        for _ in 0..3 {
            let dropping = Dropping::Fillers(fill(&SockRef::from(&socket), at).unwrap());
            assert!(!connects(at));
            let fillers = dropping.end(&SockRef::from(&socket)).unwrap();
            assert!(!fillers.is_empty());
            assert!(connects(at));
            // Takes the fillers' and our own connection out of the queue, as the stage does.
            socket.set_nonblocking(true).unwrap();
            while socket.accept().is_ok() {}
        }
    }

    #[test]
    fn whatever_way_there_is_drops_and_lets_in_again() {
        let (socket, at) = bound("127.77.0.2");
        let dropping = Dropping::begin(&SockRef::from(&socket), at).unwrap();
        assert!(!connects(at));
        dropping.end(&SockRef::from(&socket)).unwrap();
        assert!(connects(at));
    }
}
