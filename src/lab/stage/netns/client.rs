//! The engine's end of a keeper: starts it, and asks it for what must be done inside.

#![expect(clippy::disallowed_methods, reason = "starts the keeper")]

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::message::{self, Failed, Plan, Reply, Request};
use crate::lab::server::network::Network;
use crate::lab::stage::Refused;

/// How long a keeper may take for an answer: what it does takes microseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running keeper. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Keeper {
    child: Mutex<Child>,
    /// None once it is to end. Held from a request to its answer.
    socket: Mutex<Option<OwnedFd>>,
    notes: Vec<String>,
}

impl Keeper {
    /// Starts one and lets it make the namespaces. `program` is this program's own file.
    pub(super) fn start(program: &Path, plan: Plan) -> Result<Self, Refused> {
        let (ours, theirs) = socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )
        .map_err(|why| Refused::Start(why.into()))?;
        for which in [Timeout::Recv, Timeout::Send] {
            set_socket_timeout(&ours, which, Some(PATIENCE))
                .map_err(|why| Refused::Start(why.into()))?;
        }
        let child = Command::new(program)
            .arg0(super::keeper::name())
            .env_clear()
            .stdin(theirs)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(Refused::Start)?;
        let mut keeper = Self {
            child: Mutex::new(child),
            socket: Mutex::new(Some(ours)),
            notes: Vec::new(),
        };
        match keeper.exchange(&Request::SetUp(plan)) {
            Ok((Reply::Done(notes), _)) => {
                keeper.notes = notes;
                Ok(keeper)
            }
            Ok((Reply::Failed(Failed { step, errno }), _)) => Err(Refused::Step {
                step,
                source: io::Error::from_raw_os_error(errno),
            }),
            Err(why) => Err(Refused::Start(why)),
        }
    }

    /// What could not be had and is not needed, in words.
    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Its process.
    pub(super) fn pid(&self) -> u32 {
        self.child
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .id()
    }

    /// Asks for something, and for the descriptor that it brings, if it brings one.
    pub(super) fn ask(&self, request: &Request) -> io::Result<Option<OwnedFd>> {
        match self.exchange(request)? {
            (Reply::Done(_), descriptor) => Ok(descriptor),
            (Reply::Failed(failed), _) => Err(failed.error()),
        }
    }

    fn exchange(&self, request: &Request) -> io::Result<(Reply, Option<OwnedFd>)> {
        let gone = || {
            io::Error::new(
                io::ErrorKind::BrokenPipe,
                "the process that keeps the lab's network has ended",
            )
        };
        let socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        let socket = socket.as_ref().ok_or_else(gone)?;
        message::send(socket, request, None)?;
        message::receive(socket)?.ok_or_else(gone)
    }

    fn socket(&self, request: &Request) -> io::Result<OwnedFd> {
        self.ask(request)?
            .ok_or_else(|| io::Error::other("the keeper sent no socket"))
    }

    /// Lets it end, and waits for that. Whoever still asks it afterwards is told so.
    pub(super) fn end(&self) {
        let socket = &mut *self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        drop(socket.take());
        // It ends by itself now, and takes what is left inside with it.
        drop(
            self.child
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .wait(),
        );
    }

    /// A socket that is asked for names.
    pub(super) fn names(&self) -> io::Result<OwnedFd> {
        self.socket(&Request::Names)
    }

    /// A socket that sees every ping.
    pub(super) fn ping(&self) -> io::Result<OwnedFd> {
        self.socket(&Request::Ping)
    }

    /// A socket that sees every attempt to connect.
    pub(super) fn tap(&self) -> io::Result<OwnedFd> {
        self.socket(&Request::Tap)
    }
}

impl Network for Keeper {
    fn listen(&self, at: SocketAddr) -> io::Result<TcpListener> {
        self.socket(&Request::Listen(at)).map(TcpListener::from)
    }

    fn connect(&self, at: SocketAddr) -> io::Result<TcpStream> {
        self.socket(&Request::Connect(at)).map(TcpStream::from)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.end();
    }
}
