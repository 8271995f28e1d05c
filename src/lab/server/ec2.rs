//! A lab's EC2 endpoint: wiremock as the adapter of [`reception`](crate::lab::server::reception).
//!
//! One catch-all mock answers everything, scripted faults too, so that they are the same behind both adapters. As it comes,
//! wiremock 0.6 is not fit to run for long, and this file mends that:
//!
//! - Every mounted mock keeps a clone of each request that it matched, even with recording off. The catch-all is replaced
//!   every `ROTATE_AFTER` requests or `ROTATE_AFTER_BYTES`; `reset` and `mount` are queued behind the server's lock
//!   while a request still holds it, so that no request can come between the two.
//! - The first failed `accept` ends its listener, and with it every connection, silently. [`Endpoint`] watches by holding a
//!   connection of its own, and starts a new server on the same port as soon as that one ends.
//! - A half-sent body panics inside wiremock. That is contained; `lab::quiet` keeps its text off the screen.
//! - It reads a body to its end before anybody can say that it is too long: that is answered with 413 then, and let go.

use std::future::Future;
use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::cloud::api;
use crate::lab::server::network::{Network, OwnNetwork};
use crate::lab::server::reception::{Answer, Reception};

/// Requests after which the catch-all mock is replaced: each that is kept holds on to hyper's read buffer, about 10 kB.
const ROTATE_AFTER: usize = 200;
/// Bytes of their bodies after which it is replaced sooner.
const ROTATE_AFTER_BYTES: usize = 256 * 1024;
/// How long the watch waits before it tries again to listen: the old server may not have let go of the port yet.
const TRY_AGAIN: Duration = Duration::from_millis(20);

/// A running endpoint. Dropping it closes it.
pub struct Endpoint {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    server: Arc<Mutex<Option<Arc<MockServer>>>>,
}

/// The endpoint's address cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the EC2 endpoint cannot listen on {address}: {source}")]
pub struct EndpointError {
    /// The address that was asked for.
    pub address: SocketAddr,
    /// What the system said.
    pub source: std::io::Error,
}

impl Endpoint {
    /// Starts the endpoint in this computer's own network; port 0 takes a free one.
    pub async fn start(address: SocketAddr, reception: Reception) -> Result<Self, EndpointError> {
        Self::start_in(Arc::new(OwnNetwork), address, reception).await
    }

    /// Starts it in that network.
    pub async fn start_in(
        network: Arc<dyn Network>,
        address: SocketAddr,
        reception: Reception,
    ) -> Result<Self, EndpointError> {
        let listener = network
            .listen(address)
            .map_err(|source| EndpointError { address, source })?;
        let address = listener
            .local_addr()
            .map_err(|source| EndpointError { address, source })?;
        let server = start_server(listener, reception.clone()).await;
        let endpoint = Self {
            address,
            ended: Arc::default(),
            server: Arc::new(Mutex::new(Some(server))),
        };
        endpoint.watch(network, reception);
        Ok(endpoint)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn watch(&self, network: Arc<dyn Network>, reception: Reception) {
        let (address, ended, server) = (
            self.address,
            Arc::clone(&self.ended),
            Arc::clone(&self.server),
        );
        std::thread::spawn(move || {
            loop {
                wait_until_closed(&*network, address);
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                if let Some(fresh) = start_again(&*network, address, &reception) {
                    *server.lock().unwrap_or_else(PoisonError::into_inner) = Some(fresh);
                } else {
                    std::thread::park_timeout(TRY_AGAIN);
                }
            }
        });
    }
}

/// Holds a connection for as long as the server on that address lives; returns at once when there is none.
fn wait_until_closed(network: &dyn Network, address: SocketAddr) {
    if let Ok(mut stream) = network.connect(address) {
        // The server has nothing to say to a client that asks nothing.
        let _ = stream.read(&mut [0]);
    }
}

/// A new server on the same address; none while the address is still taken or the process is out of files.
fn start_again(
    network: &dyn Network,
    address: SocketAddr,
    reception: &Reception,
) -> Option<Arc<MockServer>> {
    let listener = network.listen(address).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .ok()?;
    Some(runtime.block_on(start_server(listener, reception.clone())))
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        self.server
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

async fn start_server(listener: TcpListener, reception: Reception) -> Arc<MockServer> {
    let server = MockServer::builder()
        .listener(listener)
        .disable_request_recording()
        .start()
        .await;
    let server = Arc::new(server);
    let (rotate, wishes) = mpsc::channel();
    let answer = CatchAll {
        reception,
        rotate,
        kept: Arc::default(),
    };
    server.register(answer.mock()).await;
    let watched = Arc::downgrade(&server);
    // Ends with the last mock, which has the other end of the channel.
    std::thread::spawn(move || {
        for rotation in wishes {
            let Some(server) = watched.upgrade() else {
                return;
            };
            rotate_mock(&server, rotation);
        }
    });
    server
}

/// A wish for a new catch-all, sent by a request that holds the server's lock.
struct Rotation {
    mock: Mock,
    /// Told when the new one stands in line.
    queued: mpsc::SyncSender<()>,
}

/// Replaces the catch-all. Called while a request holds the server's lock: polled once each, both futures stand in line for
/// it, in this order and before any later request; then that request may finish.
fn rotate_mock(server: &MockServer, rotation: Rotation) {
    let mut reset = pin!(server.reset());
    let mut mount = pin!(server.register(rotation.mock));
    let mut nothing = Context::from_waker(Waker::noop());
    let first = reset.as_mut().poll(&mut nothing);
    let second = mount.as_mut().poll(&mut nothing);
    let _ = rotation.queued.send(());
    let wait = async {
        if first == Poll::Pending {
            reset.await;
        }
        if second == Poll::Pending {
            mount.await;
        }
    };
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() {
        runtime.block_on(wait);
    }
}

/// The catch-all mock's answer.
#[derive(Clone)]
struct CatchAll {
    reception: Reception,
    rotate: mpsc::Sender<Rotation>,
    kept: Arc<Kept>,
}

/// What wiremock has kept since the last rotation.
#[derive(Default)]
struct Kept {
    requests: AtomicUsize,
    bytes: AtomicUsize,
}

impl CatchAll {
    fn mock(&self) -> Mock {
        Mock::given(wiremock::matchers::any())
            .respond_with(self.clone())
            .with_priority(255)
    }

    /// Counts a request that wiremock has just kept, and lets all of them go when they are many.
    fn count(&self, request: &Request) {
        let requests = self.kept.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let length = request.body.len();
        let bytes = self.kept.bytes.fetch_add(length, Ordering::Relaxed) + length;
        if requests < ROTATE_AFTER && bytes < ROTATE_AFTER_BYTES {
            return;
        }
        self.kept.requests.store(0, Ordering::Relaxed);
        self.kept.bytes.store(0, Ordering::Relaxed);
        let (queued, wait) = mpsc::sync_channel(1);
        let mock = self.mock();
        if self.rotate.send(Rotation { mock, queued }).is_ok() {
            let _ = wait.recv_timeout(Duration::from_secs(1));
        }
    }
}

impl Respond for CatchAll {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.count(request);
        let header = |name: &str| {
            request
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let headers: Vec<(&str, &str)> = request
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        let Answer { reply, delay } = self.reception.answer(&api::Request {
            method: request.method.as_str(),
            path: request.url.path(),
            query: request.url.query().unwrap_or_default(),
            body: &request.body,
            authorization: header("authorization"),
            target: header("x-amz-target"),
            headers: &headers,
        });
        // `set_body_raw` is the one that keeps the content type that it is given.
        let answer =
            ResponseTemplate::new(reply.status).set_body_raw(reply.body, reply.content_type);
        match delay {
            // It is waited for outside wiremock's lock.
            Some(delay) => answer.set_delay(delay),
            None => answer,
        }
    }
}
