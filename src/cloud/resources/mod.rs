//! What an account holds, one kind a file.

pub mod address;
pub mod boot;
pub mod console;
pub mod fleet;
pub mod image;
pub mod instance;
pub mod instance_type;
pub mod key_pair;
pub mod left;
pub mod network;
pub mod security_group;
pub mod tag;
pub mod tagged;
pub mod zone;
