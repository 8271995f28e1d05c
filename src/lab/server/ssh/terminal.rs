//! One session channel: what the client sends goes to the machine, what the machine says goes to the client.
//!
//! russh answers a client only between two callbacks, so output must never be awaited inside one: each channel has a task
//! of its own. That task always takes what comes, and stops handing it to the machine while the client does not read what
//! was said before, or the machine does not read what was typed. Memory per channel is bounded by [`MOST_UNSENT`],
//! [`MOST_HELD`] and one answer of the machine, and for all channels together by the server's [`Budget`](super::budget::Budget).
//!
//! Output keeps to the client's window here and not in russh, which sends nothing on any channel of a connection while one
//! of them has more to send than its window takes.
//!
//! What changed on the machine is written before the next prompt is sent, but for changes that follow each other closely (a
//! file that is coming in): those are written together, at the latest before the exit status is sent.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use russh::server::{Handle, Msg};
use russh::{Channel, ChannelId, Sig};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Connection;
use super::budget::Share;
use super::config::WINDOW;
use super::sftp::Sftp;
use crate::course::evidence::What;
use crate::machine::gate::Permits;
use crate::machine::{Identity, Machine, Output, Session, Size, Then};

/// Output that waits for the client, in bytes, above which no more input is looked at.
const MOST_UNSENT: usize = 256 * 1024;
/// Input that waits for that, above which the channel is closed. russh opens the window again by itself, so that a client
/// cannot be told to wait: this is the file that goes into a command which does not read yet.
const MOST_HELD: usize = 16 * WINDOW as usize;
/// Longest command line, Linux's `MAX_ARG_STRLEN`.
const LONGEST_LINE: usize = 128 * 1024;
/// Variables that a client may set on one channel, as in sshd.
const VARIABLES: usize = 128;
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
    pub(super) permits: Permits,
}

/// What comes from the client.
pub(super) enum Input {
    /// The size, and what kind it is (`TERM`).
    Pty(Size, String),
    Env(String, String),
    Shell,
    Exec(String),
    Sftp,
    Bytes(Vec<u8>),
    Resize(Size),
    /// Its name without `SIG`.
    Signal(String),
    End,
}

impl Input {
    /// What it costs to keep, in bytes, more or less.
    fn weight(&self) -> usize {
        let inside = match self {
            Self::Exec(text) | Self::Signal(text) | Self::Pty(_, text) => text.len(),
            Self::Env(name, value) => name.len() + value.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Shell | Self::Sftp | Self::Resize(_) | Self::End => 0,
        };
        inside + size_of::<Self>()
    }
}

/// What goes to the client.
enum Piece {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
    /// What changed on the machine is written before what follows is sent.
    Keep,
    /// Exit status, end of output and close.
    Exit(u32),
    /// In place of a status: the signal that ended the command.
    Killed(&'static str),
    End,
    Close,
}

/// What came of sending a piece.
enum Sent {
    /// So many bytes of it; 0 when it has none.
    Bytes(usize),
    /// What changed was written, which took so long.
    Kept(Duration),
}

/// The two ways to a client, each of which keeps to the channel's window.
struct Writers {
    out: Writer,
    err: Writer,
}

type Writer = std::pin::Pin<Box<dyn AsyncWrite + Send>>;

/// The channel's task.
pub(super) struct Terminal {
    connection: Arc<Connection>,
    login: Arc<Login>,
    handle: Handle,
    channel: ChannelId,
    writers: Writers,
    pty: Option<Size>,
    /// `TERM`, then what the client has set.
    variables: Vec<(String, String)>,
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
    /// Bytes of the first piece that are sent already.
    sent_bytes: usize,
    held: VecDeque<Input>,
    held_bytes: usize,
    share: Share,
    wake: Option<Instant>,
    done: bool,
}

impl Terminal {
    pub(super) fn new(
        connection: Arc<Connection>,
        login: Arc<Login>,
        handle: Handle,
        channel: &Channel<Msg>,
    ) -> Self {
        let share = connection.budget.share();
        Self {
            connection,
            login,
            handle,
            channel: channel.id(),
            writers: Writers {
                out: Box::pin(channel.make_writer()),
                err: Box::pin(channel.make_writer_ext(Some(STDERR))),
            },
            pty: None,
            variables: Vec::new(),
            session: None,
            sftp: None,
            unkept: false,
            keep_after: None,
            keeping: None,
            turned_away: false,
            unsent: VecDeque::new(),
            unsent_bytes: 0,
            sent_bytes: 0,
            held: VecDeque::new(),
            held_bytes: 0,
            share,
            wake: None,
            done: false,
        }
    }

    /// Runs until the channel is closed from either side.
    pub(super) async fn run(mut self, mut inputs: mpsc::Receiver<Input>) {
        loop {
            while let Some(input) = self.next_input() {
                self.held_bytes = self.held_bytes.saturating_sub(input.weight());
                self.take(input);
            }
            if self.done && self.unsent.is_empty() {
                break;
            }
            if matches!(self.unsent.front(), Some(Piece::Keep)) && self.keeping.is_none() {
                self.keeping = Some(self.keep());
            }
            if !self.share.set(self.held_bytes + self.unsent_bytes) {
                // The server keeps as much as it may: what waits here goes.
                self.unkept |= self.unsent.iter().any(|piece| matches!(piece, Piece::Keep));
                self.unsent.clear();
                (self.unsent_bytes, self.sent_bytes) = (0, 0);
                self.done = false;
                self.close();
                self.share.set(0);
                continue;
            }
            let wake = self
                .wake
                .filter(|_| !self.done && self.unsent_bytes < MOST_UNSENT);
            let keep = self.keep_after.filter(|_| self.unkept && !self.done);
            tokio::select! {
                biased;
                sent = send(&mut self.writers, &self.handle, self.channel, (self.unsent.front(), self.sent_bytes), &mut self.keeping) => match sent {
                    Ok(sent) => self.sent(sent),
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

    /// What can be handed on now: nothing while too much waits for the client, and no more bytes than the machine takes.
    fn next_input(&mut self) -> Option<Input> {
        if self.done || self.is_busy() || self.unsent_bytes >= MOST_UNSENT {
            return None;
        }
        if let (Some(Input::Bytes(bytes)), Some(session)) = (self.held.front(), &self.session)
            && self.pty.is_none()
            && session.room() < bytes.len()
        {
            return None;
        }
        self.held.pop_front()
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
            Input::Pty(size, kind) if !started => {
                self.pty = Some(size);
                self.variables.push(("TERM".to_owned(), kind));
            }
            Input::Env(name, value) if !started && self.variables.len() < VARIABLES => {
                self.variables.push((name, value));
            }
            Input::Shell if !started => self.start(Session::start_shell),
            Input::Exec(line) if !started && line.len() >= LONGEST_LINE => {
                let text = b"/bin/bash: Argument list too long\n";
                self.say(text.to_vec(), Piece::Stderr);
                self.exit(1);
            }
            Input::Exec(line) if !started => {
                self.start(|session, machine, id, now| session.exec(machine, id, now, &line));
            }
            Input::Bytes(bytes) if self.turned_away => {
                if self.pty.is_some() && bytes.contains(&CTRL_C) {
                    self.exit(INTERRUPTED);
                }
            }
            // As sshd: a forced command gets no signals.
            Input::Signal(_) if self.turned_away => {}
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
            Input::Signal(name) => {
                self.drive(|session, machine, id, now| session.signal(machine, id, now, &name));
            }
            Input::End => self.drive(Session::eof),
            Input::Resize(size) => {
                if let Some(session) = &mut self.session {
                    session.resize(size);
                }
            }
            // A second shell on the same channel: sshd does not start one either.
            Input::Pty(..) | Input::Env(..) | Input::Shell | Input::Exec(_) | Input::Sftp => {}
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
        let variables = std::mem::take(&mut self.variables);
        let mut session = None;
        self.with_machine(|machine, id, now| {
            let mut new = Session::login(machine, id, &user, from, now, pty);
            for (name, value) in &variables {
                new.env(name, value);
            }
            session = Some(new);
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
        for moved in turn.moved {
            self.connection.record(What::Copied {
                session: self.connection.session,
                instance: self.connection.target.instance.clone(),
                path: moved.path,
                there: moved.there,
            });
        }
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
            Then::Exit(status) => self.end(Piece::Exit(status)),
            Then::Killed(signal) => self.end(Piece::Killed(signal)),
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
        self.end(Piece::Exit(status));
    }

    fn end(&mut self, how: Piece) {
        if !self.done {
            if self.unkept {
                self.queue_keep();
            }
            self.unsent.extend([Piece::End, how, Piece::Close]);
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
        self.held_bytes = 0;
    }

    /// A piece has gone out, or so many bytes of it.
    fn sent(&mut self, sent: Sent) {
        let whole = match (self.unsent.front(), sent) {
            (Some(Piece::Stdout(piece) | Piece::Stderr(piece)), Sent::Bytes(bytes)) => {
                self.unsent_bytes = self.unsent_bytes.saturating_sub(bytes);
                self.sent_bytes += bytes;
                self.sent_bytes >= piece.len()
            }
            (_, Sent::Kept(took)) => {
                self.keeping = None;
                self.keep_after = Some(Instant::now() + KEPT_EVERY.max(KEPT_PART * took));
                true
            }
            (_, Sent::Bytes(_)) => true,
        };
        if whole {
            self.unsent.pop_front();
            self.sent_bytes = 0;
        }
    }
}

/// Hands on what the client's window takes of a piece, from its byte `from`. Cut short, a writer keeps what it has begun and
/// goes on with it when it is asked for the same piece again.
async fn send(
    writers: &mut Writers,
    handle: &Handle,
    channel: ChannelId,
    (piece, from): (Option<&Piece>, usize),
    keeping: &mut Option<JoinHandle<Duration>>,
) -> Result<Sent, ()> {
    match piece {
        Some(Piece::Keep) => {
            return Ok(Sent::Kept(match keeping {
                // It fails only when the program is ending.
                Some(keeping) => keeping.await.unwrap_or_default(),
                None => Duration::ZERO,
            }));
        }
        Some(Piece::Stdout(bytes)) => {
            let rest = bytes.get(from..).unwrap_or_default();
            return writers.out.write(rest).await.map(Sent::Bytes).map_err(drop);
        }
        Some(Piece::Stderr(bytes)) => {
            let rest = bytes.get(from..).unwrap_or_default();
            return writers.err.write(rest).await.map(Sent::Bytes).map_err(drop);
        }
        Some(Piece::Exit(status)) => handle.exit_status_request(channel, *status).await,
        Some(Piece::Killed(name)) => {
            let nothing = String::new;
            handle
                .exit_signal_request(channel, named(name), false, nothing(), nothing())
                .await
        }
        Some(Piece::End) => handle.eof(channel).await,
        Some(Piece::Close) => handle.close(channel).await,
        None => pending().await,
    }
    .map(|()| Sent::Bytes(0))
}

fn named(signal: &str) -> Sig {
    match signal {
        "ABRT" => Sig::ABRT,
        "ALRM" => Sig::ALRM,
        "FPE" => Sig::FPE,
        "HUP" => Sig::HUP,
        "ILL" => Sig::ILL,
        "INT" => Sig::INT,
        "KILL" => Sig::KILL,
        "PIPE" => Sig::PIPE,
        "QUIT" => Sig::QUIT,
        "SEGV" => Sig::SEGV,
        "TERM" => Sig::TERM,
        "USR1" => Sig::USR1,
        other => Sig::Custom(other.to_owned()),
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => pending().await,
    }
}
