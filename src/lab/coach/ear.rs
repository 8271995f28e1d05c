//! Who is spoken to: the lab's shell, and each `groundschool watch` beside it. Each is told everything, once.

use std::fmt::Write;

use crate::course::judge::StepVerdict;
use crate::course::verdict::Verdict;
use crate::lab::voice::Voice;

/// One listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ear(pub(super) u32);

impl Ear {
    /// The learner's shell, by its prompt and the `lab` word.
    pub const SHELL: Self = Self(0);
}

/// What one listener has been told.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) voice: Voice,
    /// Lines of steps passed or skipped that it has not heard of yet.
    pub(super) unheard: String,
    /// What was said last about the current step: not said again in full while nothing changes.
    pub(super) said: Option<(String, Verdict)>,
    /// How many commands of the shell it knows of.
    pub(super) commands: u64,
    /// The number of the newest attempt that was answered.
    pub(super) answered: u64,
    /// The last verdict was said while the command still ran.
    pub(super) unasked: bool,
    /// Commands in a row that left the step as it was.
    pub(super) in_vain: u32,
    /// A verdict that is not said yet, and since when it stands, in Unix milliseconds.
    pub(super) standing: Option<(String, Verdict, i64)>,
}

impl Told {
    pub(super) fn new(voice: Voice, commands: u64) -> Self {
        Self {
            voice,
            unheard: String::new(),
            said: None,
            commands,
            answered: 0,
            unasked: false,
            in_vain: 0,
            standing: None,
        }
    }

    /// A step was passed.
    pub(super) fn passed(&mut self, passed: &StepVerdict) {
        if let Verdict::Passed { saw } = &passed.verdict {
            let _ = writeln!(self.unheard, "[done] {saw}");
        }
    }

    /// A line that this listener has not asked for.
    pub(super) fn news(&mut self, line: &str) {
        let _ = writeln!(self.unheard, "{line}");
        self.said = None;
    }

    pub(super) fn has_said(&self, current: &StepVerdict) -> bool {
        self.said
            .as_ref()
            .is_some_and(|(id, said)| (id, said) == (&current.id, &current.verdict))
    }

    pub(super) fn say(&mut self, current: &StepVerdict) {
        self.said = Some((current.id.clone(), current.verdict.clone()));
        self.standing = None;
    }

    /// Since when this verdict stands, as far as this listener's coach has looked.
    pub(super) fn since(&mut self, current: &StepVerdict, now: i64) -> i64 {
        match &self.standing {
            Some((id, verdict, since)) if (id, verdict) == (&current.id, &current.verdict) => {
                *since
            }
            Some(_) | None => {
                self.standing = Some((current.id.clone(), current.verdict.clone(), now));
                now
            }
        }
    }
}
