//! The simulated AWS account and its API. Pure: time, randomness, ids and fresh keys come in through [`Env`].
//!
//! A request enters at [`api::handle`], which parses it into a typed request, lets the account's clock catch up
//! ([`Account::advance`]), runs the action and writes the typed answer. What an action may touch is a [`api::Call`].

pub mod account;
pub mod api;
pub mod changes;
pub mod env;
pub mod resources;
pub mod seed;
pub mod state;
pub mod text;
pub mod tracked;
pub mod unseen;

pub use account::{Account, Region};
pub use env::{Env, Pace};
