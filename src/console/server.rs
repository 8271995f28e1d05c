//! The page's connections, with the limits of a server that anything on this computer can reach.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::lab::server::patient::Patient;

/// What a client may take of the server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// For the head of a request, and between two requests.
    pub head: Duration,
    /// For the client to take some of its answer.
    pub write: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            head: Duration::from_secs(20),
            write: Duration::from_secs(20),
        }
    }
}

/// The longest head, in bytes.
const HEAD_BYTES: usize = 32 * 1024;
const BACKLOG: u32 = 128;
/// How long after a failed `accept` it is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(20);

/// A socket that listens on this computer's loopback.
pub(super) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until it is dropped, and every connection with it.
pub(super) async fn serve(listener: TcpListener, router: Router, limits: Limits) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            sleep(TRY_AGAIN).await;
            continue;
        };
        let router = router.clone();
        connections.spawn(async move {
            attend(stream, router, limits).await;
            drop(place);
        });
        while connections.try_join_next().is_some() {}
    }
}

/// One connection, until either side has enough.
async fn attend(stream: TcpStream, router: Router, limits: Limits) {
    let _ = stream.set_nodelay(true);
    let stream = TokioIo::new(Patient::new(stream, limits.write));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(stream, TowerToHyperService::new(router));
    // An error is the client's own: it went away, or spoke no HTTP.
    let _ = connection.await;
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const ASK: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    async fn answer(stream: &mut TcpStream) -> String {
        let mut text = Vec::new();
        // A connection that the server ends may be reset.
        let _ = stream.read_to_end(&mut text).await;
        String::from_utf8_lossy(&text).into_owned()
    }

    #[tokio::test]
    async fn who_sends_no_whole_request_gives_the_place_to_the_next() {
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let limits = Limits {
            connections: 1,
            head: Duration::from_millis(100),
            ..Limits::default()
        };
        let router = Router::new().route("/", get(async || "here"));
        let server = tokio::spawn(serve(listener, router, limits));
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HT").await.unwrap();
        let mut next = TcpStream::connect(address).await.unwrap();
        next.write_all(ASK).await.unwrap();
        assert!(answer(&mut next).await.ends_with("here"));
        assert!(!answer(&mut slow).await.contains("here"));
        let mut long = TcpStream::connect(address).await.unwrap();
        let _ = long.write_all(b"GET / HTTP/1.1\r\nX: ").await;
        let _ = long.write_all(&vec![b'x'; 2 * HEAD_BYTES]).await;
        assert!(answer(&mut long).await.starts_with("HTTP/1.1 431"));
        server.abort();
    }
}
