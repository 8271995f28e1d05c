//! Options as GNU's getopt reads them: `-la`, `-n 5`, `-n5`, `--all`, `--`.

use super::Call;

/// What was given to a command.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// Letters in the order given, each with its value if it takes one.
    pub(super) flags: Vec<(char, String)>,
    pub(super) operands: Vec<String>,
}

impl Options {
    /// `known` lists the letters, a colon after those that take a value; `long` gives their long names.
    pub(super) fn read(
        call: &mut Call<'_>,
        known: &str,
        long: &[(&str, char)],
    ) -> Result<Self, u32> {
        let status = if call.name() == "ls" || call.name() == "grep" || call.name() == "sort" {
            2
        } else {
            1
        };
        let takes_value = |letter: char| known.contains(&format!("{letter}:"));
        let mut read = Self::default();
        let mut words = call.given().iter();
        while let Some(word) = words.next() {
            if word == "--" {
                read.operands.extend(words.cloned());
                break;
            }
            if let Some(name) = word.strip_prefix("--") {
                let (name, value) = name.split_once('=').unwrap_or((name, ""));
                match long.iter().find(|(known, _)| *known == name) {
                    Some((_, letter)) if takes_value(*letter) && !word.contains('=') => {
                        read.flags
                            .push((*letter, words.next().cloned().unwrap_or_default()));
                    }
                    Some((_, letter)) => read.flags.push((*letter, value.to_owned())),
                    None => {
                        call.usage(format!("unrecognized option '{word}'"));
                        return Err(status);
                    }
                }
                continue;
            }
            let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                read.operands.push(word.clone());
                continue;
            };
            for (at, letter) in letters.char_indices() {
                if letter == ':' || !known.contains(letter) {
                    call.usage(format!("invalid option -- '{letter}'"));
                    return Err(status);
                }
                if takes_value(letter) {
                    let rest = letters.get(at + letter.len_utf8()..).unwrap_or_default();
                    let value = if rest.is_empty() {
                        words.next().cloned()
                    } else {
                        Some(rest.to_owned())
                    };
                    let Some(value) = value else {
                        call.usage(format!("option requires an argument -- '{letter}'"));
                        return Err(status);
                    };
                    read.flags.push((letter, value));
                    break;
                }
                read.flags.push((letter, String::new()));
            }
        }
        Ok(read)
    }

    pub(super) fn has(&self, letter: char) -> bool {
        self.flags.iter().any(|(flag, _)| *flag == letter)
    }

    pub(super) fn value(&self, letter: char) -> Option<&str> {
        self.flags
            .iter()
            .rev()
            .find(|(flag, _)| *flag == letter)
            .map(|(_, value)| value.as_str())
    }
}

/// Reads its input when no file is named, or `-`.
pub(super) fn reads_without_files(arguments: &[String]) -> bool {
    let files: Vec<_> = arguments
        .iter()
        .skip(1)
        .filter(|word| *word == "-" || !word.starts_with('-'))
        .collect();
    files.is_empty() || files.iter().any(|word| *word == "-")
}
