//! One login: what is typed goes in, what the screen shows comes out.

use std::collections::VecDeque;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::disk::{Who, join};
use super::editor::{Edit, Editor};
use super::host::{Cell, Host, PENDING, Wait};
use super::shell::{Flow, Parsed, Shell, Status, parse, run_line};
use super::tty::{Cooked, Key};
use super::users::{self, User};
use super::welcome::welcome;
use super::{Identity, Login, Machine, commands};

/// Characters of a line that a [`Ran`] keeps.
const RAN: usize = 200;
/// Lines of history that are kept.
const HISTORY: usize = 500;
/// Steps of one call after which the session asks to be woken, so that others get their turn.
const TURN: u32 = 30_000;

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
    /// The shell or command was ended by this signal (`TERM`): send that in place of a status, and close the channel.
    Killed(&'static str),
}

/// The signals that a client or `kill` may send, with Linux's numbers (RFC 4254, section 6.10, and USR2).
pub(crate) const SIGNALS: &[(u32, &str)] = &[
    (1, "HUP"),
    (2, "INT"),
    (3, "QUIT"),
    (4, "ILL"),
    (6, "ABRT"),
    (8, "FPE"),
    (9, "KILL"),
    (10, "USR1"),
    (11, "SEGV"),
    (12, "USR2"),
    (13, "PIPE"),
    (14, "ALRM"),
    (15, "TERM"),
];

/// One line that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The line, at most 200 characters.
    pub line: String,
    /// Its exit status.
    pub status: u32,
}

/// A line that is running.
struct Job {
    future: Pin<Box<dyn Future<Output = Status> + Send>>,
    line: String,
}

/// What the session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Neither a shell nor a command was asked for yet.
    Waiting,
    /// A shell that reads lines.
    Shell,
    /// One command.
    Command,
    /// It has ended with this status.
    Over(u32),
}

/// One login of one user.
pub struct Session {
    cell: Cell,
    mode: Mode,
    job: Option<Job>,
    editor: Editor,
    cooked: Cooked,
    /// Bytes from the client that nobody has taken yet.
    pending: VecDeque<u8>,
    ended: bool,
    /// Lines of a command that goes on.
    partial: String,
    ran: Vec<Ran>,
    /// Steps in this call.
    steps: u32,
    login_at: i64,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("mode", &self.mode)
            .field("editor", &self.editor)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Opens a session for a user whom the gate let in. `from` is the client's address.
    pub fn login(
        machine: &mut Machine,
        id: &Identity,
        user: &str,
        from: IpAddr,
        now: i64,
        pty: Option<Size>,
    ) -> Self {
        let user = users::by_name(&machine.disk, user).unwrap_or_else(|| User {
            name: user.to_owned(),
            uid: 65534,
            gid: 65534,
            home: "/".into(),
            shell: "/bin/sh".into(),
        });
        let id = &Identity {
            host_name: machine.host_name(id),
            ..id.clone()
        };
        let mut shell = Shell::of(&machine.disk, id, &user, pty.is_some());
        shell.export("SSH_CLIENT", &format!("{from} 50022 22"));
        shell.export(
            "SSH_CONNECTION",
            &format!("{from} 50022 {} 22", id.private_address),
        );
        if let Some(size) = pty {
            shell.export("SSH_TTY", "/dev/pts/0");
            shell.fit(size);
        }
        if machine.disk.resolve(&shell.who, &shell.cwd, true).is_err() {
            shell.cwd = "/".into();
        }
        let history = machine
            .disk
            .read(&shell.who, &join(&user.home, ".bash_history"))
            .unwrap_or_default();
        let lines = String::from_utf8_lossy(&history)
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        shell.history = lines.into_iter().rev().take(HISTORY).rev().collect();
        let pid = shell.pid;
        let host = Host {
            machine: Machine::elsewhere(),
            id: id.clone(),
            now,
            from,
            size: pty,
            login: shell,
            shells: Vec::new(),
            nest: None,
            out: Vec::new(),
            err: Vec::new(),
            stdin: VecDeque::new(),
            stdin_ended: false,
            wait: Wait::Nothing,
            steps: 0,
            written: 0,
            depth: 0,
            pid,
            job: 0,
            at_interrupt: "",
            killed: None,
        };
        Self {
            cell: Cell::new(host),
            mode: Mode::Waiting,
            job: None,
            editor: Editor::new(pty.map_or(80, |size| size.columns)),
            cooked: Cooked::default(),
            pending: VecDeque::new(),
            ended: false,
            partial: String::new(),
            ran: Vec::new(),
            steps: 0,
            login_at: now,
        }
    }

    /// Starts the login shell: banner, last login and prompt when there is a terminal.
    pub fn start_shell(&mut self, machine: &mut Machine, id: &Identity, now: i64) -> Output {
        self.lend(machine, id, now, |session| {
            if session.mode != Mode::Waiting {
                return;
            }
            session.mode = Mode::Shell;
            let terminal = {
                let mut host = session.cell.host();
                let (from, terminal) = (host.from, host.size.is_some());
                let shell = host.shell();
                shell.login = true;
                shell.name = "-bash".into();
                shell.prefix = if terminal { "-bash: ".into() } else { "bash: line 1: ".into() };
                let user = shell.user.clone();
                if terminal {
                    let before = host.machine.logins.iter().rev().find(|login| login.user == user).cloned();
                    let text = welcome(&host.machine, &host.id, now, before.as_ref());
                    host.out.extend_from_slice(text.as_bytes());
                    host.machine.remember(Login { user, terminal: "pts/0".into(), from, at: now, until: None });
                }
                terminal
            };
            session.run_quietly("if [ -f ~/.bash_profile ]; then . ~/.bash_profile; elif [ -f ~/.profile ]; then . ~/.profile; fi");
            if terminal {
                session.prompt("PS1");
            }
        })
    }

    /// Runs one command, as `ssh host command` does.
    pub fn exec(&mut self, machine: &mut Machine, id: &Identity, now: i64, line: &str) -> Output {
        self.lend(machine, id, now, |session| {
            if session.mode != Mode::Waiting {
                return;
            }
            session.mode = Mode::Command;
            session.cell.host().shell().interactive = false;
            session.run_quietly("if [ -f ~/.bashrc ]; then . ~/.bashrc; fi");
            match parse(line) {
                Parsed::Program(program) => session.start(line, program),
                Parsed::Unfinished(why) => session.refuse(line, why),
                Parsed::Wrong(why) => session.refuse(line, &why),
            }
        })
    }

    /// Takes typed bytes (with a terminal) or standard input.
    pub fn input(
        &mut self,
        machine: &mut Machine,
        id: &Identity,
        now: i64,
        bytes: &[u8],
    ) -> Output {
        self.lend(machine, id, now, |session| {
            if session.cell.host().size.is_some() {
                let room = PENDING.saturating_sub(session.pending.len());
                session.pending.extend(bytes.iter().take(room));
            } else {
                let mut host = session.cell.host();
                let room = PENDING.saturating_sub(host.stdin.len());
                host.stdin.extend(bytes.iter().take(room));
            }
        })
    }

    /// The client's standard input has ended.
    pub fn eof(&mut self, machine: &mut Machine, id: &Identity, now: i64) -> Output {
        self.lend(machine, id, now, |session| {
            session.ended = true;
            session.cell.host().stdin_ended = true;
        })
    }

    /// The time asked for with [`Then::WakeAt`] has come.
    pub fn wake(&mut self, machine: &mut Machine, id: &Identity, now: i64) -> Output {
        self.lend(machine, id, now, |_| ())
    }

    /// The client sent a signal, by its name without `SIG`; one that is not known does nothing. With a terminal a shell
    /// takes INT as Ctrl-C and does not mind TERM and QUIT; anything else ends what runs.
    pub fn signal(&mut self, machine: &mut Machine, id: &Identity, now: i64, name: &str) -> Output {
        self.lend(machine, id, now, |session| {
            let Some((number, name)) = SIGNALS.iter().find(|(_, known)| *known == name) else {
                return;
            };
            let terminal = session.cell.host().size.is_some();
            match (session.mode, *name) {
                (Mode::Waiting | Mode::Over(_), _) => {}
                (Mode::Shell, "INT") if terminal => session.stop_job(),
                (Mode::Shell, "TERM" | "QUIT") if terminal => {}
                (Mode::Shell | Mode::Command, name) => session.die(name, 128 + number),
            }
        })
    }

    /// A variable of the client's that the server lets in, before anything was started.
    pub fn env(&mut self, name: &str, value: &str) {
        if self.mode == Mode::Waiting {
            self.cell.host().shell().export(name, value);
        }
    }

    /// Bytes that [`Session::input`] takes now; what goes beyond is lost.
    #[must_use]
    pub fn room(&self) -> usize {
        let host = self.cell.host();
        PENDING.saturating_sub(self.pending.len().max(host.stdin.len()))
    }

    /// The terminal's size changed.
    pub fn resize(&mut self, size: Size) {
        let mut host = self.cell.host();
        if host.size.is_some() {
            host.size = Some(size);
            host.shell().fit(size);
            self.editor.resize(size.columns);
        }
    }

    /// Lends the machine to the host for one call, does `first`, and drives on until the session has to wait.
    fn lend(
        &mut self,
        machine: &mut Machine,
        id: &Identity,
        now: i64,
        first: impl FnOnce(&mut Self),
    ) -> Output {
        {
            let mut host = self.cell.host();
            std::mem::swap(&mut host.machine, machine);
            host.now = now;
            let own = host.machine.host_name(id);
            host.id.clone_from(id);
            host.id.host_name = own;
        }
        self.steps = 0;
        if !matches!(self.mode, Mode::Over(_)) {
            first(self);
        }
        let then = self.drive();
        let mut host = self.cell.host();
        std::mem::swap(&mut host.machine, machine);
        let (mut stdout, stderr) = (std::mem::take(&mut host.out), std::mem::take(&mut host.err));
        if host.size.is_some() {
            stdout = with_returns(&stdout);
        }
        Output {
            stdout,
            stderr,
            then,
            ran: std::mem::take(&mut self.ran),
        }
    }

    /// Goes on until something has to be waited for.
    fn drive(&mut self) -> Then {
        loop {
            if let Mode::Over(status) = self.mode {
                return match self.cell.host().killed {
                    Some(signal) => Then::Killed(signal),
                    None => Then::Exit(status),
                };
            }
            if self.job.is_some() {
                if let Some(then) = self.poll() {
                    return then;
                }
                continue;
            }
            match self.mode {
                Mode::Over(_) => continue,
                Mode::Waiting | Mode::Command => return Then::ReadMore,
                Mode::Shell => (),
            }
            if self.steps > TURN {
                return Then::WakeAt(self.cell.host().now + 10);
            }
            let terminal = self.cell.host().size.is_some();
            let more = if terminal {
                self.type_one()
            } else {
                self.read_one()
            };
            if !more {
                return Then::ReadMore;
            }
        }
    }

    /// Lets the running line go on. `None`: it ended or there is something new for it.
    fn poll(&mut self) -> Option<Then> {
        let job = self.job.as_mut()?;
        match job
            .future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(status) => {
                let line = std::mem::take(&mut job.line);
                self.job = None;
                self.finish(&line, status);
                None
            }
            Poll::Pending => {
                let (wait, terminal) = {
                    let host = self.cell.host();
                    (host.wait, host.size.is_some())
                };
                match wait {
                    Wait::Until(time) => {
                        if terminal && self.pending.contains(&3) {
                            self.pending.clear();
                            self.cell.host().out.extend_from_slice(b"^C\n");
                            self.stop_job();
                            return None;
                        }
                        Some(Then::WakeAt(time))
                    }
                    Wait::Nothing | Wait::Input => {
                        if terminal && self.cook() {
                            return None;
                        }
                        Some(Then::ReadMore)
                    }
                }
            }
        }
    }

    /// Gives typed bytes to the command that reads; `true` when it can go on.
    fn cook(&mut self) -> bool {
        while let Some(byte) = self.pending.pop_front() {
            let mut host = self.cell.host();
            match self.cooked.key(byte, &mut host.out) {
                Key::Shown => (),
                Key::Line(line) => {
                    host.stdin.extend(line);
                    return true;
                }
                Key::End(rest) => {
                    host.stdin_ended = rest.is_empty();
                    host.stdin.extend(rest);
                    return host.stdin_ended;
                }
                Key::Interrupt => {
                    drop(host);
                    self.stop_job();
                    return true;
                }
            }
        }
        if self.ended {
            self.cell.host().stdin_ended = true;
        }
        self.ended
    }

    /// One typed byte at the prompt; `false` when there is none.
    fn type_one(&mut self) -> bool {
        let Some(byte) = self.pending.pop_front() else {
            if self.ended {
                self.leave(None);
                return true;
            }
            return false;
        };
        let edit = {
            let mut host = self.cell.host();
            let history = std::mem::take(&mut host.shell().history);
            let edit = self.editor.key(byte, &history, &mut host.out);
            host.shell().history = history;
            edit
        };
        match edit {
            Edit::More => (),
            Edit::Complete => self.complete(),
            Edit::Line(line) => self.line(&line),
            Edit::Interrupt => {
                self.partial.clear();
                self.cell.host().shell().status = 130;
                self.prompt("PS1");
            }
            Edit::End if self.partial.is_empty() => self.leave(None),
            Edit::End => {
                let text = std::mem::take(&mut self.partial);
                self.refuse(&text, "syntax error: unexpected end of file");
            }
        }
        true
    }

    /// One line of a shell without a terminal; `false` when there is none yet.
    fn read_one(&mut self) -> bool {
        let line = {
            let mut host = self.cell.host();
            let end = host
                .stdin
                .iter()
                .position(|byte| *byte == b'\n')
                .map(|at| at + 1);
            let all = host.stdin.len();
            let whole = all >= PENDING || (self.ended && all > 0);
            let end = end.or_else(|| whole.then_some(all));
            end.map(|end| host.stdin.drain(..end).collect::<Vec<u8>>())
        };
        match line {
            Some(line) => {
                let line = String::from_utf8_lossy(&line)
                    .trim_end_matches(['\n', '\r'])
                    .to_owned();
                self.line(&line);
                true
            }
            None if self.ended => {
                if self.partial.is_empty() {
                    self.leave(None);
                } else {
                    let text = std::mem::take(&mut self.partial);
                    self.refuse(&text, "syntax error: unexpected end of file");
                }
                true
            }
            None => false,
        }
    }

    /// A whole line was given.
    fn line(&mut self, line: &str) {
        let text = if self.partial.is_empty() {
            line.to_owned()
        } else {
            format!("{}\n{line}", self.partial)
        };
        self.partial.clear();
        let terminal = self.cell.host().size.is_some();
        if text.trim().is_empty() {
            return self.prompt("PS1");
        }
        match parse(&text) {
            Parsed::Unfinished(_) => {
                self.partial = text;
                self.prompt("PS2");
            }
            Parsed::Program(program) => {
                if terminal {
                    self.remember(&text);
                }
                self.start(&text, program);
            }
            Parsed::Wrong(why) => {
                if terminal {
                    self.remember(&text);
                }
                self.refuse(&text, &why);
            }
        }
    }

    fn remember(&mut self, line: &str) {
        let mut host = self.cell.host();
        let history = &mut host.shell().history;
        if history.len() >= HISTORY {
            history.remove(0);
        }
        history.push(line.chars().take(4096).collect());
    }

    /// A line that cannot be run: bash's words, status 2.
    fn refuse(&mut self, line: &str, why: &str) {
        {
            let mut host = self.cell.host();
            let prefix = match self.mode {
                Mode::Command => "bash: -c: line 1: ".to_owned(),
                Mode::Waiting | Mode::Shell | Mode::Over(_) => host.shell().prefix.clone(),
            };
            let second = match self.mode {
                Mode::Command => format!("bash: -c: line 1: `{line}'\n"),
                Mode::Waiting | Mode::Shell | Mode::Over(_) => String::new(),
            };
            host.refill();
            let text = format!("{prefix}{why}\n{second}");
            // A fresh line has its full limits, so this cannot fail.
            host.write(&super::io::Sink::Err, text.as_bytes()).ok();
        }
        self.finish(line, Ok(2));
    }

    fn start(&mut self, line: &str, program: Arc<brush_parser::ast::Program>) {
        self.cell.host().refill();
        let future = Box::pin(run_line(self.cell.clone(), program));
        self.job = Some(Job {
            future,
            line: line.chars().take(RAN).collect(),
        });
    }

    /// Runs the start-up files; what would wait is given up.
    fn run_quietly(&mut self, line: &str) {
        let Parsed::Program(program) = parse(line) else {
            return;
        };
        self.cell.host().refill();
        let ended = self.cell.host().stdin_ended;
        self.cell.host().stdin_ended = true;
        let mut future = Box::pin(run_line(self.cell.clone(), program));
        // A start-up file that jumps or waits has had its say.
        let _said = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        drop(future);
        let mut host = self.cell.host();
        host.shells.clear();
        host.nest = None;
        host.stdin_ended = ended;
        host.shell().status = 0;
    }

    /// Gives the running line up.
    fn stop_job(&mut self) {
        let Some(job) = self.job.take() else { return };
        let farewell = std::mem::take(&mut self.cell.host().at_interrupt);
        self.cell.host().out.extend_from_slice(farewell.as_bytes());
        // A command that takes its leave has minded the interrupt and ends well.
        let status = if farewell.is_empty() { 130 } else { 0 };
        self.finish(&job.line, Ok(status));
    }

    /// Ends at once, as by a signal.
    fn die(&mut self, signal: &'static str, status: u32) {
        self.cell.host().killed = Some(signal);
        if let Some(job) = self.job.take() {
            self.finish(&job.line, Err(Flow::Exit(status)));
        }
        self.mode = Mode::Over(status);
    }

    /// A line has ended.
    fn finish(&mut self, line: &str, status: Status) {
        let (code, leaves) = {
            let mut host = self.cell.host();
            self.steps = self
                .steps
                .saturating_add(super::host::STEPS.saturating_sub(host.steps) + 20);
            // Subshells of a line that was given up; shells that a person is in have lines of their own.
            while host.shells.len() > host.shells.iter().filter(|shell| shell.interactive).count() {
                match host.shells.iter().position(|shell| !shell.interactive) {
                    Some(at) => drop(host.shells.remove(at)),
                    None => break,
                }
            }
            host.wait = Wait::Nothing;
            host.at_interrupt = "";
            match status {
                Ok(code) => (code, false),
                Err(Flow::Exit(code)) => (code, true),
                Err(Flow::Return(code) | Flow::Abandon(code)) => (code, false),
                Err(Flow::Break(_) | Flow::Continue(_)) => (0, false),
                Err(Flow::Stop) => {
                    host.refill();
                    let text =
                        "\nStopped: one line may do only so much on this simulated machine.\n";
                    // A fresh line has its full limits, so this cannot fail.
                    host.write(&super::io::Sink::Err, text.as_bytes()).ok();
                    (130, false)
                }
            }
        };
        self.cell.host().shell().status = code;
        self.ran.push(Ran {
            line: line.chars().take(RAN).collect(),
            status: code,
        });
        if self.ran.len() > 1000 {
            self.ran.remove(0);
        }
        if self.mode == Mode::Command || self.cell.host().killed.is_some() {
            self.mode = Mode::Over(code);
            return;
        }
        if leaves {
            return self.leave(Some(code));
        }
        let nest = self.cell.host().nest.take();
        if let Some(shell) = nest {
            let mut host = self.cell.host();
            if host.shells.len() < 10 {
                host.shells.push(shell);
            }
        }
        self.cooked.clear();
        self.prompt("PS1");
    }

    /// Leaves the innermost shell: `exit`, or the end of input.
    fn leave(&mut self, status: Option<u32>) {
        let mut host = self.cell.host();
        let status = status.unwrap_or(host.shell().status);
        let terminal = host.size.is_some();
        if terminal {
            let word: &[u8] = if host.shell().login {
                b"logout\n"
            } else {
                b"exit\n"
            };
            host.out.extend_from_slice(word);
        }
        if host.shells.pop().is_some() {
            host.shell().status = status;
            drop(host);
            return self.prompt("PS1");
        }
        if terminal {
            let (now, login_at) = (host.now, self.login_at);
            save_history(&mut host);
            let user = host.login.user.clone();
            let open = host.machine.logins.iter_mut().rev();
            if let Some(login) = open
                .filter(|login| login.user == user && login.until.is_none())
                .find(|login| login.at >= login_at)
            {
                login.until = Some(now);
            }
        }
        self.mode = Mode::Over(status);
    }

    fn prompt(&mut self, variable: &str) {
        let mut host = self.cell.host();
        if host.size.is_none() {
            return;
        }
        let id = host.id.clone();
        let text = host.shell().prompt(&id, variable);
        self.editor.begin(text, &mut host.out);
    }

    /// Tab: completes the word before the cursor as far as it is clear, or shows the choices.
    fn complete(&mut self) {
        let before = self.editor.before();
        let word = before
            .rsplit([' ', '|', ';', '&', '>', '<', '='])
            .next()
            .unwrap_or_default()
            .to_owned();
        let is_command = before.trim_start() == word && !word.contains('/');
        let mut host = self.cell.host();
        let shell = host.shell();
        let (who, mut choices) = (shell.who.clone(), Vec::new());
        let (folder, start) = match word.rsplit_once('/') {
            Some((folder, start)) => (format!("{folder}/"), start.to_owned()),
            None => (String::new(), word.clone()),
        };
        let place = match folder.strip_prefix("~/") {
            Some(rest) => join(shell.home(), rest),
            None => shell.path(if folder.is_empty() { "." } else { &folder }),
        };
        if is_command && !word.is_empty() {
            choices.extend(
                commands::TABLE
                    .iter()
                    .map(|command| format!("{} ", command.name)),
            );
        } else {
            for (name, _) in host.machine.disk.list(&who, &place).unwrap_or_default() {
                if name.starts_with('.') && !start.starts_with('.') {
                    continue;
                }
                let is_dir = is_dir(&host, &who, &join(&place, &name));
                choices.push(format!("{name}{}", if is_dir { "/" } else { " " }));
            }
        }
        choices.retain(|choice| choice.starts_with(&start));
        let Some(first) = choices.first() else { return };
        let mut common = first.clone();
        for choice in &choices {
            let same: usize = common
                .chars()
                .zip(choice.chars())
                .take_while(|(a, b)| a == b)
                .map(|(c, _)| c.len_utf8())
                .sum();
            common.truncate(same);
        }
        let added = common
            .strip_prefix(start.as_str())
            .unwrap_or_default()
            .to_owned();
        if !added.is_empty() {
            self.editor.put(&added, &mut host.out);
        } else if choices.len() > 1 {
            let names: Vec<String> = choices
                .into_iter()
                .take(200)
                .map(|choice| choice.trim_end().to_owned())
                .collect();
            host.out
                .extend_from_slice(format!("\n{}\n", names.join("  ")).as_bytes());
            self.editor.draw(&mut host.out);
        }
    }
}

fn is_dir(host: &Host, who: &Who, path: &str) -> bool {
    host.machine
        .disk
        .resolve(who, path, true)
        .is_ok_and(|(_, node)| node.is_dir())
}

/// Writes the history where bash keeps it.
fn save_history(host: &mut Host) {
    let (shell, now) = (&host.login, host.now);
    let path = join(shell.home(), ".bash_history");
    let text: String = shell
        .history
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    let who = shell.who.clone();
    if text.is_empty() {
        return;
    }
    // A history that cannot be kept is no reason to hold the learner.
    if let Ok(place) = host.machine.disk.open(&who, &path, false, 0o077, now) {
        host.machine.disk.append(&place, text.as_bytes(), now).ok();
    }
}

/// A terminal wants a carriage return before each line feed.
fn with_returns(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    for byte in bytes {
        if *byte == b'\n' && out.last() != Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}
