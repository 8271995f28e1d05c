//! Patterns of names: `*`, `?`, `[a-z]`. brush-parser turns them into a regular expression.

use brush_parser::pattern::pattern_to_regex_str;
use regex::RegexBuilder;

use super::memo::Memo;

/// A pattern, ready to be compared.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    /// Nothing special in it.
    Text(String),
    Regex(regex::Regex),
}

impl Pattern {
    /// Reads a pattern in which a backslash quotes the next character. One that cannot be read is plain text.
    pub(crate) fn new(pattern: &str) -> Self {
        // A longer one's regular expression may take a megabyte, and start-up files have none.
        static KNOWN: Memo<Pattern> = Memo::new(64);
        if !is_special(pattern) || pattern.len() > 2000 {
            return Self::Text(unescape(pattern));
        }
        KNOWN.of(pattern, Self::make)
    }

    fn make(pattern: &str) -> Self {
        let plain = || Self::Text(unescape(pattern));
        let Ok(regex) = pattern_to_regex_str(pattern, false) else {
            return plain();
        };
        RegexBuilder::new(&format!("^(?s:{regex})$"))
            .size_limit(1 << 20)
            .build()
            .map_or_else(|_| plain(), Self::Regex)
    }

    /// Is the whole text what the pattern says?
    pub(crate) fn fits(&self, text: &str) -> bool {
        match self {
            Self::Text(own) => own == text,
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// Is there anything but plain text in it?
pub(crate) fn is_special(pattern: &str) -> bool {
    let mut escaped = false;
    pattern.chars().any(|c| {
        let special = !escaped && matches!(c, '*' | '?' | '[');
        escaped = !escaped && c == '\\';
        special
    })
}

/// Takes the backslashes away.
pub(crate) fn unescape(pattern: &str) -> String {
    let mut text = String::new();
    let mut escaped = false;
    for c in pattern.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            text.push(c);
            escaped = false;
        }
    }
    text
}

/// Puts a backslash before every character that a pattern would read as special.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_whole_names_only() {
        for (pattern, text, fits) in [
            ("*.pem", "k.pem", true),
            ("*.pem", "k.pem.pub", false),
            ("a?c", "abc", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("a\\*c", "abc", false),
            ("a\\*c", "a*c", true),
            ("a.c", "abc", false),
            ("[", "[", true),
            ("x(", "x(", true),
            ("*(", "x(", true),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern} {text}");
        }
    }
}
