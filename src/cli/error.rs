//! What the command line says when it cannot go on: what, why, and a hint; and with which exit code.

use std::process::ExitCode;

/// Exit codes of every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Not passed yet.
    NotYet = 1,
    /// Wrong usage.
    Usage = 2,
    /// The surroundings: a port, a missing tool, a folder that cannot be written.
    Surroundings = 3,
    /// Our own mistake.
    Bug = 70,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The end of a command that could not do its work.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct CliError {
    /// What could not be done, in one line.
    pub what: String,
    /// Why, as far as known.
    pub why: Option<String>,
    /// What the reader can do about it.
    pub hint: Option<String>,
    /// The exit code.
    pub exit: Exit,
}

impl CliError {
    /// Wrong usage.
    pub fn usage(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: None,
            hint: None,
            exit: Exit::Usage,
        }
    }

    /// The surroundings are in the way.
    pub fn surroundings(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: None,
            hint: None,
            exit: Exit::Surroundings,
        }
    }

    /// A mistake of ours.
    pub fn bug(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: None,
            hint: None,
            exit: Exit::Bug,
        }
    }

    /// The reason.
    #[must_use]
    pub fn because(mut self, why: impl std::fmt::Display) -> Self {
        self.why = Some(why.to_string());
        self
    }

    /// The way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The lines for standard error.
    pub fn lines(&self) -> String {
        use std::fmt::Write;
        let mut text = format!("groundschool: {}\n", self.what);
        if let Some(why) = &self.why {
            let _ = writeln!(text, "  why:  {why}");
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(text, "  hint: {hint}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_why_and_what_to_do() {
        let error = CliError::surroundings("the endpoint cannot listen on 127.0.0.1:80")
            .because("permission denied")
            .hint("choose another port with --ec2 127.0.0.1:4566");
        assert_eq!(
            error.lines(),
            "groundschool: the endpoint cannot listen on 127.0.0.1:80\n  why:  permission denied\n  \
             hint: choose another port with --ec2 127.0.0.1:4566\n"
        );
    }
}
