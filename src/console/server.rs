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
