//! Everything that touches the computer: servers, stages, shells, files.

pub mod files;
pub mod journal;
pub mod key_pool;
pub mod server;
pub mod simulation;
pub mod store;
pub mod voice;
