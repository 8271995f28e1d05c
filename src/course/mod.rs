//! The course: lessons, checks, evidence, verdicts and progress. Pure, and knows no other room.
//!
//! A verdict's way: [`judge::needs`] says what to gather, [`evidence::Evidence`] is what was gathered, [`judge::judge`]
//! walks the steps from where [`progress::Progress`] stands, [`checks`] decide one predicate each, [`diagnose`] names the
//! mistake, and [`progress::Progress::record`] folds the result in.
//!
//! Lessons are folders in `lessons/`, embedded by [`catalogue`] and read by [`lesson`]; [`shape`] finds their faults. What a
//! lesson begins with is declared in [`start`], and made by `lab`; what no state shows is asked in [`question`].

pub mod answers;
pub mod asides;
pub mod bindings;
pub mod catalogue;
pub mod checks;
pub mod diagnose;
pub mod evidence;
mod explain;
#[cfg(test)]
pub(crate) mod fixture;
mod hint;
pub mod judge;
pub mod lesson;
pub mod locale;
pub mod mistake;
pub mod progress;
pub mod question;
pub mod replay;
mod scene;
mod session;
pub mod shape;
pub mod start;
pub mod translation;
pub mod verdict;
pub mod way;
pub mod words;
