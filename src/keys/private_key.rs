//! A private key.

/// A private key.
#[derive(Debug, Clone)]
pub struct PrivateKey;
