//! What a running line may reach: the machine while it is lent to the session, the shells, the streams, the limits.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;

use super::disk::Fault;
use super::io::{Sink, Source, lock};
use super::session::Size;
use super::shell::{Flow, Shell};
use super::{Identity, Machine};

/// Commands, loop rounds and expansions that one line may take.
pub(crate) const STEPS: u32 = 10_000;
/// Bytes that one line may write to the terminal, to pipes and to variables.
pub(crate) const WRITTEN: usize = 4 * 1024 * 1024;
/// Bytes that may wait to be read: whoever sends more waits, and from a terminal what comes beyond is lost.
pub(crate) const PENDING: usize = 256 * 1024;
/// Bytes of one pipe or command substitution.
const PIPE: usize = 1024 * 1024;

/// What a line waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    Nothing,
    Input,
    Until(i64),
}

/// Everything that a line may reach.
pub(crate) struct Host {
    pub(crate) machine: Machine,
    pub(crate) id: Identity,
    pub(crate) now: i64,
    pub(crate) from: IpAddr,
    /// The terminal's size, when there is one.
    pub(crate) size: Option<Size>,
    /// The session's own shell.
    pub(crate) login: Shell,
    /// The shells within it, innermost last.
    pub(crate) shells: Vec<Shell>,
    /// A shell that a command asked to start once the line is done: `sudo -i`, `bash`.
    pub(crate) nest: Option<Shell>,
    pub(crate) out: Vec<u8>,
    pub(crate) err: Vec<u8>,
    pub(crate) stdin: VecDeque<u8>,
    /// The end of input was met; with a terminal it counts once.
    pub(crate) stdin_ended: bool,
    pub(crate) wait: Wait,
    pub(crate) steps: u32,
    pub(crate) written: usize,
    /// Calls within calls: functions, substitutions, groups.
    pub(crate) depth: usize,
    /// The last process number that was given out.
    pub(crate) pid: u32,
    /// The process number of what was started with `&` last.
    pub(crate) job: u32,
    /// What the running command says when Ctrl-C ends it.
    pub(crate) at_interrupt: &'static str,
    /// The signal that ended the session's own shell.
    pub(crate) killed: Option<&'static str>,
}

impl Host {
    /// The innermost shell.
    pub(crate) fn shell(&mut self) -> &mut Shell {
        self.shells.last_mut().unwrap_or(&mut self.login)
    }

    /// A line begins: it has the full limits.
    pub(crate) fn refill(&mut self) {
        (self.steps, self.written, self.depth) = (STEPS, WRITTEN, 0);
    }

    /// Counts one step.
    pub(crate) fn tick(&mut self) -> Result<(), Flow> {
        self.steps = self.steps.checked_sub(1).ok_or(Flow::Stop)?;
        Ok(())
    }

    /// Counts bytes.
    pub(crate) fn spend(&mut self, bytes: usize) -> Result<(), Flow> {
        self.written = self.written.checked_sub(bytes).ok_or(Flow::Stop)?;
        Ok(())
    }

    /// Writes to a stream.
    pub(crate) fn write(&mut self, sink: &Sink, bytes: &[u8]) -> Result<Result<(), Fault>, Flow> {
        if bytes.is_empty() {
            return Ok(Ok(()));
        }
        self.spend(bytes.len())?;
        match sink {
            Sink::Out => self.out.extend_from_slice(bytes),
            Sink::Err if self.size.is_some() => self.out.extend_from_slice(bytes),
            Sink::Err => self.err.extend_from_slice(bytes),
            Sink::Pipe(pipe) => {
                let mut pipe = lock(pipe);
                if pipe.len() + bytes.len() > PIPE {
                    return Err(Flow::Stop);
                }
                pipe.extend_from_slice(bytes);
            }
            Sink::File(place) => return Ok(self.machine.disk.append(place, bytes, self.now)),
            Sink::Nowhere | Sink::Closed => (),
        }
        Ok(Ok(()))
    }

    /// Is this stream a terminal?
    pub(crate) fn is_terminal(&self, sink: &Sink) -> bool {
        self.size.is_some() && matches!(sink, Sink::Out | Sink::Err)
    }
}

/// The host, shared between a session and the line that it runs.
#[derive(Clone)]
pub(crate) struct Cell(Arc<Mutex<Host>>);

impl Cell {
    pub(crate) fn new(host: Host) -> Self {
        Self(Arc::new(Mutex::new(host)))
    }

    /// The host. Never held over an await: a line's future would not be `Send`.
    pub(crate) fn host(&self) -> MutexGuard<'_, Host> {
        lock(&self.0)
    }

    /// Waits for the next line of the session's input, its line feed included; `None` at the end.
    pub(crate) async fn terminal_line(&self) -> Option<Vec<u8>> {
        std::future::poll_fn(|_| {
            let mut host = self.host();
            host.wait = Wait::Nothing;
            if let Some(end) = host.stdin.iter().position(|byte| *byte == b'\n') {
                return Poll::Ready(Some(host.stdin.drain(..=end).collect()));
            }
            // A line that fills the buffer comes in parts, so that a file without line feeds goes through.
            if host.stdin.len() >= PENDING {
                return Poll::Ready(Some(host.stdin.drain(..).collect()));
            }
            if !host.stdin_ended {
                host.wait = Wait::Input;
                return Poll::Pending;
            }
            // A terminal can go on after its end was typed; anything else has ended for good.
            host.stdin_ended = host.size.is_none();
            let rest: Vec<u8> = host.stdin.drain(..).collect();
            Poll::Ready((!rest.is_empty()).then_some(rest))
        })
        .await
    }

    /// The next line of a source.
    pub(crate) async fn line(&self, source: &Source) -> Option<Vec<u8>> {
        match source {
            Source::Terminal => self.terminal_line().await,
            Source::Bytes(bytes) => {
                let mut bytes = lock(bytes);
                if bytes.is_empty() {
                    return None;
                }
                let end = bytes
                    .iter()
                    .position(|byte| *byte == b'\n')
                    .map_or(bytes.len(), |at| at + 1);
                Some(bytes.drain(..end).collect())
            }
        }
    }

    /// All that is left of a source; more than [`WRITTEN`] is a limit that was met.
    pub(crate) async fn all(&self, source: &Source) -> Result<Vec<u8>, Flow> {
        match source {
            Source::Terminal => {
                let mut all = Vec::new();
                while let Some(line) = self.terminal_line().await {
                    if all.len() + line.len() > WRITTEN {
                        return Err(Flow::Stop);
                    }
                    all.extend(line);
                }
                Ok(all)
            }
            Source::Bytes(bytes) => Ok(std::mem::take(&mut *lock(bytes))),
        }
    }

    /// What has come in of the session's input; `None` at the end.
    pub(crate) async fn bytes(&self) -> Option<Vec<u8>> {
        std::future::poll_fn(|_| {
            let mut host = self.host();
            host.wait = Wait::Nothing;
            if !host.stdin.is_empty() {
                return Poll::Ready(Some(Vec::from(std::mem::take(&mut host.stdin))));
            }
            if host.stdin_ended {
                return Poll::Ready(None);
            }
            host.wait = Wait::Input;
            Poll::Pending
        })
        .await
    }

    /// Lets what was said so far go out before it goes on.
    pub(crate) async fn pause(&self) {
        let mut paused = false;
        std::future::poll_fn(|_| {
            let mut host = self.host();
            if std::mem::replace(&mut paused, true) {
                host.wait = Wait::Nothing;
                return Poll::Ready(());
            }
            host.wait = Wait::Until(host.now);
            Poll::Pending
        })
        .await;
    }

    /// Waits until this time, Unix milliseconds.
    pub(crate) async fn until(&self, time: i64) {
        std::future::poll_fn(|_| {
            let mut host = self.host();
            if host.now >= time {
                host.wait = Wait::Nothing;
                return Poll::Ready(());
            }
            host.wait = Wait::Until(time);
            Poll::Pending
        })
        .await;
    }

    /// Writes to a stream; what the disk says against it is the inner result.
    pub(crate) fn write(&self, sink: &Sink, bytes: &[u8]) -> Result<Result<(), Fault>, Flow> {
        self.host().write(sink, bytes)
    }
}
