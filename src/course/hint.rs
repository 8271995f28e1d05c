//! Reading a typed `ssh` line: which key file it names. Only ever used to explain, never to grade.

use brush_parser::{Token, tokenize_str, unquote_str};

use crate::course::evidence::{KeyFile, Places};

/// Which key file the last ssh, scp or sftp command of a line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// The line does not tell: no such command, a variable, a host alias that may have a key in a config file.
    Unknown,
    /// None: `-i` is missing.
    None,
    /// This path.
    Path(String),
}

/// What a learner of ssh runs. PuTTY's own options are close enough to ssh's for the file after `-i` to be found.
const CLIENTS: [&str; 6] = ["ssh", "scp", "sftp", "plink", "pscp", "psftp"];

/// What a line asked its client to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It names no host.
    Nothing,
    /// A port that is none.
    Port(String),
    /// This host, as typed.
    Host(String),
    /// The line does not tell.
    Unknown,
}

/// ssh's option letters that take a value.
const WITH_VALUE: &str = "BbcDEeFIiJLlmOoPpQRSWw";

/// Whether a line runs ssh, scp or sftp.
pub(crate) fn names_client(line: &str) -> bool {
    tokenize_str(line).is_ok_and(|tokens| tokens.iter().any(is_client))
}

fn word(token: &Token) -> Option<String> {
    match token {
        Token::Word(word, _) => Some(unquote_str(word)),
        Token::Operator(..) => None,
    }
}

fn is_client(token: &Token) -> bool {
    word(token).is_some_and(|word| CLIENTS.contains(&word.rsplit('/').next().unwrap_or_default()))
}

/// The words behind the last client of a line, or of a whole script, and the client.
fn arguments(line: &str) -> Option<(String, Vec<String>)> {
    let tokens = tokenize_str(line).ok()?;
    let start = tokens.iter().rposition(is_client)?;
    let client = word(tokens.get(start)?)?;
    let words = tokens.iter().skip(start + 1).map_while(word).collect();
    Some((client, words))
}

/// The last client of a line, or of a whole script: `ssh`, `plink` and so on.
pub(crate) fn client(line: &str) -> Option<String> {
    let (client, _) = arguments(line)?;
    client.rsplit('/').next().map(str::to_owned)
}

/// Whether a line names this computer to its client, with or without a user or a path, and names no configuration.
pub(crate) fn names_without_config(line: &str, host: &str) -> bool {
    let Some((_, words)) = arguments(line) else {
        return false;
    };
    let is_host = |word: &String| {
        let word = word.split(':').next().unwrap_or_default();
        word.rsplit('@').next() == Some(host)
    };
    words.iter().any(is_host) && !words.iter().any(|word| word.starts_with("-F"))
}

/// Reads a line, or a whole script.
pub(crate) fn identity(line: &str) -> Identity {
    arguments(line).map_or(Identity::Unknown, |(_, words)| read_arguments(&words))
}

/// What a line of ssh's asks for. Of scp and sftp it is not read.
pub(crate) fn asked(line: &str) -> Asked {
    let Some((client, words)) = arguments(line) else {
        return Asked::Unknown;
    };
    if client.rsplit('/').next() != Some("ssh") {
        return Asked::Unknown;
    }
    let mut host = None;
    let mut words = words.iter();
    while let Some(argument) = words.next() {
        let Some(letters) = argument.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
            // What follows is the remote command, or more options, which do not change the host.
            host.get_or_insert(argument);
            continue;
        };
        let takes = letters
            .char_indices()
            .find(|(_, letter)| WITH_VALUE.contains(*letter));
        let Some((at, letter)) = takes else {
            continue;
        };
        let rest = letters.get(at + letter.len_utf8()..).unwrap_or_default();
        let value = if rest.is_empty() {
            words.next().map_or("", String::as_str)
        } else {
            rest
        };
        if letter == 'p' && !matches!(value.parse::<u16>(), Ok(1..)) && !value.contains('$') {
            return Asked::Port(value.to_owned());
        }
    }
    match host {
        None => Asked::Nothing,
        Some(host) if host.contains(['$', '`', '*']) => Asked::Unknown,
        Some(host) => Asked::Host(
            host.rsplit_once('@')
                .map_or(host.as_str(), |(_, host)| host)
                .to_owned(),
        ),
    }
}

fn read_arguments(arguments: &[String]) -> Identity {
    let mut places = Vec::new();
    let mut words = arguments.iter();
    while let Some(argument) = words.next() {
        let Some(letters) = argument.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
            places.push(argument.as_str());
            continue;
        };
        let Some((at, letter)) = letters
            .char_indices()
            .find(|(_, letter)| WITH_VALUE.contains(*letter))
        else {
            continue;
        };
        let rest = letters.get(at + letter.len_utf8()..).unwrap_or_default();
        let value = if rest.is_empty() {
            words.next().map_or("", String::as_str)
        } else {
            rest
        };
        match letter {
            'i' => return path(value),
            'F' if !["none", "/dev/null"].contains(&value) => return Identity::Unknown,
            'o' => {
                let (name, file) = value.split_once(['=', ' ']).unwrap_or((value, ""));
                if name.eq_ignore_ascii_case("IdentityFile") {
                    return path(file);
                }
            }
            _ => {}
        }
    }
    // A bare name may be an alias of the learner's own config, with a key of its own.
    if places.iter().any(|place| place.contains(['.', ':', '$'])) {
        Identity::None
    } else {
        Identity::Unknown
    }
}

fn path(value: &str) -> Identity {
    if value.is_empty() || value.contains(['$', '`', '*', '?']) {
        Identity::Unknown
    } else {
        Identity::Path(value.to_owned())
    }
}

/// The key file that a path means, typed in `directory`. `Err` when it cannot be told.
pub(crate) fn find_file<'a>(
    path: &str,
    directory: &str,
    places: Option<&Places>,
    files: &'a [KeyFile],
) -> Result<Option<&'a KeyFile>, ()> {
    if let Some(places) = places {
        let meant = absolute(path, directory, &places.home);
        let is_meant = |file: &&KeyFile| absolute(&file.path, &places.lab, &places.home) == meant;
        return Ok(files.iter().find(is_meant));
    }
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let same: Vec<&KeyFile> = files
        .iter()
        .filter(|file| name(&file.path) == name(path))
        .collect();
    match same.as_slice() {
        [] => Ok(None),
        [file] => Ok(Some(file)),
        _ => Err(()),
    }
}

/// A path without `.`, `..`, `~` and double slashes, by its letters alone.
fn absolute(path: &str, directory: &str, home: &str) -> String {
    let whole = match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{home}{rest}"),
        Some(_) | None if path.starts_with('/') => path.to_owned(),
        Some(_) | None => format!("{directory}/{path}"),
    };
    let mut parts = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: &str) -> Identity {
        Identity::Path(path.to_owned())
    }

    #[test]
    fn the_file_after_i_is_read_wherever_it_stands() {
        assert_eq!(
            identity("ssh -i a.pem ec2-user@203.0.113.5"),
            named("a.pem")
        );
        assert_eq!(identity("ssh -ia.pem ec2-user@203.0.113.5"), named("a.pem"));
        assert_eq!(
            identity("ssh -vi 'my key.pem' ec2-user@203.0.113.5"),
            named("my key.pem")
        );
        assert_eq!(
            identity("ssh ec2-user@203.0.113.5 -i a.pem"),
            named("a.pem")
        );
        assert_eq!(
            identity("ssh -o IdentityFile=a.pem -p 22 ec2-user@h.example"),
            named("a.pem")
        );
        assert_eq!(
            identity("cd keys && /usr/bin/scp -i a.pem f ec2-user@203.0.113.5:"),
            named("a.pem")
        );
    }

    #[test]
    fn the_last_ssh_of_a_script_counts_and_comments_do_not() {
        let script = "# try: ssh -i no.pem x@y.z\nssh -i a.pem u@203.0.113.5 true\nssh -o BatchMode=yes \\\n  -i b.pem u@$ip exit\n# ssh again";
        assert_eq!(identity(script), named("b.pem"));
    }

    #[test]
    fn a_missing_i_is_told_from_a_line_that_does_not_tell() {
        assert_eq!(identity("ssh ec2-user@203.0.113.5"), Identity::None);
        assert_eq!(
            identity("ssh -o BatchMode=yes 203.0.113.5 whoami"),
            Identity::None
        );
        assert_eq!(identity("ssh web1"), Identity::Unknown);
        assert_eq!(
            identity("ssh -F my.cfg ec2-user@203.0.113.5"),
            Identity::Unknown
        );
        assert_eq!(
            identity("ssh -i $key ec2-user@203.0.113.5"),
            Identity::Unknown
        );
        assert_eq!(identity("ls -la"), Identity::Unknown);
        assert_eq!(identity("ssh 'unfinished"), Identity::Unknown);
    }

    #[test]
    fn what_a_line_asks_for_is_its_first_word_that_is_no_option() {
        let host = |host: &str| Asked::Host(host.to_owned());
        for (line, asks) in [
            (
                "ssh -i a.pem ec2-user@203.0.113.5 whoami",
                host("203.0.113.5"),
            ),
            (
                "ssh -i My keys/a.pem ec2-user@203.0.113.5",
                host("keys/a.pem"),
            ),
            (
                "ssh -i a.pem http://203.0.113.5",
                host("http://203.0.113.5"),
            ),
            ("ssh web1 -l me >x 2>y", host("web1")),
            ("ssh -i ec2-user@203.0.113.5", Asked::Nothing),
            ("ssh -i a.pem", Asked::Nothing),
            ("ssh", Asked::Nothing),
            ("ssh -p 99999 203.0.113.5", Asked::Port("99999".into())),
            ("ssh -p0 203.0.113.5", Asked::Port("0".into())),
            ("ssh -p $port 203.0.113.5", host("203.0.113.5")),
            ("ssh ec2-user@$address", Asked::Unknown),
            ("scp -i a.pem x 203.0.113.5:", Asked::Unknown),
            ("ls", Asked::Unknown),
        ] {
            assert_eq!(asked(line), asks, "{line}");
        }
    }

    #[test]
    fn a_host_is_named_by_ssh_and_by_scp_and_a_configuration_is_seen() {
        for (line, names) in [
            ("ssh lab", true),
            ("ssh me@lab ls", true),
            ("scp note.txt lab:", true),
            ("ssh -F config lab", false),
            ("scp -Fconfig note.txt lab:", false),
            ("ssh laboratory", false),
            ("ls lab", false),
        ] {
            assert_eq!(names_without_config(line, "lab"), names, "{line}");
        }
        assert_eq!(client("cd x && /usr/bin/pscp a b:"), Some("pscp".into()));
    }

    #[test]
    fn puttys_key_file_is_found_too() {
        assert_eq!(
            identity("plink -batch -ssh -i a.ppk ec2-user@203.0.113.5 whoami"),
            named("a.ppk")
        );
        assert_eq!(
            identity("pscp -P 22 -i a.ppk f ec2-user@203.0.113.5:"),
            named("a.ppk")
        );
    }

    #[test]
    fn paths_are_compared_from_the_directory_of_the_command() {
        assert_eq!(absolute("../a.pem", "/lab/keys", "/home/me"), "/lab/a.pem");
        assert_eq!(absolute("~/a.pem", "/lab", "/home/me"), "/home/me/a.pem");
        assert_eq!(absolute("./k//a.pem", "/lab", "/home/me"), "/lab/k/a.pem");
        assert_eq!(absolute("/x/a.pem", "/lab", "/home/me"), "/x/a.pem");
        assert_eq!(
            absolute("~bob/a.pem", "/lab", "/home/me"),
            "/lab/~bob/a.pem"
        );
    }
}
