//! Everything that touches the computer: servers, stages, shells, files.

pub mod aws_lab;
pub mod coach;
pub mod engine;
pub mod files;
pub mod front;
pub mod journal;
pub mod key_pool;
pub mod limits;
pub mod machines;
pub mod multicall;
pub mod open;
pub mod play;
pub mod quiet;
pub mod server;
pub mod serving;
pub mod shell;
pub mod simulation;
pub mod stage;
pub mod step_faults;
pub mod store;
pub mod voice;
pub mod watch;
pub mod workspace;
pub mod world;
