//! What is found in a lesson by reading it with what the whole program knows: the worlds, and the calls that are simulated.

use crate::cloud::api::fault::known;
use crate::course::checks::Expect;
use crate::course::lesson::{Lesson, Step};
use crate::lab::step_faults::fault;

/// The faults, a line each.
pub(super) fn faults(lesson: &Lesson) -> Vec<String> {
    let mut faults = unmet(lesson);
    for step in &lesson.steps {
        faults.extend(step.checks.iter().filter_map(|check| {
            let Expect::Asked { action, .. } = check else {
                return None;
            };
            let why = known(action).err()?;
            Some(at(lesson, step, &why.to_string()))
        }));
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
