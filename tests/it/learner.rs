//! A learner: a home with files of their own, a place for a lab beside it, the stage of that lab, and who they are.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::desk::{program, until};
use crate::stages::{Variant, Who};
use crate::terminal::Terminal;

const SOLUTION: &str = include_str!("../../lessons/01-key-pair-and-ssh/solution.sh");

/// A learner's home with files of their own, and the place for a lab beside it.
pub(crate) struct Learner {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) shell: &'static str,
    /// `auto`, `netns` or `shim`.
    pub(crate) stage: &'static str,
    pub(crate) pace: &'static str,
    pub(crate) who: Who,
    /// Words before every command of theirs: the place where it is to run.
    pub(crate) where_it_runs: Vec<OsString>,
}

impl Learner {
    /// One with bash, on the stage that the program chooses, who is whoever runs the tests.
    pub(crate) fn new() -> Self {
        Self::on(Variant {
            stage: "auto",
            who: Who::Tester,
        })
    }

    pub(crate) fn on(variant: Variant) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let learner = Self {
            dir,
            shell: "/bin/bash",
            stage: variant.stage,
            pace: "instant",
            who: variant.who,
            where_it_runs: Vec::new(),
        };
        for (name, text) in [
            (
                ".bashrc",
                "PS1='READY> '\nbind 'set enable-bracketed-paste off'\n",
            ),
            (".zshrc", "PROMPT_EOL_MARK=\nPS1='READY> '\n"),
            (".shrc", "PS1='READY> '\n"),
            (
                ".config/fish/config.fish",
                "function fish_prompt; echo -n 'READY> '; end\nfunction fish_greeting; end\n",
            ),
            (
                ".ssh/config",
                "Host *\n  ProxyCommand /bin/false\n  Port 2\n  IdentityFile ~/.ssh/id_odd\n  User nobody\n",
            ),
            (".ssh/id_odd", "not a key\n"),
            (".ssh/known_hosts", "# mine\n"),
            (
                ".aws/config",
                "[default]\nregion = eu-west-3\noutput = yaml\n",
            ),
            (
                ".aws/credentials",
                "[default]\naws_access_key_id = AKIAMINE\n",
            ),
        ] {
            let path = learner.home().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        // Without it, fish spends a minute of a processor on reading all manual pages at its first start.
        let completions = ".local/share/fish/generated_completions";
        std::fs::create_dir_all(learner.home().join(completions)).unwrap();
        variant.who.settle(learner.dir.path(), &learner.home());
        learner
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("lab")
    }

    /// Where the lab's shell starts.
    pub(crate) fn work(&self) -> PathBuf {
        self.root().join("work")
    }

    pub(crate) fn private(&self, name: &str) -> PathBuf {
        self.root().join(".groundschool").join(name)
    }

    pub(crate) fn variables(&self) -> Vec<(OsString, OsString)> {
        // Without the learner's Python tools: the stand-in for the AWS CLI is quick.
        vec![
            ("PATH".into(), "/usr/bin:/bin".into()),
            ("HOME".into(), self.home().into()),
            ("ENV".into(), self.home().join(".shrc").into()),
            ("SHELL".into(), self.shell.into()),
            ("TERM".into(), "xterm".into()),
            ("LANG".into(), "C.UTF-8".into()),
        ]
    }

    /// The words of a command line that runs the program as this learner.
    fn words(&self, arguments: &[&str]) -> Vec<OsString> {
        let mut words = self.where_it_runs.clone();
        words.extend(self.who.words(self.dir.path()));
        words.push(program().into());
        words.extend(arguments.iter().map(Into::into));
        words
    }

    /// Starts the program in a terminal. A full disk is an error to it, not a signal.
    fn terminal(&self, arguments: &[&str]) -> Terminal {
        let mut all: Vec<OsString> = ["-c", "trap '' XFSZ; exec \"$@\"", "sh"]
            .map(Into::into)
            .into();
        all.extend(self.words(arguments));
        Terminal::start(
            Path::new("/bin/sh"),
            &all,
            &self.variables(),
            self.dir.path(),
        )
    }

    /// Starts `groundschool ARGUMENTS --lab ROOT` in a terminal.
    pub(crate) fn start_in(&self, root: &Path, arguments: &[&str]) -> Terminal {
        let place = [
            "--lab",
            root.to_str().unwrap(),
            "--pace",
            self.pace,
            "--plain",
            "--stage",
            self.stage,
        ];
        self.terminal(&[arguments, &place].concat())
    }

    /// Opens the lab as it is on a terminal with colours; and what is there before the first prompt.
    pub(crate) fn first_screen_in_colour(&self) -> (Terminal, String) {
        let root = self.root();
        let words = ["learn", "--lab", root.to_str().unwrap()];
        let how = ["--pace", self.pace, "--stage", self.stage];
        let mut terminal = self.terminal(&[&words[..], &how].concat());
        let screen = terminal.wait("READY> ");
        (terminal, screen)
    }

    /// The same in plain mode.
    pub(crate) fn first_screen(&self) -> (Terminal, String) {
        let mut terminal = self.start_in(&self.root(), &["learn"]);
        let screen = terminal.wait("READY> ");
        (terminal, screen)
    }

    /// Opens the lab, and waits for the first prompt.
    pub(crate) fn open(&self) -> Terminal {
        self.first_screen().0
    }

    /// `groundschool watch` in a terminal of its own.
    pub(crate) fn watch(&self, arguments: &[&str]) -> Terminal {
        let root = self.root();
        let words = ["watch", "--lab", root.to_str().unwrap()];
        self.terminal(&[&words, arguments].concat())
    }

    /// A command without a terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let words = self.words(arguments);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env_clear().envs(self.variables());
        command
            .current_dir(self.dir.path())
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    }

    /// What `grade` says from outside.
    pub(crate) fn grade(&self) -> (Option<i32>, serde_json::Value) {
        let root = self.root();
        let output = self.run(&["grade", "--lab", root.to_str().unwrap(), "--format", "json"]);
        let report = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {output:?}"));
        (output.status.code(), report)
    }

    /// Runs these of the solution's steps in the lab's shell.
    pub(crate) fn solve(&self, terminal: &mut Terminal, wanted: &[&str]) -> String {
        let mut shown = String::new();
        for (step, script) in steps() {
            if wanted.contains(&step) {
                std::fs::write(self.work().join(format!("{step}.sh")), script).unwrap();
                shown += &terminal.line(&format!(". ./{step}.sh"));
            }
        }
        shown
    }
}

/// The exit code of the program in the terminal.
pub(crate) fn code(terminal: &mut Terminal) -> Option<i32> {
    until("the program's end", || {
        terminal
            .child
            .try_wait()
            .unwrap()
            .map(|status| status.code())
    })
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What the tool printed: on a busy computer the coach's words may come a prompt later.
pub(crate) fn without_the_coach(shown: &str) -> String {
    let lines = shown.lines().filter(|line| !line.starts_with('|'));
    lines.collect::<Vec<_>>().join("\n")
}

/// Every file below a folder: its bytes, its mode and when it was changed.
pub(crate) fn everything_in(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32, i64)> {
    let mut all = BTreeMap::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return all;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let about = std::fs::symlink_metadata(&path).unwrap();
        if about.is_dir() {
            all.extend(everything_in(&path));
        }
        let bytes = if about.is_file() {
            std::fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        all.insert(
            path,
            (bytes, about.mode(), about.mtime_nsec() ^ about.mtime()),
        );
    }
    all
}

/// The lines of the solution's steps, by the step's name.
pub(crate) fn steps() -> Vec<(&'static str, &'static str)> {
    SOLUTION
        .split("\n# step: ")
        .skip(1)
        .map(|section| section.split_once('\n').unwrap())
        .collect()
}
