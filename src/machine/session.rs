//! One login: what is typed goes in, what the screen shows comes out.

use std::net::IpAddr;

use super::{Identity, Machine};

/// A terminal's size in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Width.
    pub columns: u16,
    /// Height.
    pub rows: u16,
}

/// What a session has to say, and what it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Output {
    /// For the client's standard output (with a terminal: everything, lines ending in CR LF).
    pub stdout: Vec<u8>,
    /// For the client's standard error; always empty with a terminal.
    pub stderr: Vec<u8>,
    /// What to do next.
    pub then: Then,
    /// The lines that were run to their end since the last call.
    pub ran: Vec<Ran>,
}

/// What the caller does after an [`Output`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Then {
    /// Wait for bytes or for their end.
    ReadMore,
    /// Call [`Session::wake`] at this time (Unix milliseconds), or earlier calls if bytes come.
    WakeAt(i64),
    /// Send this exit status and close the channel.
    Exit(u32),
}

/// One line that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The line, at most 200 characters.
    pub line: String,
    /// Its exit status.
    pub status: u32,
}

/// One login of one user.
#[derive(Debug)]
pub struct Session {
    pty: Option<Size>,
}

impl Session {
    /// Opens a session for a user whom the gate let in. `from` is the client's address.
    pub fn login(
        _machine: &mut Machine,
        _id: &Identity,
        _user: &str,
        _from: IpAddr,
        _now: i64,
        pty: Option<Size>,
    ) -> Self {
        Self { pty }
    }

    /// Starts the login shell: banner, last login and prompt when there is a terminal.
    pub fn start_shell(&mut self, _machine: &mut Machine, _id: &Identity, _now: i64) -> Output {
        Self::not_yet()
    }

    /// Runs one command, as `ssh host command` does.
    pub fn exec(
        &mut self,
        _machine: &mut Machine,
        _id: &Identity,
        _now: i64,
        _line: &str,
    ) -> Output {
        Self::not_yet()
    }

    /// Takes typed bytes (with a terminal) or standard input.
    pub fn input(
        &mut self,
        _machine: &mut Machine,
        _id: &Identity,
        _now: i64,
        _bytes: &[u8],
    ) -> Output {
        Self::not_yet()
    }

    /// The client's standard input has ended.
    pub fn eof(&mut self, _machine: &mut Machine, _id: &Identity, _now: i64) -> Output {
        Self::not_yet()
    }

    /// The time asked for with [`Then::WakeAt`] has come.
    pub fn wake(&mut self, _machine: &mut Machine, _id: &Identity, _now: i64) -> Output {
        Self::not_yet()
    }

    /// The client sent the signal INT.
    pub fn interrupt(&mut self, _machine: &mut Machine, _id: &Identity, _now: i64) -> Output {
        Self::not_yet()
    }

    /// The terminal's size changed.
    pub fn resize(&mut self, size: Size) {
        if self.pty.is_some() {
            self.pty = Some(size);
        }
    }

    fn not_yet() -> Output {
        let stderr = b"groundschool: the inside of a machine is not built yet\n".to_vec();
        Output {
            stdout: Vec::new(),
            stderr,
            then: Then::Exit(70),
            ran: Vec::new(),
        }
    }
}
