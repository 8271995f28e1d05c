//! A line's grammar: brush-parser reads it, guards keep it from reading too deep, errors are said as bash says them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use brush_parser::ast::Program;
use brush_parser::{ParseError, Parser, ParserOptions, TokenizerError};

use super::memo::Memo;

/// Longest text that is read.
const LENGTH: usize = 64 * 1024;
/// Brackets and block words open at the same time; the parser calls itself once for each, and tries some of them twice.
const DEPTH: usize = 12;

/// What a text turned out to be.
#[derive(Debug, Clone)]
pub(crate) enum Parsed {
    Program(Arc<Program>),
    /// It goes on: an open quote, an unfinished `if`, a backslash at the end.
    Unfinished(&'static str),
    /// Bash's message, without what stands before it.
    Wrong(String),
}

/// The dialect.
pub(crate) fn options() -> ParserOptions {
    ParserOptions {
        enable_extended_globbing: false,
        ..ParserOptions::default()
    }
}

/// Asks brush-parser something. It unwraps in a few places (numbers that are too big); the known ones are kept from it
/// by [`has_long_number`], and this catches one that is not known: `None`.
pub(crate) fn ask<T>(question: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(question)).ok()
}

/// Are there so many digits in a row that brush-parser 0.4 would panic where it wants a number?
pub(crate) fn has_long_number(text: &str, most: usize) -> bool {
    text.split(|c: char| !c.is_ascii_digit())
        .any(|digits| digits.len() > most)
}

/// Reads a text.
pub(crate) fn parse(text: &str) -> Parsed {
    // The longest start-up file of the images has half as much.
    static KNOWN: Memo<Parsed> = Memo::new(1024);
    KNOWN.of(text, parse_anew)
}

fn parse_anew(text: &str) -> Parsed {
    if text.len() > LENGTH {
        return Parsed::Wrong("line too long for this simulated machine".into());
    }
    if is_too_deep(text) {
        return Parsed::Wrong("nested too deeply for this simulated machine".into());
    }
    if text.contains(['<', '>'])
        && text
            .split(['<', '>'])
            .any(|part| part.len() - part.trim_end_matches(|c: char| c.is_ascii_digit()).len() > 9)
    {
        return Parsed::Wrong("file descriptor out of range: Bad file descriptor".into());
    }
    let Some(parsed) = ask(|| Parser::new(text.as_bytes(), &options()).parse_program()) else {
        return Parsed::Wrong("this line cannot be read on this simulated machine".into());
    };
    match parsed {
        Ok(program) => Parsed::Program(Arc::new(program)),
        // A lone `fi` is met at the end of the input, but nothing that follows could mend it.
        Err(ParseError::ParsingAtEndOfInput)
            if text.trim_end_matches(' ').ends_with(['<', '>']) =>
        {
            Parsed::Wrong("syntax error near unexpected token `newline'".into())
        }
        Err(ParseError::ParsingAtEndOfInput) => match first_word(text) {
            Some(word) => Parsed::Wrong(format!("syntax error near unexpected token `{word}'")),
            None => Parsed::Unfinished("syntax error: unexpected end of file"),
        },
        Err(ParseError::ParsingNear(position)) => {
            let near = ask(|| brush_parser::tokenize_str(text).unwrap_or_default())
                .unwrap_or_default()
                .into_iter()
                .find(|token| token.location().start.index >= position.index)
                .map_or_else(
                    || "newline".into(),
                    |token| token.to_str().replace('\n', "newline"),
                );
            Parsed::Wrong(format!("syntax error near unexpected token `{near}'"))
        }
        Err(ParseError::Tokenizing { inner, .. }) => unfinished(&inner),
    }
}

/// The first word, when it is one that cannot stand first.
fn first_word(text: &str) -> Option<&str> {
    let word = text.trim_start().split([' ', ';', '\n']).next()?;
    ["fi", "then", "else", "elif", "done", "do", "esac", "}"]
        .contains(&word)
        .then_some(word)
}

fn unfinished(error: &TokenizerError) -> Parsed {
    match error {
        TokenizerError::UnterminatedSingleQuote(_) | TokenizerError::UnterminatedAnsiCQuote(_) => {
            Parsed::Unfinished("unexpected EOF while looking for matching `''")
        }
        TokenizerError::UnterminatedDoubleQuote(_) => {
            Parsed::Unfinished("unexpected EOF while looking for matching `\"'")
        }
        TokenizerError::UnterminatedBackquote(_) => {
            Parsed::Unfinished("unexpected EOF while looking for matching ``'")
        }
        TokenizerError::UnterminatedVariable => {
            Parsed::Unfinished("unexpected EOF while looking for matching `}'")
        }
        TokenizerError::UnterminatedCommandSubstitution
        | TokenizerError::UnterminatedExpansion
        | TokenizerError::UnterminatedExtendedGlob(_) => {
            Parsed::Unfinished("unexpected EOF while looking for matching `)'")
        }
        TokenizerError::UnterminatedEscapeSequence
        | TokenizerError::MissingHereTag(_)
        | TokenizerError::MissingHereTagForDocumentBody
        | TokenizerError::UnterminatedHereDocuments(..) => {
            Parsed::Unfinished("syntax error: unexpected end of file")
        }
        other @ (TokenizerError::FailedDecoding | TokenizerError::ReadError(_)) => {
            Parsed::Wrong(format!("syntax error: {other}"))
        }
    }
}

/// Would the parser have to go too deep? Counts openers that are not closed, wherever they stand, so that what is
/// counted is never less than what the parser meets.
fn is_too_deep(text: &str) -> bool {
    let mut deep = false;
    let (mut round, mut curly, mut square) = (0_usize, 0_usize, 0_usize);
    for c in text.chars() {
        match c {
            '(' => round += 1,
            ')' => round = round.saturating_sub(1),
            '{' => curly += 1,
            '}' => curly = curly.saturating_sub(1),
            '[' => square += 1,
            ']' => square = square.saturating_sub(1),
            _ => (),
        }
        deep |= round + curly + square > DEPTH;
    }
    let mut blocks = 0_usize;
    for word in text.split(|c: char| c.is_whitespace() || ";&|()".contains(c)) {
        match word {
            "if" | "while" | "until" | "for" | "case" | "coproc" | "function" | "select" => {
                blocks += 1;
            }
            "fi" | "done" | "esac" => blocks = blocks.saturating_sub(1),
            _ => (),
        }
        deep |= blocks > DEPTH;
    }
    deep
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        match parse(text) {
            Parsed::Wrong(message) => message,
            Parsed::Program(program) => format!("fine: {program}"),
            Parsed::Unfinished(why) => format!("unfinished: {why}"),
        }
    }

    #[test]
    fn an_open_quote_or_block_goes_on_in_the_next_line() {
        for text in [
            "echo 'a",
            "echo \"a",
            "if true",
            "echo a &&",
            "echo a |",
            "cat <<E\nx",
            "echo a \\",
            "echo $(a",
            "for i in 1; do",
            "(echo",
            "{ echo;",
        ] {
            assert!(
                matches!(parse(text), Parsed::Unfinished(_)),
                "{text}: {}",
                wrong(text)
            );
        }
    }

    #[test]
    fn an_error_names_the_token_as_bash_does() {
        assert_eq!(wrong("echo )"), "syntax error near unexpected token `)'");
        assert_eq!(wrong("; ls"), "syntax error near unexpected token `;'");
        assert_eq!(wrong("ls | | wc"), "syntax error near unexpected token `|'");
        assert_eq!(wrong("fi"), "syntax error near unexpected token `fi'");
        assert_eq!(
            wrong("ssh -i k.pem ec2-user@<ip>"),
            "syntax error near unexpected token `newline'"
        );
    }

    #[test]
    fn deep_nesting_is_refused_before_it_costs_anything() {
        for opener in [
            "(",
            "{ ",
            "$(",
            "if ",
            "while ",
            "[[ ( ",
            "${a:-",
            "case x in x) ",
            "((",
            "`",
            "! ",
            "f() ",
            "time ",
        ] {
            drop(parse(&opener.repeat(3000)));
        }
        let nested = format!("{}{}", "( ".repeat(DEPTH), ") ".repeat(DEPTH));
        drop(parse(&nested));
    }
}
