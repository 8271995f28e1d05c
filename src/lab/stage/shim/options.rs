//! ssh's command line, as far as the shim must understand it. Pure.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// Letters of ssh's options that take a value (OpenSSH 9.2, `ssh.c`).
const WITH_VALUE: &[u8] = b"BbcDEeFIiJLlmOoPpQRSWw";
/// Settings that can send a connection elsewhere, or change how long it waits and what it says.
const REDIRECTING: [&str; 9] = [
    "hostname",
    "port",
    "connecttimeout",
    "proxycommand",
    "proxyjump",
    "loglevel",
    "canonicalizehostname",
    "include",
    "match",
];

/// What was asked of ssh.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Options {
    /// All words but `-F` and its value.
    pub(crate) others: Vec<OsString>,
    /// The file of the last `-F`.
    pub(crate) config: Option<PathBuf>,
    /// `[user@]host` or a URI.
    pub(crate) destination: Option<String>,
    /// Value of `-p`.
    pub(crate) port: Option<u16>,
    /// Value of `-E`.
    pub(crate) log: Option<PathBuf>,
    /// `-q`.
    pub(crate) quiet: bool,
    /// The words behind the destination, as ssh sends them: with a space between.
    pub(crate) remote: Vec<OsString>,
    /// `-V -Q -G -O`: no connection is asked for.
    pub(crate) is_a_query: bool,
    /// The destination may not be where the connection goes: ssh must be asked.
    pub(crate) may_be_redirected: bool,
}

impl Options {
    /// Reads as ssh does: options before and after the destination, then the remote command.
    pub(crate) fn read(words: &[OsString]) -> Self {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let bytes = word.as_bytes();
            if bytes == b"--" || !bytes.starts_with(b"-") || bytes.len() < 2 {
                if options.destination.is_none() {
                    options.others.push(word.clone());
                    let Some(host) = (if bytes == b"--" {
                        words.next()
                    } else {
                        Some(word)
                    }) else {
                        break;
                    };
                    if bytes == b"--" {
                        options.others.push(host.clone());
                    }
                    let host = host.to_string_lossy().into_owned();
                    options.may_be_redirected |= host.contains("://");
                    options.destination = Some(host);
                    if bytes != b"--" {
                        continue;
                    }
                } else {
                    options.others.push(word.clone());
                    options.remote.push(word.clone());
                }
                // The remote command: nothing in it is ssh's.
                for word in words.by_ref() {
                    options.others.push(word.clone());
                    options.remote.push(word.clone());
                }
                break;
            }
            options.option(word, &mut words);
        }
        options
    }

    /// One word of letters, such as `-vp22` or `-i`.
    fn option<'a>(&mut self, word: &OsStr, words: &mut impl Iterator<Item = &'a OsString>) {
        let letters = word.as_bytes().get(1..).unwrap_or_default();
        for (place, letter) in letters.iter().copied().enumerate() {
            if !WITH_VALUE.contains(&letter) {
                self.flag(letter);
                continue;
            }
            let attached = letters.get(place + 1..).filter(|rest| !rest.is_empty());
            let next = if attached.is_none() {
                words.next()
            } else {
                None
            };
            let value = attached
                .map(OsStr::from_bytes)
                .or(next.map(OsString::as_os_str))
                .unwrap_or_default();
            self.value(letter, value);
            if letter == b'F' {
                let before = letters.get(..place).unwrap_or_default();
                if !before.is_empty() {
                    self.others
                        .push(OsString::from_vec([b"-", before].concat()));
                }
            } else {
                self.others.push(word.to_owned());
                self.others.extend(next.cloned());
            }
            return;
        }
        self.others.push(word.to_owned());
    }

    fn flag(&mut self, letter: u8) {
        match letter {
            b'V' | b'G' => self.is_a_query = true,
            b'q' => self.quiet = true,
            _ => {}
        }
    }

    fn value(&mut self, letter: u8, value: &OsStr) {
        match letter {
            b'O' | b'Q' => self.is_a_query = true,
            b'F' => {
                self.config = Some(PathBuf::from(value));
                self.may_be_redirected = true;
            }
            b'E' => self.log = Some(PathBuf::from(value)),
            b'J' => self.may_be_redirected = true,
            b'p' => match value.to_str().and_then(|value| value.parse().ok()) {
                Some(port) => self.port = Some(port),
                // A service's name: ssh knows what it stands for.
                None => self.may_be_redirected = true,
            },
            b'o' => {
                let setting = value.to_string_lossy().to_ascii_lowercase();
                let name = setting
                    .trim_start()
                    .split(['=', ' ', '\t'])
                    .next()
                    .unwrap_or_default();
                self.may_be_redirected |= REDIRECTING.contains(&name);
            }
            _ => {}
        }
    }

    /// The remote command, if the line names one.
    pub(crate) fn command(&self) -> Option<String> {
        let command = self.remote.join(OsStr::new(" "));
        (!command.is_empty()).then(|| command.to_string_lossy().into_owned())
    }

    /// `-F none`: no configuration but ours.
    pub(super) fn config_is_none(&self) -> bool {
        self.config
            .as_deref()
            .is_some_and(|config| config.as_os_str().eq_ignore_ascii_case("none"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Options {
        Options::read(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    fn others(line: &str) -> String {
        read(line)
            .others
            .join(OsStr::new(" "))
            .into_string()
            .unwrap()
    }

    #[test]
    fn the_guides_command_is_plain() {
        let options = read("-i testkeypair.pem ec2-user@203.0.113.25");
        assert_eq!(
            options.destination.as_deref(),
            Some("ec2-user@203.0.113.25")
        );
        assert!(!options.may_be_redirected && !options.is_a_query);
    }

    #[test]
    fn a_remote_command_is_left_alone() {
        let options = read("-p 2222 web1 -v ls -F dir -p 7");
        assert_eq!(options.destination.as_deref(), Some("web1"));
        assert_eq!((options.port, options.config), (Some(2222), None));
        assert_eq!(others("web1 ls -F dir"), "web1 ls -F dir");
        assert_eq!(
            read("-v web1 -p 7 ls -F dir").command().as_deref(),
            Some("ls -F dir")
        );
        assert_eq!(read("-v web1 -p 7").command(), None);
        assert_eq!(others("-- web1 -F dir"), "-- web1 -F dir");
        assert_eq!(read("-- web1 -F dir").destination.as_deref(), Some("web1"));
    }

    #[test]
    fn the_learners_own_file_is_taken_out_however_it_is_written() {
        assert_eq!(others("-F my -i k web1"), "-i k web1");
        assert_eq!(others("-Fmy web1"), "web1");
        assert_eq!(others("-vF my web1"), "-v web1");
        assert_eq!(others("web1 -F my uptime"), "web1 uptime");
        assert_eq!(read("-vF my web1").config, Some(PathBuf::from("my")));
        assert!(read("-F none web1").config_is_none());
    }

    #[test]
    fn queries_are_known_also_among_other_letters() {
        for line in ["-V", "-Q key", "-G web1", "-O check web1", "-vG web1"] {
            assert!(read(line).is_a_query, "{line}");
        }
        assert!(!read("-i G web1").is_a_query);
    }

    #[test]
    fn what_may_lead_elsewhere_is_known() {
        for line in [
            "-o HostName=203.0.113.9 a",
            "-oport=23 a",
            "-o connecttimeout=3 a",
            "-J b a",
            "ssh://a:23",
            "-p ssh a",
        ] {
            assert!(read(line).may_be_redirected, "{line}");
        }
        assert!(!read("-oForwardAgent=no -o StrictHostKeyChecking=no -p 23 a").may_be_redirected);
    }
}
