//! What a second shell must know of a lab that is open: a file in its folder, from the engine to `groundschool enter`.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::lab::engine::REGION;
use crate::lab::files::{read_if_there, write_atomically};
use crate::lab::server::control::client::Client;
use crate::lab::shell::environment::{LabEnvironment, environment};
use crate::lab::stage::shim;
use crate::lab::workspace::Layout;

/// How an open lab runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// The EC2 endpoint's URL.
    pub endpoint: String,
    /// The stage's name.
    pub stage: String,
    /// The process whose namespaces the lab's shells join.
    pub keeper: Option<u32>,
    /// `real`, `fast` or `instant`.
    pub pace: String,
}

impl Open {
    /// The lab in this folder, if it is open: somebody answers at its control socket.
    pub fn find(layout: &Layout) -> Option<Self> {
        Client::dial(&layout.run(), None).ok()?;
        let bytes = read_if_there(&layout.open_file()).ok()??;
        serde_json::from_slice(&bytes).ok()
    }

    /// The environment for one of its shells, made of `inherited`.
    pub fn environment(
        &self,
        layout: &Layout,
        inherited: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Vec<(OsString, OsString)> {
        let stage = if self.keeper.is_some() {
            Vec::new()
        } else {
            vec![(shim::PACE.into(), self.pace.clone().into())]
        };
        let lab = LabEnvironment {
            layout,
            endpoint: &self.endpoint,
            region: REGION,
            stage: &stage,
            proxy: None,
        };
        environment(inherited, &lab)
    }
}

/// The file, for as long as the lab is open.
#[derive(Debug)]
pub struct OpenFile(PathBuf);

impl OpenFile {
    /// Writes it.
    pub fn write(path: PathBuf, open: &Open) -> io::Result<Self> {
        write_atomically(&path, &serde_json::to_vec(open)?)?;
        Ok(Self(path))
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        // Left behind by a kill it is harmless: nobody answers at the socket then.
        drop(std::fs::remove_file(&self.0));
    }
}
