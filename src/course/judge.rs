//! The judge: walks a lesson's steps from where the learner stands.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::course::bindings::Bindings;
use crate::course::checks::Expect;
use crate::course::diagnose::diagnose;
use crate::course::evidence::{Evidence, Need};
use crate::course::lesson::{Lesson, Step};
use crate::course::mistake::Mistake;
use crate::course::progress::Progress;
use crate::course::verdict::{Verdict, Word};

/// What one look at the evidence came to.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The steps newly passed, in order, then the current one unless every step is behind the learner.
    pub steps: Vec<StepVerdict>,
    /// The learner's own names, as far as they are known now.
    pub bindings: Bindings,
}

/// A step's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepVerdict {
    /// The step's id.
    pub id: String,
    /// What it came to.
    pub verdict: Verdict,
}

impl Judgement {
    /// The steps newly passed.
    pub fn newly_passed(&self) -> impl Iterator<Item = &StepVerdict> {
        self.steps
            .iter()
            .filter(|judged| judged.verdict.is_passed())
    }

    /// The current step's verdict, which is not [`Verdict::Passed`]; none when no step is left.
    pub fn current(&self) -> Option<&StepVerdict> {
        self.steps.iter().find(|judged| !judged.verdict.is_passed())
    }
}

/// What to gather before [`judge`]: for the current step and all that may pass with it.
pub fn needs(lesson: &Lesson, progress: &Progress) -> BTreeSet<Need> {
    let open = lesson
        .steps
        .iter()
        .filter(|step| !progress.has_passed(&step.id));
    let mut needs: BTreeSet<Need> = open
        .flat_map(|step| &step.checks)
        .flat_map(Expect::needs)
        .copied()
        .collect();
    if !needs.is_empty() {
        // To name a mistake; a check that does not need them is judged without them too.
        needs.extend([Need::KeyFiles, Need::Events]);
    }
    needs
}

/// Judges the current step, and the following ones for as long as they pass. A skipped step that passes after all is
/// listed first. Nothing is judged twice: a passed step stays passed.
pub fn judge(lesson: &Lesson, progress: &Progress, evidence: &Evidence) -> Judgement {
    let mut bindings = progress.bindings.clone();
    let mut steps = Vec::new();
    for step in lesson
        .steps
        .iter()
        .filter(|step| !progress.has_passed(&step.id))
    {
        let skipped = progress.steps.contains_key(&step.id);
        let verdict = judge_step(step, evidence, &mut bindings);
        let passed = verdict.is_passed();
        if passed || !skipped {
            steps.push(StepVerdict {
                id: step.id.clone(),
                verdict,
            });
        }
        if !passed && !skipped {
            break;
        }
    }
    Judgement { steps, bindings }
}

/// One step: the first check that does not pass speaks for it.
fn judge_step(step: &Step, evidence: &Evidence, bindings: &mut Bindings) -> Verdict {
    let mut saw = Vec::new();
    for check in &step.checks {
        match check.judge(evidence, bindings) {
            Verdict::Passed { saw: sentence } => saw.push(sentence),
            Verdict::NotYet {
                wanted,
                found,
                mistake,
            } => {
                // What was just tried explains more than the state does.
                let mut mistake = diagnose(evidence, bindings).or(mistake);
                if let Some(recognised) = &mut mistake
                    && let Some(own) = step.mistakes.get(&recognised.mistake)
                {
                    recognised.says.clone_from(own);
                }
                return Verdict::NotYet {
                    wanted,
                    found,
                    mistake,
                };
            }
            could_not_tell @ Verdict::CouldNotTell { .. } => return could_not_tell,
        }
    }
    Verdict::passed(saw.join(" "))
}

/// The grade of a lesson: what `grade --format json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The lesson's folder.
    pub lesson: String,
    /// Every step, in order.
    pub steps: Vec<ReportedStep>,
}

/// One step of a [`Report`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportedStep {
    /// The step's id.
    pub id: String,
    /// `passed`, `not_yet` or `could_not_tell`.
    pub verdict: Word,
    /// What is awaited: the step's goal unless a check said it better.
    pub wanted: String,
    /// What was seen, or why it could not be told.
    pub found: String,
    /// The name of the mistake recognised.
    pub mistake: Option<Mistake>,
    /// What the step is worth.
    pub points: u32,
}

/// The report of a lesson, after `judgement` (which need not be recorded yet).
pub fn report(lesson: &Lesson, progress: &Progress, judgement: &Judgement) -> Report {
    let steps = lesson.steps.iter().map(|step| {
        let judged = judgement
            .steps
            .iter()
            .find(|judged| judged.id == step.id)
            .map(|judged| &judged.verdict);
        let (verdict, wanted, found, mistake) = match (judged, progress.steps.get(&step.id)) {
            (_, Some(done)) if !done.skipped => {
                (Word::Passed, step.goal.clone(), done.saw.clone(), None)
            }
            (Some(Verdict::Passed { saw }), _) => {
                (Word::Passed, step.goal.clone(), saw.clone(), None)
            }
            (
                Some(Verdict::NotYet {
                    wanted,
                    found,
                    mistake,
                }),
                _,
            ) => (
                Word::NotYet,
                wanted.clone(),
                found.clone(),
                mistake.as_ref().map(|recognised| recognised.mistake),
            ),
            (Some(Verdict::CouldNotTell { why }), _) => {
                (Word::CouldNotTell, step.goal.clone(), why.clone(), None)
            }
            (None, Some(_)) => (
                Word::NotYet,
                step.goal.clone(),
                "You skipped this step.".to_owned(),
                None,
            ),
            (None, None) => (
                Word::NotYet,
                step.goal.clone(),
                "A step before this one is not done yet.".to_owned(),
                None,
            ),
        };
        ReportedStep {
            id: step.id.clone(),
            verdict,
            wanted,
            found,
            mistake,
            points: step.points,
        }
    });
    Report {
        lesson: lesson.slug.clone(),
        steps: steps.collect(),
    }
}

impl Report {
    /// Whether every step was passed.
    pub fn is_passed(&self) -> bool {
        self.steps.iter().all(|step| step.verdict == Word::Passed)
    }
}
