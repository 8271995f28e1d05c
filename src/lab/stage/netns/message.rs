//! What the engine and the keeper say to each other: one JSON message a packet, with a descriptor beside it where one is asked for.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use ipnet::Ipv4Net;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Bytes of the longest message. A plan is about a kilobyte.
const LONGEST: usize = 64 * 1024;

/// How the namespaces are to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    /// What an instance sees of the learner.
    pub(super) my_address: Ipv4Addr,
    /// Where instances' public addresses are from.
    pub(super) instances: Ipv4Net,
    /// `net.ipv4.tcp_syn_retries`.
    pub(super) syn_retries: u8,
    /// What is bound where, in this order.
    pub(super) binds: Vec<Bind>,
}

/// A file or folder of the lab's over one of the computer's, inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bind {
    /// The lab's.
    pub(super) from: PathBuf,
    /// What it covers, without links in its path.
    pub(super) onto: PathBuf,
    /// Make the folder `onto` where it is missing, and remove it at the end if it is empty then.
    pub(super) make: bool,
}

/// TCP ports by which an address may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Door {
    /// The first.
    pub(super) first: u16,
    /// The last.
    pub(super) last: u16,
}

/// What the engine asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Request {
    /// Make the namespaces. Always the first.
    SetUp(Plan),
    /// The address is there, and may be reached by these; everything else to it meets silence.
    Place(Ipv4Addr, Vec<Door>),
    /// The address is no more.
    Remove(Ipv4Addr),
    /// A socket that listens there.
    Listen(SocketAddr),
    /// A connection to there.
    Connect(SocketAddr),
    /// A socket that sees every attempt to open a TCP connection.
    Tap,
    /// A socket that is asked for every name that is not in the hosts file.
    Names,
    /// A socket that sees every ping, which nobody else answers from now on.
    Ping,
}

/// What the keeper answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reply {
    /// It is done. What could not be had and is not needed is noted, in words.
    Done(Vec<String>),
    /// It is not.
    Failed(Failed),
}

/// The step that failed, and the system's error number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failed {
    pub(super) step: String,
    pub(super) errno: i32,
}

impl Failed {
    pub(super) fn at(step: impl Into<String>, why: &io::Error) -> Self {
        Self {
            step: step.into(),
            errno: why.raw_os_error().unwrap_or(0),
        }
    }

    pub(super) fn error(&self) -> io::Error {
        io::Error::from_raw_os_error(self.errno)
    }
}

/// Sends a message, with a descriptor beside it if there is one.
pub(super) fn send(
    socket: impl AsFd,
    message: &impl Serialize,
    descriptor: Option<BorrowedFd<'_>>,
) -> io::Result<()> {
    let bytes = serde_json::to_vec(message)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let descriptors: Vec<BorrowedFd<'_>> = descriptor.into_iter().collect();
    if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::Error::other("no room for a descriptor"));
    }
    sendmsg(
        socket,
        &[IoSlice::new(&bytes)],
        &mut ancillary,
        SendFlags::NOSIGNAL,
    )?;
    Ok(())
}

/// The next message and the descriptor beside it; none when the other side has ended.
pub(super) fn receive<T: DeserializeOwned>(
    socket: impl AsFd,
) -> io::Result<Option<(T, Option<OwnedFd>)>> {
    let mut bytes = vec![0; LONGEST];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let count = loop {
        let mut parts = [IoSliceMut::new(&mut bytes)];
        match recvmsg(&socket, &mut parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
            Ok(received) => break received.bytes,
            Err(rustix::io::Errno::INTR) => {}
            Err(why) => return Err(why.into()),
        }
    };
    if count == 0 {
        return Ok(None);
    }
    let descriptor = ancillary.drain().find_map(|message| {
        if let RecvAncillaryMessage::ScmRights(mut rights) = message {
            rights.next()
        } else {
            None
        }
    });
    let message = serde_json::from_slice(bytes.get(..count).unwrap_or_default())?;
    Ok(Some((message, descriptor)))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

    use super::*;

    #[test]
    fn a_message_travels_with_its_descriptor_and_an_end_is_an_end() {
        let (one, other) = socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )
        .unwrap();
        let (mut near, far) = UnixStream::pair().unwrap();
        let request = Request::Listen("203.0.113.25:22".parse().unwrap());
        send(&one, &request, Some(far.as_fd())).unwrap();
        send(&one, &Request::Tap, None).unwrap();
        drop((one, far));
        let (first, descriptor) = receive::<Request>(&other).unwrap().unwrap();
        assert_eq!(first, request);
        UnixStream::from(descriptor.unwrap())
            .write_all(b"here")
            .unwrap();
        let mut said = String::new();
        near.read_to_string(&mut said).unwrap();
        assert_eq!(said, "here");
        let (second, descriptor) = receive::<Request>(&other).unwrap().unwrap();
        assert_eq!((second, descriptor.is_none()), (Request::Tap, true));
        assert!(receive::<Request>(&other).unwrap().is_none());
    }
}
