//! The command line: one file per command.

pub mod arguments;
pub mod aws;
mod completions;
pub mod error;
mod serve;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::arguments::{Arguments, Command};
use crate::cli::error::CliError;

/// Runs the command that the process was started with; the exit code is for `main` to return.
pub fn main() -> ExitCode {
    if let Some(code) = crate::lab::multicall::dispatch() {
        return code;
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return u8::try_from(error.exit_code()).map_or(ExitCode::from(2), ExitCode::from);
        }
    };
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            anstream::eprint!("{}", error.lines());
            error.exit.into()
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode, CliError> {
    match arguments.command {
        Some(Command::Serve(options)) => serve::run(&options),
        Some(Command::Completions { shell }) => completions::run(shell),
        _ => Err(CliError::bug("not built yet")),
    }
}
