//! A text as one word of a shell.

use std::ffi::OsStr;

/// For bash, zsh and sh: in single quotes, with `'\''` for a quote.
pub(crate) fn posix(text: impl AsRef<OsStr>) -> String {
    format!(
        "'{}'",
        text.as_ref().to_string_lossy().replace('\'', r"'\''")
    )
}

/// For fish: in single quotes, where `\` and `'` are written with a backslash.
pub(super) fn fish(text: impl AsRef<OsStr>) -> String {
    format!(
        "'{}'",
        text.as_ref()
            .to_string_lossy()
            .replace('\\', r"\\")
            .replace('\'', r"\'")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_spaces_stay_in_their_word() {
        assert_eq!(posix("/home/o'neil/a b"), r"'/home/o'\''neil/a b'");
        assert_eq!(fish(r"/home/o'neil\x"), r"'/home/o\'neil\\x'");
    }
}
