//! Fingerprints: the three that EC2 prints, and OpenSSH's.
//!
//! Sources: EC2 User Guide, "Verify the fingerprint of your key pair", whose openssl and ssh-keygen recipes give the
//! same values. (The API reference speaks of "section 4 of RFC 4716"; its own recipe contradicts that.)

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use md5::Md5;
use rsa::pkcs1::UintRef;
use rsa::pkcs8::der::Encode;
use rsa::pkcs8::spki::SubjectPublicKeyInfo;
use russh::keys::ssh_key;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// `SHA256:…` of any SSH public key, without padding, as `ssh-keygen -l` and `sshd`'s log print it.
pub fn sha256(key: &ssh_key::PublicKey) -> String {
    key.fingerprint(ssh_key::HashAlg::Sha256).to_string()
}

/// SHA-256 of any SSH public key as 32 hex pairs with colons, as cloud-init's table in the console output has it.
pub fn sha256_hex_colons(key: &ssh_key::PublicKey) -> String {
    colon_hex(key.fingerprint(ssh_key::HashAlg::Sha256).as_bytes())
}

/// `SHA256:…` of a public key blob.
pub(super) fn sha256_of_blob(blob: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(blob)))
}

/// 32 hex pairs of a public key blob.
pub(super) fn sha256_hex_colons_of_blob(blob: &[u8]) -> String {
    colon_hex(&Sha256::digest(blob))
}

/// EC2's, of an RSA key that EC2 made: SHA-1 of the private key as PKCS#8 DER, 20 hex pairs.
pub(super) fn created_rsa(pkcs8_der: &[u8]) -> String {
    colon_hex(&Sha1::digest(pkcs8_der))
}

/// EC2's, of every ED25519 key: base64 of SHA-256 of the public key blob, padded, without a prefix.
pub(super) fn ed25519(blob: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(blob))
}

/// EC2's, of an imported RSA key: MD5 of the public key as `SubjectPublicKeyInfo` DER, 16 hex pairs.
pub(super) fn imported_rsa(key: &ssh_key::public::RsaPublicKey) -> Option<String> {
    Some(colon_hex(&Md5::digest(spki_der(key)?)))
}

// Not through `rsa::RsaPublicKey`, which refuses keys of more than 4096 bits.
fn spki_der(key: &ssh_key::public::RsaPublicKey) -> Option<Vec<u8>> {
    let pkcs1 = rsa::pkcs1::RsaPublicKey {
        modulus: UintRef::new(key.n().as_positive_bytes()?).ok()?,
        public_exponent: UintRef::new(key.e().as_positive_bytes()?).ok()?,
    }
    .to_der()
    .ok()?;
    SubjectPublicKeyInfo {
        algorithm: rsa::pkcs1::ALGORITHM_ID,
        subject_public_key: rsa::pkcs8::der::asn1::BitStringRef::from_bytes(&pkcs1).ok()?,
    }
    .to_der()
    .ok()
}

fn colon_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| hex::encode([*byte]))
        .collect::<Vec<_>>()
        .join(":")
}
