//! `groundschool enter`: another shell in a lab that is open.

#![expect(
    clippy::disallowed_methods,
    reason = "asks which shell is the learner's, and passes the environment on"
)]

use std::process::ExitCode;

use crate::cli::arguments::Place;
use crate::cli::error::CliError;
use crate::cli::lab_options;
use crate::lab::open::Open;
use crate::lab::shell::{LabShell, spawn};
use crate::lab::workspace::Layout;

/// Opens a shell beside the lab's first one, and waits for its end.
pub fn run(place: &Place) -> Result<ExitCode, CliError> {
    let root = lab_options::root(place)?;
    let layout = Layout::new(std::path::absolute(&root).unwrap_or(root));
    let Some(open) = Open::find(&layout) else {
        return Err(CliError::surroundings(format!(
            "no lab is open in {}",
            layout.root().display()
        ))
        .hint("open it first, in another terminal: groundschool"));
    };
    let failed = |error: std::io::Error| {
        CliError::surroundings("your shell cannot be started").because(error)
    };
    let variables = open.environment(&layout, std::env::vars_os());
    let shell = LabShell::detect(std::env::var_os("SHELL").as_deref());
    let program = std::env::current_exe().map_err(failed)?;
    let start = shell
        .install(&layout, &program, &variables)
        .map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    let status =
        spawn::run(&layout, &start, &variables, open.keeper, runtime.handle()).map_err(failed)?;
    if Open::find(&layout).is_none() {
        anstream::eprintln!(
            "The lab was left in its other terminal, so that this shell ended too."
        );
    }
    Ok(ExitCode::from(spawn::status_number(status)))
}
