//! One session channel: what the client sends goes to the machine, what the machine says goes to the client.
//!
//! russh answers a client only between two callbacks, so output must never be awaited inside one: each channel has a task
//! of its own. That task always takes what comes, and stops handing it to the machine while the client does not read what
//! was said before. Memory per channel is bounded by [`MOST_UNSENT`], [`MOST_HELD`] and one answer of the machine.
//!
//! What changed on the machine is written before the next prompt is sent, but for changes that follow each other closely (a
//! file that is coming in): those are written together, at the latest before the exit status is sent.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use russh::ChannelId;
use russh::server::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Connection;
use super::config::WINDOW;
use super::sftp::Sftp;
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
/// Changes of a machine are not written more often than this,
const KEPT_EVERY: Duration = Duration::from_millis(500);
/// and at most this part of the time is spent on writing them.
const KEPT_PART: u32 = 10;
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
    Sftp,
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
            Self::Pty(_)
            | Self::Shell
            | Self::Sftp
            | Self::Resize(_)
            | Self::Interrupt
            | Self::End => 0,
        };
        inside + size_of::<Self>()
    }
}

/// What goes to the client.
#[derive(Clone)]
enum Piece {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
    /// What changed on the machine is written before what follows is sent.
    Keep,
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
    /// The `sftp` subsystem, in place of a session.
    sftp: Option<Sftp>,
    /// Something is to be written,
    unkept: bool,
    /// but not before this,
    keep_after: Option<Instant>,
    /// and this is it being written.
    keeping: Option<JoinHandle<Duration>>,
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
            sftp: None,
            unkept: false,
            keep_after: None,
            keeping: None,
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
            while !self.done && !self.is_busy() && self.unsent_bytes < MOST_UNSENT {
                let Some(input) = self.held.pop_front() else {
                    break;
                };
                self.held_bytes = self.held_bytes.saturating_sub(input.weight());
                self.take(input);
            }
            let next = self.unsent.front().cloned();
            if self.done && next.is_none() {
                break;
            }
            if matches!(next, Some(Piece::Keep)) && self.keeping.is_none() {
                self.keeping = Some(self.keep());
            }
            let wake = self
                .wake
                .filter(|_| !self.done && self.unsent_bytes < MOST_UNSENT);
            let keep = self.keep_after.filter(|_| self.unkept && !self.done);
            tokio::select! {
                biased;
                sent = send(&self.handle, self.channel, next, &mut self.keeping) => match sent {
                    Ok(took) => self.sent(took),
                    Err(()) => break,
                },
                input = inputs.recv() => match input {
                    Some(input) => self.hold(input),
                    None => break,
                },
                () = until(wake) => self.woken(),
                () = until(keep) => self.queue_keep(),
            }
        }
        // The client has gone in the middle of something.
        if self.unkept || self.keeping.is_some() {
            // Nobody waits for it any more.
            drop(self.keep());
        }
    }

    /// Writes what changed on the machine, beside this task.
    fn keep(&self) -> JoinHandle<Duration> {
        let connection = Arc::clone(&self.connection);
        tokio::task::spawn_blocking(move || {
            let began = Instant::now();
            connection.host.keep(&connection.target);
            began.elapsed()
        })
    }

    /// Whether there are requests that are not looked at yet.
    fn is_busy(&self) -> bool {
        self.sftp.as_ref().is_some_and(Sftp::is_busy)
    }

    fn queue_keep(&mut self) {
        self.unkept = false;
        self.keep_after = None;
        self.unsent.push_back(Piece::Keep);
    }

    /// Something on the machine is to be written: now, or together with what follows closely.
    fn changed(&mut self) {
        self.unkept = true;
        let queued = self.unsent.iter().any(|piece| matches!(piece, Piece::Keep));
        if !queued && self.keep_after.is_none_or(|after| after <= Instant::now()) {
            self.queue_keep();
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
        let started = self.session.is_some() || self.sftp.is_some() || self.turned_away;
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
            Input::Sftp if !started => self.start_sftp(),
            Input::Bytes(bytes) if self.sftp.is_some() => {
                if let Some(sftp) = &mut self.sftp {
                    sftp.take(&bytes);
                }
                self.serve();
            }
            Input::End if self.sftp.is_some() => {
                if let Some(sftp) = &mut self.sftp {
                    sftp.end();
                }
                self.serve();
            }
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
            Input::Pty(_) | Input::Shell | Input::Exec(_) | Input::Sftp => {}
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
        self.with_machine(|machine, id, now| {
            session = Some(Session::login(machine, id, &user, from, now, pty));
        });
        self.session = session;
        self.drive(begin);
    }

    /// Begins the `sftp` subsystem.
    fn start_sftp(&mut self) {
        let user = self.login.user.clone();
        let mut sftp = None;
        self.with_machine(|machine, _, _| sftp = Some(Sftp::new(machine, &user)));
        self.sftp = sftp;
    }

    /// Lets the `sftp` subsystem answer what has come in, as far as it does in one turn.
    fn serve(&mut self) {
        let Some(mut sftp) = self.sftp.take() else {
            return;
        };
        let mut turn = None;
        self.with_machine(|machine, _, now| turn = Some(sftp.turn(machine, now)));
        self.sftp = Some(sftp);
        let Some(turn) = turn else { return };
        self.say(turn.bytes, Piece::Stdout);
        self.wake = self.is_busy().then(Instant::now);
        if let Some(status) = turn.exit {
            self.exit(status);
        }
    }

    /// Works on the machine. When the instance was terminated under the learner, the connection goes with it.
    fn with_machine(&mut self, mut work: impl FnMut(&mut Machine, &Identity, i64)) {
        let connection = &self.connection;
        match connection
            .host
            .with_machine_for_now(&connection.target, &mut work)
        {
            Some(true) => self.changed(),
            Some(false) => {}
            None => connection.watch.hang_up(),
        }
    }

    fn woken(&mut self) {
        self.wake = None;
        if self.turned_away {
            self.exit(ROOT_STATUS);
        } else if self.sftp.is_some() {
            self.serve();
        } else {
            self.drive(Session::wake);
        }
    }

    /// Calls the session and does what it says.
    fn drive(
        &mut self,
        mut call: impl FnMut(&mut Session, &mut Machine, &Identity, i64) -> Output,
    ) {
        let Some(mut session) = self.session.take() else {
            return;
        };
        let mut answer = None;
        self.with_machine(|machine, id, now| {
            answer = Some((call(&mut session, machine, id, now), now));
        });
        self.session = Some(session);
        let Some((output, now)) = answer else { return };
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
            if self.unkept {
                self.queue_keep();
            }
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
        self.sftp = None;
        self.held = VecDeque::new();
    }

    fn sent(&mut self, took: Duration) {
        match self.unsent.pop_front() {
            Some(Piece::Stdout(bytes) | Piece::Stderr(bytes)) => {
                self.unsent_bytes = self.unsent_bytes.saturating_sub(bytes.len());
            }
            Some(Piece::Keep) => {
                self.keeping = None;
                self.keep_after = Some(Instant::now() + KEPT_EVERY.max(KEPT_PART * took));
            }
            Some(Piece::Exit(_) | Piece::End | Piece::Close) | None => {}
        }
    }
}

/// Hands one piece to russh, which takes few at a time and none while the client's window is full. Cut short, it has sent
/// nothing.
async fn send(
    handle: &Handle,
    channel: ChannelId,
    piece: Option<Piece>,
    keeping: &mut Option<JoinHandle<Duration>>,
) -> Result<Duration, ()> {
    match piece {
        Some(Piece::Keep) => {
            return match keeping {
                // It fails only when the program is ending.
                Some(keeping) => Ok(keeping.await.unwrap_or_default()),
                None => Ok(Duration::ZERO),
            };
        }
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
    .map(|()| Duration::ZERO)
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => pending().await,
    }
}
