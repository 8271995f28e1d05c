//! The words of the control socket's protocol: one line of tab-separated fields a request.
//!
//! ```text
//! prompt  SHELL PID STATUS COLUMNS DIRECTORY none              a prompt; the command's text is not known
//! prompt  SHELL PID STATUS COLUMNS DIRECTORY text COMMAND      a prompt after this command
//! prompt  SHELL PID STATUS COLUMNS DIRECTORY history           the output of `history 1` follows, ended by a NUL
//! lab     PID DIRECTORY COLUMNS COLOUR WORD...                 the `lab` command, typed in the shell of this process number
//! watch   COLOUR                                               what the coach says, until the lab ends; words, one a line, go back
//! reach   ADDRESS PORT                                         -> open | refused | silent
//! connect ADDRESS PORT                                         -> ok, and the connection becomes SSH's; or as above
//! ```
//! In a field `\` is written `\\`, a tab `\t`, a line end `\n`. What is not UTF-8 is read with replacement characters.
//! Over TCP a line with the token comes first.

use std::path::PathBuf;

/// A command ended in a lab shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptReport {
    /// `bash`, `zsh`, `fish` or `sh`.
    pub shell: String,
    /// The shell's process number.
    pub pid: u32,
    /// Exit status of the last command; after Enter alone, still that of the command before.
    pub status: i32,
    /// Width of the terminal, where the shell tells it.
    pub columns: Option<u16>,
    /// Working directory.
    pub directory: PathBuf,
    /// The command as typed, where the shell tells it and it is new.
    pub command: Option<String>,
}

/// The learner typed `lab`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordReport {
    /// The process number of the shell that it was typed in, or of whatever else has started it.
    pub shell: u32,
    /// That shell has not heard yet of steps that were passed: it hears of them before the answer.
    pub has_untold: bool,
    /// The words after `lab`.
    pub words: Vec<String>,
    /// Working directory.
    pub directory: PathBuf,
    /// Width of the terminal; absent when the output goes elsewhere.
    pub columns: Option<u16>,
    /// Whether colour is welcome.
    pub colour: bool,
}

/// What a connection would meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Somebody is listening.
    Open,
    /// The machine is there; nobody listens on that port.
    Refused,
    /// Nothing answers: it was dropped.
    Silent,
}

impl Reach {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Refused => "refused",
            Self::Silent => "silent",
        }
    }

    /// The word back from the wire.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Refused, Self::Silent]
            .into_iter()
            .find(|reach| reach.word() == word)
    }
}

/// What a shell told about the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    Nothing,
    Command(String),
    HistoryEntry { number: u64, text: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    Prompt { report: PromptReport, told: Told },
    Word(WordReport),
    Watch { colour: bool },
    Reach { address: String, port: u16 },
    Connect { address: String, port: u16 },
}

/// Reads a request from the bytes so far. The outer `None`: it will never be one. The inner: more bytes are needed.
#[expect(
    clippy::option_option,
    reason = "refused, not yet, and done are three things"
)]
pub(super) fn complete(bytes: &[u8], token: Option<&str>) -> Option<Option<Request>> {
    let mut rest = bytes;
    if let Some(token) = token {
        let Some((line, after)) = split(rest, b'\n') else {
            return (rest.len() <= token.len()).then_some(None);
        };
        if !same(line, token.as_bytes()) {
            return None;
        }
        rest = after;
    }
    let Some((line, after)) = split(rest, b'\n') else {
        return Some(None);
    };
    let line = String::from_utf8_lossy(line);
    let fields: Vec<String> = line.split('\t').map(unescape).collect();
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    match fields.as_slice() {
        ["prompt", shell, pid, status, columns, directory, told @ ..] => {
            let told = match *told {
                ["none"] => Told::Nothing,
                ["text", command] => Told::Command(command.to_owned()),
                ["history"] => match split(after, 0) {
                    Some((entry, _)) => history_entry(&String::from_utf8_lossy(entry)),
                    None => return Some(None),
                },
                [..] => return None,
            };
            let report = PromptReport {
                shell: (*shell).to_owned(),
                pid: pid.parse().ok()?,
                status: status.parse().ok()?,
                columns: columns.parse().ok().filter(|columns| *columns > 0),
                directory: PathBuf::from(*directory),
                command: None,
            };
            Some(Some(Request::Prompt { report, told }))
        }
        ["lab", shell, directory, columns, colour, words @ ..] => {
            Some(Some(Request::Word(WordReport {
                shell: shell.parse().ok()?,
                has_untold: false,
                words: words.iter().map(|word| (*word).to_owned()).collect(),
                directory: PathBuf::from(*directory),
                columns: columns.parse().ok().filter(|columns| *columns > 0),
                colour: *colour == "1",
            })))
        }
        ["watch", colour] if after.is_empty() => Some(Some(Request::Watch {
            colour: *colour == "1",
        })),
        ["reach", address, port] => Some(Some(Request::Reach {
            address: (*address).to_owned(),
            port: port.parse().ok()?,
        })),
        // The client waits for `ok` before it sends anything of SSH's.
        ["connect", address, port] if after.is_empty() => Some(Some(Request::Connect {
            address: (*address).to_owned(),
            port: port.parse().ok()?,
        })),
        [..] => None,
    }
}

/// `  501  ls -l` as `history 1` prints it; a `*` after the number marks an edited entry.
fn history_entry(printed: &str) -> Told {
    let printed = printed.trim_start();
    if printed.is_empty() {
        // An empty history: whatever comes next is new.
        return Told::HistoryEntry {
            number: 0,
            text: String::new(),
        };
    }
    let digits = printed
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(printed.len());
    let (number, text) = printed.split_at(digits);
    match number.parse() {
        Ok(number) => {
            let text = text
                .strip_prefix('*')
                .or(text.strip_prefix(' '))
                .unwrap_or(text);
            let text = text
                .strip_prefix(' ')
                .unwrap_or(text)
                .trim_end_matches('\n');
            Told::HistoryEntry {
                number,
                text: text.to_owned(),
            }
        }
        Err(_) => Told::Nothing,
    }
}

/// A field as it travels.
pub fn escape(field: &str) -> String {
    field
        .replace('\\', "\\\\")
        .replace('\t', "\\t")
        .replace('\n', "\\n")
}

fn unescape(field: &str) -> String {
    let mut text = String::with_capacity(field.len());
    let mut letters = field.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('t') => text.push('\t'),
            Some('n') => text.push('\n'),
            Some(other) => text.push(other),
            None => text.push('\\'),
        }
    }
    text
}

fn split(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = bytes.iter().position(|byte| *byte == at)?;
    let (before, after) = bytes.split_at(place);
    Some((before, after.get(1..)?))
}

/// Compares without telling by its time where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(bytes: &[u8]) -> (PromptReport, Told) {
        match complete(bytes, None) {
            Some(Some(Request::Prompt { report, told })) => (report, told),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_prompt_carries_any_command_text_on_one_line() {
        let text = "printf 'a\tb\\n'\nls";
        let line = format!(
            "prompt\tzsh\t71\t255\t80\t{}\ttext\t{}\n",
            escape("/home/me/a\tb"),
            escape(text)
        );
        let (report, told) = prompt(line.as_bytes());
        assert_eq!(report.pid, 71);
        assert_eq!(report.status, 255);
        assert_eq!(report.columns, Some(80));
        assert_eq!(report.directory, PathBuf::from("/home/me/a\tb"));
        assert_eq!(told, Told::Command(text.to_owned()));
    }

    #[test]
    fn bash_sends_its_history_entry_raw_and_ends_it_with_a_nul() {
        let head = b"prompt\tbash\t71\t0\t\t/\thistory\n".to_vec();
        let mut bytes = head.clone();
        assert_eq!(complete(&bytes, None), Some(None));
        bytes.extend_from_slice(b"  501  echo a\tb\necho c\n");
        assert_eq!(complete(&bytes, None), Some(None));
        bytes.push(0);
        let (report, told) = prompt(&bytes);
        assert_eq!(report.columns, None);
        assert_eq!(
            told,
            Told::HistoryEntry {
                number: 501,
                text: "echo a\tb\necho c".to_owned()
            }
        );
        let empty = [head.as_slice(), b"\0"].concat();
        assert_eq!(
            prompt(&empty).1,
            Told::HistoryEntry {
                number: 0,
                text: String::new()
            },
            "an empty history"
        );
    }

    #[test]
    fn the_token_comes_first_and_must_be_the_right_one() {
        assert_eq!(
            complete(b"sesame\nreach\t203.0.113.9\t22\n", Some("sesamf")),
            None
        );
        assert_eq!(complete(b"reach\t203.0.113.9\t22\n", Some("sesame")), None);
        assert_eq!(
            complete(b"GET / HTTP/1.1", Some("sesame")),
            None,
            "refused before its line ends"
        );
        assert_eq!(complete(b"sesa", Some("sesame")), Some(None));
        let reach = Request::Reach {
            address: "203.0.113.9".to_owned(),
            port: 22,
        };
        assert_eq!(
            complete(b"sesame\nreach\t203.0.113.9\t22\n", Some("sesame")),
            Some(Some(reach))
        );
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for line in [
            "",
            "prompt",
            "prompt\tbash\tx\t0\t80\t/\tnone",
            "reach\ta\t70000",
            "reach\ta",
            "quit",
            "connect\ta\t22\nSSH-2.0-x",
        ] {
            assert_eq!(
                complete(format!("{line}\n").as_bytes(), None),
                None,
                "{line}"
            );
        }
    }

    #[test]
    fn words_come_apart_where_they_were_joined() {
        let line = format!("lab\t77\t/\t0\t1\thint\t{}\n", escape("a b\tc"));
        let Some(Some(Request::Word(report))) = complete(line.as_bytes(), None) else {
            panic!()
        };
        assert_eq!(report.words, ["hint", "a b\tc"]);
        assert_eq!(report.columns, None);
        assert!(report.colour);
    }
}
