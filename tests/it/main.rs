//! Integration tests: one binary that drives the real tools.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests touch the computer, and fail by panicking"
)]

mod desk;
mod layers;
mod shell;
mod shim;
mod ssh;
mod terminal;
