//! The EC2 endpoint of `serve`: hyper as the adapter of [`reception`](crate::lab::server::reception), with the limits of a
//! server that runs for long and for many.
//!
//! A slow, huge or absent client costs a place among `Limits::connections` and some time, nothing else: heads, bodies and
//! answers have a time each, a body that is too long is refused by its head, and a connection that nobody uses is closed. A
//! failed `accept` (no files left) is tried again. At the end, answers on their way are finished.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::cloud::api::{self, Reply, Request};
use crate::lab::server::ec2::EndpointError;
use crate::lab::server::lanes::Lanes;
use crate::lab::server::patient::Patient;
use crate::lab::server::reception::{Answer, LONGEST_BODY, Reception};

/// What a client may take of the server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// For the head of a request, and between two requests.
    pub head: Duration,
    /// For its body.
    pub body: Duration,
    /// For the client to take some of its answer.
    pub write: Duration,
    /// The longest head, in bytes.
    pub head_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            head: Duration::from_secs(20),
            body: Duration::from_secs(20),
            write: Duration::from_secs(20),
            head_bytes: 64 * 1024,
        }
    }
}

/// Connections that wait to be accepted: a class whose clients start at once.
const BACKLOG: u32 = 1024;
/// How long after a failed `accept` it is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(20);
/// Of a body that is too long so much is still read, so that its sender gets to read the refusal.
const DRAINED: usize = 4 * 1024 * 1024;
/// And for so long.
const DRAINING: Duration = Duration::from_secs(1);

/// A running endpoint. It ends with [`shut_down`](Self::shut_down), or with its runtime.
pub struct Endpoint {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    places: Arc<Semaphore>,
    connections: u32,
}

struct Shared {
    reception: Reception,
    limits: Limits,
}

impl Endpoint {
    /// Starts the endpoint on this runtime, its connections on the lanes; port 0 takes a free one.
    pub fn start(
        address: SocketAddr,
        reception: Reception,
        limits: Limits,
        lanes: Arc<Lanes>,
    ) -> Result<Self, EndpointError> {
        let refused = |source| EndpointError { address, source };
        let listener = listen(address).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let (stop, stopping) = watch::channel(false);
        let connections = u32::try_from(limits.connections).unwrap_or(u32::MAX);
        let places = Arc::new(Semaphore::new(limits.connections));
        let shared = Arc::new(Shared { reception, limits });
        tokio::spawn(accept(
            listener,
            shared,
            lanes,
            Arc::clone(&places),
            stopping,
        ));
        Ok(Self {
            address,
            stop,
            places,
            connections,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Accepts nobody any more, and waits for the answers that are on their way, so long at most.
    pub async fn shut_down(self, patience: Duration) {
        let _ = self.stop.send(true);
        // Every connection gives its place back.
        let _ = timeout(patience, self.places.acquire_many(self.connections)).await;
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    lanes: Arc<Lanes>,
    places: Arc<Semaphore>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            _ = stopping.changed() => return,
        };
        let Ok(place) = place else { return };
        // It moves from this thread's runtime to a lane's.
        let Ok(stream) = accepted.and_then(|(stream, _)| stream.into_std()) else {
            sleep(TRY_AGAIN).await;
            continue;
        };
        let (shared, stopping) = (Arc::clone(&shared), stopping.clone());
        lanes.run(move || async move {
            if let Ok(stream) = TcpStream::from_std(stream) {
                attend(stream, shared, stopping).await;
            }
            drop(place);
        });
    }
}

/// One connection, until either side has enough.
async fn attend(stream: TcpStream, shared: Arc<Shared>, mut stopping: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let limits = shared.limits;
    let stream = TokioIo::new(Patient::new(stream, limits.write));
    let service = service_fn(|request| answer(&shared, request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // Whoever has said everything and closes that half of the connection still wants to hear the answer.
        .half_close(true)
        .header_read_timeout(limits.head)
        .max_buf_size(limits.head_bytes)
        .serve_connection(stream, service);
    let mut connection = pin!(connection);
    tokio::select! {
        // An error is the client's own: it went away, or spoke no HTTP.
        _ = connection.as_mut() => return,
        _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn answer(
    shared: &Shared,
    request: hyper::Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let headers = text_headers(&head.headers);
    let mut parts = request_of(&head, &headers, &[]);
    if let Some(reply) = shared.reception.turn_away(&parts) {
        return Ok(last(reply));
    }
    if body.size_hint().lower() > LONGEST_BODY as u64 {
        drain(body).await;
        return Ok(last(api::too_large(&parts)));
    }
    let whole = timeout(
        shared.limits.body,
        Limited::new(body, LONGEST_BODY).collect(),
    );
    let body = match whole.await {
        Ok(Ok(whole)) => whole.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return Ok(last(api::too_large(&parts)));
        }
        // It broke off, or a chunk is none: nobody is there to read what is wrong with it.
        Ok(Err(_)) => return Ok(last(api::broken_off(&parts))),
        Err(_) => return Ok(last(api::too_slow(&parts))),
    };
    parts.body = &body;
    let answered = if shared.reception.may_wait(&parts) {
        // The other connections of this lane do not wait with it.
        wait_elsewhere(shared, head, body).await
    } else {
        shared.reception.answer(&parts)
    };
    let Answer { reply, delay } = answered;
    if let Some(delay) = delay {
        sleep(delay).await;
    }
    Ok(response(reply))
}

/// Answers on a thread that may be kept waiting.
async fn wait_elsewhere(shared: &Shared, head: Parts, body: Bytes) -> Answer {
    let reception = shared.reception.clone();
    let answered = tokio::task::spawn_blocking(move || {
        let headers = text_headers(&head.headers);
        reception.answer(&request_of(&head, &headers, &body))
    });
    // A panic is answered inside; only a runtime that ends gives nothing.
    answered
        .await
        .unwrap_or_else(|_| api::broken(&Request::default()).into())
}

fn request_of<'a>(
    head: &'a Parts,
    headers: &'a [(&'a str, &'a str)],
    body: &'a [u8],
) -> Request<'a> {
    Request {
        method: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        body,
        authorization: head.headers.get("authorization").and_then(text),
        target: head.headers.get("x-amz-target").and_then(text),
        headers,
    }
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

fn text_headers(headers: &HeaderMap) -> Vec<(&str, &str)> {
    headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), text(value)?)))
        .collect()
}

/// Reads some of a body and keeps none of it.
async fn drain(body: Incoming) {
    let all = async {
        let mut body = body;
        let mut read = 0;
        while read < DRAINED
            && let Some(Ok(frame)) = body.frame().await
        {
            read += frame.data_ref().map_or(0, Bytes::len);
        }
    };
    let _ = timeout(DRAINING, all).await;
}

/// The body moves into the answer, however long it is.
fn response(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = HeaderValue::from_static(reply.content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// An answer after which the connection is closed: what else was sent is not read.
fn last(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = response(reply);
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response
}
