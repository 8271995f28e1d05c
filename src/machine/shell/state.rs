//! What one shell keeps between its commands.

use std::collections::BTreeMap;
use std::sync::Arc;

use brush_parser::ast::FunctionDefinition;

use crate::machine::disk::{Disk, Who};
use crate::machine::users::User;
use crate::machine::{Family, Identity, Size};

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) value: String,
    pub(crate) exported: bool,
    pub(crate) read_only: bool,
}

/// One shell: the login shell, one that was started in it, or a subshell.
#[derive(Debug, Clone)]
pub(crate) struct Shell {
    /// `-bash`, `bash`, or a script's name.
    pub(crate) name: String,
    /// What stands before the message of an error: `-bash: ` or `bash: line 1: `
    pub(crate) prefix: String,
    pub(crate) user: String,
    pub(crate) who: Who,
    pub(crate) cwd: String,
    pub(crate) variables: BTreeMap<String, Variable>,
    pub(crate) functions: BTreeMap<String, Arc<FunctionDefinition>>,
    pub(crate) aliases: BTreeMap<String, String>,
    /// `$1` and so on.
    pub(crate) arguments: Vec<String>,
    /// `$?`
    pub(crate) status: u32,
    pub(crate) pid: u32,
    pub(crate) umask: u16,
    /// It reads lines from a person.
    pub(crate) interactive: bool,
    pub(crate) login: bool,
    /// `set -e`
    pub(crate) exit_on_error: bool,
    /// The lines that were typed, oldest first.
    pub(crate) history: Vec<String>,
}

/// The most that a variable may hold.
pub(crate) const VARIABLE: usize = 256 * 1024;

impl Shell {
    /// A user's shell with its first environment. `from` and `terminal` are what sshd sets.
    pub(crate) fn of(disk: &Disk, id: &Identity, user: &User, terminal: bool) -> Self {
        let mut shell = Self {
            name: "bash".into(),
            prefix: "bash: line 1: ".into(),
            user: user.name.clone(),
            who: user.who(disk),
            cwd: user.home.clone(),
            variables: BTreeMap::new(),
            functions: BTreeMap::new(),
            aliases: BTreeMap::new(),
            arguments: Vec::new(),
            status: 0,
            pid: 1500,
            umask: if user.uid == 0 {
                0o022
            } else {
                id.family.umask()
            },
            interactive: terminal,
            login: false,
            exit_on_error: false,
            history: Vec::new(),
        };
        for (name, value) in [
            ("HOME", user.home.as_str()),
            ("LANG", "C.UTF-8"),
            ("LOGNAME", &user.name),
            ("PATH", id.family.path()),
            ("SHELL", &user.shell),
            ("USER", &user.name),
        ] {
            shell.export(name, value);
        }
        if terminal {
            shell.export("TERM", "xterm-256color");
        }
        for (name, value) in [
            ("BASH", "/bin/bash"),
            ("BASH_VERSION", "5.2.15(1)-release"),
            ("EUID", &user.uid.to_string()),
            ("HOSTNAME", &id.host_name),
            ("IFS", " \t\n"),
            ("OPTIND", "1"),
            ("PS1", id.family.prompt()),
            ("PS2", "> "),
            ("UID", &user.uid.to_string()),
        ] {
            shell.set(name, value.to_owned());
        }
        shell.export("PWD", &user.home);
        shell.export("SHLVL", "1");
        shell
    }

    /// The value of a variable.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(|variable| variable.value.as_str())
    }

    /// Sets a variable and leaves its export as it is; what cannot be changed stays. Answers whether it was set.
    pub(crate) fn set(&mut self, name: &str, mut value: String) -> bool {
        if value.len() > VARIABLE {
            let mut end = VARIABLE;
            while !value.is_char_boundary(end) {
                end -= 1;
            }
            value.truncate(end);
        }
        let old = self.variables.get(name);
        if old.is_some_and(|old| old.read_only) || (old.is_none() && self.variables.len() >= 2000) {
            return false;
        }
        let exported = old.is_some_and(|old| old.exported);
        self.variables.insert(
            name.to_owned(),
            Variable {
                value,
                exported,
                read_only: false,
            },
        );
        true
    }

    /// Sets and exports a variable.
    pub(crate) fn export(&mut self, name: &str, value: &str) {
        self.set(name, value.to_owned());
        if let Some(variable) = self.variables.get_mut(name) {
            variable.exported = true;
        }
    }

    /// The terminal's size, where bash keeps it.
    pub(crate) fn fit(&mut self, size: Size) {
        self.set("COLUMNS", size.columns.to_string());
        self.set("LINES", size.rows.to_string());
    }

    /// The exported variables.
    pub(crate) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables
            .iter()
            .filter(|(_, variable)| variable.exported)
            .map(|(name, variable)| (name.as_str(), variable.value.as_str()))
    }

    /// The home folder, as `$HOME` says.
    pub(crate) fn home(&self) -> &str {
        self.get("HOME").unwrap_or("/")
    }

    /// An absolute path for what was written.
    pub(crate) fn path(&self, text: &str) -> String {
        if text.starts_with('/') || text.is_empty() {
            text.to_owned()
        } else {
            crate::machine::disk::join(&self.cwd, text)
        }
    }

    /// A shell of its own for a script or `bash -c`: exported variables only.
    pub(crate) fn child(&self, name: &str, arguments: Vec<String>) -> Self {
        let mut child = self.clone();
        child
            .variables
            .retain(|name, variable| variable.exported || is_own(name));
        child.functions.clear();
        child.aliases.clear();
        child.history.clear();
        name.clone_into(&mut child.name);
        child.prefix = format!("{name}: line 1: ");
        child.arguments = arguments;
        (child.interactive, child.login, child.exit_on_error) = (false, false, false);
        child
    }
}

/// Variables that every bash has, exported or not.
fn is_own(name: &str) -> bool {
    [
        "BASH",
        "BASH_VERSION",
        "EUID",
        "HOSTNAME",
        "IFS",
        "OPTIND",
        "PS1",
        "PS2",
        "UID",
    ]
    .contains(&name)
}

impl Family {
    /// The first `PATH` that sshd and `/etc/profile` give. Debian's and RHEL's unverified.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Al2023 | Self::Rhel9 => "/usr/local/bin:/usr/bin:/usr/local/sbin:/usr/sbin",
            Self::Al2 => "/usr/local/bin:/bin:/usr/bin:/usr/local/sbin:/usr/sbin",
            Self::Ubuntu2404 => {
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/usr/local/games:/snap/bin"
            }
            Self::Debian12 => "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games",
        }
    }

    /// The prompt, in bash's own notation.
    pub(crate) const fn prompt(self) -> &'static str {
        match self {
            Self::Al2023 | Self::Al2 | Self::Rhel9 => "[\\u@\\h \\W]\\$ ",
            Self::Ubuntu2404 | Self::Debian12 => "\\u@\\h:\\w\\$ ",
        }
    }

    /// The umask of a user's login.
    pub(crate) const fn umask(self) -> u16 {
        match self {
            Self::Al2 | Self::Ubuntu2404 => 0o002,
            Self::Al2023 | Self::Debian12 | Self::Rhel9 => 0o022,
        }
    }
}

impl Shell {
    /// A shell of nobody, for tests of the shell's parts.
    #[cfg(test)]
    pub(crate) fn nobody() -> Self {
        Self {
            name: "bash".into(),
            prefix: "bash: ".into(),
            user: "nobody".into(),
            who: Who {
                uid: 65534,
                gid: 65534,
                groups: vec![65534],
            },
            cwd: "/".into(),
            variables: BTreeMap::new(),
            functions: BTreeMap::new(),
            aliases: BTreeMap::new(),
            arguments: Vec::new(),
            status: 0,
            pid: 1,
            umask: 0o022,
            interactive: false,
            login: false,
            exit_on_error: false,
            history: Vec::new(),
        }
    }
}
