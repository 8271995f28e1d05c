//! A name server that knows no name: what is in the lab is in its hosts file, and a mistyped name is unknown, as on AWS.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;

use tokio::net::UdpSocket;

/// The port of DNS.
const DNS: u16 = 53;
/// A question without extensions is at most this long.
const LONGEST: usize = 512;
/// Bytes of a message before its question (RFC 1035, 4.1.1).
const HEADER: usize = 12;

/// A socket of the namespace that this process is in now.
pub(super) fn open() -> io::Result<OwnedFd> {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, DNS))?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Answers for as long as the runtime lives.
pub(super) async fn answer(socket: OwnedFd) -> io::Result<()> {
    let socket = UdpSocket::from_std(std::net::UdpSocket::from(socket))?;
    let mut question = [0; LONGEST];
    loop {
        let (count, from): (usize, SocketAddr) = socket.recv_from(&mut question).await?;
        if let Some(answer) = unknown(question.get(..count).unwrap_or_default()) {
            // One that does not get through is asked again.
            drop(socket.send_to(&answer, from).await);
        }
    }
}

/// "No such name" (RFC 1035, 4.1.1) to a question; none to what is no question.
fn unknown(question: &[u8]) -> Option<Vec<u8>> {
    let header = question.get(..HEADER)?;
    let (number, flags) = (header.get(..2)?, header.get(2)?);
    if flags & 0x80 != 0 || header.get(4..6)? != [0, 1] {
        return None;
    }
    // The name's labels, each after its length, then type and class.
    let mut end = HEADER;
    loop {
        let length = usize::from(*question.get(end)?);
        end += 1 + length;
        if length == 0 {
            break;
        }
    }
    let asked = question.get(HEADER..end + 4)?;
    let mut answer = number.to_vec();
    // An answer, with the question's own wish for recursion; recursion is there; no such name.
    answer.extend([0x80 | (flags & 0x79), 0x83]);
    answer.extend([0, 1, 0, 0, 0, 0, 0, 0]);
    answer.extend(asked);
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The question for `a.b`, type A, with an extension behind it.
    const QUESTION: &[u8] =
        b"\x12\x34\x01\0\0\x01\0\0\0\0\0\x01\x01a\x01b\0\0\x01\0\x01\0\0\x29\x04\xb0\0\0\0\0\0\0";

    #[test]
    fn every_name_is_unknown() {
        let answer = unknown(QUESTION).unwrap();
        assert_eq!(
            answer,
            b"\x12\x34\x81\x83\0\x01\0\0\0\0\0\0\x01a\x01b\0\0\x01\0\x01"
        );
        assert_eq!(unknown(&answer), None, "an answer is no question");
        for short in 0..21 {
            assert_eq!(unknown(&QUESTION[..short]), None, "{short}");
        }
    }
}
