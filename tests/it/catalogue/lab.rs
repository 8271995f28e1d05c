//! A learner's lab in a terminal: the whole program, their own bash, the real clients.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::aws::folder_of_aws;
use crate::desk::{program, until};
use crate::stages::Who;
use crate::terminal::Terminal;

const SOLUTION: &str = include_str!("../../../lessons/01-key-pair-and-ssh/solution.sh");
/// Every prompt ends with it.
const PROMPT: &str = "READY> ";

/// The home folder that ssh takes for the learner's: that of the list of users, whatever `HOME` is.
const OWN_HOME: &str = "own_home=$(getent passwd \"$(id -u)\" | cut -d: -f6)";

/// How the addresses are made real.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Shim,
    Netns,
}

impl Stage {
    /// The stage with the addresses themselves, and so the real texts, is the first.
    pub(super) const BOTH: &[Self] = &[Self::Netns, Self::Shim];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Shim => "shim",
            Self::Netns => "netns",
        }
    }
}

/// An open lab.
pub(super) struct Lab {
    dir: tempfile::TempDir,
    pub(super) terminal: Terminal,
    stage: Stage,
}

/// What a client said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) status: i64,
    /// On the terminal, without the coach's lines.
    pub(super) shown: String,
}

/// What the coach says.
#[derive(Debug)]
pub(super) struct Verdict {
    /// The name of the mistake.
    pub(super) mistake: Option<String>,
    /// Its lines as they stand beside the bar.
    pub(super) lines: Vec<String>,
}

impl Verdict {
    /// The sentence on one line, without the command.
    pub(super) fn says(&self) -> String {
        let lines = self.lines.iter().filter(|line| !line.starts_with("    "));
        lines.map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The command that cures it, as it would be copied.
    pub(super) fn cure(&self) -> Vec<&str> {
        let lines = self.lines.iter();
        lines.filter_map(|line| line.strip_prefix("    ")).collect()
    }
}

impl Lab {
    /// Opens a new lab.
    pub(super) fn open(stage: Stage, real_pace: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        std::fs::create_dir(&home).unwrap();
        let rc = format!("PS1='{PROMPT}'\nbind 'set enable-bracketed-paste off'\numask 022\n");
        std::fs::write(home.join(".bashrc"), rc).unwrap();
        let who = learner();
        who.settle(dir.path(), &home);
        let pace = if real_pace { "real" } else { "instant" };
        let arguments: Vec<OsString> = [
            "learn",
            "--lab",
            dir.path().join("lab").to_str().unwrap(),
            "--pace",
            pace,
            "--stage",
            stage.name(),
            "--plain",
        ]
        .map(OsString::from)
        .into();
        let words = words(who, dir.path(), &arguments);
        let mut terminal = Terminal::start(
            Path::new("/usr/bin/env"),
            &words,
            &variables(dir.path()),
            dir.path(),
        );
        terminal.wait(PROMPT);
        Self {
            dir,
            terminal,
            stage,
        }
    }

    fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// The lab's own folder of this name, which a learner does not look into.
    fn private(&self, name: &str) -> PathBuf {
        self.folder().join("lab/.groundschool").join(name)
    }

    /// Runs a script in the learner's shell, as one command. Returns the shell's variables that are written small.
    pub(super) fn source(&mut self, script: &str) -> BTreeMap<String, String> {
        let file = self.folder().join("script.sh");
        let variables = self.folder().join("variables");
        let trace = self.folder().join("trace");
        let whole = format!(
            "{{\nset -v\n{script}\nset +v\n}} >'{}' 2>&1\n{OWN_HOME}\nset | grep '^[a-z_]*=' >'{}'\n",
            trace.display(),
            variables.display()
        );
        std::fs::write(&file, whole).unwrap();
        self.terminal.line(&format!(". '{}'", file.display()));
        let mut found: BTreeMap<String, String> = std::fs::read_to_string(&variables)
            .unwrap()
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
            .collect();
        let known_hosts = match (self.stage, found.get("own_home")) {
            // The lab's own folder lies over it.
            (Stage::Netns, Some(home)) => PathBuf::from(home).join(".ssh/known_hosts"),
            (Stage::Shim, _) | (_, None) => self.private("ssh/known_hosts"),
        };
        found.insert("known_hosts".to_owned(), known_hosts.display().to_string());
        let unresolved = match self.stage {
            Stage::Netns => "Name or service not known",
            // The computer's own name servers say it, if it has any.
            Stage::Shim => "~",
        };
        found.insert("unresolved".to_owned(), unresolved.to_owned());
        let hostip = match (self.stage, found.get("address")) {
            (Stage::Netns, Some(address)) => address.clone(),
            (Stage::Shim, _) | (_, None) => "<no hostip for proxy command>".to_owned(),
        };
        found.insert("hostip".to_owned(), hostip);
        let peer = match (self.stage, found.get("address")) {
            (Stage::Netns, Some(address)) => format!("{address} port 22"),
            // ssh takes the lab's socket for the other side.
            (Stage::Shim, _) | (_, None) => {
                let socket = self.private("run/control.sock");
                format!("{} port 0", socket.display())
            }
        };
        found.insert("peer".to_owned(), peer);
        found
    }

    /// Whether the next commands find the real AWS CLI, or the lab's stand-in.
    pub(super) fn use_real_aws(&mut self, real: bool) {
        let folder = folder_of_aws();
        let aws = folder.join("aws");
        let folder = folder.display();
        let line = if real {
            format!("PATH={folder}:$PATH")
        } else {
            format!("PATH=${{PATH#{folder}:}}")
        };
        let found = self.terminal.line(&format!("{line}; command -v aws"));
        let found = found
            .lines()
            .any(|line| line.trim() == aws.display().to_string());
        assert_eq!(
            found,
            real,
            "{} must be one that any user can start: run tests/run",
            aws.display()
        );
    }

    /// What the last script printed.
    pub(super) fn trace(&self) -> String {
        std::fs::read_to_string(self.folder().join("trace")).unwrap_or_default()
    }

    /// Types a command, and answers its questions on the terminal.
    pub(super) fn types(&mut self, line: &str, answers: &[(String, String)]) -> Said {
        let place = |name: &str| self.folder().join(name);
        let (out, err) = (place("out"), place("err"));
        let before = self.commands().len();
        let whole = format!("{line} >{} 2>{}", out.display(), err.display());
        self.terminal.press(&format!("{whole}\r"));
        let mut shown = String::new();
        for (question, answer) in answers {
            shown += &self.terminal.wait(question);
            shown += question;
            self.terminal.press(&format!("{answer}\r"));
        }
        shown += &self.terminal.wait(PROMPT);
        // The engine has heard of it: a busy computer may be a moment late.
        let status = until("the command's status", || {
            let commands = self.commands();
            let mut new = commands.get(before..)?.iter();
            new.find_map(|(typed, status)| (*typed == whole).then_some(*status))
        });
        let read = |path: &Path| {
            String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
        };
        let shown = shown
            .lines()
            .filter(|line| !line.starts_with('|'))
            .collect::<Vec<_>>()
            .join("\n");
        Said {
            stdout: read(&out),
            stderr: read(&err),
            status,
            shown,
        }
    }

    /// Commands that the shell reported, with their status.
    fn commands(&self) -> Vec<(String, i64)> {
        let journal = std::fs::read_to_string(self.private("journal.jsonl")).unwrap();
        let whole = journal.lines().filter_map(|line| {
            let event: serde_json::Value = serde_json::from_str(line).ok()?;
            let command = event.get("what")?.get("shell_command")?;
            Some((
                command.get("line")?.as_str()?.to_owned(),
                command.get("status")?.as_i64()?,
            ))
        });
        whole.collect()
    }

    /// Asks the coach, as a learner does and as a teacher does.
    pub(super) fn verdict(&mut self) -> Verdict {
        let verdict = self.ask();
        // Steps that were done by the way are told first.
        let is_done = |line: &String| line.starts_with("[done]");
        if verdict.lines.first().is_some_and(is_done) {
            return self.ask();
        }
        verdict
    }

    fn ask(&mut self) -> Verdict {
        let said = self.terminal.line("lab check");
        // What came late, of the command before, stands above what was asked for.
        let lines: Vec<&str> = said
            .lines()
            .filter_map(|line| line.trim_end_matches('\r').strip_prefix('|'))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        let start = lines
            .iter()
            .rposition(|line| line.starts_with('['))
            .unwrap_or(0);
        let lines = lines[start..].iter().map(|line| (*line).to_owned());
        let lines = lines.collect();
        let report = self.report();
        let steps = report["steps"].as_array().unwrap();
        let open = steps.iter().find(|step| step["verdict"] != "passed");
        let mistake = open.and_then(|step| step["mistake"].as_str().map(str::to_owned));
        Verdict { mistake, lines }
    }

    /// `groundschool grade`, from outside.
    pub(super) fn report(&self) -> serde_json::Value {
        let lab = self.folder().join("lab");
        let arguments = ["grade", "--format", "json", "--lab"].map(OsString::from);
        let arguments = arguments.into_iter().chain([lab.into_os_string()]);
        let words = words(learner(), self.folder(), &arguments.collect::<Vec<_>>());
        let output = Command::new(&words[0])
            .args(&words[1..])
            .env_clear()
            .envs(variables(self.folder()))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    /// Whether that step is passed.
    pub(super) fn has_passed(&self, step: &str) -> bool {
        let report = self.report();
        let steps = report["steps"].as_array().unwrap();
        steps
            .iter()
            .any(|one| one["id"] == step && one["verdict"] == "passed")
    }

    /// The lesson's own commands before a step.
    pub(super) fn before_step(step: &str) -> String {
        let sections = sections();
        let steps = sections.iter().take_while(|(name, _)| *name != step);
        let script: String = steps.map(|(_, script)| *script).collect();
        assert!(sections.iter().any(|(name, _)| *name == step), "no {step}");
        script
    }

    /// The lesson's own commands from a step to the sign-in.
    pub(super) fn steps_from(step: &str) -> String {
        let sections = sections();
        let steps = sections.iter().skip_while(|(name, _)| *name != step);
        let steps = steps.take_while(|(name, _)| *name != "look-around");
        steps.map(|(_, script)| *script).collect()
    }
}

/// Whom the entries are proved as, never root: root may read a file that nobody may, and write one that nobody may.
fn learner() -> Who {
    if rustix::process::geteuid().is_root() {
        Who::Plain
    } else {
        Who::Tester
    }
}

/// The words of a command line that runs the program as them.
fn words(who: Who, folder: &Path, arguments: &[OsString]) -> Vec<OsString> {
    let mut words = who.words(folder);
    words.push(program().into());
    words.extend_from_slice(arguments);
    words
}

/// The solution's steps with their commands.
fn sections() -> Vec<(&'static str, &'static str)> {
    SOLUTION
        .split("\n# step: ")
        .skip(1)
        .map(|section| section.split_once('\n').unwrap())
        .collect()
}

/// A learner without an AWS CLI: the lab lends its stand-in, which is quick.
fn variables(folder: &Path) -> Vec<(OsString, OsString)> {
    vec![
        ("PATH".into(), "/usr/bin:/bin".into()),
        ("HOME".into(), folder.join("home").into()),
        ("SHELL".into(), "/bin/bash".into()),
        ("TERM".into(), "xterm".into()),
        ("LANG".into(), "C.UTF-8".into()),
    ]
}
