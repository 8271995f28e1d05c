//! Everything that touches the computer: servers, stages, shells, files.

pub mod server;
pub mod stage;
