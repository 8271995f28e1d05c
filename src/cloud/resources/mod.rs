//! What an account holds, one kind a file.

pub mod tag;
