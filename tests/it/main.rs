//! Integration tests: one binary that drives the real tools.

mod desk;
mod layers;
mod shell;
mod shim;
mod ssh;
mod terminal;
