//! A TCP stream that acknowledges at once.
//!
//! OpenSSH's client leaves Nagle's algorithm on during key exchange and then waits for our delayed acknowledgement: 40 ms
//! of a login of 52. `TCP_QUICKACK` falls back by itself, so it is set again after each read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A TCP stream without waits.
#[derive(Debug)]
pub struct QuickAck(TcpStream);

impl QuickAck {
    /// Turns Nagle's algorithm and delayed acknowledgements off. A failure is no reason to refuse anybody.
    pub fn new(stream: TcpStream) -> Self {
        let _: io::Result<()> = stream.set_nodelay(true);
        let this = Self(stream);
        this.acknowledge();
        this
    }

    fn acknowledge(&self) {
        #[cfg(target_os = "linux")]
        let _: io::Result<()> = socket2::SockRef::from(&self.0).set_tcp_quickack(true);
    }
}

impl AsyncRead for QuickAck {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.0).poll_read(cx, buf))?;
        this.acknowledge();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for QuickAck {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}
