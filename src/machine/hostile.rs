//! Whatever is typed or sent, a session answers within its limits and never panics.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use proptest::strategy::Strategy as _;

use super::Family;
use super::Then;
use super::testing::{Bench, run, terminal};

/// What an answer may cost a processor, in a build without optimisation.
const MOST: Duration = Duration::from_secs(5);

/// What this thread has cost a processor so far: unlike the time on the wall it does not grow while others compute.
fn spent() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}

/// What it has cost since then.
fn since(began: Duration) -> Duration {
    spent().saturating_sub(began)
}

/// A fixed row of numbers (Numerical Recipes' generator).
struct Numbers(u32);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % below
    }
}

const PIECES: &[&str] = &[
    "echo ",
    "ls ",
    "cat ",
    "rm -rf ",
    "cd ",
    "cp -r ",
    "mv ",
    "find ",
    "sudo ",
    "grep ",
    "chmod 777 ",
    "ln -s ",
    "sort ",
    "head -n ",
    "tail -n ",
    "printf '%s%d%5.3f' ",
    "test ",
    "[ ",
    "]",
    "[[ ",
    "]]",
    "( ",
    ")",
    "{ ",
    "}",
    "$(",
    "`",
    "\"",
    "'",
    "$((",
    "))",
    "${x",
    ":-",
    "%",
    "##",
    "/",
    "~",
    "~9",
    "..",
    "*",
    "?",
    "[a-",
    "|",
    "||",
    "&&",
    "&",
    ";",
    ";;",
    "\n",
    " ",
    "\t",
    "\\",
    "!",
    "<",
    ">",
    ">>",
    "<<E\n",
    "<<<",
    "2>&1",
    "9999999999>",
    "if ",
    "then ",
    "else ",
    "fi",
    "for i in ",
    "do ",
    "done",
    "while ",
    "true",
    "case x in ",
    "esac",
    "f() ",
    "function g ",
    "x=",
    "x=$x$x ",
    "a=(1 2)",
    "export ",
    "1",
    "0",
    "-1",
    "99999999999999999999",
    "{1..9}",
    "{a,b}",
    "{1..99999999999999999999}",
    "$x",
    "$@",
    "$*",
    "$#",
    "$?",
    "$$",
    "$!",
    "${#x}",
    "${x:1:2}",
    "${x//a/b}",
    "${x^^}",
    "${!x}",
    "\u{0}",
    "\u{1b}[A",
    "\u{1b}[",
    "\u{1b}]0;",
    "\u{9}",
    "\u{3}",
    "\u{4}",
    "\u{c}",
    "\u{15}",
    "\u{17}",
    "\u{7f}",
    "\u{fc}",
    "\u{1f980}",
    "sleep 1",
    "read y",
    "bash ",
    "eval ",
    "exec ",
    "exit ",
    "set -e;",
    "su -",
    "date +%",
    "curl http://169.254.169.254/latest/",
    "-",
    "--",
    "-n",
    "#",
    "~/.ssh/authorized_keys",
    "/dev/null",
    "/etc/passwd",
    ".",
    "return ",
    "break 9 ",
    "continue ",
    "time ",
    "coproc ",
    "xargs ",
    "tr a-z ",
    "cut -d: -f",
    "seq 99999 ",
    "umask ",
    "kill ",
    "local ",
];

fn line(numbers: &mut Numbers) -> Vec<u8> {
    let mut line = Vec::new();
    for _ in 0..numbers.next(14) {
        if numbers.next(12) == 0 {
            line.extend(
                (0..numbers.next(6))
                    .map(|_| u8::try_from(numbers.next(256)).unwrap_or(0))
                    .collect::<Vec<_>>(),
            );
        } else {
            line.extend_from_slice(PIECES[numbers.next(PIECES.len())].as_bytes());
        }
    }
    line
}

#[test]
fn random_bytes_and_random_shell_never_panic() {
    let mut numbers = Numbers(20_261_124);
    let families = Family::ALL;
    let mut bench = Bench::new(families[0], true);
    bench.start();
    for round in 0..3000 {
        let began = spent();
        let typed = line(&mut numbers);
        if round % 3 == 0 {
            let mut other = Bench::new(families[numbers.next(5)], false);
            let text = String::from_utf8_lossy(&typed).into_owned();
            let output = other
                .session
                .exec(&mut other.machine, &other.id, other.now, &text);
            other.take(output);
            let output = other.session.eof(&mut other.machine, &other.id, other.now);
            other.take(output);
            other.wake();
        } else {
            bench.keys(&typed);
            bench.keys(b"\r");
            bench.wake();
            if round % 7 == 0 {
                bench.keys(&[3]);
            }
        }
        assert!(since(began) < MOST, "{:?}", String::from_utf8_lossy(&typed));
        if matches!(bench.then, Then::Exit(_)) {
            bench = Bench::new(families[numbers.next(5)], round % 2 == 0);
            bench.start();
        }
    }
}

#[test]
fn what_would_never_end_is_stopped() {
    for line in [
        "while true; do :; done",
        "while :; do echo y; done | head -1",
        "until false; do x=$x$x.; done",
        "for ((;;)); do :; done",
        ":(){ :|:& };:",
        "f() { f; }; f",
        "f() { $(f); }; f",
        "x=a; for i in {1..40}; do x=$x$x; done; echo ${#x}",
        "x=aaaaaaaaaaaaaaaaaaaaaaaaaaaa; echo ${x//a*a*a*a*b/}",
        "cat /dev/zero",
        "echo {1..9}{1..9}{1..9}{1..9}{1..9}{1..9}",
        "seq 1 999999999",
        "f='eval \"$f\"'; eval \"$f\"",
        "echo . . . > s; echo '. ./s' > s; . ./s",
        "while true; do echo xxxxxxxxxxxxxxxxxxxxxxxx >> f; done",
    ] {
        let began = spent();
        let (_, _, status) = super::testing::exec(Family::Al2023, line);
        assert!(status.is_some(), "{line}");
        assert!(since(began) < MOST, "{line} cost {:?}", since(began));
    }
}

#[test]
fn long_and_deep_lines_are_answered() {
    for text in [
        "(",
        "$(",
        "{",
        "\"$(",
        "`",
        "if true; then ",
        "a=",
        "x ",
        "[[ ! ",
        "$((",
        "${x:-",
        "\\",
        "*",
        "{a,b}",
        "{1..9}",
        "<<E ",
        "! ",
        "-",
    ] {
        let began = spent();
        run(&text.repeat(2000));
        run(&format!("echo {}", text.repeat(2000)));
        run(&format!("test {}", text.repeat(50)));
        assert!(since(began) < MOST, "{text} cost {:?}", since(began));
    }
    drop(terminal(
        Family::Ubuntu2404,
        &"\u{1b}[D\u{1b}[A".repeat(500),
    ));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_command_line_ends_or_waits_and_never_panics(
        pieces in proptest::collection::vec(proptest::prop_oneof![
            proptest::sample::select(PIECES).prop_map(str::to_owned),
            "(?s).{0,12}",
        ], 0..16),
        input in "(?s).{0,40}",
        terminal in proptest::prelude::any::<bool>(),
    ) {
        let began = spent();
        let line = pieces.concat();
        let mut bench = Bench::new(Family::Ubuntu2404, terminal);
        if terminal {
            bench.start();
            bench.keys(line.as_bytes());
            bench.keys(b"\r");
            bench.keys(input.as_bytes());
            bench.keys(b"\x03\x04");
        } else {
            let output = bench.session.exec(&mut bench.machine, &bench.id, bench.now, &line);
            bench.take(output);
            bench.keys(input.as_bytes());
            let output = bench.session.eof(&mut bench.machine, &bench.id, bench.now);
            bench.take(output);
            // With its input at its end a command can only wait for a time.
            proptest::prop_assert!(!matches!(bench.then, Then::ReadMore), "{:?}", line);
        }
        bench.wake();
        proptest::prop_assert!(since(began) < MOST, "{:?}", line);
    }
}
