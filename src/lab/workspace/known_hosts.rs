//! ssh's list of known hosts, read as ssh reads it: plain names, and names that are hashed.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::course::evidence::KnownHost;

/// What the list says of these hosts on port 22.
pub(super) fn read(list: &str, hosts: &[String]) -> Vec<KnownHost> {
    let mut known = Vec::new();
    for line in list.lines().map(str::trim) {
        if line.starts_with(['#', '@']) {
            continue;
        }
        let mut words = line.split_ascii_whitespace();
        let (Some(names), Some(_), Some(key)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let Some(digest) = fingerprint(key) else {
            continue;
        };
        let of_line = hosts
            .iter()
            .filter(|host| names.split(',').any(|name| is(name, host)));
        known.extend(of_line.map(|host| KnownHost {
            host: host.clone(),
            key_sha256: digest.clone(),
        }));
    }
    known
}

/// `SHA256:…` of a public key in base64, as it stands in such a list.
pub(crate) fn fingerprint(key: &str) -> Option<String> {
    let key = STANDARD.decode(key).ok()?;
    let digest = STANDARD_NO_PAD.encode(Sha256::digest(&key));
    Some(format!("SHA256:{digest}"))
}

fn is(name: &str, host: &str) -> bool {
    match name.strip_prefix("|1|") {
        Some(hashed) => hash_is(hashed, host).unwrap_or(false),
        None => name.eq_ignore_ascii_case(host),
    }
}

/// `SALT|HASH`, both in base64: HMAC-SHA1 of the name with the salt as its key (OpenSSH hostfile.c, `host_hash`).
fn hash_is(hashed: &str, host: &str) -> Option<bool> {
    let (salt, hash) = hashed.split_once('|')?;
    let salt = STANDARD.decode(salt).ok()?;
    let hash = STANDARD.decode(hash).ok()?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&salt).ok()?;
    mac.update(host.as_bytes());
    Some(mac.verify_slice(&hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key, and what `ssh-keygen -l` of OpenSSH 9.2 prints of it.
    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGnW9Ayg9jOwNzOYbXvzs+DDDI+idSCBJFx2gJ56aq6Q";
    const SHA: &str = "SHA256:DSV2KOsPcsFR0VQn3FdVXs65Xs4SKQi7jV4DApR45xM";

    fn known(list: &str, host: &str) -> Vec<String> {
        let found = read(list, &[host.to_owned(), "192.0.2.1".to_owned()]);
        assert!(found.iter().all(|one| one.host == host), "{found:?}");
        found.into_iter().map(|one| one.key_sha256).collect()
    }

    #[test]
    fn a_plain_name_is_found_among_others_and_comments_are_not_read() {
        let list =
            format!("# 203.0.113.9 {KEY}\nweb1,203.0.113.25 {KEY}\n[203.0.113.26]:2222 {KEY}\n");
        assert_eq!(known(&list, "203.0.113.25"), [SHA]);
        for host in ["203.0.113.9", "203.0.113.26", "203.0.113.2", ""] {
            assert!(known(&list, host).is_empty(), "{host}");
        }
    }

    #[test]
    fn a_hashed_name_is_found_as_ssh_keygen_wrote_it() {
        // `ssh-keygen -H` of OpenSSH 9.2 for 203.0.113.25.
        let list = format!("|1|OBjbxaICrvJ231PIubzbqSS3NTk=|QOm8tpxVCqc6tu7peRUvU7LKP5A= {KEY}\n");
        assert_eq!(known(&list, "203.0.113.25"), [SHA]);
        assert!(known(&list, "203.0.113.26").is_empty());
        let odd = format!("|1|not base64|at all {KEY}\n203.0.113.25\n203.0.113.25 ssh-rsa ???\n");
        assert!(known(&odd, "203.0.113.25").is_empty());
    }
}
