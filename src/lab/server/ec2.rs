//! The EC2 endpoint: wiremock as the adapter of [`cloud::api::handle`](crate::cloud::api::handle).
//!
//! One catch-all mock answers everything; a lesson's scripted faults are mocks of higher priority. As it comes, wiremock
//! 0.6 is not fit to run for long, and this file mends that:
//!
//! - Every mounted mock keeps a clone of each request that it matched, even with recording off. The catch-all is replaced
//!   every [`ROTATE_AFTER`] requests; `reset` and `mount` are queued behind the server's lock while a request still holds
//!   it, so that no request can come between the two.
//! - The first failed `accept` ends its listener silently. [`Endpoint`] keeps a watch that connects now and then, and
//!   starts a new server on the same port.
//! - A half-sent body panics inside wiremock. That is contained; the panic hook of `cli` keeps its text off the screen.

use std::future::Future;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::cloud::api;

/// Requests after which the catch-all mock is replaced: each that is kept holds on to hyper's read buffer, about 10 kB.
const ROTATE_AFTER: u64 = 100;
/// The longest body that is looked at, in bytes: user data is at most 16 KiB on AWS.
const LONGEST_BODY: usize = 1024 * 1024;
/// How often the watch connects.
const WATCH: Duration = Duration::from_secs(2);

/// What answers the parsed requests.
pub trait Backend: Send + Sync + 'static {
    /// Answers one request. Called for one request at a time.
    fn handle(&self, request: &api::Request<'_>) -> api::Reply;
}

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
    /// Starts the endpoint; port 0 takes a free one.
    pub async fn start(
        address: SocketAddr,
        backend: Arc<dyn Backend>,
    ) -> Result<Self, EndpointError> {
        let listener =
            TcpListener::bind(address).map_err(|source| EndpointError { address, source })?;
        let address = listener
            .local_addr()
            .map_err(|source| EndpointError { address, source })?;
        let server = start_server(listener, Arc::clone(&backend)).await;
        let endpoint = Self {
            address,
            ended: Arc::default(),
            server: Arc::new(Mutex::new(Some(server))),
        };
        endpoint.watch(backend);
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

    fn watch(&self, backend: Arc<dyn Backend>) {
        let (address, ended, server) = (
            self.address,
            Arc::clone(&self.ended),
            Arc::clone(&self.server),
        );
        std::thread::spawn(move || {
            loop {
                std::thread::park_timeout(WATCH);
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                if TcpStream::connect_timeout(&address, WATCH).is_ok() {
                    continue;
                }
                let Ok(listener) = TcpListener::bind(address) else {
                    continue;
                };
                let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                else {
                    continue;
                };
                let fresh = runtime.block_on(start_server(listener, Arc::clone(&backend)));
                *server.lock().unwrap_or_else(PoisonError::into_inner) = Some(fresh);
            }
        });
    }
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

async fn start_server(listener: TcpListener, backend: Arc<dyn Backend>) -> Arc<MockServer> {
    let server = MockServer::builder()
        .listener(listener)
        .disable_request_recording()
        .start()
        .await;
    let server = Arc::new(server);
    let (rotate, wishes) = mpsc::channel();
    let answer = Answer {
        backend,
        rotate,
        since_rotation: Arc::default(),
    };
    server.register(answer.clone().mock()).await;
    let watched = Arc::downgrade(&server);
    std::thread::spawn(move || {
        for queued in wishes {
            let Some(server) = watched.upgrade() else {
                return;
            };
            rotate_mock(&server, &answer, &queued);
        }
    });
    server
}

/// Replaces the catch-all. Called while a request holds the server's lock: polled once each, both futures stand in line for
/// it, in this order and before any later request; then `queued` lets that request finish.
fn rotate_mock(server: &MockServer, answer: &Answer, queued: &mpsc::SyncSender<()>) {
    let mut reset = pin!(server.reset());
    let mut mount = pin!(server.register(answer.clone().mock()));
    let mut nothing = Context::from_waker(Waker::noop());
    let first = reset.as_mut().poll(&mut nothing);
    let second = mount.as_mut().poll(&mut nothing);
    let _ = queued.send(());
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
struct Answer {
    backend: Arc<dyn Backend>,
    rotate: mpsc::Sender<mpsc::SyncSender<()>>,
    since_rotation: Arc<AtomicU64>,
}

impl Answer {
    fn mock(self) -> Mock {
        Mock::given(wiremock::matchers::any())
            .respond_with(self)
            .with_priority(255)
    }

    fn count(&self) {
        if self.since_rotation.fetch_add(1, Ordering::Relaxed) + 1 < ROTATE_AFTER {
            return;
        }
        self.since_rotation.store(0, Ordering::Relaxed);
        let (queued, wait) = mpsc::sync_channel(1);
        if self.rotate.send(queued).is_ok() {
            let _ = wait.recv_timeout(Duration::from_secs(1));
        }
    }
}

impl Respond for Answer {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.count();
        let header = |name: &str| {
            request
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let body = request
            .body
            .get(..LONGEST_BODY.min(request.body.len()))
            .unwrap_or_default();
        let parts = api::Request {
            query: request.url.query().unwrap_or_default(),
            body,
            authorization: header("authorization"),
            target: header("x-amz-target"),
        };
        let reply = if request.body.len() > LONGEST_BODY {
            api::too_large(&parts)
        } else {
            self.backend.handle(&parts)
        };
        // `set_body_raw` is the one that keeps the content type that it is given.
        ResponseTemplate::new(reply.status).set_body_raw(reply.body, reply.content_type)
    }
}
