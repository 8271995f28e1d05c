//! A hand-in: one small file with what was passed, when, with which hints and mistakes, and the evidence.
//!
//! ```text
//! {
//!   "format": 1, "kind": "groundschool hand-in", "program": "0.1.0", "made_at": 1767225600000,
//!   "learner": {"name": …, "id": …, "email": …},              null where the class did not ask
//!   "class": null | {"id", "title", "exam", "joined_at", "time_limit_minutes"},
//!   "lessons": [{
//!     "claim": {"steps": {ID: {"at", "points", "skipped"}}, "hints": {ID: N}, "mistakes": {NAME: N}},
//!     "ledger": {"format": 1, "lesson": …, "entries": [{"at": …, "fact": {…}, "hash": …}, …]}
//!   }],
//!   "seal": …
//! }
//! ```
//!
//! Times are Unix milliseconds. Hashes are SHA-256 in hexadecimal, over UTF-8 text in which JSON is compact and has its fields in
//! the order of the file. An entry's hash covers four texts with a line feed between each two: the hash before it (nothing
//! before the first), the lesson, the time, the fact. The seal covers the whole file without the seal. Facts are listed in
//! [`crate::classroom::ledger`], what was seen in [`crate::classroom::seen`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::classroom::class::{Class, Joined, Mode};
use crate::classroom::learner::Learner;
use crate::classroom::ledger::{Ledger, LedgerError, Written as WrittenLedger, sha256};
use crate::course::mistake::Mistake;
use crate::course::progress::Progress;

/// The format that this program writes.
pub const FORMAT: u32 = 1;
/// The largest hand-in that is read, in bytes. A lesson of nine steps needs about 30,000.
pub const LARGEST: usize = 8 << 20;
/// What tells a hand-in from other JSON.
const KIND: &str = "groundschool hand-in";
/// The most lessons in one.
const LESSONS: usize = 100;

/// A hand-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandIn {
    /// The version of the program that wrote it.
    pub program: String,
    /// When, Unix milliseconds.
    pub made_at: i64,
    /// Who.
    pub learner: Learner,
    /// The class it is for.
    pub class: Option<Taken>,
    /// The lessons.
    pub lessons: Vec<Part>,
}

/// One lesson of a hand-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What the learner's lab says of it.
    pub claim: Claim,
    /// What happened.
    pub ledger: Ledger,
}

/// How a class was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// The class's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether it was taken as an exam.
    pub exam: bool,
    /// When the lab joined, Unix milliseconds.
    pub joined_at: i64,
    /// The time limit.
    pub time_limit_minutes: Option<u32>,
}

/// What the learner's progress says, to be compared with the evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Steps that are behind the learner.
    pub steps: BTreeMap<String, ClaimedStep>,
    /// Hints shown, by step.
    pub hints: BTreeMap<String, u32>,
    /// How often each mistake was met.
    pub mistakes: BTreeMap<Mistake, u32>,
}

/// One step of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimedStep {
    /// When, Unix milliseconds.
    pub at: i64,
    /// Points.
    pub points: u32,
    /// Skipped, not passed.
    pub skipped: bool,
}

/// Why a file is not graded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Too long.
    #[error("too large for a hand-in ({bytes} bytes; at most {LARGEST} are read)")]
    Huge {
        /// Its length.
        bytes: u64,
    },
    /// Something else than a hand-in.
    #[error("this is no hand-in of Ground School")]
    Foreign,
    /// It ends too early.
    #[error("cut off: it ends in the middle of line {line}")]
    CutOff {
        /// Line, from 1.
        line: usize,
    },
    /// Not of this shape.
    #[error("damaged: {0}")]
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
    #[error("edited: {0}")]
    Edited(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    kind: String,
    program: String,
    made_at: i64,
    learner: Learner,
    class: Option<Taken>,
    lessons: Vec<WrittenPart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seal: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPart {
    claim: Claim,
    ledger: Value,
}

impl HandIn {
    /// The file's text, one line break at its end.
    pub fn to_json(&self) -> String {
        let parts = self.lessons.iter().map(|part| WrittenPart {
            claim: part.claim.clone(),
            ledger: serde_json::to_value::<WrittenLedger>(part.ledger.to_written())
                .unwrap_or_default(),
        });
        let mut written = Written {
            format: FORMAT,
            kind: KIND.to_owned(),
            program: self.program.clone(),
            made_at: self.made_at,
            learner: self.learner.clone(),
            class: self.class.clone(),
            lessons: parts.collect(),
            seal: None,
        };
        let unsealed = serde_json::to_value(&written).unwrap_or_default();
        written.seal = Some(sha256(&unsealed.to_string()));
        let mut text = serde_json::to_string(&written).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads a file, whatever is in it.
    ///
    /// # Errors
    /// [`Refusal`] names what is wrong: such a file has no grade.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > LARGEST {
            return Err(Refusal::Huge {
                bytes: bytes.len() as u64,
            });
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut any: Value = serde_json::from_slice(bytes).map_err(|error| why(bytes, &error))?;
        if any.get("kind").and_then(Value::as_str) != Some(KIND) {
            return Err(Refusal::Foreign);
        }
        if let Some(found) = any.get("format").and_then(Value::as_u64)
            && found > u64::from(FORMAT)
        {
            return Err(Refusal::Newer { found });
        }
        // The chains first: they say where a file was edited, the seal only that it was.
        let lessons = any
            .get_mut("lessons")
            .and_then(Value::as_array_mut)
            .ok_or_else(|| Refusal::Damaged("it has no lessons".to_owned()))?;
        if lessons.is_empty() || lessons.len() > LESSONS {
            return Err(Refusal::Damaged(format!(
                "it has {} lessons",
                lessons.len()
            )));
        }
        let ledgers: Vec<Ledger> = lessons
            .iter()
            .map(|part| part.get("ledger").cloned().unwrap_or_default())
            .map(Ledger::from_value)
            .collect::<Result<_, _>>()
            .map_err(refused)?;
        let seal = any.as_object_mut().and_then(|all| all.shift_remove("seal"));
        let sealed = sha256(&any.to_string());
        let written: Written =
            serde_json::from_value(any).map_err(|error| Refusal::Damaged(error.to_string()))?;
        if seal.as_ref().and_then(Value::as_str) != Some(&sealed) {
            let text = "the file is not as it was written: its seal does not fit";
            return Err(Refusal::Edited(text.to_owned()));
        }
        if written.format != FORMAT {
            return Err(Refusal::Damaged(format!(
                "there is no format {}",
                written.format
            )));
        }
        if !written.learner.is_decent() {
            return Err(Refusal::Damaged("the learner's name is none".to_owned()));
        }
        let parts = written.lessons.into_iter().zip(ledgers);
        Ok(Self {
            program: written.program,
            made_at: written.made_at,
            learner: written.learner,
            class: written.class,
            lessons: parts
                .map(|(part, ledger)| Part {
                    claim: part.claim,
                    ledger,
                })
                .collect(),
        })
    }

    /// The numbers of the labs that it is from.
    pub fn labs(&self) -> BTreeSet<&str> {
        let began = self.lessons.iter().filter_map(|part| part.ledger.began());
        began.map(|(_, began)| began.lab.as_str()).collect()
    }

    /// When the first of its lessons was begun, Unix milliseconds.
    pub fn first(&self) -> i64 {
        let began = self.lessons.iter().filter_map(|part| part.ledger.began());
        began.map(|(at, _)| at).min().unwrap_or(i64::MAX)
    }
}

impl Taken {
    /// The class as a lab has joined it.
    pub fn new(joined: &Joined) -> Self {
        let Class {
            id,
            title,
            mode,
            time_limit_minutes,
            ..
        } = &joined.class;
        Self {
            id: id.clone(),
            title: title.clone(),
            exam: *mode == Mode::Exam,
            joined_at: joined.at,
            time_limit_minutes: *time_limit_minutes,
        }
    }
}

impl From<&Progress> for Claim {
    fn from(progress: &Progress) -> Self {
        let steps = progress.steps.iter().map(|(id, done)| {
            let step = ClaimedStep {
                at: done.at,
                points: done.points,
                skipped: done.skipped,
            };
            (id.clone(), step)
        });
        Self {
            steps: steps.collect(),
            hints: progress.hints.clone(),
            mistakes: progress.mistakes.clone(),
        }
    }
}

fn why(bytes: &[u8], error: &serde_json::Error) -> Refusal {
    // What does not begin like one of ours never was one.
    let begins = bytes.trim_ascii_start().starts_with(b"{")
        && bytes
            .windows(KIND.len())
            .any(|part| part == KIND.as_bytes());
    if !begins {
        return Refusal::Foreign;
    }
    if error.is_eof() {
        Refusal::CutOff {
            line: error.line().max(1),
        }
    } else {
        Refusal::Damaged(error.to_string())
    }
}

fn refused(error: LedgerError) -> Refusal {
    match error {
        LedgerError::Damaged(text) => Refusal::Damaged(text),
        LedgerError::Newer { found } => Refusal::Newer { found },
        edited @ LedgerError::Edited { .. } => Refusal::Edited(edited.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::classroom::testing::hand_in;

    #[test]
    fn what_is_written_is_read_back_and_is_small() {
        let text = hand_in().to_json();
        assert_eq!(HandIn::read(text.as_bytes()), Ok(hand_in()));
        assert!(text.len() < 50_000, "{} bytes", text.len());
        let pretty: Value = serde_json::from_str(&text).unwrap();
        let pretty = format!("\u{feff}{}", serde_json::to_string_pretty(&pretty).unwrap());
        assert_eq!(
            HandIn::read(pretty.as_bytes()),
            Ok(hand_in()),
            "a mail program may have wrapped it"
        );
    }

    fn refused(bytes: &[u8]) -> String {
        HandIn::read(bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_hand_in_is_named_and_never_graded() {
        let good = hand_in().to_json();
        for (bytes, words) in [
            (&b""[..], "no hand-in"),
            (b"null", "no hand-in"),
            (b"{}", "no hand-in"),
            (b"[1, 2]", "no hand-in"),
            (b"\x89PNG\r\n\x1a\n", "no hand-in"),
            (b"\xff\xfe{\0", "no hand-in"),
            (br#"{"format": 1, "kind": "a recipe"}"#, "no hand-in"),
            (good.as_bytes().get(..good.len() / 2).unwrap(), "cut off"),
            (good.as_bytes().get(..good.len() - 2).unwrap(), "cut off"),
            (
                br#"{"kind": "groundschool hand-in", "format": 2, "stars": 1}"#,
                "format 2",
            ),
            (
                br#"{"kind": "groundschool hand-in", "format": 1}"#,
                "no lessons",
            ),
            (
                br#"{"kind": "groundschool hand-in", "format": 1, "lessons": []}"#,
                "0 lessons",
            ),
            (
                br#"{"kind": "groundschool hand-in", "format": 1, "lessons": [7]}"#,
                "damaged",
            ),
        ] {
            let said = refused(bytes);
            assert!(said.contains(words), "{words} is not in {said}");
        }
        assert!(refused(&vec![b' '; LARGEST + 1]).contains("too large"));
        let deep = format!(
            "{{\"kind\": \"groundschool hand-in\", \"lessons\": {}",
            "[".repeat(100_000)
        );
        assert!(refused(deep.as_bytes()).contains("damaged"));
    }

    #[test]
    fn whatever_is_edited_shows() {
        let good = hand_in().to_json();
        for (from, to, words) in [
            ("Ada Lovelace", "Bob Lovelace", "seal"),
            ("\"points\":2", "\"points\":9", "seal"),
            ("\"made_at\":1", "\"made_at\":2", "seal"),
            ("SHA256:right", "SHA256:wrong", "entry 3"),
            ("\"level\":1", "\"level\":0", "entry 2"),
            ("\"mode\":256", "\"mode\":420", "entry"),
        ] {
            let edited = good.replace(from, to);
            assert_ne!(edited, good, "{from}");
            let said = refused(edited.as_bytes());
            assert!(
                said.contains("edited") && said.contains(words),
                "{from}: {said}"
            );
        }
        let unknown = good.replace("\"learner\":", "\"stars\":5,\"learner\":");
        assert!(refused(unknown.as_bytes()).contains("stars"));
        let unsealed = good.split(",\"seal\"").next().unwrap().to_owned() + "}";
        assert!(refused(unsealed.as_bytes()).contains("seal"));
    }

    #[test]
    fn a_name_that_is_none_is_not_believed() {
        let mut one = hand_in();
        one.learner.name = Some("a\u{1b}[31m".into());
        assert!(refused(one.to_json().as_bytes()).contains("damaged"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(HandIn::read(&bytes).is_err());
        }

        #[test]
        fn a_file_with_some_bytes_changed_is_refused_or_says_the_same(
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
            cut in proptest::option::of(any::<prop::sample::Index>()),
        ) {
            let mut bytes = hand_in().to_json().into_bytes();
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            if let Ok(read) = HandIn::read(&bytes) {
                prop_assert_eq!(read, hand_in());
            }
        }

        #[test]
        fn json_of_any_shape_under_our_name_is_read_or_refused(text in any_json()) {
            let text = format!(r#"{{"kind": "groundschool hand-in", "format": 1, "lessons": [{{"claim": {text}, "ledger": {text}}}], "learner": {text}}}"#);
            prop_assert!(HandIn::read(text.as_bytes()).is_err());
        }
    }

    fn any_json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("1e999".to_owned()),
            any::<i64>().prop_map(|number| number.to_string()),
            "[a-z\\u00e9]{0,8}".prop_map(|text| format!("{text:?}")),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            let key = prop_oneof![
                Just("entries"),
                Just("fact"),
                Just("hash"),
                Just("at"),
                Just("format"),
                Just("lesson"),
                Just("steps"),
                Just("x")
            ];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4)
                    .prop_map(|all| format!("[{}]", all.join(","))),
                proptest::collection::vec((key, inner), 0..4).prop_map(|all| {
                    let fields: Vec<String> = all
                        .iter()
                        .map(|(key, value)| format!("\"{key}\":{value}"))
                        .collect();
                    format!("{{{}}}", fields.join(","))
                }),
            ]
        })
    }
}
