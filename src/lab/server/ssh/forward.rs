//! A connection that comes out inside the machine: `-L`, `-W`, `-J`. It meets the machine's own ports and nothing else.
//!
//! The reasons for a refusal are sshd's (measured with 9.2), with what a machine without a network would tell it.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::sync::Arc;

use russh::server::{ChannelOpenHandle, Msg};
use russh::{Channel, ChannelMsg, ChannelOpenFailure};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};

use super::Connection;
use super::budget::Share;
use crate::machine::network::{LONGEST_REQUEST, Reach, answer, reach};

/// `SSH_OPEN_ADMINISTRATIVELY_PROHIBITED`, `SSH_OPEN_CONNECT_FAILED` and `SSH_OPEN_RESOURCE_SHORTAGE` (RFC 4254, section 5.1).
const PROHIBITED: u32 = 1;
pub(super) const CONNECT_FAILED: u32 = 2;
const SHORTAGE: u32 = 4;
/// Bytes on their way from a channel to what is behind it.
const PIPE: usize = 16 * 1024;
/// Bytes that wait for that, above which the channel is closed.
const MOST_HELD: usize = 1024 * 1024;
/// Logins through logins: a jump host, and one jump more.
const DEEPEST: u32 = 3;

/// Answers a client that wants to be connected to `host` and `port` from inside the machine.
pub(super) async fn open(
    connection: &Arc<Connection>,
    allowed: bool,
    channel: Channel<Msg>,
    (host, port): (&str, u32),
    reply: ChannelOpenHandle,
) {
    if !allowed {
        return refuse(reply, PROHIBITED, "open failed").await;
    }
    let Ok(port) = u16::try_from(port) else {
        return refuse(reply, CONNECT_FAILED, "open failed").await;
    };
    let mut met = Reach::Unreachable;
    connection
        .host
        .with_machine(&connection.target, &mut |machine, id, _| {
            met = reach(machine, id, host, port);
        });
    let words = match met {
        Reach::Ssh if connection.depth >= DEEPEST => "Resource temporarily unavailable",
        Reach::Web | Reach::Ssh => {
            let Some(place) = connection.forward() else {
                return refuse(reply, SHORTAGE, "open failed").await;
            };
            reply.accept().await;
            let (connection, host) = (Arc::clone(connection), host.to_owned());
            let (stream, other_end) = tokio::io::duplex(PIPE);
            tokio::spawn(carry(channel, other_end, connection.budget.share()));
            tokio::spawn(async move {
                if met == Reach::Ssh {
                    let inside = IpAddr::V4(Ipv4Addr::LOCALHOST);
                    let target = connection.target.clone();
                    let depth = connection.depth + 1;
                    let _ = connection.server.enter(stream, target, inside, depth).await;
                } else {
                    // A client that goes away in the middle is no concern of anybody's.
                    let _: std::io::Result<()> = web(&connection, stream, &host, port).await;
                }
                drop(place);
            });
            return;
        }
        Reach::Refused => "Connection refused",
        Reach::Silent => "Connection timed out",
        Reach::Unreachable => "Network is unreachable",
        Reach::UnknownName => "Name or service not known",
    };
    refuse(reply, CONNECT_FAILED, words).await;
}

/// Refuses a channel with this reason.
pub(super) async fn refuse(reply: ChannelOpenHandle, code: u32, words: &str) {
    let reason = words.to_owned();
    reply
        .reject(ChannelOpenFailure::Other { code, reason })
        .await;
}

/// Carries bytes between a channel and what is behind it. It takes from the channel whatever comes: russh waits with the whole
/// connection, its end included, while one channel's bytes are not taken.
async fn carry(channel: Channel<Msg>, inside: DuplexStream, mut share: Share) {
    let (mut reading, writing) = channel.split();
    let mut out = Box::pin(writing.make_writer());
    let (mut from, mut to) = tokio::io::split(inside);
    // What waits to go in, and whether more comes; what waits to go out.
    let (mut held, mut more) = (VecDeque::new(), true);
    let (mut part, mut said) = (vec![0; PIPE], 0..0);
    loop {
        if !more && held.is_empty() {
            let _: std::io::Result<()> = to.shutdown().await;
        }
        let (first, _) = held.as_slices();
        tokio::select! {
            message = reading.wait() => match message {
                Some(ChannelMsg::Data { data }) if more => {
                    held.extend(data.iter().copied());
                    if held.len() > MOST_HELD || !share.set(held.len()) {
                        break;
                    }
                }
                Some(ChannelMsg::Eof) => more = false,
                Some(ChannelMsg::Close) | None => break,
                Some(_) => {}
            },
            written = to.write(first), if !held.is_empty() => match written {
                Ok(count) => {
                    held.drain(..count);
                    share.set(held.len());
                }
                // Nobody listens inside any more, but there may be an answer.
                Err(_) => held.clear(),
            },
            done = back(&mut from, &mut out, &mut part, &mut said) => match done {
                Ok(()) => {}
                Err(_) => break,
            },
        }
    }
    // First of all: russh may be waiting for this channel to take something, and takes nothing itself meanwhile.
    drop(reading);
    // They fail only when the connection is gone.
    let _: Result<(), russh::Error> = writing.eof().await;
    let _: Result<(), russh::Error> = writing.close().await;
}

/// One step of the way out: reads a part, or sends what was read. Cut short, it has lost nothing.
async fn back(
    from: &mut (impl AsyncRead + Unpin),
    out: &mut (impl AsyncWrite + Unpin),
    part: &mut [u8],
    said: &mut Range<usize>,
) -> std::io::Result<()> {
    if said.start == said.end {
        *said = 0..from.read(part).await?;
        if said.start == said.end {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    } else {
        let rest = part.get(said.clone()).unwrap_or_default();
        said.start += out.write(rest).await?;
    }
    Ok(())
}

/// One request, one answer, the end: HTTP/1.0.
async fn web(
    connection: &Connection,
    mut stream: DuplexStream,
    host: &str,
    port: u16,
) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut part = vec![0; 4096];
    loop {
        let count = stream.read(&mut part).await?;
        request.extend_from_slice(part.get(..count).unwrap_or_default());
        let mut response = None;
        let here = connection
            .host
            .with_machine(&connection.target, &mut |machine, id, now| {
                response = answer(machine, id, now, (host, port), &request);
            });
        if let Some(response) = response {
            stream.write_all(&response).await?;
            return stream.shutdown().await;
        }
        if count == 0 || !here || request.len() > LONGEST_REQUEST {
            return Ok(());
        }
    }
}
