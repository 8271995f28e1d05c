//! A `groundschool serve` process of one's own, and an HTTP client that sends exactly the bytes it is given. For the
//! integration tests and the benchmarks.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A running server. Dropping it kills the process.
pub struct Served {
    child: Child,
    /// Where the endpoint listens.
    pub address: SocketAddr,
    /// The port on which the instances answer SSH.
    pub ssh_port: u16,
    /// The whole ready line.
    pub ready: serde_json::Value,
}

impl Served {
    /// Starts `serve --ec2 127.0.0.1:0 --pace instant` and waits for its ready line.
    pub fn start() -> Self {
        Self::from(Command::new(env!("CARGO_BIN_EXE_groundschool")).args([
            "serve",
            "--ec2",
            "127.0.0.1:0",
            "--pace",
            "instant",
        ]))
    }

    /// The same from a command of the caller's, which ends as that process.
    pub fn from(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("serve starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("its standard output is a pipe");
        BufReader::new(out)
            .read_line(&mut line)
            .expect("it writes text");
        let ready: serde_json::Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("ready line {line:?}: {error}"));
        let url = ready
            .get("ec2")
            .and_then(|url| url.as_str())
            .expect("the ready line has ec2");
        let address = url
            .trim_start_matches("http://")
            .parse()
            .expect("ec2 is http://ADDRESS");
        let ssh_port = ready
            .get("ssh_port")
            .and_then(serde_json::Value::as_u64)
            .and_then(|port| u16::try_from(port).ok())
            .expect("the ready line has ssh_port");
        Self {
            child,
            address,
            ssh_port,
            ready,
        }
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A new connection.
    pub fn connect(&self) -> Client {
        Client::connect(self.address).expect("the endpoint accepts")
    }

    /// Whether the process still runs.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_none())
    }

    /// Ends it with SIGTERM; what it wrote to standard error.
    pub fn stop(mut self) -> String {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.pid()).expect("a process id"))
            .expect("not 0");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)
            .expect("it can be asked to end");
        self.child.wait().expect("it ends");
        let mut text = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_string(&mut text);
        }
        text
    }

    /// A number of kilobytes from `/proc/PID/FILE`, such as `VmRSS` of `status` or `Pss` of `smaps_rollup`.
    pub fn kilobytes(&self, file: &str, field: &str) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/{file}", self.pid()))
            .expect("the process has a /proc entry");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
            .expect("the field is there");
        line.trim()
            .trim_end_matches(" kB")
            .parse()
            .expect("a number")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The header lines as they came.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The text of the first element of that name.
    pub fn first(&self, element: &str) -> &str {
        self.all(element).next().unwrap_or_default()
    }

    /// The texts of all elements of that name.
    pub fn all(&self, element: &str) -> impl Iterator<Item = &str> {
        let (open, close) = (format!("<{element}>"), format!("</{element}>"));
        self.body
            .split(&open)
            .skip(1)
            .map(move |rest| rest.split(&close).next().unwrap_or_default())
            .collect::<Vec<_>>()
            .into_iter()
    }
}

/// One keep-alive connection.
pub struct Client {
    /// The connection itself.
    pub stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects.
    pub fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        })
    }

    /// Calls an EC2 action in `us-east-1`.
    pub fn ec2(&mut self, action: &str, form: &str) -> Result<Answer> {
        self.send(&ec2(action, form))
    }

    /// Sends these bytes and reads one answer.
    pub fn send(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request)?;
        self.answer()
    }

    /// Sends these bytes and reads one answer, without making text of it: its length in bytes.
    pub fn exchange(&mut self, request: &[u8]) -> Result<usize> {
        self.stream.write_all(request)?;
        self.read_answer().map(|(head, body)| head + body)
    }

    /// Reads one answer.
    pub fn answer(&mut self) -> Result<Answer> {
        let (head, body) = self.read_answer()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let head_text = text(&self.buffer[..head]);
        let status = head_text
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| Error::new(ErrorKind::InvalidData, head_text.clone()))?;
        Ok(Answer {
            status,
            body: text(&self.buffer[head..head + body]),
            head: head_text,
        })
    }

    /// Fills the buffer with one answer: the lengths of its head and its body.
    fn read_answer(&mut self) -> Result<(usize, usize)> {
        self.buffer.clear();
        let mut whole = None;
        loop {
            if whole.is_none()
                && let Some(end) = find(&self.buffer, b"\r\n\r\n")
            {
                whole = Some((end + 4, content_length(&self.buffer[..end])?));
            }
            if let Some((head, body)) = whole
                && self.buffer.len() >= head + body
            {
                return Ok((head, body));
            }
            let mut chunk = [0; 16 * 1024];
            match self.stream.read(&mut chunk)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                length => self.buffer.extend_from_slice(&chunk[..length]),
            }
        }
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|part| part == what)
}

fn content_length(head: &[u8]) -> Result<usize> {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    length.ok_or_else(|| Error::new(ErrorKind::InvalidData, head.clone()))
}

/// The bytes of a signed request for an EC2 action; the signature is of the right length and form.
pub fn ec2(action: &str, form: &str) -> Vec<u8> {
    let form = if form.is_empty() {
        String::new()
    } else {
        format!("&{form}")
    };
    post(
        &format!("Action={action}&Version=2016-11-15{form}"),
        &[("Authorization", AUTHORIZATION)],
    )
}

/// The header of a request for EC2 in `us-east-1`.
pub const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261124/us-east-1/ec2/aws4_request, \
    SignedHeaders=content-type;host;x-amz-date, Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024";

/// The bytes of a POST of a form, with these headers.
pub fn post(body: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut text = String::from("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    text += "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nX-Amz-Date: 20261124T100000Z\r\n";
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    let _ = write!(text, "Content-Length: {}\r\n\r\n{body}", body.len());
    text.into_bytes()
}
