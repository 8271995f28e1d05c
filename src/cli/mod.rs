//! The command line: one file per command.

pub mod aws;

/// Runs the command that the process was started with; the exit code is for `main` to return.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
