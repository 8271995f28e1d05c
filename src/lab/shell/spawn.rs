//! Runs the lab's shell as a child, and gives the terminal back afterwards.

#![expect(clippy::disallowed_methods, reason = "starts the shell")]

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};

use rustix::process::Signal;
use rustix::termios::{OptionalActions, tcgetattr, tcgetpgrp, tcsetattr};
use tokio::signal::unix::{SignalKind, signal};

use super::Start;
use crate::lab::multicall;
use crate::lab::workspace::Layout;

/// How the shell ended, as a shell would put it: its exit status, or 128 and the signal's number.
pub fn status_number(status: ExitStatus) -> u8 {
    let number = status
        .code()
        .or(status.signal().map(|signal| 128 + signal))
        .unwrap_or(1);
    u8::try_from(number & 0xff).unwrap_or(1)
}

/// Starts the shell in the learner's folder and waits for its end. `variables` is its whole environment but for what the
/// shell itself needs.
///
/// Call it from the main thread: the shell is hung up on (SIGHUP) when the thread that started it ends, however it ends,
/// so that no shell outlives its engine. Ctrl-C, Ctrl-\ and Ctrl-Z are the shell's business meanwhile; `runtime` lends the
/// handlers that keep them from ending this program.
pub fn run(
    layout: &Layout,
    start: &Start,
    variables: &[(OsString, OsString)],
    keeper: Option<u32>,
    runtime: &tokio::runtime::Handle,
) -> io::Result<ExitStatus> {
    let inside = runtime.enter();
    // Handlers, unlike an ignored signal, are not inherited by the shell.
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::quit(),
        SignalKind::from_raw(Signal::TSTP.as_raw()),
    ];
    let handlers = kinds.map(signal);
    drop(inside);
    for handler in handlers {
        // The handler stays when its listener is dropped.
        drop(handler?);
    }

    let terminal = io::stdin();
    let settings = if terminal.is_terminal() {
        tcgetattr(&terminal).ok()
    } else {
        None
    };
    let mut command = child(layout, variables, keeper);
    command.arg(&start.program).args(&start.arguments);
    command.envs(start.variables.iter().map(|(name, value)| (name, value)));
    let status = command.spawn()?.wait()?;

    if let Some(settings) = settings {
        take_back_the_terminal(layout);
        // A terminal that went away meanwhile needs no settings.
        tcsetattr(&terminal, OptionalActions::Drain, &settings).ok();
    }
    Ok(status)
}

/// A program in the lab, still without its name and its arguments: in the learner's folder, with this environment, in the namespaces of
/// `keeper` if there is one. It is hung up on when the thread that starts it ends.
pub fn child(layout: &Layout, variables: &[(OsString, OsString)], keeper: Option<u32>) -> Command {
    let mut command = Command::new(layout.shell().join(multicall::CHILD));
    command
        .arg(std::process::id().to_string())
        .env_clear()
        .envs(variables.iter().map(|(name, value)| (name, value)));
    command.current_dir(layout.work()).env("PWD", layout.work());
    if let Some(keeper) = keeper {
        command.arg(JOIN).arg(keeper.to_string());
    }
    command
}

/// Before the number of a process whose namespaces are to be joined.
pub const JOIN: &str = "--join";

/// Before a program that is to have no terminal, so that nothing of it can ask there, and that can be ended with all it has started.
pub const APART: &str = "--apart";

/// The child's first moments: joins the lab's network if it has one, asks to be hung up on when the engine ends, then becomes
/// the shell. Returns only if that failed.
pub fn become_shell(words: &[OsString]) -> ExitCode {
    let [engine, program, arguments @ ..] = words else {
        return ExitCode::from(2);
    };
    let (program, arguments) = match arguments {
        [keeper, joined, rest @ ..] if program == JOIN => {
            if let Err(why) = join(keeper) {
                complain(&format!("the lab's network cannot be entered: {why}"));
                return ExitCode::from(3);
            }
            (joined, rest)
        }
        _ => (program, arguments),
    };
    let (program, arguments) = match arguments {
        [named, rest @ ..] if program == APART => {
            // It may be refused only to the leader of a group, which a child is not.
            rustix::process::setsid().ok();
            (named, rest)
        }
        _ => (program, arguments),
    };
    #[cfg(target_os = "linux")]
    {
        // After joining, which may clear it.
        // It may be refused in a sandbox; the lab works without it.
        rustix::process::set_parent_process_death_signal(Some(Signal::HUP)).ok();
        // The engine may have ended before that was set.
        let parent = rustix::process::getppid().map(|parent| parent.as_raw_nonzero().to_string());
        if parent.is_none_or(|parent| *engine != *parent) {
            return ExitCode::from(3);
        }
    }
    let why = Command::new(program).args(arguments).exec();
    complain(&format!("{}: {why}", Path::new(program).display()));
    ExitCode::from(3)
}

/// Becomes another program in a session of its own, without a terminal. Returns only if that failed.
pub fn become_apart(words: &[OsString]) -> ExitCode {
    let (program, arguments) = match words {
        [word, keeper, program, arguments @ ..] if word == JOIN => {
            if let Err(why) = join(keeper) {
                complain(&format!("the lab's network cannot be entered: {why}"));
                return ExitCode::from(3);
            }
            (program, arguments)
        }
        [program, arguments @ ..] => (program, arguments),
        [] => return ExitCode::from(2),
    };
    // It fails only for the leader of a group, which a child that was just started is not.
    rustix::process::setsid().ok();
    let why = Command::new(program).args(arguments).exec();
    complain(&format!("{}: {why}", Path::new(program).display()));
    ExitCode::from(126)
}

#[cfg(target_os = "linux")]
fn join(keeper: &std::ffi::OsStr) -> io::Result<()> {
    crate::lab::stage::netns::join(&keeper.to_string_lossy())
}

#[cfg(not(target_os = "linux"))]
fn join(_keeper: &std::ffi::OsStr) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn complain(text: &str) {
    let text = format!("groundschool: {text}\n");
    // Nobody is left to tell when standard error is closed.
    drop(io::Write::write_all(&mut io::stderr(), text.as_bytes()));
}

/// A shell that ended well gave the terminal back. After one that was killed nobody has it, and whoever asks for it from the
/// background is stopped (SIGTTOU), unless that signal is ignored: only a shell can do that for us without unsafe code.
fn take_back_the_terminal(layout: &Layout) {
    let terminal = io::stdin();
    let me = rustix::process::getpgrp();
    if tcgetpgrp(&terminal).is_ok_and(|holder| holder == me) {
        return;
    }
    let group = me.as_raw_nonzero().to_string();
    let helper = layout.shell().join(multicall::FOREGROUND);
    // If it does not work out, the learner's own shell takes the terminal back when this program ends.
    drop(
        Command::new("/bin/sh")
            .args(["-c", r#"trap "" TTOU; exec "$0" "$1""#])
            .arg(helper)
            .arg(group)
            .status(),
    );
}

/// Makes a process group the terminal's foreground one.
pub fn set_foreground(words: &[String]) -> ExitCode {
    let group = words
        .first()
        .and_then(|word| word.parse().ok())
        .and_then(rustix::process::Pid::from_raw);
    match group.map(|group| rustix::termios::tcsetpgrp(io::stdin(), group)) {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(_)) | None => ExitCode::from(3),
    }
}
