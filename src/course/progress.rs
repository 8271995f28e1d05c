//! Progress: where the learner stands in one lesson, as JSON text in and out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::course::bindings::Bindings;
use crate::course::judge::Judgement;
use crate::course::lesson::Lesson;
use crate::course::mistake::Mistake;
use crate::course::verdict::Verdict;

/// The format that this program writes.
pub const FORMAT: u32 = 1;

/// Attempts kept; beyond it the oldest that did not pass are dropped.
const KEPT: usize = 500;

/// Where the learner stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// [`FORMAT`].
    pub format: u32,
    /// The lesson's folder.
    pub lesson: String,
    /// Steps passed or skipped, by id.
    pub steps: BTreeMap<String, Done>,
    /// The learner's own names.
    pub bindings: Bindings,
    /// Hints shown, by step.
    pub hints: BTreeMap<String, u32>,
    /// How often each mistake was met.
    pub mistakes: BTreeMap<Mistake, u32>,
    /// What was judged, oldest first; the same verdict of a step in a row is kept once.
    pub attempts: Vec<Attempt>,
}

/// A step that is behind the learner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// When, Unix milliseconds.
    pub at: i64,
    /// Points earned; none for a skipped step.
    pub points: u32,
    /// Skipped, not passed.
    pub skipped: bool,
    /// What was seen when it passed.
    pub saw: String,
}

/// One judgement of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// When, Unix milliseconds.
    pub at: i64,
    /// The step's id.
    pub step: String,
    /// The verdict.
    pub verdict: Verdict,
}

/// Why a progress text cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgressError {
    /// Not JSON, or not of this shape.
    #[error("the saved progress is damaged (line {line}): {message}")]
    Damaged {
        /// Line, from 1.
        line: usize,
        /// What the parser said.
        message: String,
    },
    /// Written by a newer program.
    #[error(
        "the saved progress has format {found}; this groundschool reads format {FORMAT}: use the newer groundschool that wrote it"
    )]
    Newer {
        /// The format found.
        found: u64,
    },
}

impl Progress {
    /// At the lesson's beginning.
    pub fn new(lesson: &str) -> Self {
        Self {
            format: FORMAT,
            lesson: lesson.to_owned(),
            steps: BTreeMap::new(),
            bindings: Bindings::default(),
            hints: BTreeMap::new(),
            mistakes: BTreeMap::new(),
            attempts: Vec::new(),
        }
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// [`ProgressError`] for a newer format or a damaged text.
    pub fn from_json(text: &str) -> Result<Self, ProgressError> {
        let damaged = |error: serde_json::Error| ProgressError::Damaged {
            line: error.line().max(1),
            message: error.to_string(),
        };
        // The format first: a newer text may have fields that this program does not know.
        let any: serde_json::Value = serde_json::from_str(text).map_err(damaged)?;
        if let Some(found) = any.get("format").and_then(serde_json::Value::as_u64)
            && found > u64::from(FORMAT)
        {
            return Err(ProgressError::Newer { found });
        }
        serde_json::from_str(text).map_err(damaged)
    }

    /// As JSON text, one line break at its end.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The place of the step that is to be done now: the first that is neither passed nor skipped.
    pub fn current(&self, lesson: &Lesson) -> Option<usize> {
        lesson
            .steps
            .iter()
            .position(|step| !self.steps.contains_key(&step.id))
    }

    /// Whether the step was passed (a skipped one was not).
    pub fn has_passed(&self, step: &str) -> bool {
        self.steps.get(step).is_some_and(|done| !done.skipped)
    }

    /// Whether every step was passed.
    pub fn is_complete(&self, lesson: &Lesson) -> bool {
        lesson.steps.iter().all(|step| self.has_passed(&step.id))
    }

    /// Points earned.
    pub fn points(&self) -> u32 {
        self.steps.values().map(|done| done.points).sum()
    }

    /// Folds a judgement in. Returns whether anything changed that is worth saving.
    pub fn record(&mut self, lesson: &Lesson, judgement: &Judgement, at: i64) -> bool {
        let mut changed = self.bindings != judgement.bindings;
        self.bindings = judgement.bindings.clone();
        for judged in &judgement.steps {
            changed |= self.fold(
                lesson,
                Attempt {
                    at,
                    step: judged.id.clone(),
                    verdict: judged.verdict.clone(),
                },
            );
        }
        changed
    }

    /// Folds one attempt in. Returns whether it was news.
    pub fn fold(&mut self, lesson: &Lesson, attempt: Attempt) -> bool {
        let last = self
            .attempts
            .iter()
            .rev()
            .find(|earlier| earlier.step == attempt.step);
        if last.is_some_and(|earlier| earlier.verdict == attempt.verdict)
            && !attempt.verdict.is_passed()
        {
            return false;
        }
        if let Some(recognised) = attempt.verdict.mistake() {
            *self.mistakes.entry(recognised.mistake).or_insert(0) += 1;
        }
        if let Verdict::Passed { saw } = &attempt.verdict {
            if self.has_passed(&attempt.step) {
                return false;
            }
            let points = lesson
                .step(&attempt.step)
                .map_or(0, |(_, step)| step.points);
            self.steps.insert(
                attempt.step.clone(),
                Done {
                    at: attempt.at,
                    points,
                    skipped: false,
                    saw: saw.clone(),
                },
            );
        }
        self.attempts.push(attempt);
        if self.attempts.len() > KEPT
            && let Some(oldest) = self
                .attempts
                .iter()
                .position(|earlier| !earlier.verdict.is_passed())
        {
            self.attempts.remove(oldest);
        }
        true
    }

    /// Leaves the current step behind without points. Returns its id, or none when no step is left.
    pub fn skip(&mut self, lesson: &Lesson, at: i64) -> Option<String> {
        let step = lesson.steps.get(self.current(lesson)?)?;
        self.steps.insert(
            step.id.clone(),
            Done {
                at,
                points: 0,
                skipped: true,
                saw: String::new(),
            },
        );
        Some(step.id.clone())
    }

    /// The next hint of the current step, counted from 1, and how many there are. The last one is repeated.
    pub fn hint<'a>(&mut self, lesson: &'a Lesson) -> Option<(usize, usize, &'a str)> {
        let step = lesson.steps.get(self.current(lesson)?)?;
        let shown = self.hints.entry(step.id.clone()).or_insert(0);
        let place = usize::try_from(*shown)
            .unwrap_or(usize::MAX)
            .min(step.hints.len().checked_sub(1)?);
        *shown = u32::try_from(place + 1).unwrap_or(u32::MAX);
        step.hints
            .get(place)
            .map(|hint| (place + 1, step.hints.len(), hint.as_str()))
    }
}
