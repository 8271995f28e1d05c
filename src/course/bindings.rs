//! Bindings: what the learner's own names stand for in this lesson.

use serde::{Deserialize, Serialize};

/// What the lesson is about for this learner. Found in the evidence, never demanded; kept with the progress so that it
/// is still known when the key pair and the instance are gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bindings {
    /// The key pair.
    pub key_pair: Option<BoundKeyPair>,
    /// The file with its private half, as [`crate::course::evidence::KeyFile::path`].
    pub key_file: Option<String>,
    /// The instance's id.
    pub instance: Option<String>,
}

/// A key pair, remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundKeyPair {
    /// `KeyName`.
    pub name: String,
    /// `KeyPairId`.
    pub id: String,
    /// `KeyFingerprint`.
    pub fingerprint: String,
    /// The public half's `SHA256:…`, where it was known.
    pub public_sha256: Option<String>,
    /// `CreateTime`, Unix milliseconds.
    pub created_at: i64,
}
