//! The shell of a machine: bash's grammar comes from brush-parser, what it means is here.

mod arith;
mod dispatch;
mod expand;
mod keygen;
mod memo;
mod parameter;
mod parse;
mod pattern;
mod prompt;
mod redirect;
mod run;
mod scp;
mod serve;
mod state;
mod woven;

use std::future::Future;
use std::pin::Pin;

pub(crate) use arith::evaluate;
pub(crate) use dispatch::{Found, find, which};
pub(crate) use expand::escapes;
pub(crate) use parse::{Parsed, ask, parse};
pub(crate) use pattern::Pattern;
pub(crate) use run::{run_line, run_text};
pub(crate) use state::Shell;
pub(crate) use woven::Woven;

/// A future that calls itself has to be boxed.
type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How a command ended: its exit status, or a jump.
pub(crate) type Status = Result<u32, Flow>;

/// A jump out of the place where it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Out of so many loops.
    Break(u32),
    /// To the next round of the loop so many levels up.
    Continue(u32),
    /// Out of the function or the sourced file.
    Return(u32),
    /// Out of the shell.
    Exit(u32),
    /// Out of the line, with this status: an expansion failed and the text is already written.
    Abandon(u32),
    /// Out of the line: a limit was met.
    Stop,
}
