//! The ceiling: an HTTP server that answers the same bytes to everything, with nothing behind it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

/// Starts it; it lives as long as the process. `answer` is the body.
pub fn start(answer: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/xml;charset=UTF-8\r\ncontent-length: {}\r\n\r\n",
        answer.len()
    );
    let bytes: Arc<[u8]> = (head + answer).into_bytes().into();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let bytes = Arc::clone(&bytes);
            std::thread::spawn(move || serve(stream, &bytes));
        }
    });
    address
}

/// Answers each request, which the benchmarks send in one piece.
fn serve(mut stream: TcpStream, bytes: &[u8]) {
    let _ = stream.set_nodelay(true);
    let mut request = [0; 16 * 1024];
    while stream.read(&mut request).is_ok_and(|length| length > 0) {
        if stream.write_all(bytes).is_err() {
            return;
        }
    }
}
