//! A network on which this process can listen and connect: the computer's own, or a lab's, in which it need not be itself.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};

/// A network.
pub trait Network: Send + Sync + 'static {
    /// A socket that listens there; port 0 takes a free one.
    fn listen(&self, at: SocketAddr) -> io::Result<TcpListener>;

    /// A connection to there.
    fn connect(&self, at: SocketAddr) -> io::Result<TcpStream>;
}

/// The network that this process is in.
#[derive(Debug, Clone, Copy)]
pub struct OwnNetwork;

impl Network for OwnNetwork {
    fn listen(&self, at: SocketAddr) -> io::Result<TcpListener> {
        TcpListener::bind(at)
    }

    fn connect(&self, at: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(at)
    }
}
