//! shim
use crate::lab::workspace::Layout;
use std::{ffi::OsString, process::ExitCode};
/// Names.
pub const NAMES: [&str; 6] = ["ssh", "scp", "sftp", "ssh-keygen", "plink", "pscp"];
/// x
pub fn connect(_layout: &Layout, _words: &[String]) -> ExitCode {
    ExitCode::from(70)
}
/// x
pub fn run(_layout: &Layout, _name: &str, _words: &[OsString]) -> ExitCode {
    ExitCode::from(70)
}
