//! What was amiss at a step before the learner did anything there: to mend it is the task, and the coach's cure would be its solution.

use crate::course::judge::StepVerdict;
use crate::course::mistake::{Mistake, Shows};

/// The step that the learner is at, and what it began with.
#[derive(Debug, Default)]
pub(super) struct Outset {
    step: Option<String>,
    mistake: Option<Mistake>,
    /// The newest attempt then, by its number in the journal.
    attempt: u64,
}

impl Outset {
    /// The learner's step was judged again; `attempt` is the newest connection, or call that was refused.
    pub(super) fn judged(&mut self, current: Option<&StepVerdict>, attempt: u64) {
        let mistake = current.and_then(lying_there);
        let step = current.map(|judged| judged.id.as_str());
        if self.step.as_deref() != step {
            *self = Self {
                step: step.map(str::to_owned),
                mistake,
                attempt,
            };
        } else if mistake != self.mistake || attempt > self.attempt {
            // It was mended, or something was tried: whatever is amiss from now on is news.
            self.mistake = None;
        }
    }

    /// Whether all that is amiss was amiss before.
    pub(super) fn holds(&self, current: &StepVerdict) -> bool {
        self.step.as_deref() == Some(current.id.as_str())
            && self.mistake.is_some()
            && self.mistake == lying_there(current)
    }
}

/// A mistake in what is there. One in a key file was made by the command that has just made the file.
fn lying_there(judged: &StepVerdict) -> Option<Mistake> {
    let mistake = judged.verdict.mistake()?.mistake;
    (mistake.shows() == Shows::InTheState && !mistake.is_in_the_file()).then_some(mistake)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::mistake::Recognised;
    use crate::course::verdict::Verdict;

    fn at(step: &str, mistake: Option<Mistake>) -> StepVerdict {
        let recognised = mistake.map(|mistake| Recognised {
            mistake,
            says: String::new(),
            cure: None,
        });
        StepVerdict {
            id: step.to_owned(),
            verdict: Verdict::not_yet("it", "not").or_mistake(recognised),
        }
    }

    #[test]
    fn what_a_step_begins_with_is_not_told_as_the_learners_until_something_has_changed() {
        let open = at("close", Some(Mistake::GroupOpenToAll));
        let mut outset = Outset::default();
        outset.judged(Some(&open), 7);
        assert!(outset.holds(&open));
        outset.judged(Some(&open), 7);
        assert!(outset.holds(&open), "a look changes nothing");

        // A login was tried, with another mistake; then the old one is there to be told.
        outset.judged(Some(&at("close", Some(Mistake::WrongUser))), 7);
        outset.judged(Some(&open), 7);
        assert!(!outset.holds(&open));

        // So is one that was met: an ssh that timed out wants its explanation.
        let mut outset = Outset::default();
        outset.judged(Some(&open), 7);
        outset.judged(Some(&open), 8);
        assert!(!outset.holds(&open));

        // At the next step it is the beginning again.
        let next = at("next", Some(Mistake::GroupOpenToAll));
        outset.judged(Some(&next), 7);
        assert!(outset.holds(&next));

        // One that came by what the learner did is told at once.
        let mut outset = Outset::default();
        outset.judged(Some(&at("close", None)), 7);
        outset.judged(Some(&open), 7);
        assert!(!outset.holds(&open));

        // A key file that was spoiled by the command that passed the step before is told at once too.
        let empty = at("save", Some(Mistake::KeyFileEmpty));
        outset.judged(Some(&empty), 7);
        assert!(!outset.holds(&empty));
    }
}
