//! Expansion: from words as written to the arguments of a command.

use brush_parser::word::{
    self, BraceExpressionMember, BraceExpressionOrText, TildeExpr, WordPiece, WordPieceWithSource,
};

use super::pattern::{Pattern, escape, is_special, unescape};
use super::{Boxed, Flow, arith, parse, run};
use crate::machine::disk::{Disk, Who, join};
use crate::machine::host::{Cell, WRITTEN};
use crate::machine::io::Io;
use crate::machine::users;

/// Words that one word may become.
const WORDS: usize = 5000;

/// One argument in the making.
#[derive(Debug, Default)]
struct Field {
    /// As it will be, with a backslash before what must not be read as a pattern.
    pattern: String,
    /// Something of it was quoted: it stays even when it is empty.
    quoted: bool,
}

/// Arguments in the making.
#[derive(Debug, Default)]
pub(super) struct Fields {
    done: Vec<Field>,
    open: Option<Field>,
    /// Characters that divide what was expanded; nothing when it is not to be divided.
    dividers: String,
}

impl Fields {
    fn push(&mut self, text: &str, quoted: bool) {
        let field = self.open.get_or_insert_default();
        field.quoted |= quoted;
        if quoted {
            field.pattern.push_str(&escape(text));
        } else {
            field.pattern.push_str(text);
        }
    }

    fn end(&mut self) {
        self.done.extend(self.open.take());
    }

    /// Adds the result of an expansion: divided when it is not in quotes.
    pub(super) fn add(&mut self, text: &str, quoted: bool) {
        if quoted || self.dividers.is_empty() {
            return self.push(text, quoted);
        }
        let dividers = std::mem::take(&mut self.dividers);
        let mut first = true;
        for part in text.split(|c| dividers.contains(c)) {
            if !first {
                self.end();
            }
            first = false;
            if !part.is_empty() {
                self.push(&part.replace('\\', "\\\\"), false);
            }
        }
        self.dividers = dividers;
    }

    /// Adds several words, as `$@` is: each is its own argument.
    pub(super) fn add_each(&mut self, words: &[String], quoted: bool) {
        for (number, text) in words.iter().enumerate() {
            if number > 0 {
                self.end();
            }
            self.add(text, quoted);
        }
    }

    fn finish(mut self) -> Vec<Field> {
        self.end();
        self.done
            .retain(|field| field.quoted || !field.pattern.is_empty());
        self.done
    }
}

/// The arguments that a word stands for: braces, expansions, division, names of files.
pub(super) async fn words(
    cell: &Cell,
    io: &Io,
    text: &str,
    out: &mut Vec<String>,
) -> Result<(), Flow> {
    for text in braces(text).ok_or(Flow::Stop)? {
        let mut fields = Fields {
            dividers: cell.host().shell().get("IFS").unwrap_or(" \t\n").to_owned(),
            ..Fields::default()
        };
        pieces(cell, io, &text, Context::Word, &mut fields).await?;
        for field in fields.finish() {
            let mut host = cell.host();
            host.tick()?;
            host.spend(field.pattern.len())?;
            let shell = host.shell();
            let (cwd, who) = (shell.cwd.clone(), shell.who.clone());
            let found = if is_special(&field.pattern) {
                names(&host.machine.disk, &who, &cwd, &field.pattern)
            } else {
                Vec::new()
            };
            if found.is_empty() {
                out.push(unescape(&field.pattern));
            }
            out.extend(found);
            if out.len() > WORDS {
                return Err(Flow::Stop);
            }
        }
    }
    Ok(())
}

/// What a word stands for where it is not divided: assignments, redirections, `case`.
pub(super) async fn text(cell: &Cell, io: &Io, text: &str) -> Result<String, Flow> {
    Ok(unescape(&pattern(cell, io, text).await?))
}

/// As [`text`], with a backslash before what was quoted.
pub(super) async fn pattern(cell: &Cell, io: &Io, text: &str) -> Result<String, Flow> {
    let mut fields = Fields::default();
    pieces(cell, io, text, Context::Word, &mut fields).await?;
    joined(cell, fields)
}

/// What stands in a here-document or in `$((…))`: quotes mean nothing.
pub(super) async fn quoted(cell: &Cell, io: &Io, text: &str) -> Result<String, Flow> {
    let mut fields = Fields::default();
    pieces(cell, io, text, Context::Document, &mut fields).await?;
    Ok(unescape(&joined(cell, fields)?))
}

fn joined(cell: &Cell, fields: Fields) -> Result<String, Flow> {
    let parts: Vec<String> = fields
        .finish()
        .into_iter()
        .map(|field| field.pattern)
        .collect();
    let text = parts.join(" ");
    cell.host().spend(text.len())?;
    Ok(text)
}

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    Word,
    Document,
}

/// Expands a text into `fields`.
pub(super) fn pieces<'a>(
    cell: &'a Cell,
    io: &'a Io,
    text: &'a str,
    context: Context,
    fields: &'a mut Fields,
) -> Boxed<'a, Result<(), Flow>> {
    Box::pin(async move {
        let parsed = match context {
            Context::Word if text.contains('~') && parse::has_long_number(text, 9) => None,
            Context::Word => parse::ask(|| word::parse(text, &parse::options())),
            Context::Document => parse::ask(|| word::parse_heredoc(text, &parse::options())),
        };
        let Some(Ok(parsed)) = parsed else {
            return Err(run::complain(
                cell,
                io,
                &format!("{text}: bad substitution"),
                1,
            ));
        };
        each(cell, io, &parsed, context == Context::Document, fields).await
    })
}

fn each<'a>(
    cell: &'a Cell,
    io: &'a Io,
    pieces: &'a [WordPieceWithSource],
    quoted: bool,
    fields: &'a mut Fields,
) -> Boxed<'a, Result<(), Flow>> {
    Box::pin(async move {
        for piece in pieces {
            match &piece.piece {
                WordPiece::Text(text) if quoted => fields.push(text, true),
                WordPiece::Text(text) => fields.push(&text.replace('\\', "\\\\"), false),
                WordPiece::SingleQuotedText(text) => fields.push(text, true),
                WordPiece::AnsiCQuotedText(text) => fields.push(&escapes(text).0, true),
                WordPiece::DoubleQuotedSequence(inner)
                | WordPiece::GettextDoubleQuotedSequence(inner) => {
                    let only_list = matches!(
                        inner.as_slice(),
                        [WordPieceWithSource {
                            piece: WordPiece::ParameterExpansion(_),
                            ..
                        }]
                    );
                    // `"$@"` without arguments is no argument at all; any other pair of quotes is one.
                    if !only_list || !super::parameter::is_empty_list(cell, inner) {
                        fields.push("", true);
                    }
                    each(cell, io, inner, true, fields).await?;
                }
                WordPiece::TildeExpansion(tilde) => {
                    let home = tilde_text(cell, tilde);
                    fields.push(&home, true);
                }
                WordPiece::ParameterExpansion(expr) => {
                    super::parameter::expand(cell, io, expr, quoted, fields).await?;
                }
                WordPiece::CommandSubstitution(text)
                | WordPiece::BackquotedCommandSubstitution(text) => {
                    let output = run::substitute(cell, io, text).await?;
                    fields.add(&output, quoted);
                }
                WordPiece::EscapeSequence(text) => {
                    let text = text.strip_prefix('\\').unwrap_or(text);
                    if text != "\n" {
                        fields.push(text, true);
                    }
                }
                WordPiece::ArithmeticExpression(expr) => {
                    let expr = self::quoted(cell, io, &expr.value).await?;
                    let value = arith::evaluate(cell.host().shell(), &expr);
                    match value {
                        Ok(value) => fields.add(&value.to_string(), quoted),
                        Err(message) => return Err(run::complain(cell, io, &message, 1)),
                    }
                }
            }
        }
        Ok(())
    })
}

fn tilde_text(cell: &Cell, tilde: &TildeExpr) -> String {
    let mut host = cell.host();
    match tilde {
        TildeExpr::Home => host.shell().home().to_owned(),
        TildeExpr::UserHome(name) => users::by_name(&host.machine.disk, name)
            .map_or_else(|| format!("~{name}"), |user| user.home),
        TildeExpr::WorkingDir => host.shell().cwd.clone(),
        TildeExpr::OldWorkingDir => host.shell().get("OLDPWD").unwrap_or("~-").to_owned(),
        TildeExpr::NthDirFromTopOfDirStack { n, .. } => format!("~{n}"),
        TildeExpr::NthDirFromBottomOfDirStack { n } => format!("~-{n}"),
    }
}

/// The words that a word with braces stands for; nothing when they are more than [`WORDS`], or longer than what a line may
/// write.
fn braces(text: &str) -> Option<Vec<String>> {
    if !text.contains('{') || parse::has_long_number(text, 18) {
        return Some(vec![text.to_owned()]);
    }
    match parse::ask(|| word::parse_brace_expansions(text, &parse::options())) {
        Some(Ok(Some(parts))) => combine(&parts),
        Some(Ok(None) | Err(_)) | None => Some(vec![text.to_owned()]),
    }
}

/// Each choice of a part with each of the next. Stops at the first part with which they are too many: the parts behind it
/// would only make them longer, and the time to write them out grows with the square of the line.
fn combine(parts: &[BraceExpressionOrText]) -> Option<Vec<String>> {
    let mut all = vec![String::new()];
    for part in parts {
        match part {
            BraceExpressionOrText::Text(text) => {
                for start in &mut all {
                    start.push_str(text);
                }
            }
            BraceExpressionOrText::Expr(members) => {
                let mut choices = Vec::new();
                for one in members {
                    choices.extend(member(one)?);
                    if all.len().saturating_mul(choices.len()) > WORDS {
                        return None;
                    }
                }
                let with_each = |start: &String| {
                    let start = start.clone();
                    choices.iter().map(move |end| format!("{start}{end}"))
                };
                all = all.iter().flat_map(with_each).collect();
            }
        }
        if all.iter().map(String::len).sum::<usize>() > WRITTEN {
            return None;
        }
    }
    Some(all)
}

fn member(member: &BraceExpressionMember) -> Option<Vec<String>> {
    let all: Vec<String> = match member {
        BraceExpressionMember::NumberSequence {
            start,
            end,
            increment,
        } => sequence(*start, *end, *increment)
            .map(|number| number.to_string())
            .collect(),
        BraceExpressionMember::CharSequence {
            start,
            end,
            increment,
        } => sequence(
            i64::from(u32::from(*start)),
            i64::from(u32::from(*end)),
            *increment,
        )
        .filter_map(|code| char::from_u32(u32::try_from(code).ok()?))
        .map(String::from)
        .collect(),
        BraceExpressionMember::Child(parts) => combine(parts)?,
    };
    (all.len() <= WORDS).then_some(all)
}

/// One more than [`WORDS`] at most, so that too many can be told.
fn sequence(start: i64, end: i64, increment: i64) -> impl Iterator<Item = i64> {
    let step = increment.checked_abs().unwrap_or(1).max(1);
    let step = if end < start { -step } else { step };
    std::iter::successors(Some(start), move |at| at.checked_add(step))
        .take_while(move |at| if step > 0 { *at <= end } else { *at >= end })
        .take(WORDS + 1)
}

/// The names of files that fit a pattern, sorted.
fn names(disk: &Disk, who: &Who, cwd: &str, pattern: &str) -> Vec<String> {
    let mut found = vec![(
        String::new(),
        if pattern.starts_with('/') {
            "/".to_owned()
        } else {
            cwd.to_owned()
        },
    )];
    if pattern.starts_with('/') {
        found = vec![("/".to_owned(), "/".to_owned())];
    }
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    for (number, part) in parts.iter().enumerate() {
        let last = number + 1 == parts.len() && !pattern.ends_with('/');
        let end = if last { "" } else { "/" };
        let mut next = Vec::new();
        for (shown, place) in &found {
            if !is_special(part) {
                let name = unescape(part);
                if disk
                    .resolve(who, &join(place, &name), !last)
                    .is_ok_and(|(_, node)| last || node.is_dir())
                {
                    next.push((format!("{shown}{name}{end}"), join(place, &name)));
                }
                continue;
            }
            let fits = Pattern::new(part);
            for (name, _) in disk.list(who, place).unwrap_or_default() {
                let hidden = name.starts_with('.') && !part.starts_with('.');
                let path = join(place, &name);
                let enters = last
                    || disk
                        .resolve(who, &path, true)
                        .is_ok_and(|(_, node)| node.is_dir());
                if !hidden && enters && fits.fits(&name) {
                    next.push((format!("{shown}{name}{end}"), path));
                }
            }
        }
        next.truncate(WORDS);
        found = next;
    }
    found.into_iter().map(|(shown, _)| shown).collect()
}

/// Reads backslash escapes as `echo -e`, `printf` and `$'…'` do; `true` when `\c` ended the text.
pub(crate) fn escapes(text: &str) -> (String, bool) {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let octal = rest.peek().is_some_and(|c| c.is_digit(8));
        match octal.then(|| number(&mut rest, 8, 4)).flatten() {
            Some(c) => out.push(c),
            None => match rest.next() {
                Some('a') => out.push('\u{7}'),
                Some('b') => out.push('\u{8}'),
                Some('c') => return (out, true),
                Some('e' | 'E') => out.push('\u{1b}'),
                Some('f') => out.push('\u{c}'),
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some('v') => out.push('\u{b}'),
                Some('\\') => out.push('\\'),
                Some('\'') => out.push('\''),
                Some('"') => out.push('"'),
                Some('x') => out.extend(number(&mut rest, 16, 2)),
                Some('u') => out.extend(number(&mut rest, 16, 4)),
                Some('U') => out.extend(number(&mut rest, 16, 8)),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            },
        }
    }
    (out, false)
}

/// A number of at most so many digits, as a character.
fn number(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    radix: u32,
    most: u32,
) -> Option<char> {
    let mut value = 0_u32;
    for _ in 0..most {
        let Some(digit) = rest.peek().and_then(|c| c.to_digit(radix)) else {
            break;
        };
        value = value.wrapping_mul(radix).wrapping_add(digit);
        rest.next();
    }
    char::from_u32(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_become_words() {
        let words = |text: &str| braces(text).unwrap();
        assert_eq!(words("a{b,c}d"), ["abd", "acd"]);
        assert_eq!(
            words("{a,b{c,d}}{1,2}"),
            ["a1", "a2", "bc1", "bc2", "bd1", "bd2"]
        );
        assert_eq!(words("{1..3}"), ["1", "2", "3"]);
        assert_eq!(words("{x}"), ["{x}"]);
        assert_eq!(words("{2..-1}"), ["2", "1", "0", "-1"]);
    }

    #[test]
    fn braces_that_become_too_many_words_become_none() {
        assert_eq!(braces("{1..5000}").unwrap().len(), WORDS);
        for text in [
            "{1..5001}",
            "{1..100000000}",
            "{1..100}{1..100}",
            "{{1..2501},{1..2501}}",
        ] {
            assert_eq!(braces(text), None, "{text}");
        }
        assert_eq!(braces(&"{a,b}".repeat(2000)), None);
        assert_eq!(braces(&format!("{{1..5000}}{}", "x".repeat(5000))), None);
    }

    #[test]
    fn escapes_are_read_as_printf_reads_them() {
        assert_eq!(escapes("a\\tb\\n\\x41\\101\\\\").0, "a\tb\nAA\\");
        assert_eq!(escapes("a\\cb"), ("a".into(), true));
        assert_eq!(escapes("\\").0, "\\");
    }
}
