//! The coach's sentences: what was seen, what is awaited, and how to go on.

use std::fmt::Write;

use crate::course::judge::StepVerdict;
use crate::course::lesson::{Lesson, Step, World};
use crate::course::mistake::Recognised;
use crate::course::progress::Progress;
use crate::course::verdict::Verdict;

/// The most lines after one command.
pub const LINES: usize = 6;

/// The current step and its place; none when every step is behind the learner.
pub(super) fn current<'a>(lesson: &'a Lesson, progress: &Progress) -> Option<(usize, &'a Step)> {
    let number = progress.current(lesson)?;
    lesson.steps.get(number).map(|step| (number, step))
}

/// A verdict that is not a pass. `repeated` when it was said before.
pub(super) fn verdict(
    lesson: &Lesson,
    progress: &Progress,
    judged: &StepVerdict,
    repeated: bool,
) -> String {
    let mut text = String::new();
    match &judged.verdict {
        Verdict::Passed { .. } => {}
        Verdict::NotYet {
            wanted,
            found,
            mistake,
        } => match mistake {
            Some(recognised) => text.push_str(&explain(recognised)),
            None if repeated => {
                // The goal is worded as what to do, and is short.
                let todo =
                    current(lesson, progress).map_or(wanted.as_str(), |(_, step)| &step.goal);
                let _ = writeln!(text, "[not yet] {todo}");
            }
            None => {
                let _ = writeln!(text, "[not yet] {found}");
                let _ = writeln!(text, "Awaited: {wanted}");
                text.push_str("`lab` shows the task, `lab hint` helps.\n");
            }
        },
        Verdict::CouldNotTell { why } => {
            let _ = writeln!(
                text,
                "[could not tell] {why} Type `lab check` to look again."
            );
        }
    }
    text
}

/// What comes after a step.
pub(super) fn next(lesson: &Lesson, progress: &Progress, world: World) -> String {
    match current(lesson, progress) {
        Some((number, step)) => format!(
            "Next, step {} of {}: {}\nType `lab` to read how, `lab hint` for help.",
            number + 1,
            lesson.steps.len(),
            step.goal
        ),
        None => farewell(lesson, progress, world),
    }
}

/// What is said when no step is left.
pub(super) fn farewell(lesson: &Lesson, progress: &Progress, world: World) -> String {
    let skipped: Vec<&str> = lesson
        .steps
        .iter()
        .filter(|step| !progress.has_passed(&step.id))
        .map(|step| step.id.as_str())
        .collect();
    let points = format!("{} of {} points", progress.points(), lesson.points());
    if skipped.is_empty() {
        let then = match world {
            World::Simulator if lesson.worlds.contains(&World::Aws) => {
                "You have done this with the real ssh and the real files. On your own AWS account it is the same: groundschool learn \
                 --on aws"
            }
            World::Simulator => {
                "You have done this with the real ssh and the real files: on AWS it is the same."
            }
            World::Aws => "You have done this on your own account, and left nothing behind.",
        };
        format!(
            "[passed] {}: every step is done, {points}.\n{then}\nType `exit` to leave, or go on exploring.",
            lesson.title
        )
    } else {
        format!(
            "You are at the end, with {points}. Skipped and still open: {}.\nDo them now if you like, or type `exit`.",
            skipped.join(", ")
        )
    }
}

/// Where the learner stands, step by step.
pub(super) fn standing(lesson: &Lesson, progress: &Progress) -> String {
    let mut text = format!("{}\n", lesson.title);
    for step in &lesson.steps {
        let word = match progress.steps.get(&step.id) {
            Some(done) if done.skipped => "skipped",
            Some(_) => "done",
            None => "to do",
        };
        let _ = writeln!(text, "[{word}] {}", step.goal);
    }
    let _ = write!(text, "{} of {} points", progress.points(), lesson.points());
    text
}

/// A mistake's sentence, and the command that cures it on lines of its own.
pub(super) fn explain(recognised: &Recognised) -> String {
    let mut text = format!("[not yet] {}\n", recognised.says);
    for line in recognised.cure.iter().flat_map(|cure| cure.lines()) {
        let _ = writeln!(text, "    {line}");
    }
    text
}

/// Keeps what is said after one command to a few lines: the lines of passed steps that there is room for. Each that is dropped
/// can be read with `lab steps`, and the oldest is the one that is missed least.
pub(super) fn shortened<'a>(lasting: &'a str, standing: &str) -> &'a str {
    let wrapped = |text: &str| {
        text.lines()
            .map(|line| line.len().div_ceil(crate::lab::voice::WIDTH).max(1))
            .sum::<usize>()
    };
    let least = 2_usize.saturating_sub(standing.lines().count());
    let mut kept = lasting;
    while kept.lines().count() > least && wrapped(kept) + wrapped(standing) > LINES {
        kept = kept.split_once('\n').map_or("", |(_, rest)| rest);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_passed_steps_give_way_to_where_the_learner_stands() {
        let done = "[done] one\n[done] two\n[done] three\n";
        let next = "Next, step 4 of 9: go on.\nType `lab`.";
        assert_eq!(shortened(done, next), done);
        let long = format!("{next}\n{}", "word ".repeat(40));
        assert_eq!(shortened(done, &long), "[done] three\n");
        assert_eq!(shortened("", &long), "");
    }
}
