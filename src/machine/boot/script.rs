//! Running a script of a boot: as root, in the machine's own shell, with nobody at the terminal.

use std::collections::VecDeque;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::task::{Context, Poll, Waker};

use crate::machine::host::{Cell, Host, Wait};
use crate::machine::io::{Io, Sink, Source};
use crate::machine::shell::{Flow, Shell, run_text};
use crate::machine::users::User;
use crate::machine::{Identity, Machine};

/// How long a script may sleep in all, milliseconds: beyond an hour it is given up.
const LONGEST: i64 = 3_600_000;
/// How often it may wait for something that does not come.
const PATIENCE: u32 = 100;

/// What a script did.
pub(super) struct Ran {
    /// Both streams, in order.
    pub(super) output: Vec<u8>,
    pub(super) status: u32,
    /// When it ended, Unix milliseconds.
    pub(super) ended: i64,
}

/// Runs a line as root from `/`. Sleeping takes no real time: the clock is put on.
pub(super) fn run(
    machine: &mut Machine,
    id: &Identity,
    now: i64,
    line: &str,
    environment: &[(&str, &str)],
) -> Ran {
    let root = User {
        name: "root".into(),
        uid: 0,
        gid: 0,
        home: "/root".into(),
        shell: "/bin/bash".into(),
    };
    let mut shell = Shell::of(&machine.disk, id, &root, false);
    shell.cwd = "/".into();
    shell.export("PWD", "/");
    for (name, value) in environment {
        shell.export(name, value);
    }
    let pid = shell.pid;
    let mut host = Host {
        machine: std::mem::replace(machine, Machine::elsewhere()),
        id: id.clone(),
        now,
        from: IpAddr::V4(Ipv4Addr::LOCALHOST),
        size: None,
        login: shell,
        shells: Vec::new(),
        nest: None,
        out: Vec::new(),
        err: Vec::new(),
        stdin: VecDeque::new(),
        stdin_ended: true,
        wait: Wait::Nothing,
        steps: 0,
        written: 0,
        depth: 0,
        pid,
        job: 0,
        at_interrupt: "",
        killed: None,
    };
    host.refill();
    let cell = Cell::new(host);
    let io = Io {
        stdin: Source::bytes(Vec::new()),
        err: Sink::Out,
        ..Io::session()
    };
    let status = drive(&cell, run_text(&cell, &io, line, ""), now);
    let mut host = cell.host();
    std::mem::swap(&mut host.machine, machine);
    let status = match status {
        Some(
            Ok(status) | Err(Flow::Exit(status) | Flow::Return(status) | Flow::Abandon(status)),
        ) => status,
        Some(Err(Flow::Break(_) | Flow::Continue(_))) => 0,
        Some(Err(Flow::Stop)) | None => {
            host.out.extend_from_slice(
                b"\nGround School: stopped. A script may do only so much on this simulated machine.\n",
            );
            130
        }
    };
    Ran {
        output: std::mem::take(&mut host.out),
        status,
        ended: host.now,
    }
}

/// Polls until it ends; none when it was given up.
fn drive<T>(cell: &Cell, future: impl Future<Output = T>, began: i64) -> Option<T> {
    let mut future = Box::pin(future);
    let mut stuck = 0;
    loop {
        if let Poll::Ready(done) = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            return Some(done);
        }
        let mut host = cell.host();
        match host.wait {
            Wait::Until(time) if time.saturating_sub(began) <= LONGEST => host.now = time,
            Wait::Until(_) => return None,
            Wait::Input | Wait::Nothing => {
                host.stdin_ended = true;
                stuck += 1;
                if stuck > PATIENCE {
                    return None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Family;
    use crate::machine::testing::{NOON, identity};

    fn ran(line: &str) -> (String, u32, i64) {
        let id = identity(Family::Al2023);
        let mut machine = Machine::first_boot(&id);
        let ran = run(&mut machine, &id, NOON, line, &[("X", "y")]);
        let text = String::from_utf8(ran.output).unwrap();
        (text, ran.status, ran.ended - NOON)
    }

    #[test]
    fn it_runs_as_root_with_both_streams_in_order() {
        let (text, status, took) = ran("whoami; pwd; ls /nowhere; echo $X; exit 3");
        assert_eq!(
            text,
            "root\n/\nls: cannot access '/nowhere': No such file or directory\ny\n"
        );
        assert_eq!((status, took), (3, 0));
    }

    #[test]
    fn sleeping_puts_the_clock_on_and_nobody_answers_a_question() {
        assert_eq!(ran("sleep 90; read answer; echo $?").0, "1\n");
        assert_eq!(ran("sleep 90; sleep 5").2, 95_000);
    }

    #[test]
    fn a_script_without_an_end_is_stopped() {
        for line in ["while true; do :; done", "while true; do sleep 60; done"] {
            let (text, status, _) = ran(line);
            assert!(text.contains("Ground School: stopped"), "{line}: {text}");
            assert_eq!(status, 130, "{line}");
        }
    }
}
