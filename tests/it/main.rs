//! Integration tests.

mod desk;
mod shell;
mod shim;
mod terminal;
