//! `groundschool completions SHELL`.

use std::process::ExitCode;

use clap::CommandFactory;

use crate::cli::arguments::Arguments;
use crate::cli::error::CliError;

/// Prints the completions.
pub fn run(shell: clap_complete::Shell) -> Result<ExitCode, CliError> {
    clap_complete::generate(shell, &mut Arguments::command(), "groundschool", &mut std::io::stdout());
    Ok(ExitCode::SUCCESS)
}
