//! The course: lessons, checks, evidence, verdicts and progress. Pure, and knows no other room.

pub mod evidence;
