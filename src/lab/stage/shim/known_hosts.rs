//! `ssh-keygen -R` and `-F` look into the lab's known hosts.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::lab::workspace::Layout;

/// Letters of ssh-keygen's options that take no value (OpenSSH 9.2, `ssh-keygen.c`).
const FLAGS: &[u8] = b"ABceghHiklLopqQuvXxyU";

/// The words for the real program: with the lab's file, if a host is to be looked up or removed and no file was named.
pub(super) fn words(layout: &Layout, words: &[OsString]) -> Vec<OsString> {
    let mut letters = Vec::new();
    for word in words {
        let bytes = word.as_bytes();
        for letter in bytes.strip_prefix(b"-").unwrap_or_default() {
            letters.push(*letter);
            if !FLAGS.contains(letter) {
                break;
            }
        }
    }
    let mut words = words.to_vec();
    if (letters.contains(&b'R') || letters.contains(&b'F') || letters.contains(&b'H'))
        && !letters.contains(&b'f')
    {
        words.extend(["-f".into(), layout.known_hosts().into()]);
    }
    words
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn the_labs_file_is_named_only_when_none_was() {
        let layout = Layout::new(PathBuf::from("/lab"));
        let with = |line: &str| {
            let line: Vec<_> = line.split(' ').map(OsString::from).collect();
            words(&layout, &line)
                .last()
                .unwrap()
                .clone()
                .into_string()
                .unwrap()
        };
        let lab = "/lab/.groundschool/ssh/known_hosts";
        assert_eq!(with("-R 203.0.113.25"), lab);
        assert_eq!(with("-lF 203.0.113.25"), lab);
        assert_eq!(with("-F203.0.113.25"), lab);
        assert_eq!(with("-R 203.0.113.25 -f mine"), "mine");
        assert_eq!(with("-y -f key.pem"), "key.pem");
        assert_eq!(with("-t ed25519 -C REF"), "REF");
    }
}
