//! One start of an instance's operating system, with what the machine itself had to say in it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Bytes of console output that AWS keeps (`facts/ec2-api.md` section 5.7): no part of a boot is kept beyond that.
pub const CONSOLE_BYTES: usize = 64 * 1024;

/// One start of the operating system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boot {
    /// When.
    pub at: Timestamp,
    /// The first one, in which host keys are made and shown.
    pub first: bool,
    /// What the machine said of it; none while it has not run, and for ever on an instance without user data, whose boot
    /// is the same each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
}

impl Boot {
    /// A boot that begins.
    pub fn new(at: Timestamp, first: bool) -> Self {
        Self {
            at,
            first,
            said: None,
        }
    }
}

/// What user data did in one boot, as far as the console shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// Before the login prompt: boothooks, `bootcmd` and what could not be read.
    pub early: String,
    /// After it: scripts and `runcmd`.
    pub late: String,
    /// Who may log in with which keys, in the order of cloud-init's tables.
    pub authorized: Vec<Authorized>,
    /// How much longer it took than a boot without user data, milliseconds.
    pub took: i64,
}

/// The keys of one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authorized {
    /// The user's name.
    pub user: String,
    /// The path of its `authorized_keys`.
    pub file: String,
    /// The lines of that file that are keys.
    pub keys: Vec<String>,
}

impl Authorized {
    /// Divides a line of `authorized_keys` into its options (empty when it begins with a key type) and the rest.
    pub fn split_options(line: &str) -> (&str, &str) {
        let word = line.split_whitespace().next().unwrap_or_default();
        if ["ssh-", "ecdsa-", "sk-"]
            .iter()
            .any(|kind| word.starts_with(kind))
        {
            return ("", line);
        }
        let (mut quoted, mut escaped) = (false, false);
        for (at, c) in line.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => quoted = !quoted,
                ' ' | '\t' if !quoted => return line.split_at(at),
                _ => (),
            }
        }
        (line, "")
    }
}

/// The end of a text, as much of it as AWS keeps; whole lines where it has lines.
pub fn last_of(text: &str) -> &str {
    let Some(mut from) = text.len().checked_sub(CONSOLE_BYTES) else {
        return text;
    };
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let kept = text.get(from..).unwrap_or_default();
    kept.split_once('\n').map_or(kept, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_text_the_last_64_kilobytes_are_kept_in_whole_lines() {
        let lines: Vec<String> = (0..20_000)
            .map(|number| format!("line {number} é\n"))
            .collect();
        let text = lines.concat();
        let kept = last_of(&text);
        assert!(kept.len() <= CONSOLE_BYTES && kept.len() > CONSOLE_BYTES - 40);
        assert!(kept.starts_with("line ") && kept.ends_with("line 19999 é\n"));
        assert_eq!(last_of("short"), "short");
    }
}
