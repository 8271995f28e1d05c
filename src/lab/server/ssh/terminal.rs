//! One session channel: what the client sends goes to the machine, what the machine says goes to the client.
//!
//! russh answers a client only between two callbacks, so output must never be awaited inside one: each channel has a task
//! of its own. That task always takes what comes, and stops handing it to the machine while the client does not read what
//! was said before. Memory per channel is bounded by [`MOST_UNSENT`], [`MOST_HELD`] and one answer of the machine.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use russh::ChannelId;
use russh::server::Handle;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Connection;
use super::config::WINDOW;
use crate::course::evidence::What;
use crate::machine::{Identity, Machine, Output, Session, Size, Then};

/// Output that waits for the client, in bytes, above which no more input is looked at.
const MOST_UNSENT: usize = 256 * 1024;
/// Input that waits for that, above which the channel is closed: twice what the window lets a client send.
const MOST_HELD: usize = 2 * WINDOW as usize;
/// Bytes in one message of output.
const PIECE: usize = 32 * 1024;
/// The stream number of standard error (RFC 4254, section 5.2).
const STDERR: u32 = 1;
/// Exit status of cloud-init's forced command for root.
const ROOT_STATUS: u32 = 142;
/// Exit status of a command that Ctrl-C ended.
const INTERRUPTED: u32 = 130;
const CTRL_C: u8 = 3;

/// Who has logged in.
pub(super) struct Login {
    pub(super) user: String,
    /// Root's sentence, in place of anything else.
    pub(super) hint: Option<String>,
}

/// What comes from the client.
pub(super) enum Input {
    Pty(Size),
    Shell,
    Exec(String),
    Bytes(Vec<u8>),
    Resize(Size),
    Interrupt,
    End,
}

impl Input {
    /// What it costs to keep, in bytes, more or less.
    fn weight(&self) -> usize {
        let inside = match self {
            Self::Exec(line) => line.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Pty(_) | Self::Shell | Self::Resize(_) | Self::Interrupt | Self::End => 0,
        };
        inside + size_of::<Self>()
    }
}

/// What goes to the client.
#[derive(Clone)]
enum Piece {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
    /// Exit status, end of output and close.
    Exit(u32),
    End,
    Close,
}

/// The channel's task.
pub(super) struct Terminal {
    connection: Arc<Connection>,
    login: Arc<Login>,
    handle: Handle,
    channel: ChannelId,
    pty: Option<Size>,
    session: Option<Session>,
    /// Root's sentence was said.
    turned_away: bool,
    unsent: VecDeque<Piece>,
    unsent_bytes: usize,
    held: VecDeque<Input>,
    held_bytes: usize,
    wake: Option<Instant>,
    done: bool,
}

impl Terminal {
    pub(super) fn new(
        connection: Arc<Connection>,
        login: Arc<Login>,
        handle: Handle,
        channel: ChannelId,
    ) -> Self {
        Self {
            connection,
            login,
            handle,
            channel,
            pty: None,
            session: None,
            turned_away: false,
            unsent: VecDeque::new(),
            unsent_bytes: 0,
            held: VecDeque::new(),
            held_bytes: 0,
            wake: None,
            done: false,
        }
    }

    /// Runs until the channel is closed from either side.
    pub(super) async fn run(mut self, mut inputs: mpsc::Receiver<Input>) {
        loop {
            while !self.done && self.unsent_bytes < MOST_UNSENT {
                let Some(input) = self.held.pop_front() else {
                    break;
                };
                self.held_bytes = self.held_bytes.saturating_sub(input.weight());
                self.take(input);
            }
            let next = self.unsent.front().cloned();
            if self.done && next.is_none() {
                return;
            }
            let wake = self
                .wake
                .filter(|_| !self.done && self.unsent_bytes < MOST_UNSENT);
            tokio::select! {
                biased;
                sent = send(&self.handle, self.channel, next) => match sent {
                    Ok(()) => self.sent(),
                    Err(()) => return,
                },
                input = inputs.recv() => match input {
                    Some(input) => self.hold(input),
                    None => return,
                },
                () = until(wake) => self.woken(),
            }
        }
    }

    fn hold(&mut self, input: Input) {
        if self.done {
            return;
        }
        self.held_bytes += input.weight();
        self.held.push_back(input);
        if self.held_bytes > MOST_HELD {
            self.close();
        }
    }

    fn take(&mut self, input: Input) {
        let started = self.session.is_some() || self.turned_away;
        match input {
            Input::Pty(size) if !started => self.pty = Some(size),
            Input::Shell if !started => self.start(Session::start_shell),
            Input::Exec(line) if !started => {
                self.start(|session, machine, id, now| session.exec(machine, id, now, &line));
            }
            Input::Bytes(bytes) if self.turned_away => {
                if self.pty.is_some() && bytes.contains(&CTRL_C) {
                    self.exit(INTERRUPTED);
                }
            }
            Input::Interrupt if self.turned_away => self.exit(INTERRUPTED),
            Input::Bytes(bytes) => {
                self.drive(|session, machine, id, now| session.input(machine, id, now, &bytes));
            }
            Input::Interrupt => self.drive(Session::interrupt),
            Input::End => self.drive(Session::eof),
            Input::Resize(size) => {
                if let Some(session) = &mut self.session {
                    session.resize(size);
                }
            }
            // A second shell on the same channel: sshd does not start one either.
            Input::Pty(_) | Input::Shell | Input::Exec(_) => {}
        }
    }

    /// Begins a shell or a command, or says root's sentence.
    fn start(&mut self, begin: impl FnMut(&mut Session, &mut Machine, &Identity, i64) -> Output) {
        if let Some(hint) = &self.login.hint {
            let text = if self.pty.is_some() {
                hint.replace('\n', "\r\n")
            } else {
                hint.clone()
            };
            self.turned_away = true;
            self.say(text.into_bytes(), Piece::Stdout);
            self.wake = Some(Instant::now() + self.connection.settings.root_wait);
            return;
        }
        let (user, from, pty) = (self.login.user.clone(), self.connection.from, self.pty);
        let mut session = None;
        let here =
            self.connection
                .host
                .with_machine(&self.connection.target, &mut |machine, id, now| {
                    session = Some(Session::login(machine, id, &user, from, now, pty));
                });
        self.session = session;
        if here {
            self.drive(begin);
        } else {
            self.connection.watch.hang_up();
        }
    }

    fn woken(&mut self) {
        self.wake = None;
        if self.turned_away {
            self.exit(ROOT_STATUS);
        } else {
            self.drive(Session::wake);
        }
    }

    /// Calls the session and does what it says.
    fn drive(
        &mut self,
        mut call: impl FnMut(&mut Session, &mut Machine, &Identity, i64) -> Output,
    ) {
        let Some(session) = &mut self.session else {
            return;
        };
        let mut answer = None;
        self.connection
            .host
            .with_machine(&self.connection.target, &mut |machine, id, now| {
                answer = Some((call(session, machine, id, now), now));
            });
        // The instance was terminated under the learner: the connection goes with it.
        let Some((output, now)) = answer else {
            return self.connection.watch.hang_up();
        };
        for ran in output.ran {
            self.connection.record(What::RemoteCommand {
                session: self.connection.session,
                instance: self.connection.target.instance.clone(),
                line: ran.line,
                status: ran.status,
            });
        }
        self.say(output.stdout, Piece::Stdout);
        self.say(output.stderr, Piece::Stderr);
        self.wake = None;
        match output.then {
            Then::ReadMore => {}
            Then::WakeAt(at) => {
                let wait =
                    Duration::from_millis(u64::try_from(at.saturating_sub(now)).unwrap_or(0));
                self.wake = Some(Instant::now() + wait);
            }
            Then::Exit(status) => self.exit(status),
        }
    }

    fn say(&mut self, bytes: Vec<u8>, piece: fn(Vec<u8>) -> Piece) {
        self.unsent_bytes += bytes.len();
        if bytes.len() <= PIECE {
            if !bytes.is_empty() {
                self.unsent.push_back(piece(bytes));
            }
            return;
        }
        self.unsent
            .extend(bytes.chunks(PIECE).map(|part| piece(part.to_vec())));
    }

    /// Ends as sshd does: end of output, exit status, close.
    fn exit(&mut self, status: u32) {
        if !self.done {
            self.unsent
                .extend([Piece::End, Piece::Exit(status), Piece::Close]);
        }
        self.finish();
    }

    /// Ends without an exit status.
    fn close(&mut self) {
        if !self.done {
            self.unsent.push_back(Piece::Close);
        }
        self.finish();
    }

    fn finish(&mut self) {
        self.done = true;
        self.session = None;
        self.held = VecDeque::new();
    }

    fn sent(&mut self) {
        if let Some(Piece::Stdout(bytes) | Piece::Stderr(bytes)) = self.unsent.pop_front() {
            self.unsent_bytes = self.unsent_bytes.saturating_sub(bytes.len());
        }
    }
}

/// Hands one piece to russh, which takes few at a time and none while the client's window is full. Cut short, it has sent
/// nothing.
async fn send(handle: &Handle, channel: ChannelId, piece: Option<Piece>) -> Result<(), ()> {
    match piece {
        Some(Piece::Stdout(bytes)) => handle.data(channel, bytes).await.map_err(drop),
        Some(Piece::Stderr(bytes)) => handle
            .extended_data(channel, STDERR, bytes)
            .await
            .map_err(drop),
        Some(Piece::Exit(status)) => handle.exit_status_request(channel, status).await,
        Some(Piece::End) => handle.eof(channel).await,
        Some(Piece::Close) => handle.close(channel).await,
        None => pending().await,
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => pending().await,
    }
}
