//! Integration tests: one binary that drives the real tools.

mod desk;
mod hostile;
mod layers;
#[path = "../common/served.rs"]
mod served;
mod shell;
mod shim;
mod ssh;
mod terminal;
