//! The public half of a key pair: RSA or ED25519, as `ImportKeyPair` takes it.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs8::der::Decode;
use russh::keys::ssh_key;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fingerprint;
use super::key_type::KeyType;

/// RSA lengths, in bits, that an import takes. The User Guide names 1024, 2048 and 4096; 8192 is known to work
/// (terraform-aws-modules/terraform-aws-key-pair#16) and 3072 is what `ssh-keygen` makes, so what lies between is taken
/// too. The ends of the range are unverified.
const RSA_BITS: std::ops::RangeInclusive<u32> = 1024..=8192;

/// The public half of a key pair, without a comment. Two are equal when they are the same key.
#[derive(Debug, Clone)]
pub struct PublicKey(Arc<Parts>);

/// What is made of a key once, and shared by all who have it: every instance that was launched with a key pair.
#[derive(Debug)]
struct Parts {
    ssh: ssh_key::PublicKey,
    blob: Vec<u8>,
    key_type: KeyType,
    imported_fingerprint: String,
}

/// The material holds no public key that EC2 takes. AWS has one text for all of these: `Key is not in valid OpenSSH
/// public key format`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPublicKey {
    /// Neither an OpenSSH line, nor RFC 4716, nor base64 DER.
    #[error("this is not a public key in a format that EC2 reads")]
    Unreadable,
    /// It is the private half.
    #[error("this is a private key; the public half was wanted")]
    PrivateHalf,
    /// A public key of another algorithm.
    #[error("EC2 takes RSA and ED25519 keys; this is {0}")]
    Algorithm(String),
    /// An RSA key too short or too long.
    #[error("EC2 takes RSA keys of 1024 to 8192 bits; this one has {0}")]
    Length(u32),
}

impl PublicKey {
    /// What `ImportKeyPair` reads: an OpenSSH line, RFC 4716, or (RSA only) DER, plain or as base64 text. `material` is what
    /// the parameter holds once its own base64 is undone: the bytes of the learner's file. That PEM (`BEGIN PUBLIC
    /// KEY`) is refused is unverified: AWS does not list it.
    pub fn from_material(material: &[u8]) -> Result<Self, NotAPublicKey> {
        let Ok(text) = std::str::from_utf8(material) else {
            return Self::from_der(material);
        };
        let text = text.trim();
        if text.contains("PRIVATE KEY") || text.starts_with("PuTTY-User-Key-File-") {
            return Err(NotAPublicKey::PrivateHalf);
        }
        if let Some(body) = rfc4716_body(text) {
            return Self::from_blob(&unwrap_base64(&body)?);
        }
        if text.starts_with("---") {
            return Err(NotAPublicKey::Unreadable);
        }
        match openssh_parts(text) {
            Some((algorithm, body)) => {
                let key = Self::from_blob(&unwrap_base64(body)?)?;
                if key.0.key_type.ssh_name() == algorithm {
                    Ok(key)
                } else {
                    Err(NotAPublicKey::Unreadable)
                }
            }
            None => Self::from_der(&unwrap_base64(text)?),
        }
    }

    /// From a key that russh or an `authorized_keys` line gave.
    pub fn from_ssh_key(key: &ssh_key::PublicKey) -> Result<Self, NotAPublicKey> {
        Self::from_key_data(key.key_data().clone())
    }

    fn from_key_data(data: ssh_key::public::KeyData) -> Result<Self, NotAPublicKey> {
        let ssh = ssh_key::PublicKey::new(data, "");
        let blob = ssh.to_bytes().map_err(|_| NotAPublicKey::Unreadable)?;
        let (key_type, imported_fingerprint) =
            match (ssh.key_data().rsa(), ssh.key_data().ed25519()) {
                (Some(rsa), _) => {
                    let bits = bits(rsa);
                    if !RSA_BITS.contains(&bits) {
                        return Err(NotAPublicKey::Length(bits));
                    }
                    (
                        KeyType::Rsa,
                        fingerprint::imported_rsa(rsa).ok_or(NotAPublicKey::Unreadable)?,
                    )
                }
                (None, Some(_)) => (KeyType::Ed25519, fingerprint::ed25519(&blob)),
                (None, None) => {
                    return Err(NotAPublicKey::Algorithm(
                        ssh.algorithm().as_str().to_owned(),
                    ));
                }
            };
        Ok(Self(Arc::new(Parts {
            ssh,
            blob,
            key_type,
            imported_fingerprint,
        })))
    }

    fn from_blob(blob: &[u8]) -> Result<Self, NotAPublicKey> {
        let key = ssh_key::PublicKey::from_bytes(blob).map_err(|_| NotAPublicKey::Unreadable)?;
        Self::from_key_data(key.key_data().clone())
    }

    /// RSA as `SubjectPublicKeyInfo`, or the bare PKCS#1 sequence.
    fn from_der(der: &[u8]) -> Result<Self, NotAPublicKey> {
        let bare = match rsa::pkcs8::SubjectPublicKeyInfoRef::from_der(der) {
            Ok(info) if info.algorithm.oid == rsa::pkcs1::ALGORITHM_OID => info
                .subject_public_key
                .as_bytes()
                .ok_or(NotAPublicKey::Unreadable)?,
            Ok(info) => return Err(NotAPublicKey::Algorithm(info.algorithm.oid.to_string())),
            Err(_) => der,
        };
        let key =
            rsa::pkcs1::RsaPublicKey::from_der(bare).map_err(|_| NotAPublicKey::Unreadable)?;
        let mpint =
            |value: rsa::pkcs1::UintRef<'_>| ssh_key::Mpint::from_positive_bytes(value.as_bytes());
        let rsa =
            ssh_key::public::RsaPublicKey::new(mpint(key.public_exponent), mpint(key.modulus))
                .map_err(|_| NotAPublicKey::Unreadable)?;
        Self::from_key_data(rsa.into())
    }

    /// `ssh-rsa AAAA… comment`, one line without its end. The comment's line ends and control characters are left out; an
    /// empty one is left away with its space.
    pub fn openssh(&self, comment: &str) -> String {
        openssh_line(self.0.key_type.ssh_name(), &self.0.blob, comment)
    }

    /// RSA or ED25519.
    pub fn key_type(&self) -> KeyType {
        self.0.key_type
    }

    /// Length in bits, as `ssh-keygen -l` prints it first.
    pub fn bits(&self) -> u32 {
        self.0.ssh.key_data().rsa().map_or(256, bits)
    }

    /// `SHA256:…`, without padding, as `ssh-keygen -l` prints it.
    pub fn sha256(&self) -> String {
        fingerprint::sha256_of_blob(&self.0.blob)
    }

    /// SHA-256 as 32 hex pairs with colons, for cloud-init's table of authorised keys.
    pub fn sha256_hex_colons(&self) -> String {
        fingerprint::sha256_hex_colons_of_blob(&self.0.blob)
    }

    /// `KeyFingerprint` of this key when it was imported. RSA: MD5 of the `SubjectPublicKeyInfo` DER, 16 hex pairs;
    /// ED25519: base64 SHA-256 with padding, the same as when EC2 made it.
    pub fn imported_fingerprint(&self) -> &str {
        &self.0.imported_fingerprint
    }

    /// The key as russh knows it.
    pub fn as_ssh_key(&self) -> &ssh_key::PublicKey {
        &self.0.ssh
    }

    /// Whether this is that key, whatever that one's comment.
    pub fn is(&self, other: &ssh_key::PublicKey) -> bool {
        self.0.ssh.key_data() == other.key_data()
    }

    /// The public key blob (RFC 4253, section 6.6).
    pub(super) fn blob(&self) -> &[u8] {
        &self.0.blob
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.blob == other.0.blob
    }
}

impl Eq for PublicKey {}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.openssh(""))
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_material(text.as_bytes()).map_err(serde::de::Error::custom)
    }
}

/// One public key line.
pub(super) fn openssh_line(algorithm: &str, blob: &[u8], comment: &str) -> String {
    let comment: String = comment.chars().filter(|c| !c.is_control()).collect();
    let line = format!("{algorithm} {} {comment}", STANDARD.encode(blob));
    line.trim_end().to_owned()
}

/// The algorithm's name and the base64 of a text that is one OpenSSH line.
pub(super) fn openssh_parts(text: &str) -> Option<(&str, &str)> {
    let mut lines = text.lines();
    let line = lines.next()?;
    if lines.any(|line| !line.trim().is_empty()) {
        return None;
    }
    let mut words = line.split_ascii_whitespace();
    Some((words.next()?, words.next()?))
}

/// The base64 of an RFC 4716 file: headers, with their continued lines, left out.
fn rfc4716_body(text: &str) -> Option<String> {
    let inner = text
        .strip_prefix("---- BEGIN SSH2 PUBLIC KEY ----")?
        .strip_suffix("---- END SSH2 PUBLIC KEY ----")?;
    let mut body = String::new();
    let mut continued = false;
    for line in inner.lines().map(str::trim_end) {
        let header = continued || line.contains(':');
        continued = header && line.ends_with('\\');
        if !header {
            body.push_str(line);
        }
    }
    Some(body)
}

/// A stray character within is skipped: moto's test key has one, with the fingerprint of the key without it. That AWS does
/// so is unverified.
fn unwrap_base64(text: &str) -> Result<Vec<u8>, NotAPublicKey> {
    let is_base64 = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let packed: String = text.chars().filter(is_base64).collect();
    STANDARD
        .decode(packed)
        .map_err(|_| NotAPublicKey::Unreadable)
}

fn bits(key: &ssh_key::public::RsaPublicKey) -> u32 {
    let bytes = key.n().as_positive_bytes().unwrap_or_default();
    let leading = bytes.first().map_or(0, |byte| byte.leading_zeros());
    u32::try_from(bytes.len() * 8).map_or(u32::MAX, |all| all - leading)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RSA: &str = include_str!("../../fixtures/keys/rsa.pub");
    const ED25519: &str = include_str!("../../fixtures/keys/ed25519.pub");

    fn key(text: &str) -> PublicKey {
        PublicKey::from_material(text.as_bytes()).unwrap()
    }

    fn refusal(text: &str) -> NotAPublicKey {
        PublicKey::from_material(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn an_ed25519_fingerprint_is_the_one_that_real_aws_gave() {
        // Recorded against AWS by localstack's tests (ec2-api.md, 4.1).
        let key =
            key("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILR+zNQbYY5ORuhYXGMTSnjRLzS9C5dUdWRKdlqi20q2");
        assert_eq!(
            key.imported_fingerprint(),
            "4LmcYnyBOqlloHZ5TKAxfa8BgMK2wL6WeOOTvXVdhmw="
        );
        assert_eq!(
            key.sha256(),
            "SHA256:4LmcYnyBOqlloHZ5TKAxfa8BgMK2wL6WeOOTvXVdhmw"
        );
        assert_eq!(key.key_type(), KeyType::Ed25519);
    }

    #[test]
    fn an_imported_rsa_fingerprint_is_the_one_of_the_openssl_recipe() {
        let key = key(RSA);
        assert_eq!(
            key.imported_fingerprint(),
            "01:ee:73:cb:85:ea:79:34:9c:e3:8c:98:61:df:2b:fd"
        );
        assert_eq!(
            key.sha256(),
            "SHA256:cMD1eXGRd75HwvJ2hl1Ewu4ypAt+9rFkL+7GDbJYzbE"
        );
        assert_eq!((key.key_type(), key.bits()), (KeyType::Rsa, 2048));
    }

    #[test]
    fn the_hex_fingerprint_is_the_same_hash_as_the_base64_one() {
        let key = key(ED25519);
        assert_eq!(
            key.sha256(),
            "SHA256:mcbFUXr7tlmOd8+aTJ8JIzqVVzg2an1/1BG4FyJowr4"
        );
        let hex = "99:c6:c5:51:7a:fb:b6:59:8e:77:cf:9a:4c:9f:09:23:3a:95:57:38:36:6a:7d:7f:d4:11:b8:17:22:68:c2:be";
        assert_eq!(key.sha256_hex_colons(), hex);
        assert_eq!(fingerprint::sha256_hex_colons(key.as_ssh_key()), hex);
        assert_eq!(fingerprint::sha256(key.as_ssh_key()), key.sha256());
    }

    #[test]
    fn one_key_in_every_format_that_an_import_takes_is_one_key() {
        let openssh = key(RSA);
        assert_eq!(
            key(include_str!("../../fixtures/keys/rsa.rfc4716")),
            openssh
        );
        let der = include_str!("../../fixtures/keys/rsa.der.b64");
        assert_eq!(key(der), openssh);
        assert_eq!(
            PublicKey::from_material(&STANDARD.decode(der).unwrap()).unwrap(),
            openssh
        );
        assert_eq!(key(&RSA.replace('\n', " me@home laptop\r\n")), openssh);
        assert_ne!(key(ED25519), openssh);
    }

    #[test]
    fn a_stray_character_within_the_base64_is_skipped() {
        assert_eq!(key(&RSA.replacen("AAAAB3", "AAAA\\B3", 1)), key(RSA));
    }

    #[test]
    fn the_line_carries_the_comment_that_it_is_given() {
        let bare = ED25519.trim_end();
        assert_eq!(key(ED25519).openssh(""), bare);
        assert_eq!(
            key(&format!("{bare} me@home")).openssh("my-key"),
            format!("{bare} my-key")
        );
        assert_eq!(
            key(ED25519).openssh("two\nlines"),
            format!("{bare} twolines")
        );
    }

    #[test]
    fn rsa_of_the_lengths_that_people_have_is_taken() {
        assert_eq!(
            key(include_str!("../../fixtures/keys/rsa-1024.pub")).bits(),
            1024
        );
        assert_eq!(
            key(include_str!("../../fixtures/keys/rsa-3072.pub")).bits(),
            3072
        );
    }

    #[test]
    fn a_key_of_another_algorithm_is_refused_by_name() {
        let ecdsa = include_str!("../../fixtures/keys/ecdsa.pub");
        assert_eq!(
            refusal(ecdsa),
            NotAPublicKey::Algorithm("ecdsa-sha2-nistp256".to_owned())
        );
    }

    #[test]
    fn the_private_half_is_refused_as_such() {
        assert_eq!(
            refusal(include_str!("../../fixtures/keys/rsa.pem")),
            NotAPublicKey::PrivateHalf
        );
        assert_eq!(
            refusal(include_str!("../../fixtures/keys/rsa.ppk")),
            NotAPublicKey::PrivateHalf
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let swapped = RSA.replace("ssh-rsa", "ssh-ed25519");
        for text in [
            "",
            "testkeypair.pub",
            "ssh-rsa",
            "ssh-rsa AAAA",
            &swapped,
            &RSA[..100],
            &format!("{RSA}{ED25519}"),
        ] {
            assert_eq!(refusal(text), NotAPublicKey::Unreadable, "{text}");
        }
    }

    #[test]
    fn in_serde_it_is_the_openssh_line() {
        let text = serde_json::to_string(&key(ED25519)).unwrap();
        assert_eq!(text, format!("\"{}\"", ED25519.trim_end()));
        assert_eq!(
            serde_json::from_str::<PublicKey>(&text).unwrap(),
            key(ED25519)
        );
    }

    #[test]
    fn a_key_is_itself_whatever_its_comment() {
        let commented = ssh_key::PublicKey::from_openssh(&key(RSA).openssh("someone")).unwrap();
        assert!(key(RSA).is(&commented));
        assert!(!key(ED25519).is(&commented));
    }
}
