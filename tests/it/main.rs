//! Integration tests: real shells and real clients, in a lab of their own.
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
mod shell;
mod shim;
mod terminal;
