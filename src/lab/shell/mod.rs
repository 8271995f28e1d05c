//! The learner's own shell, with their own start-up files, a prompt hook and the lab's environment.
//!
//! The hook tells the engine after each command what its status was, and prints what the engine answers before the next
//! prompt. How it asks was chosen by measurement (`cargo test --test it a_prompt -- --nocapture` prints the figures): starting any program costs
//! half a millisecond to a whole one, so where the shell has a socket of its own the hook uses builtins only.
//!
//! | shell | asks by |
//! |---|---|
//! | bash from 4.4 | `/dev/tcp` and `read -t`, on the control socket's loopback port |
//! | zsh | `zsocket` and `sysread -t`, on its Unix socket |
//! | fish, sh, older bash | this program as `groundschool-prompt`, which goes to its work before anything else starts |
//!
//! What their start-up files change back (`AWS_PROFILE`, `PATH`, an alias named `ssh`) is set right after them.

#![expect(
    clippy::disallowed_methods,
    reason = "writes the hook files, looks for shells"
)]

mod bash;
pub mod environment;
mod fish;
pub mod prompt_client;
pub(crate) mod quote;
mod sh;
pub mod spawn;
pub mod word_client;
mod zsh;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::lab::multicall;
use crate::lab::workspace::Layout;

/// The shells that have a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// GNU bash, 3.2 and later.
    Bash,
    /// zsh.
    Zsh,
    /// fish, 3.0 and later.
    Fish,
    /// A plain POSIX shell that expands `$( )` in its prompt: dash, busybox ash, ksh, bash as sh.
    Sh,
}

impl Kind {
    /// Its name on the control socket.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Sh => "sh",
        }
    }

    /// From a program's file name, `-bash` of a login shell included.
    pub fn of(program: &Path) -> Option<Self> {
        let name = program.file_name()?.to_str()?;
        match name.trim_start_matches('-') {
            "bash" => Some(Self::Bash),
            "zsh" => Some(Self::Zsh),
            "fish" => Some(Self::Fish),
            "sh" | "dash" | "ash" | "ksh" | "mksh" => Some(Self::Sh),
            _ => None,
        }
    }
}

/// The shell that a lab opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabShell {
    /// Which.
    pub kind: Kind,
    /// Its program.
    pub program: PathBuf,
    /// The learner's own shell, when it is one without a hook and another was taken.
    pub instead_of: Option<PathBuf>,
}

/// How to start it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Program.
    pub program: PathBuf,
    /// Arguments.
    pub arguments: Vec<OsString>,
    /// What this shell needs in its environment besides the lab's.
    pub variables: Vec<(OsString, OsString)>,
}

impl LabShell {
    /// The learner's shell: `shell` (the value of `$SHELL`), else the process that started this program, else bash, else sh.
    pub fn detect(shell: Option<&OsStr>) -> Self {
        let own = shell.map(PathBuf::from).filter(|shell| is_program(shell));
        if let Some(found) = own.as_deref().and_then(Self::with) {
            return found;
        }
        let parent = rustix::process::getppid().and_then(|parent| {
            std::fs::read_link(format!("/proc/{}/exe", parent.as_raw_nonzero())).ok()
        });
        let usual = ["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"].map(PathBuf::from);
        let found = parent
            .into_iter()
            .chain(usual)
            .filter(|program| is_program(program))
            .find_map(|program| Self::with(&program));
        let found = found.unwrap_or(Self {
            kind: Kind::Sh,
            program: PathBuf::from("/bin/sh"),
            instead_of: None,
        });
        Self {
            instead_of: own,
            ..found
        }
    }

    /// This program, if it is a shell that has a hook.
    pub fn with(program: &Path) -> Option<Self> {
        Some(Self {
            kind: Kind::of(program)?,
            program: program.to_owned(),
            instead_of: None,
        })
    }

    /// Writes the hook files and the links to `program` (this program's own file, [`std::env::current_exe`]) into the lab, and
    /// says how to start the shell there. `variables` is the whole lab environment, from [`environment::environment`].
    pub fn install(
        &self,
        layout: &Layout,
        program: &Path,
        variables: &[(OsString, OsString)],
    ) -> io::Result<Start> {
        multicall::link(layout, program)?;
        let hook = Hook { layout, variables };
        match self.kind {
            Kind::Bash => bash::install(&hook, &self.program),
            Kind::Zsh => zsh::install(&hook, &self.program),
            Kind::Fish => fish::install(&hook, &self.program),
            Kind::Sh => sh::install(&hook, &self.program),
        }
    }
}

fn is_program(path: &Path) -> bool {
    std::fs::metadata(path)
        .is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

/// Commands whose aliases and functions of the learner's would lead around the lab.
const OURS: [&str; 10] = [
    "ssh",
    "scp",
    "sftp",
    "ssh-keygen",
    "ssh-add",
    "plink",
    "pscp",
    "psftp",
    "aws",
    "lab",
];

/// What a hook file is made from.
struct Hook<'a> {
    layout: &'a Layout,
    variables: &'a [(OsString, OsString)],
}

impl Hook<'_> {
    /// Those variables that must be right again after the learner's start-up files.
    fn asserted(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        const NAMES: [&str; 7] = [
            environment::LAB,
            "SSH_AUTH_SOCK",
            "SSH_AGENT_PID",
            "TMUX_TMPDIR",
            "PUTTYDIR",
            "ANSIBLE_HOME",
            "HTTPS_PROXY",
        ];
        self.variables
            .iter()
            .filter(|(name, _)| {
                name.as_encoded_bytes().starts_with(b"AWS_")
                    || NAMES.iter().any(|known| name == known)
            })
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// Names whose aliases and functions are taken away.
    fn ours(&self) -> &'static [&'static str] {
        if self.layout.is_on_aws() {
            &["lab"]
        } else {
            &OURS
        }
    }

    /// How many seconds a prompt waits for the coach at most: on AWS a look takes some. Usually the answer is there after one or two
    /// thousandths; a busy computer takes longer, and a verdict at the next prompt is a verdict on the wrong command.
    fn wait(&self) -> &'static str {
        if self.layout.is_on_aws() {
            "6.5"
        } else {
            "0.15"
        }
    }

    /// The same while the engine does not answer at all.
    fn short_wait(&self) -> &'static str {
        if self.layout.is_on_aws() {
            "6.5"
        } else {
            "0.008"
        }
    }

    fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_os_str())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.layout.shell().join(name)
    }

    /// A hook file, from its text with `@NAME@` for what differs from lab to lab, each already quoted for its shell.
    fn write(&self, name: &str, text: &str, values: &[(&str, String)]) -> io::Result<PathBuf> {
        let path = self.file(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let text = values.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("@{name}@"), value)
        });
        std::fs::write(&path, text)?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_is_known_by_its_file_name() {
        assert_eq!(Kind::of(Path::new("/usr/bin/zsh")), Some(Kind::Zsh));
        assert_eq!(Kind::of(Path::new("-bash")), Some(Kind::Bash));
        assert_eq!(Kind::of(Path::new("/bin/dash")), Some(Kind::Sh));
        assert_eq!(Kind::of(Path::new("/usr/bin/tcsh")), None);
    }

    #[test]
    fn a_shell_without_a_hook_is_replaced_and_named() {
        let dir = tempfile::tempdir().unwrap();
        let tcsh = dir.path().join("tcsh");
        std::fs::write(&tcsh, "").unwrap();
        std::fs::set_permissions(&tcsh, std::fs::Permissions::from_mode(0o755)).unwrap();
        let found = LabShell::detect(Some(tcsh.as_os_str()));
        assert_eq!(found.instead_of, Some(tcsh));
        assert!(found.program.is_file());
        let bash = LabShell::detect(Some(OsStr::new("/bin/bash")));
        assert_eq!((bash.kind, bash.instead_of), (Kind::Bash, None));
    }
}
