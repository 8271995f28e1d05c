//! What a file that should hold a private key really holds, judged as OpenSSH would.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use russh::keys::ssh_key;

use super::openssh::{self, Loaded};
use super::private_key::PrivateKey;

/// What is in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Content {
    /// A private key that OpenSSH loads, with a passphrase or without.
    PrivateKey,
    /// PuTTY's format.
    Ppk,
    /// A public key: the wrong half.
    PublicKey,
    /// JSON, or one JSON string: `--output text` was missing.
    Json,
    /// The answer's text with the fingerprint in front: `--query KeyMaterial` was missing.
    WholeAnswer,
    /// UTF-16, as Windows PowerShell 5 writes it.
    Utf16,
    /// A private key with its end, or its beginning, missing.
    Truncated,
    /// Nothing at all, or nothing but white space.
    Empty,
    /// A private key spoiled in another way: line breaks lost, quotes, indented, CRLF in an ED25519 key.
    Damaged,
    /// Something else.
    Other,
}

/// What [`inspect`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// What is in the file.
    pub content: Content,
    /// The key, where it can be read without a passphrase: of [`Content::PrivateKey`] and of [`Content::Ppk`]. Absent when it
    /// is of an algorithm that EC2 does not take, or an RSA key of more than 4096 bits.
    pub private: Option<PrivateKey>,
}

/// Judges a file's bytes. Never fails: whatever it is not, it is [`Content::Other`]. An RSA key costs a few milliseconds
/// (its numbers are checked); the rest costs what reading the bytes costs, so the caller bounds their number.
pub fn inspect(bytes: &[u8]) -> Inspection {
    match openssh::load(bytes) {
        Some(Loaded::Key(key)) => Inspection {
            content: Content::PrivateKey,
            private: Some(*key),
        },
        Some(Loaded::Sealed) => Inspection {
            content: Content::PrivateKey,
            private: None,
        },
        None => why_not(bytes),
    }
}

fn why_not(bytes: &[u8]) -> Inspection {
    let found = |content| Inspection {
        content,
        private: None,
    };
    if is_utf16(bytes) {
        return found(Content::Utf16);
    }
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        found(Content::Empty)
    } else if text.starts_with(PPK) {
        Inspection {
            content: Content::Ppk,
            private: read_ppk(text),
        }
    } else if is_json(text) {
        found(Content::Json)
    } else if is_public(text) {
        found(Content::PublicKey)
    } else {
        found(spoiled(text))
    }
}

const PPK: &str = "PuTTY-User-Key-File-";

fn is_utf16(bytes: &[u8]) -> bool {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        // Without a byte order mark every other byte of plain text is zero.
        [a, 0, b, 0, ..] | [0, a, 0, b, ..] => *a != 0 && *b != 0,
        _ => false,
    }
}

fn read_ppk(text: &str) -> Option<PrivateKey> {
    // The reader panics on other versions.
    let version = text.strip_prefix(PPK)?;
    if !(version.starts_with("2:") || version.starts_with("3:")) {
        return None;
    }
    let key = ssh_key::PrivateKey::from_ppk(text, None).ok()?;
    PrivateKey::from_ssh_key(&key).ok()
}

fn is_json(text: &str) -> bool {
    if text.contains(r"PRIVATE KEY-----\n") {
        return !text.starts_with("KeyFingerprint");
    }
    text.starts_with(['{', '[', '"'])
        && (text.contains("KeyMaterial") || text.contains(PPK) || text.contains("PRIVATE KEY-----"))
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn is_public(text: &str) -> bool {
    if text.contains("PRIVATE KEY") {
        return false;
    }
    if [
        "---- BEGIN SSH2 PUBLIC KEY",
        "-----BEGIN PUBLIC KEY",
        "-----BEGIN RSA PUBLIC KEY",
    ]
    .iter()
    .any(|start| text.starts_with(start))
    {
        return true;
    }
    // One line, or an `authorized_keys` file; a certificate counts too.
    let first = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    let mut words = first.unwrap_or_default().split_ascii_whitespace();
    let algorithm = words.next().unwrap_or_default();
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"]
        .iter()
        .any(|start| algorithm.starts_with(start))
        && words.next().is_some_and(|body| body.starts_with("AAAA"))
}

/// Of a text that OpenSSH refuses: whether, and how, it once was a private key.
fn spoiled(text: &str) -> Content {
    let begin = marker(text, "-----BEGIN ").or_else(|| text.find(PPK).map(|at| at..at));
    let end = marker(text, "-----END ");
    if is_answer(text, begin.as_ref(), end.as_ref()) {
        return Content::WholeAnswer;
    }
    match (begin, end) {
        (Some(begin), Some(end)) if begin.end <= end.start => Content::Damaged,
        (Some(_), Some(_) | None) | (None, Some(_)) => Content::Truncated,
        (None, None) if text.contains("PRIVATE KEY") => Content::Damaged,
        (None, None)
            if "-----BEGIN OPENSSH PRIVATE KEY-----".starts_with(text) || is_bare_body(text) =>
        {
            Content::Truncated
        }
        (None, None) if "-----BEGIN RSA PRIVATE KEY-----".starts_with(text) => Content::Truncated,
        (None, None) => Content::Other,
    }
}

/// Where `-----BEGIN … PRIVATE KEY-----` stands.
fn marker(text: &str, start: &str) -> Option<Range<usize>> {
    const TAIL: &str = "PRIVATE KEY-----";
    text.match_indices(start).find_map(|(at, _)| {
        let name = at + start.len();
        let tail = name + text.get(name..)?.find(TAIL)?;
        // No algorithm's name is longer than `ENCRYPTED `, and none has a dash.
        (tail - name <= 10).then_some(at..tail + TAIL.len())
    })
}

/// The words that stand around the material in `--output text`, `yaml` and `table`.
fn is_answer(text: &str, begin: Option<&Range<usize>>, end: Option<&Range<usize>>) -> bool {
    let Some(begin) = begin else { return false };
    let before = text.get(..begin.start).unwrap_or_default();
    let after = end.and_then(|end| text.get(end.end..)).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    before.contains("KeyFingerprint")
        || before.contains("KeyMaterial")
        || line.split_ascii_whitespace().any(is_fingerprint)
        || (end.is_some()
            && after
                .split_ascii_whitespace()
                .any(|word| word.starts_with("key-0")))
}

fn is_fingerprint(word: &str) -> bool {
    let pairs = word
        .split(':')
        .filter(|pair| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit()))
        .count();
    pairs == 20 || (word.len() == 44 && word.ends_with('=') && STANDARD.decode(word).is_ok())
}

/// Base64 that begins as a private key does, with neither BEGIN nor END.
fn is_bare_body(text: &str) -> bool {
    let head: String = text
        .split_ascii_whitespace()
        .collect::<String>()
        .chars()
        .take(64)
        .collect();
    STANDARD.decode(head).is_ok_and(|bytes| {
        bytes.starts_with(b"openssh-key-v1\0")
            || matches!(bytes.as_slice(), [0x30, 0x82, _, _, 2, 1, 0, ..])
    })
}
