//! Key pairs: generate, texts (PEM, OpenSSH, PPK), public half, AWS fingerprints. Pure, and knows no other room.
//!
//! What it costs, measured on a slow core in a debug build whose dependencies are optimised (see the tests of
//! `private_key.rs`): making an RSA key tens to hundreds of milliseconds, an ED25519 key well under one. A
//! [`PrivateKey`] makes its PEM text and its fingerprint once, when it is made; asking for them copies a string. So
//! whoever must answer quickly keeps a few keys made ahead.

pub mod file;
mod fingerprint;
mod host_key;
mod key_type;
mod ppk;
mod private_key;
mod public_key;

pub use fingerprint::{sha256, sha256_hex_colons};
pub use host_key::{HostKey, HostKeyType, NotAHostKey};
pub use key_type::{KeyType, NotAKeyType};
pub use private_key::{KeyNotMade, PrivateKey};
pub use public_key::{NotAPublicKey, PublicKey};
