//! Answers pings for the instances whose security groups let them through.
//!
//! On the loopback the kernel itself would answer for every address in the world. So it is told to answer none, and a raw
//! socket does it for those that would answer on AWS.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

/// ICMP's types of an echo and of its answer.
const ECHO: u8 = 8;
const ANSWER: u8 = 0;
/// The longest packet there is.
const LONGEST: usize = 65_535;

/// Who answers.
#[derive(Debug, Clone)]
pub(super) struct Answering {
    my_address: Ipv4Addr,
    instances: Arc<Mutex<BTreeSet<Ipv4Addr>>>,
}

impl Answering {
    /// Nobody but the computer itself.
    pub(super) fn new(my_address: Ipv4Addr) -> Self {
        Self {
            my_address,
            instances: Arc::default(),
        }
    }

    /// From now on these do, and no others.
    pub(super) fn set(&self, instances: impl Iterator<Item = Ipv4Addr>) {
        *self
            .instances
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = instances.collect();
    }

    fn answers(&self, address: Ipv4Addr) -> bool {
        address.is_loopback()
            || address == self.my_address
            || self
                .instances
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .contains(&address)
    }
}

/// A raw socket of the namespace that this process is in now.
pub(super) fn open() -> io::Result<OwnedFd> {
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::ICMPV4))?;
    socket.set_header_included_v4(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Answers for as long as the runtime lives.
pub(super) async fn answer(socket: OwnedFd, who: Answering) -> io::Result<()> {
    // To the runtime any socket with messages is like one of UDP.
    let socket = UdpSocket::from_std(std::net::UdpSocket::from(socket))?;
    let mut packet = vec![0; LONGEST];
    loop {
        let count = socket.recv(&mut packet).await?;
        let received = packet.get(..count).unwrap_or_default();
        let Some((from, answer)) = answer_to(received, |address| who.answers(address)) else {
            continue;
        };
        // One that does not get through is one that was lost.
        drop(socket.send_to(&answer, SocketAddr::from((from, 0))).await);
    }
}

/// The whole packet that answers this one, and where it goes; none for what is no echo or goes to somebody who does not
/// answer.
fn answer_to(packet: &[u8], answers: impl Fn(Ipv4Addr) -> bool) -> Option<(Ipv4Addr, Vec<u8>)> {
    let header = usize::from(packet.first()? & 0xf) * 4;
    let address = |at: usize| -> Option<[u8; 4]> { packet.get(at..at + 4)?.try_into().ok() };
    let (from, to) = (address(12)?, address(16)?);
    let echo = packet.get(header..)?;
    if *echo.first()? != ECHO || echo.len() < 8 || !answers(to.into()) {
        return None;
    }
    // Version 4, five words, 64 hops, ICMP; the kernel fills in what is 0: lengths, the number and the check sum.
    let mut answer = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, 1, 0, 0];
    answer.extend(to);
    answer.extend(from);
    answer.extend([ANSWER, 0]);
    // The type is one less by 8 in its upper byte, so that the sum's complement is more by as much.
    let sum = u16::from_be_bytes([*echo.get(2)?, *echo.get(3)?]);
    let (sum, carried) = sum.overflowing_add(u16::from(ECHO) << 8);
    answer.extend((sum + u16::from(carried)).to_be_bytes());
    answer.extend(echo.get(4..)?);
    Some((from.into(), answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1071, over whole words.
    fn sum(bytes: &[u8]) -> u16 {
        let words = bytes
            .chunks(2)
            .map(|word| u32::from(word[0]) << 8 | u32::from(word[1]));
        let sum: u32 = words.sum();
        let folded = (sum & 0xffff) + (sum >> 16);
        !u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap()
    }

    fn echo(data: [u8; 2]) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 30, 0, 0, 0, 0, 64, 1, 0, 0];
        packet.extend([198, 51, 100, 7, 203, 0, 113, 25]);
        let mut message = vec![ECHO, 0, 0, 0, 0, 1, 0, 2, data[0], data[1]];
        let sum = sum(&message).to_be_bytes();
        message[2..4].copy_from_slice(&sum);
        packet.extend(message);
        packet
    }

    #[test]
    fn an_answer_carries_the_same_data_and_a_right_sum() {
        for data in [
            [0, 0],
            [0xff, 0xff],
            [0xf7, 0xfc],
            [0xf7, 0xfb],
            [8, 0],
            [1, 2],
        ] {
            let (to, answer) = answer_to(&echo(data), |_| true).unwrap();
            assert_eq!(to, Ipv4Addr::new(198, 51, 100, 7));
            assert_eq!(answer[12..20], [203, 0, 113, 25, 198, 51, 100, 7]);
            assert_eq!((answer[20], &answer[24..]), (ANSWER, &echo(data)[24..]));
            assert_eq!(sum(&answer[20..]), 0, "{data:?}");
        }
    }

    #[test]
    fn who_does_not_answer_is_silent_and_an_answer_is_not_answered() {
        assert_eq!(answer_to(&echo([0, 0]), |_| false), None);
        let (_, answer) = answer_to(&echo([0, 0]), |_| true).unwrap();
        assert_eq!(answer_to(&answer, |_| true), None);
        for short in 0..28 {
            assert_eq!(answer_to(&echo([0, 0])[..short], |_| true), None);
        }
        let who = Answering::new(Ipv4Addr::new(198, 51, 100, 7));
        who.set([Ipv4Addr::new(203, 0, 113, 25)].into_iter());
        assert!(who.answers(Ipv4Addr::new(203, 0, 113, 25)));
        assert!(who.answers(Ipv4Addr::LOCALHOST));
        assert!(!who.answers(Ipv4Addr::new(203, 0, 113, 26)));
    }
}
