//! The command line: one file per command.

/// Runs the command that the process was started with; the exit code is for `main` to return.
pub fn main() -> std::process::ExitCode {
    crate::lab::multicall::dispatch().unwrap_or(std::process::ExitCode::SUCCESS)
}
