//! The classroom: results as sent and received, and classes. Pure; uses the course and nothing else. Files and the clock
//! belong to `lab` and `cli`.
//!
//! A result's way: when a step passes, the lab adds an entry with the evidence to the lesson's [`ledger`], without anything
//! private ([`seen`]); `groundschool hand-in` puts ledgers and claim into a [`hand_in`]; `groundschool grade FILE...` reads it,
//! judges the evidence again ([`regrade`]), puts all hand-ins side by side ([`sheet`]), finds their people ([`roster`]), and
//! writes what a learning management system reads ([`export`], [`fill`]).
//!
//! A [`class`] is one small file; it needs no server. A live class (who is where, who is stuck, over a local network) will
//! come as `classroom/server/` with what it says as plain values there, and its sockets in `lab`: the ledger's entries are what
//! a learner's lab would send one by one, in order and with their hashes, so that a hand-in and a live class end in the same
//! ledger and nothing here changes for it.

pub mod class;
mod columns;
pub mod export;
pub mod fill;
pub mod hand_in;
pub mod learner;
pub mod ledger;
pub mod regrade;
pub mod roster;
mod same;
pub mod seen;
pub mod sheet;
pub mod table;
#[cfg(test)]
mod testing;
