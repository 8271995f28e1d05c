//! Whether a lab can have a network of its own on this computer: asked by trying.

#![expect(
    clippy::disallowed_methods,
    reason = "asks where this program and the learner's are"
)]

use std::io;

use crate::cli::error::CliError;
use crate::cli::lab_options;
use crate::lab::engine::MY_IPV4;
use crate::lab::simulation::LAB_ADDRESSES;
use crate::lab::stage::{self, Ground, Probe, Refused};
use crate::lab::workspace::Workspace;

/// What an administrator can do about a refusal, on lines of its own; empty where we know of nothing.
pub fn cure() -> String {
    let program = std::env::current_exe().ok();
    let cure = program.and_then(|program| stage::cure(&program));
    cure.map_or_else(String::new, |cure| format!("\n{cure}"))
}

/// Makes one in a folder that is gone afterwards; what the system refuses is no error of ours.
pub fn probe() -> Result<Result<Probe, Refused>, CliError> {
    let failed = |error: io::Error| {
        CliError::surroundings("a folder to try a stage in cannot be made").because(error)
    };
    let program = std::env::current_exe().map_err(failed)?;
    let folder = tempfile::tempdir().map_err(failed)?;
    let workspace = Workspace::open(folder.path(), None).map_err(lab_options::workspace_error)?;
    let path = std::env::var_os("PATH");
    Ok(Probe::make(&Ground {
        program: &program,
        layout: workspace.layout(),
        path: path.as_deref(),
        home: lab_options::home(),
        pace: "fast",
        my_address: MY_IPV4,
        instances: LAB_ADDRESSES,
    }))
}
