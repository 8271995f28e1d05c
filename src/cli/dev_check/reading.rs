//! What is found in a lesson by reading it with what the whole program knows: the worlds, and the calls that are simulated.

use crate::cloud::api::fault::known;
use crate::course::checks::Expect;
use crate::course::lesson::{Lesson, Step};
use crate::lab::step_faults::fault;

/// The faults, a line each.
pub(super) fn faults(lesson: &Lesson) -> Vec<String> {
    let mut faults = unmet(lesson);
    for step in &lesson.steps {
        let unknown = actions(&step.checks).filter_map(|action| known(action).err());
        faults.extend(unknown.map(|why| at(lesson, step, &why.to_string())));
        for written in &step.faults {
            if let Err(why) = fault(written) {
                faults.push(at(lesson, step, &why.to_string()));
            }
            let seen = written.meets.is_seen_after();
            if let Some(times) = written.times.filter(|times| *times < seen) {
                let why = format!(
                    "the fault that {} meets {times} times is seen by nobody: the AWS CLI 2 tries three times and the AWS CLI 1 five \
                     times before it says a word. Write times = {seen}",
                    written.action
                );
                faults.push(at(lesson, step, &why));
            }
        }
    }
    faults
}

/// The actions that checks name.
fn actions(checks: &[Expect]) -> impl Iterator<Item = &str> {
    checks.iter().flat_map(|check| {
        let (one, several) = if let Expect::Asked { action, .. } = check {
            (Some(action), [].as_slice())
        } else if let Expect::SignedInAgain { after } | Expect::SignedInWithAnotherKey { after } =
            check
        {
            (None, after.as_slice())
        } else {
            (None, [].as_slice())
        };
        one.into_iter().chain(several).map(String::as_str)
    })
}

/// Steps that cannot be graded in one of the lesson's worlds.
fn unmet(lesson: &Lesson) -> Vec<String> {
    let unmet = lesson.unmet_needs().into_iter();
    let faults = unmet.map(|(step, world, need)| {
        let why = format!(
            "it cannot be graded on `{}`: nobody there can tell {}. Leave that world out of `worlds`, or the check",
            world.name(),
            need.words()
        );
        at(lesson, step, &why)
    });
    faults.collect()
}

fn at(lesson: &Lesson, step: &Step, why: &str) -> String {
    format!(
        "{}/lesson.toml:{}: step `{}`: {why}",
        lesson.folder, step.line, step.id
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::catalogue;
    use crate::course::lesson::{ScriptedFault, Trouble};

    #[test]
    fn a_slip_in_an_actions_name_and_a_fault_that_nobody_sees_are_named_with_their_line() {
        let mut lesson = catalogue::lessons().unwrap().remove(0);
        assert_eq!(faults(&lesson), Vec::<String>::new());
        lesson.folder = "./mine".to_owned();
        lesson.worlds.truncate(1);
        let after = vec!["AssociateAdress".to_owned()];
        lesson.steps[0].checks.push(Expect::SignedInAgain { after });
        lesson.steps[1].faults.push(ScriptedFault {
            action: "RunInstances".to_owned(),
            meets: Trouble::InternalError,
            times: Some(2),
        });
        let found = faults(&lesson);
        let (first, second) = (&found[0], &found[1]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            first.starts_with("./mine/lesson.toml:")
                && first.ends_with("did you mean AssociateAddress?"),
            "{first}"
        );
        assert!(
            second.contains("meets 2 times is seen by nobody"),
            "{second}"
        );
    }
}
