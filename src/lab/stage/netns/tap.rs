//! What is tried on the lab's network: every attempt to open a TCP connection, those that nobody answers too.
//!
//! The kernel drops them without a word, as AWS does. A packet socket in the namespace sees the first packet of each, so that the lab can
//! say why nobody answered, whatever program it was.

use std::collections::VecDeque;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::net::{RecvFlags, recv};
use socket2::{Domain, Protocol, SockFilter, Socket, Type};
use tokio::net::UdpSocket;

/// `ETH_P_IP`.
const IPV4: u16 = 0x0800;
/// IP protocol number.
const TCP: u8 = 6;
/// Bytes of a packet that are looked at: two headers, each of at most 60.
const LONGEST: usize = 120;
/// Attempts that are remembered, so that one that is sent again is not another one.
const MEMORY: usize = 64;

/// A packet socket of the namespace that this process is in now.
pub(super) fn open() -> io::Result<OwnedFd> {
    let protocol = Protocol::from(i32::from(IPV4.to_be()));
    // Without the link's header: the first byte is IP's.
    let socket = Socket::new(Domain::PACKET, Type::DGRAM, Some(protocol))?;
    socket.attach_filter(&first_packets())?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Lets through what has SYN and not ACK, and does not go to 127.0.0.0/8 (classic BPF; see `man 8 bpfc` for the words).
fn first_packets() -> [SockFilter; 12] {
    let instruction = SockFilter::new;
    [
        // ldb [9]; jne #6, drop
        instruction(0x30, 0, 0, 9),
        instruction(0x15, 0, 9, u32::from(TCP)),
        // ldb [16]; jeq #127, drop
        instruction(0x30, 0, 0, 16),
        instruction(0x15, 7, 0, 127),
        // ldh [6]; jset #0x1fff, drop: not the first fragment
        instruction(0x28, 0, 0, 6),
        instruction(0x45, 5, 0, 0x1fff),
        // ldxb 4*([0]&0xf); ldb [x+13]; and #0x12; jne #0x02, drop
        instruction(0xb1, 0, 0, 0),
        instruction(0x50, 0, 0, 13),
        instruction(0x54, 0, 0, 0x12),
        instruction(0x15, 0, 1, 0x02),
        // ret LONGEST; drop: ret 0
        instruction(0x06, 0, 0, u32::try_from(LONGEST).unwrap_or(u32::MAX)),
        instruction(0x06, 0, 0, 0),
    ]
}

/// The first packet of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Attempt {
    to: Ipv4Addr,
    port: u16,
    from_port: u16,
    /// The sequence number: the same when it is sent again.
    number: u32,
}

impl Attempt {
    fn read(packet: &[u8]) -> Option<Self> {
        let header = usize::from(packet.first()? & 0xf) * 4;
        let to: [u8; 4] = packet.get(16..20)?.try_into().ok()?;
        let segment = packet.get(header..)?;
        let flags = segment.get(13)?;
        if *packet.get(9)? != TCP || flags & 0x12 != 0x02 {
            return None;
        }
        let two = |at: usize| {
            Some(u16::from_be_bytes(
                segment.get(at..at + 2)?.try_into().ok()?,
            ))
        };
        Some(Self {
            to: to.into(),
            port: two(2)?,
            from_port: two(0)?,
            number: u32::from_be_bytes(segment.get(4..8)?.try_into().ok()?),
        })
    }
}

/// The packets that were seen, and what is told of them.
pub(super) struct Tap {
    /// To the runtime any socket with messages is like one of UDP.
    socket: UdpSocket,
    /// Held while attempts are told, so that whoever has caught up finds all of them told.
    memory: Mutex<VecDeque<Attempt>>,
    tried: Box<dyn Fn(Ipv4Addr, u16) + Send + Sync>,
}

impl Tap {
    /// Calls `tried` for each attempt, on a thread that may wait. To be made within a runtime.
    pub(super) fn new(
        socket: OwnedFd,
        tried: impl Fn(Ipv4Addr, u16) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Ok(Self {
            socket: UdpSocket::from_std(std::net::UdpSocket::from(socket))?,
            memory: Mutex::default(),
            tried: Box::new(tried),
        })
    }

    /// Tells of every attempt until now. The kernel shows a packet here before it answers it: whoever has read in a client
    /// that a connection was refused finds it told after this.
    pub(super) fn catch_up(&self) {
        // Past the runtime, which may not know yet that there is something to read.
        self.tell(|packet| Ok(recv(&self.socket, packet, RecvFlags::DONTWAIT)?.0));
    }

    /// Tells of attempts as they come, for as long as the runtime lives.
    pub(super) async fn watch(self: Arc<Self>) {
        while self.socket.readable().await.is_ok() {
            let tap = Arc::clone(&self);
            // What is told is written down, and may wait for a disk.
            let told = tokio::task::spawn_blocking(move || {
                tap.tell(|packet| tap.socket.try_recv(packet));
            });
            if told.await.is_err() {
                return;
            }
        }
    }

    fn tell(&self, next: impl Fn(&mut [u8]) -> io::Result<usize>) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let mut packet = [0; LONGEST];
        while let Ok(count) = next(&mut packet) {
            let attempt = Attempt::read(packet.get(..count).unwrap_or_default());
            let Some(attempt) = attempt.filter(|attempt| !memory.contains(attempt)) else {
                continue;
            };
            if memory.len() == MEMORY {
                memory.pop_front();
            }
            memory.push_back(attempt);
            (self.tried)(attempt.to, attempt.port);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An IPv4 header without options, and the TCP header of a SYN from port 40000 to port 22.
    fn syn(flags: u8) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, TCP, 0, 0];
        packet.extend([198, 51, 100, 7, 203, 0, 113, 25]);
        packet.extend([0x9c, 0x40, 0, 22, 0, 0, 0, 9, 0, 0, 0, 0, 0x50, flags]);
        packet.extend([0; 6]);
        packet
    }

    #[test]
    fn the_first_packet_says_where_to_and_an_answer_is_no_attempt() {
        let attempt = Attempt::read(&syn(0x02)).unwrap();
        assert_eq!(attempt.to, Ipv4Addr::new(203, 0, 113, 25));
        assert_eq!(
            (attempt.port, attempt.from_port, attempt.number),
            (22, 40000, 9)
        );
        assert_eq!(Attempt::read(&syn(0x12)), None);
        assert_eq!(Attempt::read(&[]), None);
        for short in 0..34 {
            assert_eq!(Attempt::read(&syn(0x02)[..short]), None, "{short}");
        }
    }
}
