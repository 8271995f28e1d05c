//! Answers: which of those that a learner gave were wrong, to questions and to riddles.

use crate::course::checks::Expect;
use crate::course::evidence::{Evidence, What};
use crate::course::lesson::Step;
use crate::course::scene;

/// How many answers at this step were wrong, of those that the evidence has.
pub fn wrong(step: &Step, evidence: &Evidence) -> u32 {
    let events = scene::known_events(evidence).iter();
    let wrong = events.filter(|event| is_wrong(step, &event.what, evidence));
    u32::try_from(wrong.count()).unwrap_or(u32::MAX)
}

/// Whether the newest answer at this step was wrong.
pub fn last_is_wrong(step: &Step, evidence: &Evidence) -> bool {
    let mut events = scene::known_events(evidence).iter().rev();
    let last = events
        .find(|event| matches!(&event.what, What::Answered { step: of, .. } if *of == step.id));
    last.is_some_and(|event| is_wrong(step, &event.what, evidence))
}

/// A right letter that nobody can have known yet is a guess, and not wrong.
fn is_wrong(step: &Step, what: &What, evidence: &Evidence) -> bool {
    if let What::Answered {
        step: of,
        question,
        choice,
    } = what
        && *of == step.id
    {
        right(step, *question, evidence).is_some_and(|letter| !choice.chars().eq([letter]))
    } else {
        false
    }
}

/// The letter that is right; none where nobody asks, or what was drawn is not known.
fn right(step: &Step, question: u32, evidence: &Evidence) -> Option<char> {
    let riddle = step.checks.iter().find_map(|check| {
        if let Expect::RiddleSolved { name } = check {
            Some(name)
        } else {
            None
        }
    });
    if let Some(name) = riddle {
        let riddle = evidence.riddles.get(name)?;
        return Some(riddle.cause.letter());
    }
    let number = usize::try_from(question).ok()?;
    step.questions.get(number).map(|question| question.answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::catalogue::lessons;
    use crate::course::evidence::Riddle;
    use crate::course::fixture::{ID, Lab};
    use crate::course::start::Cause;

    #[test]
    fn wrong_answers_are_counted_for_their_own_step_and_a_right_one_never_is() {
        let lesson = lessons().unwrap();
        let lesson = lesson
            .iter()
            .find(|one| one.slug.starts_with("06-"))
            .unwrap();
        let step = |id: &str| lesson.step(id).unwrap().1;
        let mut lab = Lab::ready();
        let mut answer = |step: &str, question, choice: &str| {
            lab.happened(What::Answered {
                step: step.into(),
                question,
                choice: choice.into(),
            });
            let mut evidence = lab.evidence();
            let riddle = Riddle {
                instance: ID.into(),
                cause: Cause::NoPublicAddress,
            };
            evidence.riddles.insert("alpha".into(), riddle);
            evidence
        };
        for choice in ["a", "b"] {
            let evidence = answer("alpha", 0, choice);
            assert!(last_is_wrong(step("alpha"), &evidence));
        }
        let evidence = answer("alpha", 0, "c");
        assert_eq!(wrong(step("alpha"), &evidence), 2);
        assert!(!last_is_wrong(step("alpha"), &evidence));
        // What was drawn for it is not known.
        let evidence = answer("bravo", 0, "i");
        assert_eq!(wrong(step("bravo"), &evidence), 0);
        let think = step("think");
        let right = think.questions[0].answer;
        let mut other = think.questions[0].choices.iter().map(|one| one.letter);
        let other = other.find(|letter| *letter != right).unwrap();
        let evidence = answer("think", 0, &other.to_string());
        assert_eq!(wrong(think, &evidence), 1);
        let evidence = answer("think", 0, &right.to_string());
        assert_eq!(wrong(think, &evidence), 1);
        assert_eq!(wrong(step("alpha"), &evidence), 2);
    }
}
