//! Key pairs: generate, texts (PEM, OpenSSH, PPK), public half, AWS fingerprints. Pure, and knows no other room.

mod private_key;
pub use private_key::PrivateKey;
