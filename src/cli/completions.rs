//! `groundschool completions SHELL`.

use std::process::ExitCode;

use clap::CommandFactory;

use crate::cli::arguments::Arguments;

/// Prints the completions.
pub fn run(shell: clap_complete::Shell) -> ExitCode {
    clap_complete::generate(
        shell,
        &mut Arguments::command(),
        "groundschool",
        &mut std::io::stdout(),
    );
    ExitCode::SUCCESS
}
