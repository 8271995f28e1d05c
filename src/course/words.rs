//! Words: small helpers for sentences and commands that a learner reads.

/// A word of a shell command, quoted if it must be. A leading `~/` stays bare, so that the shell opens it.
pub fn shell_word(word: &str) -> String {
    let plain = |text: &str| {
        text.chars()
            .all(|c| c.is_ascii_alphanumeric() || "/._-+@%:=,".contains(c))
    };
    let (home, rest) = match word.strip_prefix("~/") {
        Some(rest) => ("~/", rest),
        None => ("", word),
    };
    if !word.is_empty() && plain(rest) {
        word.to_owned()
    } else {
        format!("{home}'{}'", rest.replace('\'', r"'\''"))
    }
}

/// The bits of a mode that concern others than the owner: ssh wants none of them.
pub fn for_others(mode: u32) -> u32 {
    mode & 0o077
}

/// A mode as chmod takes it: `644`, `400`.
pub fn permissions(mode: u32) -> String {
    format!("{:03o}", mode & 0o7777)
}
