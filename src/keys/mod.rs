//! Key pairs: generate, texts (PEM, OpenSSH, PPK), public half, AWS fingerprints. Pure, and knows no other room.
//!
//! What it costs, measured on one of two shared cores in a debug build whose dependencies are optimised: making an RSA
//! key 30 to 130 ms, an ED25519 key 0.1 ms, a host key up to 0.9 ms. A [`PrivateKey`] makes its PEM text and its
//! fingerprint when it is made; asking for them borrows a text. A PPK text is 0.03 ms, inspecting a file 0.1 to 0.8 ms. So
//! whoever must answer `CreateKeyPair` quickly keeps a few RSA keys made ahead.

pub mod file;
mod fingerprint;
mod host_key;
mod key_type;
pub mod keygen;
mod openssh;
mod ppk;
mod private_key;
mod public_key;

pub use fingerprint::{sha256, sha256_hex_colons};
pub use host_key::{HostKey, HostKeyType, NotAHostKey};
pub use key_type::{KeyType, NotAKeyType};
pub use private_key::{KeyNotMade, PrivateKey};
pub use public_key::{NotAPublicKey, PublicKey};
