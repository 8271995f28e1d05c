//! A machine's host key: what a client is shown and remembers.

use std::fmt;

use rand::CryptoRng;
use russh::keys::ssh_key;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ssh_key::{Algorithm, EcdsaCurve, LineEnding};

use super::fingerprint;
use super::private_key::PrivateKey;
use super::public_key::openssh_line;

/// The host key types that a machine's first boot makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostKeyType {
    /// `ssh-ed25519`.
    Ed25519,
    /// `ecdsa-sha2-nistp256`.
    EcdsaP256,
    /// `ssh-rsa`, with which signatures of SHA-2 are made.
    Rsa,
}

impl HostKeyType {
    /// The first word of the public key line.
    pub fn ssh_name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ssh-ed25519",
            Self::EcdsaP256 => "ecdsa-sha2-nistp256",
            Self::Rsa => "ssh-rsa",
        }
    }

    /// The name in brackets that `ssh-keygen -l` prints: `ED25519`, `ECDSA`, `RSA`.
    pub fn short_name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ED25519",
            Self::EcdsaP256 => "ECDSA",
            Self::Rsa => "RSA",
        }
    }

    /// Bits, as `ssh-keygen -l` prints them. A real machine's RSA host key has 3072; making one takes too long here.
    pub fn bits(self) -> u32 {
        match self {
            Self::Ed25519 | Self::EcdsaP256 => 256,
            Self::Rsa => 2048,
        }
    }

    fn algorithm(self) -> Algorithm {
        match self {
            Self::Ed25519 => Algorithm::Ed25519,
            Self::EcdsaP256 => Algorithm::Ecdsa {
                curve: EcdsaCurve::NistP256,
            },
            Self::Rsa => Algorithm::Rsa { hash: None },
        }
    }
}

/// A host key. In serde it is its OpenSSH private key text.
#[derive(Clone)]
pub struct HostKey {
    ssh: ssh_key::PrivateKey,
    text: String,
    blob: Vec<u8>,
    key_type: HostKeyType,
}

/// The text is no host key that a machine here has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAHostKey {
    /// Not an unencrypted OpenSSH private key.
    #[error("not an OpenSSH private key: {0}")]
    Unreadable(String),
    /// A key of another algorithm.
    #[error("a machine has ssh-ed25519, ecdsa-sha2-nistp256 and ssh-rsa host keys, not {0}")]
    Algorithm(String),
}

impl HostKey {
    /// Makes an RSA host key of a key that was made before.
    pub fn from_rsa(key: &PrivateKey) -> Result<Self, NotAHostKey> {
        Self::from_ssh_key(key.as_ssh_key().clone())
    }

    /// Makes a host key; well under a millisecond, but for RSA, which takes seconds (see [`HostKey::from_rsa`]).
    pub fn generate(key_type: HostKeyType, rng: &mut impl CryptoRng) -> Result<Self, NotAHostKey> {
        let key = ssh_key::PrivateKey::random(rng, key_type.algorithm())
            .map_err(|e| NotAHostKey::Unreadable(e.to_string()))?;
        Self::from_ssh_key(key)
    }

    /// Reads what [`HostKey::openssh_private`] wrote.
    pub fn from_openssh_private(text: &str) -> Result<Self, NotAHostKey> {
        let key = ssh_key::PrivateKey::from_openssh(text)
            .map_err(|e| NotAHostKey::Unreadable(e.to_string()))?;
        Self::from_ssh_key(key)
    }

    fn from_ssh_key(ssh: ssh_key::PrivateKey) -> Result<Self, NotAHostKey> {
        let key_type = [
            HostKeyType::Ed25519,
            HostKeyType::EcdsaP256,
            HostKeyType::Rsa,
        ]
        .into_iter()
        .find(|key_type| key_type.algorithm() == ssh.algorithm())
        .ok_or_else(|| NotAHostKey::Algorithm(ssh.algorithm().as_str().to_owned()))?;
        let unreadable = |e: ssh_key::Error| NotAHostKey::Unreadable(e.to_string());
        let text = ssh
            .to_openssh(LineEnding::LF)
            .map_err(unreadable)?
            .as_str()
            .to_owned();
        let blob = ssh.public_key().to_bytes().map_err(unreadable)?;
        Ok(Self {
            ssh,
            text,
            blob,
            key_type,
        })
    }

    /// The private key in OpenSSH's format, as it is in `/etc/ssh`.
    pub fn openssh_private(&self) -> &str {
        &self.text
    }

    /// The public key line, `ssh-ed25519 AAAA… comment`.
    pub fn openssh(&self, comment: &str) -> String {
        openssh_line(self.key_type.ssh_name(), &self.blob, comment)
    }

    /// `SHA256:…`, as a client is shown it and the console output prints it.
    pub fn sha256(&self) -> String {
        fingerprint::sha256_of_blob(&self.blob)
    }

    /// Its type.
    pub fn key_type(&self) -> HostKeyType {
        self.key_type
    }

    /// The key as russh's server wants it.
    pub fn as_ssh_key(&self) -> &ssh_key::PrivateKey {
        &self.ssh
    }

    /// The public half as russh knows it.
    pub fn public(&self) -> &ssh_key::PublicKey {
        self.ssh.public_key()
    }
}

impl PartialEq for HostKey {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for HostKey {}

/// Shows the public half only.
impl fmt::Debug for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HostKey").field(&self.openssh("")).finish()
    }
}

impl Serialize for HostKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for HostKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_openssh_private(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_host_key_survives_being_stored() {
        for key_type in [HostKeyType::Ed25519, HostKeyType::EcdsaP256] {
            let key = HostKey::generate(key_type, &mut StdRng::seed_from_u64(1)).unwrap();
            let text = serde_json::to_string(&key).unwrap();
            let again: HostKey = serde_json::from_str(&text).unwrap();
            assert_eq!(again, key);
            assert_eq!(again.key_type(), key_type);
            assert_eq!(again.sha256(), fingerprint::sha256(key.public()));
        }
    }

    #[test]
    fn the_public_line_names_the_algorithm_and_the_machine() {
        let key = HostKey::generate(HostKeyType::EcdsaP256, &mut StdRng::seed_from_u64(1)).unwrap();
        let line = key.openssh("root@ip-172-31-0-10");
        assert!(
            line.starts_with("ecdsa-sha2-nistp256 AAAAE2VjZHNh"),
            "{line}"
        );
        assert!(line.ends_with(" root@ip-172-31-0-10"), "{line}");
        assert_eq!(
            ssh_key::PublicKey::from_openssh(&line).unwrap().key_data(),
            key.public().key_data()
        );
    }

    #[test]
    fn two_machines_have_two_keys() {
        let mut rng = StdRng::seed_from_u64(1);
        let first = HostKey::generate(HostKeyType::Ed25519, &mut rng).unwrap();
        assert_ne!(
            HostKey::generate(HostKeyType::Ed25519, &mut rng).unwrap(),
            first
        );
    }

    #[test]
    fn a_key_pairs_rsa_key_is_no_host_key() {
        let rsa = include_str!("../../fixtures/keys/rsa.pem");
        assert!(matches!(
            HostKey::from_openssh_private(rsa),
            Err(NotAHostKey::Unreadable(_))
        ));
    }

    #[test]
    fn an_rsa_host_key_is_made_of_a_ready_key_and_survives_being_stored() {
        let pem = include_str!("../../fixtures/keys/rsa.pem");
        let ready = rsa::pkcs1::DecodeRsaPrivateKey::from_pkcs1_pem(pem).unwrap();
        let ready = PrivateKey::from_rsa(&ready).unwrap();
        let key = HostKey::from_rsa(&ready).unwrap();
        assert_eq!(key.key_type(), HostKeyType::Rsa);
        let text = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<HostKey>(&text).unwrap(), key);
        assert!(key.openssh("c").starts_with("ssh-rsa AAAAB3NzaC1yc2E"));
    }
}
