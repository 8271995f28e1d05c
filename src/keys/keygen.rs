//! What `ssh-keygen` does on a machine: a fresh ED25519 key, and a look at any key.

use rand::SeedableRng;
use rand::rngs::StdRng;
use russh::keys::ssh_key;
use ssh_key::{Algorithm, HashAlg, LineEnding};

use super::file::inspect;
use super::private_key::KeyNotMade;

/// A key as `ssh-keygen` shows it.
#[derive(Debug, Clone)]
pub struct Seen {
    key: ssh_key::PublicKey,
    comment: String,
}

/// A fresh ED25519 key in OpenSSH's format, without a passphrase, and its public half. The seed has to be random: the key is
/// as secret as it is.
pub fn fresh(seed: [u8; 32], comment: &str) -> Result<(String, Seen), KeyNotMade> {
    let refused = |error: ssh_key::Error| KeyNotMade::Text(error.to_string());
    let mut rng = StdRng::from_seed(seed);
    let mut key = ssh_key::PrivateKey::random(&mut rng, Algorithm::Ed25519).map_err(refused)?;
    key.set_comment(comment);
    let text = key.to_openssh(LineEnding::LF).map_err(refused)?;
    let seen = Seen {
        key: key.public_key().clone(),
        comment: comment.to_owned(),
    };
    Ok((text.as_str().to_owned(), seen))
}

impl Seen {
    /// The first public key in a text of `authorized_keys` or `.pub` form.
    pub fn public(text: &str) -> Option<Self> {
        text.lines().find_map(|line| {
            let key = ssh_key::PublicKey::from_openssh(line.trim()).ok()?;
            let comment = line.split_whitespace().skip(2).collect::<Vec<_>>();
            Some(Self {
                key,
                comment: comment.join(" "),
            })
        })
    }

    /// The public half of a private key without a passphrase.
    pub fn private(text: &[u8]) -> Option<Self> {
        let own = std::str::from_utf8(text)
            .ok()
            .and_then(|text| ssh_key::PrivateKey::from_openssh(text).ok())
            .filter(|key| !key.is_encrypted());
        if let Some(key) = own {
            return Some(Self {
                comment: String::from_utf8_lossy(key.comment().as_bytes()).into_owned(),
                key: key.public_key().clone(),
            });
        }
        let key = inspect(text).private?;
        Some(Self {
            key: key.public().as_ssh_key().clone(),
            comment: String::new(),
        })
    }

    /// `ssh-ed25519 AAAA… comment`
    pub fn line(&self) -> String {
        let line = ssh_key::PublicKey::new(self.key.key_data().clone(), "").to_openssh();
        let line = line.unwrap_or_default();
        format!("{} {}", line.trim_end(), self.comment)
            .trim_end()
            .to_owned()
    }

    /// `SHA256:…`
    pub fn sha256(&self) -> String {
        super::sha256(&self.key)
    }

    /// `256 SHA256:… comment (ED25519)`
    pub fn summary(&self) -> String {
        let comment = match self.comment.as_str() {
            "" => "no comment",
            comment => comment,
        };
        let (kind, bits) = self.kind();
        format!("{bits} {} {comment} ({kind})", self.sha256())
    }

    /// The picture, eleven lines.
    pub fn randomart(&self) -> String {
        let (kind, bits) = self.kind();
        let print = self.key.fingerprint(HashAlg::Sha256);
        print.to_randomart(&format!("[{kind} {bits}]"))
    }

    fn kind(&self) -> (String, usize) {
        let name = self.key.algorithm().as_str().to_owned();
        let data = self.key.key_data();
        if let Some(rsa) = data.rsa() {
            let modulus = rsa.n().as_positive_bytes().unwrap_or_default();
            let zeros = modulus
                .first()
                .map_or(0, |byte| byte.leading_zeros() as usize);
            return ("RSA".into(), modulus.len() * 8 - zeros);
        }
        match name.as_str() {
            "ssh-ed25519" => ("ED25519".into(), 256),
            "ecdsa-sha2-nistp384" => ("ECDSA".into(), 384),
            "ecdsa-sha2-nistp521" => ("ECDSA".into(), 521),
            "ecdsa-sha2-nistp256" => ("ECDSA".into(), 256),
            _ => (name, 256),
        }
    }
}
