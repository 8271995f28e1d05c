//! The two types of key pair that EC2 knows.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `KeyType` of a key pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum KeyType {
    /// `rsa`: 2048 bits when EC2 makes it. The default.
    #[serde(rename = "rsa")]
    Rsa,
    /// `ed25519`.
    #[serde(rename = "ed25519")]
    Ed25519,
}

impl KeyType {
    /// Every type, in the order of AWS's documentation.
    pub const ALL: [Self; 2] = [Self::Rsa, Self::Ed25519];

    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }

    /// The first word of a public key line: `ssh-rsa`, `ssh-ed25519`.
    pub fn ssh_name(self) -> &'static str {
        match self {
            Self::Rsa => "ssh-rsa",
            Self::Ed25519 => "ssh-ed25519",
        }
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no key type that EC2 knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a key type; EC2 knows rsa and ed25519")]
pub struct NotAKeyType(pub String);

impl FromStr for KeyType {
    type Err = NotAKeyType;

    /// Exactly as the API writes it: whether AWS also takes `RSA` is unknown, and for the caller to decide.
    fn from_str(text: &str) -> Result<Self, NotAKeyType> {
        Self::ALL
            .into_iter()
            .find(|key_type| key_type.as_str() == text)
            .ok_or_else(|| NotAKeyType(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_type_reads_back_what_it_writes() {
        for key_type in KeyType::ALL {
            assert_eq!(key_type.to_string().parse(), Ok(key_type));
            assert_eq!(
                serde_json::to_string(&key_type).unwrap(),
                format!("\"{key_type}\"")
            );
        }
    }

    #[test]
    fn dsa_is_refused_by_name() {
        let refusal = "dsa".parse::<KeyType>().unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "'dsa' is not a key type; EC2 knows rsa and ed25519"
        );
    }
}
