//! The ledger: what happened in one lesson that a grader needs, as a chain in which each entry's hash covers the one before.
//!
//! The lab adds an entry when a step passes (with the evidence that passed it), is skipped, when a hint is shown and when a
//! mistake is recognised or an answer is wrong. A hand-in carries the ledgers as they are.
//!
//! The hash is over what was written, not over what this program understands of it: an older or a newer program that knows
//! fewer or more fields still finds the chain whole. It deters and does not prove: who can compute a hash can write a chain.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::classroom::seen::Seen;
use crate::course::lesson::World;
use crate::course::mistake::Mistake;

/// The format that this program writes.
pub const FORMAT: u32 = 1;

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fact {
    /// The lesson was begun. Always the first entry, and only that.
    Began(Began),
    /// A hint was shown.
    Hint {
        /// The step's id.
        step: String,
        /// Which one, from 1.
        level: u32,
    },
    /// A mistake was recognised.
    Mistake {
        /// The step's id.
        step: String,
        /// Which.
        mistake: Mistake,
    },
    /// An answer was wrong.
    WrongAnswer {
        /// The step's id.
        step: String,
    },
    /// A step was left behind without points.
    Skipped {
        /// The step's id.
        step: String,
    },
    /// Steps passed, all at one look.
    Passed {
        /// Their ids, in order.
        steps: Vec<String>,
        /// What was seen.
        seen: Box<Seen>,
    },
}

/// How a lesson was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Began {
    /// The lab's own id, sixteen hexadecimal digits: random, and the same for as long as its folder exists.
    pub lab: String,
    /// Which time this is: 1, and one more after each reset.
    pub attempt: u32,
    /// Where the steps happen.
    pub world: World,
    /// The id of the class, if the lesson is taken in one.
    pub class: Option<String>,
    /// What a lesson that draws from a pool was given to draw by, sixteen hexadecimal digits.
    pub variant: String,
    /// The version of the program.
    pub program: String,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, Unix milliseconds.
    pub at: i64,
    /// What it says.
    pub fact: Fact,
    /// What it says, as it was written.
    written: Value,
    /// SHA-256 over the hash before it and what was written, in hexadecimal.
    hash: String,
}

/// One lesson's entries, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    lesson: String,
    entries: Vec<Entry>,
}

/// A ledger as a file or a part of one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    format: u32,
    lesson: String,
    entries: Vec<WrittenEntry>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    at: i64,
    fact: Value,
    hash: String,
}

/// Why a ledger cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Not JSON, or not of this shape.
    #[error("{0}")]
    Damaged(String),
    /// Written by a newer program.
    #[error(
        "it has format {found}; this groundschool reads format {FORMAT}: use a newer groundschool"
    )]
    Newer {
        /// The format found.
        found: u64,
    },
    /// A hash does not fit what it covers.
    #[error(
        "entry {entry} of lesson {lesson} is not as it was written: it was changed, or one before it was taken out or put in"
    )]
    Edited {
        /// The lesson's folder.
        lesson: String,
        /// Its place, from 1.
        entry: usize,
    },
}

impl Ledger {
    /// A ledger with its first entry.
    pub fn begin(lesson: &str, at: i64, began: Began) -> Self {
        let mut ledger = Self {
            lesson: lesson.to_owned(),
            entries: Vec::new(),
        };
        ledger.add(at, Fact::Began(began));
        ledger
    }

    /// Adds an entry.
    pub fn add(&mut self, at: i64, fact: Fact) {
        // Numbers, texts, lists and maps with text keys only: this cannot fail.
        let written = serde_json::to_value(&fact).unwrap_or_default();
        let hash = link(self.head(), &self.lesson, at, &written);
        self.entries.push(Entry {
            at,
            fact,
            written,
            hash,
        });
    }

    /// The lesson's folder.
    pub fn lesson(&self) -> &str {
        &self.lesson
    }

    /// Every entry, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How it was begun.
    pub fn began(&self) -> Option<(i64, &Began)> {
        self.entries.first().and_then(|entry| match &entry.fact {
            Fact::Began(began) => Some((entry.at, began)),
            Fact::Hint { .. }
            | Fact::Mistake { .. }
            | Fact::WrongAnswer { .. }
            | Fact::Skipped { .. }
            | Fact::Passed { .. } => None,
        })
    }

    /// The number of the newest event that an entry holds: a later one holds only what came after it.
    pub fn last_event(&self) -> u64 {
        let of = |entry: &Entry| match &entry.fact {
            Fact::Passed { seen, .. } => seen.last_event(),
            Fact::Began(_)
            | Fact::Hint { .. }
            | Fact::Mistake { .. }
            | Fact::WrongAnswer { .. }
            | Fact::Skipped { .. } => 0,
        };
        self.entries.iter().map(of).max().unwrap_or(0)
    }

    /// Whether an entry says that the step passed.
    pub fn has_passed(&self, step: &str) -> bool {
        self.entries.iter().any(|entry| match &entry.fact {
            Fact::Passed { steps, .. } => steps.iter().any(|passed| passed == step),
            Fact::Began(_)
            | Fact::Hint { .. }
            | Fact::Mistake { .. }
            | Fact::WrongAnswer { .. }
            | Fact::Skipped { .. } => false,
        })
    }

    /// How many answers at this step were wrong.
    pub fn wrong_answers(&self, step: &str) -> u32 {
        let wrong = self
            .entries
            .iter()
            .filter(|entry| matches!(&entry.fact, Fact::WrongAnswer { step: of } if of == step));
        u32::try_from(wrong.count()).unwrap_or(u32::MAX)
    }

    /// The hash of the newest entry; nothing before the first.
    pub fn head(&self) -> &str {
        self.entries.last().map_or("", |entry| &entry.hash)
    }

    /// As JSON text, one line break at its end.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string(&self.to_written()).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads what [`Self::to_json`] wrote, and walks the chain.
    ///
    /// # Errors
    /// [`LedgerError`] for a newer format, a damaged text, or a chain that does not hold.
    pub fn from_json(text: &str) -> Result<Self, LedgerError> {
        let damaged = |error: serde_json::Error| LedgerError::Damaged(error.to_string());
        let any: Value = serde_json::from_str(text).map_err(damaged)?;
        Self::from_value(any)
    }

    pub(super) fn from_value(any: Value) -> Result<Self, LedgerError> {
        // The format first: a newer text may have fields that this program does not know.
        if let Some(found) = any.get("format").and_then(Value::as_u64)
            && found > u64::from(FORMAT)
        {
            return Err(LedgerError::Newer { found });
        }
        let written =
            serde_json::from_value(any).map_err(|error| LedgerError::Damaged(error.to_string()))?;
        Self::from_written(written)
    }

    pub(super) fn to_written(&self) -> Written {
        let entries = self.entries.iter().map(|entry| WrittenEntry {
            at: entry.at,
            fact: entry.written.clone(),
            hash: entry.hash.clone(),
        });
        Written {
            format: FORMAT,
            lesson: self.lesson.clone(),
            entries: entries.collect(),
        }
    }

    fn from_written(written: Written) -> Result<Self, LedgerError> {
        let mut ledger = Self {
            lesson: written.lesson,
            entries: Vec::with_capacity(written.entries.len()),
        };
        for (place, entry) in written.entries.into_iter().enumerate() {
            let number = place + 1;
            let hash = link(ledger.head(), &ledger.lesson, entry.at, &entry.fact);
            if hash != entry.hash {
                return Err(LedgerError::Edited {
                    lesson: ledger.lesson,
                    entry: number,
                });
            }
            let fact = Fact::deserialize(&entry.fact).map_err(|error| {
                let lesson = &ledger.lesson;
                LedgerError::Damaged(format!("entry {number} of lesson {lesson}: {error}"))
            })?;
            if matches!(fact, Fact::Began(_)) != (place == 0) {
                let text =
                    format!("entry {number}: a lesson begins with its first entry, and once");
                return Err(LedgerError::Damaged(text));
            }
            ledger.entries.push(Entry {
                at: entry.at,
                fact,
                written: entry.fact,
                hash,
            });
        }
        if ledger.entries.is_empty() {
            return Err(LedgerError::Damaged("it has no entries".to_owned()));
        }
        Ok(ledger)
    }
}

/// An entry's hash.
fn link(before: &str, lesson: &str, at: i64, written: &Value) -> String {
    sha256(&format!("{before}\n{lesson}\n{at}\n{written}"))
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classroom::testing::{began, ledger};

    #[test]
    fn what_is_written_is_read_back_and_goes_on() {
        let mut one = ledger();
        let mut other = Ledger::from_json(&one.to_json()).unwrap();
        assert_eq!(one, other);
        for ledger in [&mut one, &mut other] {
            ledger.add(9, Fact::Skipped { step: "x".into() });
        }
        assert_eq!(one.head(), other.head());
    }

    #[test]
    fn an_entry_that_is_changed_taken_out_or_moved_breaks_the_chain() {
        let good = ledger().to_json();
        let spoil = |change: &dyn Fn(&mut Vec<Value>)| {
            let mut any: Value = serde_json::from_str(&good).unwrap();
            change(any["entries"].as_array_mut().unwrap());
            Ledger::from_value(any)
        };
        assert!(spoil(&|_| {}).is_ok());
        let edited = |entry| {
            Err(LedgerError::Edited {
                lesson: "01-key-pair-and-ssh".into(),
                entry,
            })
        };
        assert_eq!(spoil(&|all| all[1]["at"] = 1.into()), edited(2));
        assert_eq!(
            spoil(&|all| all[1]["fact"]["hint"]["level"] = 3.into()),
            edited(2)
        );
        assert_eq!(spoil(&|all| drop(all.remove(1))), edited(2));
        assert_eq!(spoil(&|all| all.swap(2, 3)), edited(3));
        assert_eq!(spoil(&|all| drop(all.remove(0))), edited(1));
    }

    #[test]
    fn spaces_and_line_breaks_are_no_change() {
        let any: Value = serde_json::from_str(&ledger().to_json()).unwrap();
        let pretty = serde_json::to_string_pretty(&any).unwrap();
        assert_eq!(Ledger::from_json(&pretty), Ok(ledger()));
    }

    #[test]
    fn a_field_that_a_newer_program_adds_keeps_the_chain_and_is_refused_by_name() {
        let mut any = serde_json::to_value(Fact::Skipped { step: "x".into() }).unwrap();
        any["skipped"]["why"] = "tired".into();
        let first = Ledger::begin("l", 1, began());
        let hash = link(first.head(), "l", 2, &any);
        let mut all = serde_json::to_value(first.to_written()).unwrap();
        let entries = all["entries"].as_array_mut().unwrap();
        entries.push(serde_json::json!({"at": 2, "fact": any, "hash": hash}));
        let error = Ledger::from_value(all).unwrap_err();
        assert!(
            matches!(&error, LedgerError::Damaged(text) if text.contains("entry 2") && text.contains("`why`")),
            "{error}"
        );
    }

    #[test]
    fn a_newer_format_is_refused_whatever_else_it_holds() {
        let error = Ledger::from_json(r#"{"format": 2, "stars": []}"#).unwrap_err();
        assert_eq!(error, LedgerError::Newer { found: 2 });
    }
}
