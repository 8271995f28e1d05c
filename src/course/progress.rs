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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::catalogue::lessons;
    use crate::course::mistake::Recognised;

    fn lesson() -> Lesson {
        lessons().unwrap().remove(0)
    }

    fn passed(step: &str) -> Attempt {
        Attempt {
            at: 5,
            step: step.into(),
            verdict: Verdict::passed("Seen."),
        }
    }

    fn missed(found: &str) -> Attempt {
        let recognised = Recognised {
            mistake: Mistake::WrongUser,
            says: "No.".into(),
            cure: None,
        };
        Attempt {
            at: 6,
            step: "sign-in".into(),
            verdict: Verdict::not_yet("This.", found).or_mistake(Some(recognised)),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let lesson = lesson();
        let mut progress = Progress::new(&lesson.slug);
        progress.fold(&lesson, passed("create-key-pair"));
        progress.fold(&lesson, missed("That."));
        progress.skip(&lesson, 7);
        progress.hint(&lesson);
        progress.bindings.key_file = Some("a.pem".into());
        assert_eq!(Progress::from_json(&progress.to_json()), Ok(progress));
    }

    #[test]
    fn the_same_verdict_twice_is_kept_once_and_a_mistake_counted_once() {
        let lesson = lesson();
        let mut progress = Progress::new(&lesson.slug);
        assert!(progress.fold(&lesson, missed("That.")));
        assert!(!progress.fold(&lesson, missed("That.")));
        assert!(progress.fold(&lesson, missed("Something else.")));
        assert_eq!(
            (
                progress.attempts.len(),
                progress.mistakes[&Mistake::WrongUser]
            ),
            (2, 2)
        );
    }

    #[test]
    fn a_skipped_step_earns_its_points_when_it_passes_after_all() {
        let lesson = lesson();
        let mut progress = Progress::new(&lesson.slug);
        assert_eq!(
            progress.skip(&lesson, 1).as_deref(),
            Some("create-key-pair")
        );
        assert_eq!((progress.points(), progress.current(&lesson)), (0, Some(1)));
        assert!(progress.fold(&lesson, passed("create-key-pair")));
        assert!(progress.has_passed("create-key-pair"));
        assert_eq!(progress.points(), 2);
    }

    #[test]
    fn a_passed_step_stays_as_it_passed() {
        let lesson = lesson();
        let mut progress = Progress::new(&lesson.slug);
        progress.fold(&lesson, passed("launch"));
        assert!(!progress.fold(
            &lesson,
            Attempt {
                at: 99,
                ..passed("launch")
            }
        ));
        assert_eq!(progress.steps["launch"].at, 5);
    }

    #[test]
    fn attempts_do_not_grow_without_end_and_passes_are_kept() {
        let lesson = lesson();
        let mut progress = Progress::new(&lesson.slug);
        progress.fold(&lesson, passed("create-key-pair"));
        for number in 0..KEPT + 10 {
            progress.fold(&lesson, missed(&number.to_string()));
        }
        assert_eq!(progress.attempts.len(), KEPT);
        assert!(progress.attempts[0].verdict.is_passed());
    }

    #[test]
    fn hints_come_one_by_one_and_the_last_is_repeated() {
        let lesson = lesson();
        let mut progress = Progress::new(&lesson.slug);
        let levels: Vec<usize> = (0..4).map(|_| progress.hint(&lesson).unwrap().0).collect();
        assert_eq!(levels, [1, 2, 3, 3]);
        assert_eq!(progress.hints["create-key-pair"], 3);
    }

    #[test]
    fn a_newer_format_is_refused_in_words_whatever_else_it_holds() {
        let error = Progress::from_json(r#"{"format": 2, "stars": []}"#).unwrap_err();
        assert_eq!(error, ProgressError::Newer { found: 2 });
        assert!(error.to_string().contains("format 2"), "{error}");
    }

    #[test]
    fn damaged_text_is_an_error_with_its_line() {
        for text in [
            "",
            "{",
            "null",
            "\u{0}\u{0}",
            r#"{"format": 1}"#,
            "{\n\"format\": 1,\n\"lesson\": 3}",
        ] {
            let error = Progress::from_json(text).unwrap_err();
            assert!(
                matches!(error, ProgressError::Damaged { .. }),
                "{text}: {error}"
            );
        }
        let unknown = Progress::new("x")
            .to_json()
            .replace("\"hints\"", "\"hintz\"");
        assert!(
            Progress::from_json(&unknown)
                .unwrap_err()
                .to_string()
                .contains("hintz")
        );
    }
}
