//! Inside an instance: gate, disk, users, shell, commands. Pure: no clock, no files, no sockets.
//!
//! A caller keeps one [`Machine`] per instance (it is a plain serde value and survives stop and start), asks
//! [`gate::gate`] who may come in, and then drives one [`Session`] per login: bytes in, [`Output`] out. All times are
//! Unix milliseconds and are given by the caller.

mod family;
pub mod gate;
mod identity;
mod session;

pub use family::{Family, UnknownFamily};
pub use identity::Identity;
pub use session::{Output, Ran, Session, Size, Then};

use serde::{Deserialize, Serialize};

/// What is inside one instance and survives stop and start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    family: Family,
}

impl Machine {
    /// The machine as cloud-init leaves it after its first boot.
    #[must_use]
    pub fn first_boot(id: &Identity) -> Self {
        Self { family: id.family }
    }

    /// The family of the image it was made from.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }
}
