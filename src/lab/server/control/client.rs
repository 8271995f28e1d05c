//! The other end of the control socket, for our own small programs: blocking, and never longer than asked.

#![expect(clippy::disallowed_methods, reason = "a client of the lab's socket")]

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, SockAddr, Socket, Type};

use super::request::{Reach, escape};
use super::{Answer, PORT_FILE, SOCKET};

/// The shortest of the limits that systems put on a socket's path (macOS: 104 with the NUL).
const LONGEST_SOCKET_PATH: usize = 103;

/// Whether a path is short enough to be a Unix socket.
pub fn fits_a_socket(path: &Path) -> bool {
    path.as_os_str().len() <= LONGEST_SOCKET_PATH
}

/// The engine could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum NoEngine {
    /// Nobody listens: no lab is open in that folder.
    #[error("no lab is open in {} ({why})", run.display())]
    NotThere {
        /// Folder of the socket.
        run: PathBuf,
        /// Why.
        #[source]
        why: io::Error,
    },
    /// It did not answer in time, or hung up.
    #[error("the lab did not answer: {0}")]
    NoAnswer(#[from] io::Error),
}

/// A connection to the engine.
#[derive(Debug)]
pub struct Client {
    stream: Stream,
    deadline: Option<Instant>,
}

#[derive(Debug)]
enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Client {
    /// Connects to the engine of the lab whose socket is in `run`. Every later read ends at `patience` from now, if one is given.
    pub fn dial(run: &Path, patience: Option<Duration>) -> Result<Self, NoEngine> {
        let deadline = patience.map(|patience| Instant::now() + patience);
        let stream = dial(run).map_err(|why| NoEngine::NotThere {
            run: run.to_owned(),
            why,
        })?;
        Ok(Self { stream, deadline })
    }

    /// Sends one request of these fields.
    pub fn send(&mut self, fields: &[&str]) -> Result<(), NoEngine> {
        let line = fields
            .iter()
            .map(|field| escape(field))
            .collect::<Vec<_>>()
            .join("\t")
            + "\n";
        Ok(self.write_all(line.as_bytes())?)
    }

    /// Tells the engine of a prompt, with bash's history entry if that is what the last field announces, and returns what is
    /// to be printed.
    pub fn prompt(&mut self, fields: &[&str], entry: Option<&str>) -> Result<String, NoEngine> {
        self.send(fields)?;
        if let Some(entry) = entry {
            self.write_all(entry.replace('\0', "").as_bytes())?;
            self.write_all(&[0])?;
        }
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let count = self.read(&mut chunk)?;
            bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
            if bytes.pop_if(|last| *last == 0).is_some() {
                self.write_all(b"seen\n")?;
                return Ok(String::from_utf8_lossy(&bytes).into_owned());
            }
            if count == 0 {
                return Ok(String::new());
            }
        }
    }

    /// Asks what a connection would meet.
    pub fn reach(mut self, address: &str, port: u16) -> Result<Reach, NoEngine> {
        self.send(&["reach", address, &port.to_string()])?;
        let word = self.line()?;
        Ok(Reach::from_word(&word)
            .ok_or_else(|| io::Error::other(format!("'{word}' is no answer")))?)
    }

    /// Asks for a connection; `None` when it is there and this client now carries it.
    pub fn connect(&mut self, address: &str, port: u16) -> Result<Option<Reach>, NoEngine> {
        self.send(&["connect", address, &port.to_string()])?;
        let word = self.line()?;
        if word == "ok" {
            return Ok(None);
        }
        let reach = Reach::from_word(&word)
            .ok_or_else(|| io::Error::other(format!("'{word}' is no answer")))?;
        Ok(Some(reach))
    }

    /// Says `lab` and these words.
    pub fn word(
        mut self,
        directory: &str,
        columns: u16,
        colour: bool,
        words: &[&str],
    ) -> Result<Answer, NoEngine> {
        let shell = rustix::process::getppid().map_or(0, |shell| shell.as_raw_nonzero().get());
        let (shell, columns) = (shell.to_string(), columns.to_string());
        let colour = if colour { "1" } else { "0" };
        let mut fields = vec!["lab", &shell, directory, &columns, colour];
        fields.extend(words);
        self.send(&fields)?;
        let status = self.line()?.parse().map_err(io::Error::other)?;
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        Ok(Answer {
            status,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }

    /// Asks for everything that the coach says from now on, to be read from this client until the lab ends.
    pub fn watch(&mut self, colour: bool) -> Result<(), NoEngine> {
        self.send(&["watch", if colour { "1" } else { "0" }])
    }

    /// The same connection twice, to write to one and read from the other.
    pub fn halves(self) -> io::Result<(Self, Self)> {
        let stream = match &self.stream {
            Stream::Unix(stream) => Stream::Unix(stream.try_clone()?),
            Stream::Tcp(stream) => Stream::Tcp(stream.try_clone()?),
        };
        Ok((
            Self {
                stream,
                deadline: self.deadline,
            },
            self,
        ))
    }

    /// Says that nothing more will be written.
    pub fn finish(&self) -> io::Result<()> {
        match &self.stream {
            Stream::Unix(stream) => stream.shutdown(Shutdown::Write),
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Write),
        }
    }

    /// Reads one line byte by byte: what comes after it may belong to somebody else.
    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        while self.read(&mut byte)? == 1 {
            match byte {
                [b'\n'] => return Ok(String::from_utf8_lossy(&line).into_owned()),
                [other] => line.push(other),
            }
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Unix(stream) => stream.as_fd(),
            Self::Tcp(stream) => stream.as_fd(),
        }
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Read for Client {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(deadline) = self.deadline {
            // A socket's own read limit is counted in clock ticks of up to 10 ms; poll is exact.
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(io::Error::other)?;
            let ready = poll(&mut [PollFd::new(&self.stream, PollFlags::IN)], Some(&left))?;
            if ready == 0 {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        match &mut self.stream {
            Stream::Unix(stream) => stream.read(buffer),
            Stream::Tcp(stream) => stream.read(buffer),
        }
    }
}

impl Write for Client {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.stream {
            Stream::Unix(stream) => stream.write(bytes),
            Stream::Tcp(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn dial(run: &Path) -> io::Result<Stream> {
    let path = run.join(SOCKET);
    if fits_a_socket(&path) {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        // A hung engine's queue may be full: then a blocking connect would wait for it.
        socket.set_nonblocking(true)?;
        socket.connect(&SockAddr::unix(&path)?)?;
        socket.set_nonblocking(false)?;
        return Ok(Stream::Unix(socket.into()));
    }
    let text = std::fs::read_to_string(run.join(PORT_FILE))?;
    let (port, token) = text
        .trim_end()
        .split_once(' ')
        .ok_or(io::ErrorKind::InvalidData)?;
    let port: u16 = port.parse().map_err(io::Error::other)?;
    let mut stream = TcpStream::connect_timeout(
        &SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        Duration::from_millis(5),
    )?;
    stream.write_all(format!("{token}\n").as_bytes())?;
    Ok(Stream::Tcp(stream))
}
