//! A connection that comes out inside the machine: `-L`, `-W`, `-J`. It meets the machine's own ports and nothing else.
//!
//! The reasons for a refusal are sshd's (measured with 9.2), with what a machine without a network would tell it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use russh::server::{ChannelOpenHandle, Msg};
use russh::{Channel, ChannelOpenFailure};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Connection;
use crate::machine::network::{LONGEST_REQUEST, Reach, answer, reach};

/// `SSH_OPEN_ADMINISTRATIVELY_PROHIBITED`, `SSH_OPEN_CONNECT_FAILED` and `SSH_OPEN_RESOURCE_SHORTAGE` (RFC 4254, section 5.1).
const PROHIBITED: u32 = 1;
const CONNECT_FAILED: u32 = 2;
const SHORTAGE: u32 = 4;
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
            let stream = channel.into_stream();
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

async fn refuse(reply: ChannelOpenHandle, code: u32, words: &str) {
    let reason = words.to_owned();
    reply
        .reject(ChannelOpenFailure::Other { code, reason })
        .await;
}

/// One request, one answer, the end: HTTP/1.0.
async fn web<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &Connection,
    mut stream: S,
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
