//! Verdicts: passed, not yet, could not tell.

use serde::{Deserialize, Serialize};

use crate::course::mistake::Recognised;

/// What a check, or a step, says about the evidence.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Verdict {
    /// The learner did it.
    Passed {
        /// What was seen, a sentence for the learner.
        saw: String,
    },
    /// Not done, or not done right.
    NotYet {
        /// What is awaited.
        wanted: String,
        /// What was seen instead.
        found: String,
        /// The mistake that it looks like.
        mistake: Option<Recognised>,
    },
    /// Our own trouble, never the learner's: the evidence was not to be had.
    CouldNotTell {
        /// Why, a sentence for the learner.
        why: String,
    },
}

/// The three words of a verdict, as reports write them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// `passed`
    Passed,
    /// `not_yet`
    NotYet,
    /// `could_not_tell`
    CouldNotTell,
}

impl Verdict {
    /// A verdict of [`Verdict::Passed`].
    pub fn passed(saw: impl Into<String>) -> Self {
        Self::Passed { saw: saw.into() }
    }

    /// A verdict of [`Verdict::NotYet`] without a mistake.
    pub fn not_yet(wanted: impl Into<String>, found: impl Into<String>) -> Self {
        Self::NotYet {
            wanted: wanted.into(),
            found: found.into(),
            mistake: None,
        }
    }

    /// The same verdict with a mistake named, if it is a "not yet" that has none.
    pub fn or_mistake(self, recognised: Option<Recognised>) -> Self {
        match self {
            Self::NotYet {
                wanted,
                found,
                mistake,
            } => Self::NotYet {
                wanted,
                found,
                mistake: mistake.or(recognised),
            },
            other @ (Self::Passed { .. } | Self::CouldNotTell { .. }) => other,
        }
    }

    /// Its word.
    pub fn word(&self) -> Word {
        match self {
            Self::Passed { .. } => Word::Passed,
            Self::NotYet { .. } => Word::NotYet,
            Self::CouldNotTell { .. } => Word::CouldNotTell,
        }
    }

    /// Whether it is [`Verdict::Passed`].
    pub fn is_passed(&self) -> bool {
        self.word() == Word::Passed
    }

    /// The mistake that was recognised, if any.
    pub fn mistake(&self) -> Option<&Recognised> {
        match self {
            Self::NotYet { mistake, .. } => mistake.as_ref(),
            Self::Passed { .. } | Self::CouldNotTell { .. } => None,
        }
    }
}
