//! A stream with a deadline until the login, an end from outside, and an ear for the client's version line.
//!
//! The deadline is on the stream and not on a timer of inactivity: a trickle of IGNORE packets would defeat that.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::Sleep;

/// RFC 4253, section 4.2: a version line has at most 255 characters with its CR LF.
const LONGEST_VERSION: usize = 255;

/// What the rest of the server can see and do of a stream.
pub(super) struct Watch {
    let_in: AtomicBool,
    hung_up: AtomicBool,
    ring: Notify,
    /// What the client has sent of its first line, and whether that line is complete.
    version: Mutex<(Vec<u8>, bool)>,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self {
            let_in: AtomicBool::new(false),
            hung_up: AtomicBool::new(false),
            ring: Notify::new(),
            version: Mutex::default(),
        }
    }

    /// The login has succeeded: no deadline any more.
    pub(super) fn let_in(&self) {
        self.let_in.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_let_in(&self) -> bool {
        self.let_in.load(Ordering::Relaxed)
    }

    /// Ends the stream, as if the client had gone.
    pub(super) fn hang_up(&self) {
        self.hung_up.store(true, Ordering::Relaxed);
        self.ring.notify_one();
    }

    pub(super) fn is_hung_up(&self) -> bool {
        self.hung_up.load(Ordering::Relaxed)
    }

    /// The client's version line, such as `SSH-2.0-OpenSSH_9.2p1 Debian-2`, without control characters.
    pub(super) fn client(&self) -> Option<String> {
        let version = self.version.lock().unwrap_or_else(PoisonError::into_inner);
        let (line, complete) = &*version;
        let text = String::from_utf8_lossy(line);
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        (*complete && text.starts_with("SSH-")).then_some(text)
    }

    fn hear(&self, bytes: &[u8]) -> bool {
        let mut version = self.version.lock().unwrap_or_else(PoisonError::into_inner);
        let (line, complete) = &mut *version;
        for byte in bytes {
            if *complete || line.len() >= LONGEST_VERSION {
                return true;
            }
            if *byte == b'\n' {
                *complete = true;
            } else {
                line.push(*byte);
            }
        }
        *complete
    }
}

/// The stream.
pub(super) struct Guarded<S> {
    inner: S,
    watch: Arc<Watch>,
    deadline: Option<Pin<Box<Sleep>>>,
    ring: Pin<Box<dyn Future<Output = ()> + Send>>,
    heard: bool,
}

impl<S> Guarded<S> {
    /// Gives the client so long to log in.
    pub(super) fn new(inner: S, watch: Arc<Watch>, grace: Duration) -> Self {
        let bell = Arc::clone(&watch);
        Self {
            inner,
            watch,
            deadline: Some(Box::pin(tokio::time::sleep(grace))),
            ring: Box::pin(async move { bell.ring.notified().await }),
            heard: false,
        }
    }

    /// Ready when the stream has to end.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.watch.is_hung_up() || self.ring.as_mut().poll(cx).is_ready() {
            return Poll::Ready(io::ErrorKind::ConnectionAborted.into());
        }
        if self.watch.is_let_in() {
            self.deadline = None;
        }
        match &mut self.deadline {
            Some(deadline) => deadline
                .as_mut()
                .poll(cx)
                .map(|()| io::ErrorKind::TimedOut.into()),
            None => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Poll::Ready(end) = this.poll_end(cx) {
            return Poll::Ready(Err(end));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        if !this.heard {
            this.heard = this
                .watch
                .hear(buf.filled().get(before..).unwrap_or_default());
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Poll::Ready(end) = this.poll_end(cx) {
            return Poll::Ready(Err(end));
        }
        Pin::new(&mut this.inner).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Poll::Ready(end) = this.poll_end(cx) {
            return Poll::Ready(Err(end));
        }
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);
    const SHORT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn the_version_line_is_heard_and_passed_on() {
        let watch = Arc::new(Watch::new());
        let (client, server) = tokio::io::duplex(1024);
        let mut stream = Guarded::new(server, Arc::clone(&watch), LONG);
        let mut client = client;
        client.write_all(b"SSH-2.0-Open").await.unwrap();
        let mut seen = [0; 12];
        stream.read_exact(&mut seen).await.unwrap();
        assert_eq!(watch.client(), None);
        client.write_all(b"SSH_9.2\r\nbinary").await.unwrap();
        let mut rest = [0; 15];
        stream.read_exact(&mut rest).await.unwrap();
        assert_eq!(&rest, b"SSH_9.2\r\nbinary");
        assert_eq!(watch.client().as_deref(), Some("SSH-2.0-OpenSSH_9.2"));
    }

    #[tokio::test]
    async fn garbage_is_no_version() {
        let watch = Watch::new();
        watch.hear(b"GET / HTTP/1.1\r\n");
        assert_eq!(watch.client(), None);
    }

    #[tokio::test]
    async fn a_stream_of_bytes_does_not_move_the_deadline() {
        let watch = Arc::new(Watch::new());
        let (mut client, server) = tokio::io::duplex(1024);
        let mut stream = Guarded::new(server, watch, SHORT);
        let end = loop {
            client.write_all(b"x").await.unwrap();
            if let Err(error) = stream.read_u8().await {
                break error;
            }
        };
        assert_eq!(end.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn after_the_login_there_is_no_deadline() {
        let watch = Arc::new(Watch::new());
        let (mut client, server) = tokio::io::duplex(1024);
        let mut stream = Guarded::new(server, Arc::clone(&watch), SHORT);
        watch.let_in();
        let over = tokio::time::Instant::now() + 2 * SHORT;
        tokio::select! {
            _ = stream.read_u8() => panic!("nobody has sent anything"),
            () = tokio::time::sleep_until(over) => {}
        }
        client.write_all(b"x").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'x');
    }

    #[tokio::test]
    async fn hanging_up_wakes_a_waiting_reader() {
        let watch = Arc::new(Watch::new());
        let (_client, server) = tokio::io::duplex(1024);
        let mut stream = Guarded::new(server, Arc::clone(&watch), LONG);
        let reader = tokio::spawn(async move { stream.read_u8().await });
        watch.hang_up();
        assert_eq!(
            reader.await.unwrap().unwrap_err().kind(),
            io::ErrorKind::ConnectionAborted
        );
    }
}
