//! `groundschool doctor`: what is on this computer, what was found, what will be done.

#![expect(clippy::disallowed_methods, reason = "looks at the environment")]

use std::process::ExitCode;

use crate::cli::arguments::Place;
use crate::cli::error::{CliError, Exit};
use crate::cli::lab_options::{self, AwsCli, program};
use crate::cli::own_network;
use crate::lab::shell::LabShell;

/// Which stage a lab has here, and what an administrator could do about it.
fn stage() -> Result<String, CliError> {
    Ok(match own_network::probe()? {
        Ok(probe) => probe.notes.iter().fold(
            "netns: a lab has a network of its own here, and your tools work in it as they are.\n        \
             The lab's files lie over ~/.ssh and ~/.aws in its shell; one that you do not have\n        \
             is an empty folder while a lab is open"
                .to_owned(),
            |text, note| text + "\n        note: " + note,
        ),
        Err(why) => {
            format!(
                "shim: ssh, scp, sftp and ssh-keygen in the lab are links that lead to it\n        \
                 (netns would be nearer to AWS; {why}){}",
                own_network::cure()
            )
        }
    })
}

/// Prints a line a finding; 3 when a lab cannot be opened here.
pub fn run(place: &Place) -> Result<ExitCode, CliError> {
    let mut fit = true;
    let line = |word: &str, text: String| anstream::println!("[{word}] {text}");
    for name in ["ssh", "ssh-keygen"] {
        if let Some(path) = program(name) {
            line("found", format!("{name}: {}", path.display()));
        } else {
            fit = false;
            line(
                "missing",
                format!("{name}: install your system's OpenSSH client"),
            );
        }
    }
    match AwsCli::find() {
        AwsCli::Good(path, version) => {
            line(
                "found",
                format!(
                    "aws: {} ({}.{}.{})",
                    path.display(),
                    version.major,
                    version.minor,
                    version.patch
                ),
            );
        }
        AwsCli::Unfit(path) => line(
            "too old",
            format!(
                "aws: {} cannot be pointed at the lab; the lab lends a stand-in",
                path.display()
            ),
        ),
        AwsCli::Missing => line("missing", "aws: the lab lends a stand-in".to_owned()),
    }
    match program("bash") {
        Some(path) => line(
            "found",
            format!("bash: {} (for groundschool demo)", path.display()),
        ),
        None => line(
            "missing",
            "bash: `groundschool demo` needs it, a lab does not".to_owned(),
        ),
    }
    let shell = LabShell::detect(std::env::var_os("SHELL").as_deref());
    line(
        "found",
        format!(
            "your shell: {} ({})",
            shell.program.display(),
            shell.kind.name()
        ),
    );
    let root = lab_options::root(place)?;
    line(
        "lab",
        format!(
            "{}{}",
            root.display(),
            if root.exists() { "" } else { " (will be made)" }
        ),
    );
    line("stage", stage()?);
    line(
        "yours",
        "~/.ssh and ~/.aws are neither read nor written".to_owned(),
    );
    Ok(if fit {
        ExitCode::SUCCESS
    } else {
        Exit::Surroundings.into()
    })
}
