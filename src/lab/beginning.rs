//! The beginning of a lesson in a lab: made once, remembered with the account, made anew by `lab reset`.

use std::sync::Arc;

use rand::RngExt;

use crate::course::start::{Begun, FORMAT, Start};
use crate::lab::engine::{MY_ADDRESS, REGION};
use crate::lab::files::{read_if_there, write_atomically};
use crate::lab::simulation::Simulation;
use crate::lab::start::{self, StartError};
use crate::lab::workspace::{Layout, Workspace};

/// How a lesson begins here.
pub struct Beginning {
    start: Start,
    /// What is drawn; by chance without it.
    seed: Option<u64>,
    workspace: Arc<Workspace>,
}

/// A lesson cannot be begun.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// What it begins with cannot be made.
    #[error("what the lesson begins with cannot be made: {0}")]
    Start(#[from] StartError),
    /// The disk.
    #[error("what the lesson begins with cannot be kept: {0}")]
    Disk(#[from] std::io::Error),
    /// What was kept is not to be read.
    #[error("{path}: {why}")]
    Kept {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
}

impl Beginning {
    /// Of a lesson with this start.
    pub fn new(start: Start, seed: Option<u64>, workspace: Arc<Workspace>) -> Self {
        Self {
            start,
            seed,
            workspace,
        }
    }

    /// What was made when the lesson began here; made now if it was not.
    pub fn find_or_make(&self, simulation: &Simulation) -> Result<Begun, BeginError> {
        if self.start.is_empty() {
            return Ok(Begun::default());
        }
        match look(self.workspace.layout())? {
            Some(begun) => Ok(begun),
            None => self.make(simulation),
        }
    }

    /// Makes it, in an account that is emptied first.
    pub fn make(&self, simulation: &Simulation) -> Result<Begun, BeginError> {
        simulation.reset()?;
        if self.start.is_empty() {
            return Ok(Begun::default());
        }
        let seed = self.seed.unwrap_or_else(|| rand::rng().random());
        let made = simulation.begin(|account, env| {
            start::plant(
                &self.start,
                seed,
                REGION,
                &MY_ADDRESS.to_string(),
                account,
                env,
            )
        })??;
        let layout = self.workspace.layout();
        start::write(&layout.work(), &self.start.folders, &made.files)?;
        // Last: without this note all of it is made again.
        let text = serde_json::to_vec_pretty(&made.begun).unwrap_or_default();
        write_atomically(&layout.begun(), &text)?;
        Ok(made.begun)
    }
}

/// What is remembered of the beginning in a lab.
pub fn look(layout: &Layout) -> Result<Option<Begun>, BeginError> {
    let Some(bytes) = read_if_there(&layout.begun())? else {
        return Ok(None);
    };
    let kept = |why: String| BeginError::Kept {
        path: layout.begun().display().to_string(),
        why,
    };
    let begun: Begun = serde_json::from_slice(&bytes).map_err(|error| kept(error.to_string()))?;
    if begun.format > FORMAT {
        return Err(kept(format!("it has format {}", begun.format)));
    }
    Ok(Some(begun))
}
