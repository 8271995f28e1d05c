//! PuTTY's private key file, version 2, as `CreateKeyPair` answers `KeyFormat=ppk`.
//!
//! Version 2 is read by every PuTTY, those before 0.75 included; which version AWS sends is unverified. Format: the PuTTY
//! manual, appendix C.4. Line ends are LF, which every PuTTY reads and which survives XML.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use russh::keys::ssh_key;
use sha1::{Digest, Sha1};
use ssh_key::private::KeypairData;

use super::public_key::PublicKey;

/// The file's text, unencrypted, with a last line end.
pub(super) fn write(key: &ssh_key::PrivateKey, public: &PublicKey, comment: &str) -> String {
    let comment: String = comment.chars().filter(|c| !c.is_control()).collect();
    let algorithm = public.key_type().ssh_name();
    let private = private_blob(key.key_data());
    let mac = mac(&[
        algorithm.as_bytes(),
        b"none",
        comment.as_bytes(),
        public.blob(),
        &private,
    ]);
    format!(
        "PuTTY-User-Key-File-2: {algorithm}\nEncryption: none\nComment: {comment}\n{}{}Private-MAC: {}\n",
        section("Public", public.blob()),
        section("Private", &private),
        hex::encode(mac),
    )
}

fn section(name: &str, bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    format!("{name}-Lines: {}\n{}\n", lines.len(), lines.join("\n"))
}

/// RSA: d, p, q and the inverse of q modulo p. ED25519: the seed.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "russh's enum; a PrivateKey holds one of these two"
)]
fn private_blob(key: &KeypairData) -> Vec<u8> {
    let mut blob = Vec::new();
    match key {
        KeypairData::Rsa(pair) => {
            let private = pair.private();
            for number in [private.d(), private.p(), private.q(), private.iqmp()] {
                put_string(&mut blob, number.as_bytes());
            }
        }
        KeypairData::Ed25519(pair) => put_string(&mut blob, pair.private.as_ref()),
        _ => {}
    }
    blob
}

/// HMAC-SHA-1 with the key that stands in for a passphrase.
fn mac(parts: &[&[u8]]) -> Vec<u8> {
    let mut data = Vec::new();
    for part in parts {
        put_string(&mut data, part);
    }
    let key = Sha1::digest(b"putty-private-key-file-mac-key");
    // A key of any length will do for HMAC, so this cannot fail.
    Hmac::<Sha1>::new_from_slice(&key).map_or_else(
        |_| Vec::new(),
        |mut hmac| {
            hmac.update(&data);
            hmac.finalize().into_bytes().to_vec()
        },
    )
}

fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use crate::keys::file::inspect;

    #[test]
    fn the_text_is_puttygens_to_the_byte() {
        let cases = [
            (
                include_str!("../../fixtures/keys/rsa.pem"),
                include_str!("../../fixtures/keys/rsa.ppk"),
            ),
            (
                include_str!("../../fixtures/keys/ed25519.pem"),
                include_str!("../../fixtures/keys/ed25519.ppk"),
            ),
        ];
        for (pem, ppk) in cases {
            let key = inspect(pem.as_bytes()).private.unwrap();
            assert_eq!(key.ppk("fixture"), ppk);
        }
    }

    #[test]
    fn a_comment_cannot_add_a_line() {
        let key = inspect(include_bytes!("../../fixtures/keys/rsa.pem"))
            .private
            .unwrap();
        assert!(key.ppk("a\nb").contains("\nComment: ab\n"));
    }
}
