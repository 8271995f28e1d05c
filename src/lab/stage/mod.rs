//! How the addresses of instances are made real on this computer.

pub mod shim;

use std::ffi::OsString;

/// One way of doing it. Lessons and checks never know which.
pub trait Stage {
    /// Its name, as `--stage` takes it.
    fn name(&self) -> &'static str;
    /// What the lab's shell needs in its environment for it.
    fn environment(&self) -> Vec<(OsString, OsString)>;
}
