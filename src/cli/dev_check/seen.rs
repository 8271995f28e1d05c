//! What the proofs of one lesson came to, taken together.

use std::collections::BTreeSet;

use crate::cli::dev_check::proof::{Claim, Unproved};
use crate::course::lesson::{Lesson, World};

/// All of it so far.
pub(super) struct Seen<'a> {
    lesson: &'a Lesson,
    /// Checks that were not met while their step was the current one: the step, and the check's place.
    unmet: BTreeSet<(String, usize)>,
    faults: Vec<String>,
    /// The solution comes no further than this step.
    stuck: Option<usize>,
    /// Mistakes that are not recognised: the place of their step, and the fault.
    mistakes: Vec<(usize, String)>,
}

impl<'a> Seen<'a> {
    pub(super) fn of(lesson: &'a Lesson) -> Self {
        Self {
            lesson,
            unmet: BTreeSet::new(),
            faults: Vec::new(),
            stuck: None,
            mistakes: Vec::new(),
        }
    }

    pub(super) fn add(
        &mut self,
        claim: &Claim,
        unmet: BTreeSet<(String, usize)>,
        proof: Result<(), Unproved>,
    ) {
        self.unmet.extend(unmet);
        let Err(Unproved { says, stuck }) = proof else {
            return;
        };
        self.stuck = [self.stuck, stuck].into_iter().flatten().min();
        match claim {
            Claim::AsShipped | Claim::Solution(_) => self.faults.push(says),
            Claim::Mistake(script) => {
                let at = self.lesson.step(&script.at).map_or(0, |(place, _)| place);
                self.mistakes.push((at, says));
            }
        }
    }

    /// Everything that does not hold. A mistake is made where the solution has led: one behind the step where it is stuck says
    /// nothing of itself.
    pub(super) fn faults(mut self, world: World) -> Vec<String> {
        self.mistakes.sort();
        let stuck = self.stuck.unwrap_or(usize::MAX);
        let (reached, behind): (Vec<_>, Vec<_>) =
            self.mistakes.iter().partition(|(at, _)| *at <= stuck);
        let mut faults = self.faults.clone();
        faults.sort();
        faults.extend(reached.into_iter().map(|(_, says)| says.clone()));
        if !behind.is_empty() {
            faults.push(format!(
                "{}/mistakes: {} of them are at later steps and are not proved before solution.sh leads there",
                self.lesson.folder,
                behind.len()
            ));
        }
        match world {
            World::Simulator if faults.is_empty() => faults.extend(self.never_failed()),
            // What is seen on AWS has less to fail by; the simulator has shown it.
            World::Simulator | World::Aws => {}
        }
        faults
    }

    /// Checks that nobody was ever held up by, in the solution and after each mistake; and marks that are wrong about it. Only
    /// asked when all else is proved: else steps may not have been reached.
    fn never_failed(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for step in &self.lesson.steps {
            for (place, check) in step.checks.iter().enumerate() {
                let failed = self.unmet.contains(&(step.id.clone(), place));
                let why = match (failed, step.still.contains(&place)) {
                    (true, false) | (false, true) => continue,
                    (false, false) => format!(
                        "no wrong case can fail it: it was met whenever somebody was at this step, in the solution and after each \
                         mistake. Leave it out; or add mistakes/NAME.sh with `# at: {}` in which it is not met; or write \
                         `still = true` below its expect if it guards what an earlier step has reached",
                        step.id
                    ),
                    (true, true) => {
                        "it says `still = true`, and was not met at this step: take the mark away, or see that the step begins with \
                         it met"
                            .to_owned()
                    }
                };
                faults.push(format!(
                    "{}/lesson.toml:{}: step `{}`, check {} ({}): {why}",
                    self.lesson.folder,
                    step.line,
                    step.id,
                    place + 1,
                    check.name()
                ));
            }
        }
        faults
    }
}
