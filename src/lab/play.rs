//! Plays scripts in an open lab: in one bash, in the learner's folder, with the lab's environment.

#![expect(
    clippy::disallowed_methods,
    reason = "starts bash, and reads what it printed"
)]

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::course::lesson::{Lesson, MistakeScript};
use crate::lab::engine::Engine;
use crate::lab::shell::spawn;
use crate::lab::workspace::Layout;

/// How long a script that nobody watches may take: the longest of the course waits for a start at AWS's own pace, some twelve seconds.
const LONGEST: Duration = Duration::from_secs(120);
/// How often its end is looked for.
const LOOK: Duration = Duration::from_millis(5);
const KILL: Signal = Signal::KILL;

/// Where a script is played: an open lab, of either world.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// Its folder.
    pub layout: &'a Layout,
    /// Its environment.
    pub environment: Vec<(OsString, OsString)>,
    /// The process whose network its shell joins.
    pub keeper: Option<u32>,
}

impl<'a> From<&'a Engine> for Place<'a> {
    fn from(engine: &'a Engine) -> Self {
        Self {
            layout: engine.workspace().layout(),
            environment: engine.environment(),
            keeper: engine.keeper(),
        }
    }
}

/// Who sees what a script prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The terminal.
    Terminal,
    /// Nobody: it is returned.
    Nobody,
}

/// What a script came to.
#[derive(Debug)]
pub struct Played {
    /// bash's exit status; 128 and the signal when one ended it.
    pub status: i32,
    /// What it printed, when nobody watched.
    pub printed: String,
}

/// Plays a script to its end. Standard input is empty, so that nothing waits for a typed answer.
pub fn play(place: &Place<'_>, script: &str, audience: Audience) -> io::Result<Played> {
    let layout = place.layout;
    let file = layout.run().join("play.sh");
    crate::lab::files::write_atomically(&file, script.as_bytes())?;
    let mut bash = spawn::child(layout, &place.environment, place.keeper);
    if audience == Audience::Nobody {
        bash.arg(spawn::APART);
    }
    bash.args(["bash", "--noprofile", "--norc"])
        .arg(&file)
        .stdin(Stdio::null());
    match audience {
        Audience::Terminal => {
            let status = bash.status()?;
            Ok(Played {
                status: number(status),
                printed: String::new(),
            })
        }
        Audience::Nobody => {
            // A file, not a pipe: what a script leaves running must not hold this program up.
            let path = layout.run().join("play.out");
            let out = std::fs::File::create(&path)?;
            let mut child = bash.stdout(out.try_clone()?).stderr(out).spawn()?;
            let status = wait(&mut child, LONGEST)?;
            let mut printed = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
            if status.is_none() {
                let _ = write!(
                    printed,
                    "\n(stopped here: it had not ended after {} seconds)",
                    LONGEST.as_secs()
                );
            }
            Ok(Played {
                status: status.map_or(128 + KILL.as_raw(), number),
                printed,
            })
        }
    }
}

/// Waits for its end, and ends it with all that it has started when that takes too long.
fn wait(child: &mut Child, longest: Duration) -> io::Result<Option<ExitStatus>> {
    let until = Instant::now() + longest;
    while Instant::now() < until {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(LOOK);
    }
    if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
        // It may have ended by itself meanwhile.
        rustix::process::kill_process_group(group, KILL).ok();
    }
    child.wait()?;
    Ok(None)
}

fn number(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(1)
}

/// The solution's sections in order, up to the step `until` (all without one). Each command is told to the coach as one
/// that was typed, and what the coach answers is printed. `shown` prints each step's commands before they run.
pub fn solution(place: &Place<'_>, lesson: &Lesson, until: Option<&str>, shown: bool) -> String {
    let mut script = told(place);
    script.push_str(&lesson.solution_preamble);
    script.push('\n');
    for section in lesson.solution_before(until) {
        if shown {
            let goal = lesson
                .step(&section.step)
                .map_or("", |(_, step)| step.goal.as_str());
            let _ = write!(
                script,
                "__show <<'__SHOWN__'\n\n# {goal}\n{}__SHOWN__\n",
                as_typed(&section.script)
            );
        }
        script.push_str(&section.script);
        // The command after a command is when the coach hears of it.
        script.push_str("\n:\n");
    }
    script
}

/// The solution up to a mistake's step, and then the mistake, whose commands may fail.
pub fn mistake(place: &Place<'_>, lesson: &Lesson, mistake: &MistakeScript) -> String {
    format!(
        "{}\nset +e\n{}\n:\n",
        solution(place, lesson, Some(&mistake.at), false),
        mistake.script
    )
}

/// Tells the coach of each command as a shell's prompt hook tells it: at the next command, with the status of the last.
fn told(place: &Place<'_>) -> String {
    let word = place.layout.bin().join(crate::lab::multicall::WORD);
    format!(
        r#"__typed=
__show() {{ cat; }}
__tell() {{
  case $__typed in '' | : | set\ * | __*) ;; *) '{}' --heard "$1" "$__typed" ;; esac
}}
__end() {{
  (($1 == 0)) || printf '(the script ended here with status %s, at: %s)\n' "$1" "$2"
}}
trap '__end $? "$BASH_COMMAND"' EXIT
trap '__tell $?; __typed=$BASH_COMMAND' DEBUG
"#,
        word.display()
    )
}

/// A script's lines behind a prompt, without its comments.
fn as_typed(script: &str) -> String {
    script
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "$ {line}");
            text
        })
}
