//! What an account holds, one kind a file.

pub mod network;
pub mod security_group;
pub mod tag;
pub mod tagged;
pub mod zone;
