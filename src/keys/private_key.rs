//! The private half of a key pair, with the texts that `CreateKeyPair` answers.

use std::fmt;

use rand::CryptoRng;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey, LineEnding};
use rsa::pkcs8::EncodePrivateKey;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use russh::keys::ssh_key;
use ssh_key::private::{Ed25519Keypair, KeypairData, RsaKeypair};

use super::fingerprint;
use super::key_type::KeyType;
use super::ppk;
use super::public_key::{NotAPublicKey, PublicKey};

/// Bits of an RSA key that EC2 makes (`CreateKeyPair`, API reference).
const RSA_BITS: usize = 2048;

/// A private key, with its PEM text and its fingerprint ready.
#[derive(Clone)]
pub struct PrivateKey {
    ssh: ssh_key::PrivateKey,
    pem: String,
    created_fingerprint: String,
    public: PublicKey,
}

/// A key could not be made, or not be put into a form that is needed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyNotMade {
    /// The RSA arithmetic refused.
    #[error("the RSA key could not be made: {0}")]
    Rsa(String),
    /// A text of the key could not be written.
    #[error("the key could not be written as text: {0}")]
    Text(String),
    /// The key is not one that EC2 takes.
    #[error(transparent)]
    NotForEc2(#[from] NotAPublicKey),
}

impl PrivateKey {
    /// Makes a key as `CreateKeyPair` does: RSA of 2048 bits, or ED25519. RSA takes tens to hundreds of milliseconds (it looks
    /// for primes, so it varies widely); ED25519 takes well under one.
    pub fn generate(key_type: KeyType, rng: &mut impl CryptoRng) -> Result<Self, KeyNotMade> {
        match key_type {
            KeyType::Rsa => {
                let key = rsa::RsaPrivateKey::new(rng, RSA_BITS).map_err(refused)?;
                Self::from_rsa(&larger_prime_first(key)?)
            }
            KeyType::Ed25519 => Self::from_ed25519(&Ed25519Keypair::random(rng)),
        }
    }

    /// `KeyMaterial` with `KeyFormat=pem`, copied from a text made beforehand.
    ///
    /// RSA: PKCS#1, lines of 64, LF, no line end after the last line, as every recorded answer of AWS. ED25519: OpenSSH's
    /// format, with a last line end; whether AWS sends that one is unverified, but OpenSSH refuses the file without it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// `KeyMaterial` with `KeyFormat=ppk`: PuTTY's format, version 2, unencrypted. A few microseconds.
    pub fn ppk(&self, comment: &str) -> String {
        ppk::write(&self.ssh, &self.public, comment)
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// RSA or ED25519.
    pub fn key_type(&self) -> KeyType {
        self.public.key_type()
    }

    /// `KeyFingerprint` of this key when EC2 made it, copied from a text made beforehand. RSA: SHA-1 of the PKCS#8 DER private
    /// key, 20 hex pairs; ED25519: base64 SHA-256 of the public key blob, padded.
    pub fn created_fingerprint(&self) -> &str {
        &self.created_fingerprint
    }

    /// The key as russh knows it, for a client that signs.
    pub fn as_ssh_key(&self) -> &ssh_key::PrivateKey {
        &self.ssh
    }

    pub(super) fn from_rsa(key: &rsa::RsaPrivateKey) -> Result<Self, KeyNotMade> {
        let text = |e: &dyn fmt::Display| KeyNotMade::Text(e.to_string());
        let pem = key.to_pkcs1_pem(LineEnding::LF).map_err(|e| text(&e))?;
        let pkcs8 = key.to_pkcs8_der().map_err(|e| text(&e))?;
        let pair = RsaKeypair::try_from(key).map_err(|e| text(&e))?;
        let ssh = ssh_key::PrivateKey::new(KeypairData::Rsa(pair), "").map_err(|e| text(&e))?;
        Ok(Self {
            pem: pem.trim_end().to_owned(),
            created_fingerprint: fingerprint::created_rsa(pkcs8.as_bytes()),
            public: PublicKey::from_ssh_key(ssh.public_key())?,
            ssh,
        })
    }

    pub(super) fn from_ed25519(pair: &Ed25519Keypair) -> Result<Self, KeyNotMade> {
        let text = |e: ssh_key::Error| KeyNotMade::Text(e.to_string());
        let ssh = ssh_key::PrivateKey::new(KeypairData::Ed25519(pair.clone()), "").map_err(text)?;
        let pem = ssh.to_openssh(LineEnding::LF).map_err(text)?;
        let public = PublicKey::from_ssh_key(ssh.public_key())?;
        Ok(Self {
            pem: pem.as_str().to_owned(),
            created_fingerprint: fingerprint::ed25519(public.blob()),
            public,
            ssh,
        })
    }

    pub(super) fn from_ssh_key(key: &ssh_key::PrivateKey) -> Result<Self, KeyNotMade> {
        match (key.key_data().rsa(), key.key_data().ed25519()) {
            (Some(pair), _) => {
                let key = rsa::RsaPrivateKey::try_from(pair).map_err(refused)?;
                Self::from_rsa(&key)
            }
            (None, Some(pair)) => Self::from_ed25519(pair),
            (None, None) => {
                Err(NotAPublicKey::Algorithm(key.algorithm().as_str().to_owned()).into())
            }
        }
    }

    pub(super) fn from_pkcs1_der(der: &[u8]) -> Result<Self, KeyNotMade> {
        let key = rsa::RsaPrivateKey::from_pkcs1_der(der).map_err(refused)?;
        Self::from_rsa(&key)
    }
}

/// OpenSSL and PuTTY write the larger prime first, and PuTTY puts it first when it reads a key; so a key made here goes
/// through PuTTYgen and back unchanged.
fn larger_prime_first(key: rsa::RsaPrivateKey) -> Result<rsa::RsaPrivateKey, KeyNotMade> {
    let mut primes = key.primes().to_vec();
    if primes.is_sorted_by(|a, b| a >= b) {
        return Ok(key);
    }
    primes.sort_by(|a, b| b.cmp(a));
    rsa::RsaPrivateKey::from_components(
        key.n().as_ref().clone(),
        key.e().clone(),
        key.d().clone(),
        primes,
    )
    .map_err(refused)
}

fn refused(error: impl fmt::Display) -> KeyNotMade {
    KeyNotMade::Rsa(error.to_string())
}

impl PartialEq for PrivateKey {
    fn eq(&self, other: &Self) -> bool {
        self.pem == other.pem
    }
}

impl Eq for PrivateKey {}

/// Shows the public half only, so that no journal holds a private one.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("key_type", &self.key_type())
            .field("public", &self.public.sha256())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_made_rsa_key_is_pkcs1_pem_without_a_last_line_end_and_reads_back() {
        let key = PrivateKey::generate(KeyType::Rsa, &mut StdRng::seed_from_u64(1)).unwrap();
        let lines: Vec<&str> = key.pem().split('\n').collect();
        assert_eq!(lines.first(), Some(&"-----BEGIN RSA PRIVATE KEY-----"));
        assert_eq!(lines.last(), Some(&"-----END RSA PRIVATE KEY-----"));
        assert_eq!(lines[1].len(), 64);
        assert_eq!(key.created_fingerprint().len(), 59);
        assert_eq!(key.public().imported_fingerprint().len(), 47);
        let again = rsa::RsaPrivateKey::from_pkcs1_pem(key.pem()).unwrap();
        assert_eq!(PrivateKey::from_rsa(&again).unwrap(), key);
    }

    #[test]
    fn a_made_ed25519_key_is_in_openssh_format_with_a_last_line_end_and_reads_back() {
        let key = PrivateKey::generate(KeyType::Ed25519, &mut StdRng::seed_from_u64(1)).unwrap();
        assert!(
            key.pem()
                .starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n")
        );
        assert!(key.pem().ends_with("\n-----END OPENSSH PRIVATE KEY-----\n"));
        assert_eq!(key.created_fingerprint().len(), 44);
        let again = ssh_key::PrivateKey::from_openssh(key.pem()).unwrap();
        assert_eq!(PrivateKey::from_ssh_key(&again).unwrap(), key);
    }

    #[test]
    fn the_fingerprint_of_a_key_that_ec2_made_is_the_one_of_the_openssl_recipe() {
        let pem = include_str!("../../fixtures/keys/rsa.pem");
        let key = PrivateKey::from_rsa(&rsa::RsaPrivateKey::from_pkcs1_pem(pem).unwrap()).unwrap();
        assert_eq!(
            key.created_fingerprint(),
            "b0:a3:01:06:53:65:33:06:2a:1e:cc:6e:a0:ee:63:17:32:ea:1e:87"
        );
        assert_eq!(format!("{}\n", key.pem()), pem);
    }

    #[test]
    fn an_ed25519_key_has_one_fingerprint_however_it_came() {
        let key = PrivateKey::generate(KeyType::Ed25519, &mut StdRng::seed_from_u64(2)).unwrap();
        assert_eq!(
            key.created_fingerprint(),
            key.public().imported_fingerprint()
        );
    }

    #[test]
    fn the_larger_prime_stands_first_as_openssl_and_putty_have_it() {
        for seed in 3..6 {
            let key = PrivateKey::generate(KeyType::Rsa, &mut StdRng::seed_from_u64(seed)).unwrap();
            let rsa = rsa::RsaPrivateKey::from_pkcs1_pem(key.pem()).unwrap();
            assert!(rsa.primes()[0] > rsa.primes()[1]);
        }
    }

    #[test]
    fn debug_never_shows_the_private_half() {
        let key = PrivateKey::generate(KeyType::Ed25519, &mut StdRng::seed_from_u64(1)).unwrap();
        let shown = format!("{key:?}");
        assert!(shown.contains(&key.public().sha256()), "{shown}");
        assert!(
            !shown.contains("PRIVATE") && !shown.contains("seed"),
            "{shown}"
        );
    }
}
