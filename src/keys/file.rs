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

/// Judges a file's bytes. Never fails: whatever it is not, it is [`Content::Other`]. An RSA key costs about a millisecond
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
        (None, None) if is_head(text) || is_bare_body(text) => Content::Truncated,
        (None, None) => Content::Other,
    }
}

const TAIL: &str = "PRIVATE KEY-----";

/// Where `-----BEGIN … PRIVATE KEY-----` stands.
fn marker(text: &str, start: &str) -> Option<Range<usize>> {
    const NAMES: [&str; 5] = ["RSA ", "OPENSSH ", "EC ", "ENCRYPTED ", ""];
    text.match_indices(start).find_map(|(at, _)| {
        let rest = text.get(at + start.len()..)?;
        let name = NAMES.into_iter().find(|name| {
            rest.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(TAIL))
        })?;
        Some(at..at + start.len() + name.len() + TAIL.len())
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

/// The first bytes of a BEGIN line and no more.
fn is_head(text: &str) -> bool {
    [
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ]
    .iter()
    .any(|line| line.starts_with(text))
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

#[cfg(test)]
mod tests {
    use super::*;

    const RSA: &str = include_str!("../../fixtures/keys/rsa.pem");
    const ED25519: &str = include_str!("../../fixtures/keys/ed25519.pem");
    const RSA_PRINT: &str = "b0:a3:01:06:53:65:33:06:2a:1e:cc:6e:a0:ee:63:17:32:ea:1e:87";
    const ED25519_PRINT: &str = "mcbFUXr7tlmOd8+aTJ8JIzqVVzg2an1/1BG4FyJowr4=";

    fn content(text: impl AsRef<[u8]>) -> Content {
        inspect(text.as_ref()).content
    }

    /// Both keys, mangled alike.
    fn both(mangle: impl Fn(&str) -> String) -> (Content, Content) {
        (content(mangle(RSA)), content(mangle(ED25519)))
    }

    fn lines(text: &str, change: impl Fn(&str) -> String) -> String {
        text.lines().map(|line| change(line) + "\n").collect()
    }

    #[test]
    fn a_sound_key_is_read_and_tells_whose_it_is() {
        for (text, print) in [(RSA, RSA_PRINT), (ED25519, ED25519_PRINT)] {
            let found = inspect(text.as_bytes());
            assert_eq!(found.content, Content::PrivateKey);
            assert_eq!(found.private.unwrap().created_fingerprint(), print);
        }
    }

    #[test]
    fn an_rsa_key_survives_what_openssl_forgives_and_an_ed25519_key_does_not() {
        let spoiled = (Content::PrivateKey, Content::Damaged);
        assert_eq!(both(|key| key.replace('\n', "\r\n")), spoiled, "CRLF");
        assert_eq!(
            both(|key| format!("\u{feff}{key}")),
            spoiled,
            "byte order mark"
        );
        assert_eq!(
            both(|key| key.trim_end().to_owned()),
            spoiled,
            "no line end after the last line"
        );
        assert_eq!(
            both(|key| format!("my key\n{key}")),
            spoiled,
            "text before BEGIN"
        );
        assert_eq!(
            both(|key| lines(key, |line| format!("{line}  "))),
            spoiled,
            "spaces at the ends of lines"
        );
    }

    #[test]
    fn an_empty_line_in_the_body_spoils_rsa_and_not_ed25519() {
        assert_eq!(
            both(|key| key.replace("\n-----END", "\n\n-----END")),
            (Content::Damaged, Content::PrivateKey)
        );
    }

    #[test]
    fn text_after_a_key_does_no_harm() {
        assert_eq!(
            both(|key| format!("{key}done\n")),
            (Content::PrivateKey, Content::PrivateKey)
        );
        assert_eq!(
            both(|key| format!("{key}{key}")),
            (Content::PrivateKey, Content::PrivateKey)
        );
    }

    #[test]
    fn a_key_in_another_form_that_openssh_loads_is_a_key() {
        let rsa = inspect(include_bytes!("../../fixtures/keys/rsa-pkcs8.pem"));
        assert_eq!(rsa, inspect(RSA.as_bytes()));
        let ed25519 = inspect(include_bytes!("../../fixtures/keys/ed25519-pkcs8.pem"));
        assert_eq!(ed25519.content, Content::PrivateKey);
        assert_eq!(
            ed25519.private.unwrap().key_type(),
            crate::keys::KeyType::Ed25519
        );
    }

    #[test]
    fn a_key_with_a_passphrase_or_of_another_algorithm_is_a_key_that_we_cannot_read() {
        for bytes in [
            include_bytes!("../../fixtures/keys/ed25519-passphrase").as_slice(),
            include_bytes!("../../fixtures/keys/rsa-passphrase.pem"),
            include_bytes!("../../fixtures/keys/ecdsa"),
        ] {
            assert_eq!(
                inspect(bytes),
                Inspection {
                    content: Content::PrivateKey,
                    private: None
                }
            );
        }
    }

    #[test]
    fn puttys_file_is_recognised_and_read() {
        let key = inspect(RSA.as_bytes()).private;
        let ppk = include_str!("../../fixtures/keys/rsa.ppk");
        let v3 = include_str!("../../fixtures/keys/rsa-v3.ppk");
        for text in [ppk, v3, &format!("{ppk}\n"), &ppk.replace('\n', "\r\n")] {
            assert_eq!(
                inspect(text.as_bytes()),
                Inspection {
                    content: Content::Ppk,
                    private: key.clone()
                }
            );
        }
    }

    #[test]
    fn puttys_file_that_is_damaged_is_still_puttys() {
        let ppk = include_str!("../../fixtures/keys/rsa.ppk");
        let unreadable = Inspection {
            content: Content::Ppk,
            private: None,
        };
        assert_eq!(inspect(&ppk.as_bytes()[..700]), unreadable);
        assert_eq!(
            inspect(ppk.replace("fixture", "other").as_bytes()),
            unreadable
        );
        assert_eq!(
            inspect(b"PuTTY-User-Key-File-1: ssh-rsa\nEncryption: none\n"),
            unreadable
        );
    }

    #[test]
    fn the_public_half_is_recognised_in_each_of_its_forms() {
        for text in [
            include_str!("../../fixtures/keys/rsa.pub"),
            include_str!("../../fixtures/keys/ecdsa.pub"),
            include_str!("../../fixtures/keys/rsa.rfc4716"),
            "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n",
        ] {
            assert_eq!(
                inspect(text.as_bytes()),
                Inspection {
                    content: Content::PublicKey,
                    private: None
                }
            );
        }
    }

    #[test]
    fn a_forgotten_output_text_is_json() {
        let json = (Content::Json, Content::Json);
        assert_eq!(both(|key| serde_json::to_string(key).unwrap()), json);
        assert_eq!(
            both(
                |key| serde_json::json!({ "KeyFingerprint": "aa:bb", "KeyMaterial": key })
                    .to_string()
            ),
            json
        );
        assert_eq!(
            both(|key| key.replace('\n', r"\n")),
            json,
            "the quotes taken away by hand"
        );
    }

    #[test]
    fn json_of_something_else_is_something_else() {
        assert_eq!(
            content(r#"{"KeyPairs": [{"KeyName": "testkeypair"}]}"#),
            Content::Other
        );
    }

    #[test]
    fn a_forgotten_query_is_the_whole_answer() {
        let whole = (Content::WholeAnswer, Content::WholeAnswer);
        let print = |key: &str| if key == RSA { RSA_PRINT } else { ED25519_PRINT };
        assert_eq!(
            both(|key| format!(
                "{}\t{key}\ttestkeypair\tkey-0123456789abcdef0\n",
                print(key)
            )),
            whole,
            "text"
        );
        assert_eq!(
            both(|key| format!("KeyFingerprint: {}\nKeyMaterial: '{key}'\n", print(key))),
            whole,
            "yaml"
        );
        assert_eq!(
            both(|key| format!(
                "|  KeyFingerprint|  {}  |\n|  KeyMaterial   |  {key}  |\n",
                print(key)
            )),
            whole,
            "table"
        );
        let ppk = format!(
            "{RSA_PRINT}\t{}\ttestkeypair",
            include_str!("../../fixtures/keys/rsa.ppk")
        );
        assert_eq!(content(ppk), Content::WholeAnswer);
    }

    #[test]
    fn what_windows_powershell_5_writes_is_utf16() {
        let units = |key: &str| {
            key.encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<u8>>()
        };
        for key in [RSA, ED25519] {
            assert_eq!(content(units(key)), Content::Utf16);
            assert_eq!(
                content([&[0xff, 0xfe], units(key).as_slice()].concat()),
                Content::Utf16
            );
        }
    }

    #[test]
    fn a_key_without_its_beginning_or_its_end_is_truncated() {
        let truncated = (Content::Truncated, Content::Truncated);
        assert_eq!(
            both(|key| key[..key.len() / 2].to_owned()),
            truncated,
            "half"
        );
        assert_eq!(
            both(|key| key[..20].to_owned()),
            truncated,
            "the first bytes"
        );
        assert_eq!(
            both(|key| key.split_once('\n').unwrap().1.to_owned()),
            truncated,
            "no BEGIN"
        );
        assert_eq!(
            both(|key| key.split_once("-----END").unwrap().0.to_owned()),
            truncated,
            "no END"
        );
        assert_eq!(
            both(|key| key.trim_end_matches(['-', '\n']).to_owned()),
            truncated,
            "no dashes after END"
        );
        assert_eq!(
            both(|key| key
                .split('\n')
                .filter(|line| !line.starts_with('-'))
                .collect()),
            truncated,
            "neither"
        );
    }

    #[test]
    fn a_key_spoiled_otherwise_is_damaged() {
        let damaged = (Content::Damaged, Content::Damaged);
        assert_eq!(
            both(|key| key.replace('\n', " ")),
            damaged,
            "line breaks lost"
        );
        assert_eq!(both(|key| format!("\"{key}\"\n")), damaged, "quotes");
        assert_eq!(
            both(|key| lines(key, |line| format!("    {line}"))),
            damaged,
            "indented"
        );
        assert_eq!(
            both(|key| key
                .replacen(key.lines().nth(2).unwrap(), "", 1)
                .replace("\n\n", "\n")),
            damaged,
            "a line lost"
        );
    }

    #[test]
    fn numbers_that_do_not_belong_together_are_damage_although_openssh_loads_them() {
        let line = RSA.lines().nth(2).unwrap();
        let changed = format!(
            "{}{}",
            if line.starts_with('A') { 'B' } else { 'A' },
            &line[1..]
        );
        assert_eq!(content(RSA.replace(line, &changed)), Content::Damaged);
    }

    #[test]
    fn nothing_and_white_space_are_empty() {
        for text in ["", "\n", " \r\n\t", "\u{feff}"] {
            assert_eq!(content(text), Content::Empty, "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_other() {
        for text in [
            "<!DOCTYPE html><html></html>",
            "An error occurred (InvalidKeyPair.Duplicate) when calling the CreateKeyPair operation",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            "hello",
        ] {
            assert_eq!(content(text), Content::Other, "{text}");
        }
        assert_eq!(
            content([0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0]),
            Content::Other
        );
    }
}
