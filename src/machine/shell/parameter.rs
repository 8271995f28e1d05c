//! Parameters: `$x`, `${x:-y}`, `${#x}`, `${x%.pem}` and their kin.

use brush_parser::word::{
    Parameter, ParameterExpr, ParameterTestType, SpecialParameter, SubstringMatchKind, WordPiece,
    WordPieceWithSource,
};

use super::expand::{self, Context, Fields};
use super::pattern::Pattern;
use super::{Boxed, Flow, Shell, arith, run};
use crate::machine::host::Cell;
use crate::machine::io::Io;

/// What a parameter holds.
enum Value {
    One(Option<String>),
    /// `$@`
    Each(Vec<String>),
}

impl Value {
    fn text(self) -> Option<String> {
        match self {
            Self::One(text) => text,
            Self::Each(words) => (!words.is_empty()).then(|| words.join(" ")),
        }
    }
}

fn value(shell: &Shell, parameter: &Parameter) -> Result<Value, String> {
    let one = |text: String| Ok(Value::One(Some(text)));
    match parameter {
        Parameter::Positional(0) | Parameter::Special(SpecialParameter::ShellName) => {
            one(shell.name.clone())
        }
        Parameter::Positional(number) => {
            let at = usize::try_from(*number)
                .unwrap_or(usize::MAX)
                .saturating_sub(1);
            Ok(Value::One(shell.arguments.get(at).cloned()))
        }
        Parameter::Special(special) => match special {
            SpecialParameter::AllPositionalParameters { concatenate: false } => {
                Ok(Value::Each(shell.arguments.clone()))
            }
            SpecialParameter::AllPositionalParameters { concatenate: true } => {
                one(shell.arguments.join(" "))
            }
            SpecialParameter::PositionalParameterCount => one(shell.arguments.len().to_string()),
            SpecialParameter::LastExitStatus => one(shell.status.to_string()),
            SpecialParameter::CurrentOptionFlags => one(if shell.interactive {
                "himBHs".into()
            } else {
                "hBc".into()
            }),
            SpecialParameter::ProcessId => one(shell.pid.to_string()),
            SpecialParameter::LastBackgroundProcessId => Ok(Value::One(None)),
            SpecialParameter::ShellName => one(shell.name.clone()),
        },
        Parameter::Named(name) => Ok(Value::One(match name.as_str() {
            "RANDOM" => Some("4".into()),
            "_" => Some(String::new()),
            name => shell.get(name).map(str::to_owned),
        })),
        Parameter::NamedWithIndex { name, .. } | Parameter::NamedWithAllIndices { name, .. } => {
            Err(format!("{name}: arrays are not simulated on this machine"))
        }
    }
}

/// Is this `"$@"` with no arguments?
pub(super) fn is_empty_list(cell: &Cell, pieces: &[WordPieceWithSource]) -> bool {
    let list = Parameter::Special(SpecialParameter::AllPositionalParameters { concatenate: false });
    pieces.iter().all(|piece| {
        matches!(&piece.piece, WordPiece::ParameterExpansion(ParameterExpr::Parameter { parameter, .. })
            if parameter.to_string() == list.to_string())
    }) && cell.host().shell().arguments.is_empty()
}

/// Expands one expression into `fields`.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "brush-parser's enum: what is not simulated is refused by name"
)]
pub(super) fn expand<'a>(
    cell: &'a Cell,
    io: &'a Io,
    expr: &'a ParameterExpr,
    quoted: bool,
    fields: &'a mut Fields,
) -> Boxed<'a, Result<(), Flow>> {
    Box::pin(async move {
        let wrong = |message: String| run::complain(cell, io, &message, 1);
        let read = |parameter: &Parameter, indirect: bool| {
            let mut host = cell.host();
            let shell = host.shell();
            let found = value(shell, parameter).map_err(wrong)?;
            if !indirect {
                return Ok(found);
            }
            let name = found.text().unwrap_or_default();
            Ok(Value::One(shell.get(&name).map(str::to_owned)))
        };
        match expr {
            ParameterExpr::Parameter {
                parameter,
                indirect,
            } => match read(parameter, *indirect)? {
                Value::One(text) => fields.add(&text.unwrap_or_default(), quoted),
                Value::Each(words) => fields.add_each(&words, quoted),
            },
            ParameterExpr::UseDefaultValues {
                parameter,
                indirect,
                test_type,
                default_value,
            } => {
                match read(parameter, *indirect)?
                    .text()
                    .filter(|text| is_set(text, test_type))
                {
                    Some(text) => fields.add(&text, quoted),
                    None => other(cell, io, default_value.as_deref(), quoted, fields).await?,
                }
            }
            ParameterExpr::UseAlternativeValue {
                parameter,
                indirect,
                test_type,
                alternative_value,
            } => {
                if read(parameter, *indirect)?
                    .text()
                    .as_ref()
                    .is_some_and(|text| is_set(text, test_type))
                {
                    other(cell, io, alternative_value.as_deref(), quoted, fields).await?;
                }
            }
            ParameterExpr::AssignDefaultValues {
                parameter,
                indirect,
                test_type,
                default_value,
            } => {
                let text = match read(parameter, *indirect)?
                    .text()
                    .filter(|text| is_set(text, test_type))
                {
                    Some(text) => text,
                    None => {
                        let text =
                            expand::text(cell, io, default_value.as_deref().unwrap_or_default())
                                .await?;
                        if let Parameter::Named(name) = parameter {
                            cell.host().shell().set(name, text.clone());
                        }
                        text
                    }
                };
                fields.add(&text, quoted);
            }
            ParameterExpr::IndicateErrorIfNullOrUnset {
                parameter,
                indirect,
                test_type,
                error_message,
            } => {
                match read(parameter, *indirect)?
                    .text()
                    .filter(|text| is_set(text, test_type))
                {
                    Some(text) => fields.add(&text, quoted),
                    None => {
                        let message = match error_message {
                            Some(message) => expand::text(cell, io, message).await?,
                            None => "parameter null or not set".into(),
                        };
                        return Err(wrong(format!("{}: {message}", bare(parameter))));
                    }
                }
            }
            ParameterExpr::ParameterLength {
                parameter,
                indirect,
            } => {
                let length = match read(parameter, *indirect)? {
                    Value::One(text) => text.unwrap_or_default().chars().count(),
                    Value::Each(words) => words.len(),
                };
                fields.add(&length.to_string(), quoted);
            }
            ParameterExpr::RemoveSmallestSuffixPattern {
                parameter,
                indirect,
                pattern,
            } => {
                let text = read(parameter, *indirect)?.text().unwrap_or_default();
                let pattern = fit(cell, io, pattern.as_deref()).await?;
                let end = cuts(&text)
                    .rev()
                    .find(|at| pattern.fits(text.get(*at..).unwrap_or_default()));
                fields.add(end.and_then(|at| text.get(..at)).unwrap_or(&text), quoted);
            }
            ParameterExpr::RemoveLargestSuffixPattern {
                parameter,
                indirect,
                pattern,
            } => {
                let text = read(parameter, *indirect)?.text().unwrap_or_default();
                let pattern = fit(cell, io, pattern.as_deref()).await?;
                let end = cuts(&text).find(|at| pattern.fits(text.get(*at..).unwrap_or_default()));
                fields.add(end.and_then(|at| text.get(..at)).unwrap_or(&text), quoted);
            }
            ParameterExpr::RemoveSmallestPrefixPattern {
                parameter,
                indirect,
                pattern,
            } => {
                let text = read(parameter, *indirect)?.text().unwrap_or_default();
                let pattern = fit(cell, io, pattern.as_deref()).await?;
                let start =
                    cuts(&text).find(|at| pattern.fits(text.get(..*at).unwrap_or_default()));
                fields.add(start.and_then(|at| text.get(at..)).unwrap_or(&text), quoted);
            }
            ParameterExpr::RemoveLargestPrefixPattern {
                parameter,
                indirect,
                pattern,
            } => {
                let text = read(parameter, *indirect)?.text().unwrap_or_default();
                let pattern = fit(cell, io, pattern.as_deref()).await?;
                let start = cuts(&text)
                    .rev()
                    .find(|at| pattern.fits(text.get(..*at).unwrap_or_default()));
                fields.add(start.and_then(|at| text.get(at..)).unwrap_or(&text), quoted);
            }
            ParameterExpr::Substring {
                parameter,
                indirect,
                offset,
                length,
            } => {
                let text = read(parameter, *indirect)?.text().unwrap_or_default();
                let offset = number(cell, io, &offset.value).await?;
                let length = match length {
                    Some(length) => Some(number(cell, io, &length.value).await?),
                    None => None,
                };
                fields.add(&substring(&text, offset, length), quoted);
            }
            ParameterExpr::ReplaceSubstring {
                parameter,
                indirect,
                pattern,
                replacement,
                match_kind,
            } => {
                let text = read(parameter, *indirect)?.text().unwrap_or_default();
                let pattern = fit(cell, io, Some(pattern)).await?;
                let replacement =
                    expand::text(cell, io, replacement.as_deref().unwrap_or_default()).await?;
                let replaced = replace(cell, &text, &pattern, &replacement, match_kind)?;
                fields.add(&replaced, quoted);
            }
            ParameterExpr::UppercasePattern {
                parameter,
                indirect,
                pattern: None,
            } => {
                fields.add(
                    &read(parameter, *indirect)?
                        .text()
                        .unwrap_or_default()
                        .to_uppercase(),
                    quoted,
                );
            }
            ParameterExpr::LowercasePattern {
                parameter,
                indirect,
                pattern: None,
            } => {
                fields.add(
                    &read(parameter, *indirect)?
                        .text()
                        .unwrap_or_default()
                        .to_lowercase(),
                    quoted,
                );
            }
            _ => {
                return Err(wrong(
                    "this kind of ${...} is not simulated on this machine".into(),
                ));
            }
        }
        Ok(())
    })
}

fn bare(parameter: &Parameter) -> String {
    parameter
        .to_string()
        .trim_start_matches('$')
        .trim_matches(['{', '}'])
        .to_owned()
}

fn is_set(text: &str, test: &ParameterTestType) -> bool {
    match test {
        ParameterTestType::UnsetOrNull => !text.is_empty(),
        ParameterTestType::Unset => true,
    }
}

async fn other(
    cell: &Cell,
    io: &Io,
    text: Option<&str>,
    quoted: bool,
    fields: &mut Fields,
) -> Result<(), Flow> {
    let text = text.unwrap_or_default();
    if quoted {
        let text = expand::text(cell, io, text).await?;
        fields.add(&text, true);
        return Ok(());
    }
    expand::pieces(cell, io, text, Context::Word, fields).await
}

async fn fit(cell: &Cell, io: &Io, pattern: Option<&str>) -> Result<Pattern, Flow> {
    Ok(Pattern::new(
        &expand::pattern(cell, io, pattern.unwrap_or_default()).await?,
    ))
}

/// Every place where a text can be cut, its end included.
fn cuts(text: &str) -> impl DoubleEndedIterator<Item = usize> {
    text.char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .take(4000)
        .collect::<Vec<_>>()
        .into_iter()
}

async fn number(cell: &Cell, io: &Io, text: &str) -> Result<i64, Flow> {
    let text = expand::quoted(cell, io, text).await?;
    let value = arith::evaluate(cell.host().shell(), &text);
    value.map_err(|message| run::complain(cell, io, &message, 1))
}

fn substring(text: &str, offset: i64, length: Option<i64>) -> String {
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let start = if offset < 0 {
        count.saturating_add(offset)
    } else {
        offset
    };
    let end = match length {
        None => count,
        Some(length) if length < 0 => count.saturating_add(length),
        Some(length) => start.saturating_add(length),
    };
    if start < 0 || end <= start {
        return String::new();
    }
    let at = |number: i64| usize::try_from(number).unwrap_or(0);
    text.chars().skip(at(start)).take(at(end - start)).collect()
}

fn replace(
    cell: &Cell,
    text: &str,
    pattern: &Pattern,
    replacement: &str,
    kind: &SubstringMatchKind,
) -> Result<String, Flow> {
    let mut out = String::new();
    let mut at = 0;
    let longest = |from: usize| {
        cuts(text)
            .rev()
            .find(|end| *end > from && pattern.fits(text.get(from..*end).unwrap_or_default()))
    };
    match kind {
        SubstringMatchKind::Prefix => {
            if let Some(end) = longest(0) {
                out.push_str(replacement);
                at = end;
            }
        }
        SubstringMatchKind::Suffix => {
            let start = cuts(text)
                .find(|at| *at < text.len() && pattern.fits(text.get(*at..).unwrap_or_default()));
            if let Some(start) = start {
                return Ok(format!(
                    "{}{replacement}",
                    text.get(..start).unwrap_or_default()
                ));
            }
        }
        SubstringMatchKind::FirstOccurrence | SubstringMatchKind::Anywhere => {
            for from in cuts(text) {
                if from < at {
                    continue;
                }
                cell.host().tick()?;
                if let Some(end) = longest(from) {
                    out.push_str(text.get(at..from).unwrap_or_default());
                    out.push_str(replacement);
                    at = end;
                    if matches!(kind, SubstringMatchKind::FirstOccurrence) {
                        break;
                    }
                }
            }
        }
    }
    out.push_str(text.get(at..).unwrap_or_default());
    cell.host().spend(out.len())?;
    Ok(out)
}
