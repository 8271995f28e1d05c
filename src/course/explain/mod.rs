//! Explanations: each mistake's own sentence, and the command that cures it.
//!
//! A sentence says what was seen on both sides and what it means, in at most four lines of 76 columns.

pub(crate) mod api;
pub(crate) mod client;
pub(crate) mod file;
pub(crate) mod launch;
pub(crate) mod login;
pub(crate) mod network;

use crate::course::mistake::{Mistake, Recognised};

/// A recognised mistake.
pub(crate) fn recognised(
    mistake: Mistake,
    says: impl Into<String>,
    cure: impl Into<Option<String>>,
) -> Recognised {
    Recognised {
        mistake,
        says: says.into(),
        cure: cure.into(),
    }
}
