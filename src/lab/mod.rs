//! Everything that touches the computer: servers, stages, shells, files.

pub mod multicall;
pub mod server;
pub mod shell;
pub mod stage;
pub mod workspace;
