//! The coach's sentences: what was seen, what is awaited, and how to go on.

use std::fmt::Write;

use crate::course::answers;
use crate::course::checks::{Expect, riddle_solved};
use crate::course::evidence::{Evidence, What};
use crate::course::judge::StepVerdict;
use crate::course::lesson::{Lesson, Step, World};
use crate::course::mistake::Recognised;
use crate::course::progress::Progress;
use crate::course::question::{self, Standing};
use crate::course::start::Cause;
use crate::course::verdict::Verdict;
use crate::course::way::Way;

/// The most lines after one command.
pub const LINES: usize = 6;

/// All that an exam says to a wrong answer.
const NOTED: &str = "[not yet] Your answer is noted. It is not right.";

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

/// What a check finds at a step that [`asks`] and is not answered.
pub(super) const AWAITS_AN_ANSWER: &str = "[not yet] This step waits for your answer. `lab` shows the question; then type `lab answer` and a letter.";

/// Whether the step waits for an answer and for nothing else.
pub(super) fn asks(step: &Step) -> bool {
    riddle(step).is_some() || (step.checks.is_empty() && !step.questions.is_empty())
}

/// The instance whose fault is to be named.
fn riddle(step: &Step) -> Option<&str> {
    step.checks.iter().find_map(|check| {
        if let Expect::RiddleSolved { name } = check {
            Some(name.as_str())
        } else {
            None
        }
    })
}

/// What is asked at this step, as Markdown behind its text.
pub(super) fn asked(step: &Step, evidence: &Evidence) -> String {
    if riddle(step).is_some() {
        let mut text = String::from("\n");
        for cause in Cause::ALL {
            let _ = writeln!(text, "    {})  {}", cause.letter(), cause.words());
        }
        return text;
    }
    match question::standing(step, evidence) {
        Standing::Open(number, question, _) => {
            let of = step.questions.len();
            format!("\n{}", question::markdown(number, of, question))
        }
        Standing::Done => String::new(),
    }
}

/// The number of the question that is open, and the letters of its answers; none when nothing is asked.
pub(super) fn letters(step: &Step, evidence: &Evidence) -> Option<(usize, String)> {
    if riddle(step).is_some() {
        return Some((0, Cause::ALL.iter().map(|cause| cause.letter()).collect()));
    }
    match question::standing(step, evidence) {
        Standing::Open(number, question, _) => {
            let letters = question.choices.iter().map(|choice| choice.letter);
            Some((number, letters.collect()))
        }
        Standing::Done => None,
    }
}

/// An answer for the journal, or why it is none.
pub(super) fn answer(
    step: Option<&Step>,
    evidence: &Evidence,
    words: &[&str],
) -> Result<What, String> {
    let nothing = || "Nothing is asked here. `lab` shows the task.".to_owned();
    let step = step.ok_or_else(nothing)?;
    let (number, letters) = letters(step, evidence).ok_or_else(nothing)?;
    let letter = match words {
        [word] => word.trim_matches([')', '.', '(']).to_ascii_lowercase(),
        [] | [_, ..] => String::new(),
    };
    if letter.len() != 1 || !letters.contains(&letter) {
        let (first, last) = (letters.chars().next(), letters.chars().last());
        return Err(format!(
            "An answer is one letter from {} to {}, for example `lab answer a`. `lab` shows the question.",
            first.unwrap_or('a'),
            last.unwrap_or('a')
        ));
    }
    Ok(What::Answered {
        step: step.id.clone(),
        question: u32::try_from(number).unwrap_or(0),
        choice: letter,
    })
}

/// What is said to an answer that did not pass the step: a sentence, and the next question as Markdown.
pub(super) fn reply(
    step: Option<&Step>,
    judged: Option<&StepVerdict>,
    evidence: &Evidence,
    exam: bool,
) -> (String, String) {
    let found = match judged.map(|judged| &judged.verdict) {
        Some(Verdict::NotYet { found, .. }) => found.as_str(),
        Some(Verdict::CouldNotTell { why }) => {
            return (format!("[could not tell] {why}"), String::new());
        }
        Some(Verdict::Passed { .. }) | None => "",
    };
    let Some(step) = step else {
        return (String::new(), String::new());
    };
    // Who has not looked hears the same whether it is right or wrong.
    let is_guess = riddle(step).is_some_and(|name| riddle_solved::is_guess(name, evidence));
    if exam && !is_guess && answers::last_is_wrong(step, evidence) {
        return (NOTED.to_owned(), String::new());
    }
    match question::standing(step, evidence) {
        Standing::Open(number, question, None) if number > 0 => {
            let of = step.questions.len();
            let more = question::markdown(number, of, question);
            (
                format!("[right] {}", found.trim_start_matches("Right. ")),
                more,
            )
        }
        Standing::Open(..) => (
            format!("[not yet] {found}\nThe question stands: `lab` shows it."),
            String::new(),
        ),
        Standing::Done => (format!("[not yet] {found}"), String::new()),
    }
}

/// What is on the way behind the lesson's last step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outlook {
    pub(super) world: World,
    pub(super) in_class: bool,
}

/// What comes after a step.
pub(super) fn next(lesson: &Lesson, progress: &Progress, outlook: Outlook) -> String {
    match current(lesson, progress) {
        Some((number, step)) => format!(
            "Next, step {} of {}: {}\nType `lab` to read how, `lab hint` for help.",
            number + 1,
            lesson.steps.len(),
            step.goal
        ),
        None => farewell(lesson, progress, outlook),
    }
}

/// What is said when no step is left.
pub(super) fn farewell(lesson: &Lesson, progress: &Progress, outlook: Outlook) -> String {
    let skipped: Vec<&str> = lesson
        .steps
        .iter()
        .filter(|step| !progress.has_passed(&step.id))
        .map(|step| step.goal.as_str())
        .collect();
    let points = format!("{} of {} points", progress.points(), lesson.points());
    if skipped.is_empty() {
        let then = match outlook.world {
            // A class's next lesson is on the page below.
            World::Simulator if !outlook.in_class && lesson.worlds.contains(&World::Aws) => {
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
            "You are at the end, with {points}. Skipped and still open:\n{}\nDo them now if you like, or type `exit`.",
            skipped.join("\n")
        )
    }
}

/// Each step's standing, and its goal.
pub(super) fn steps<'a>(
    lesson: &'a Lesson,
    progress: &Progress,
) -> impl Iterator<Item = (&'static str, &'a str)> {
    lesson.steps.iter().map(|step| {
        let word = match progress.steps.get(&step.id) {
            Some(done) if done.skipped => "skipped",
            Some(_) => "done",
            None => "to do",
        };
        (word, step.goal.as_str())
    })
}

/// Where the learner stands, step by step.
pub(super) fn standing(lesson: &Lesson, progress: &Progress) -> String {
    let mut text = format!("{}\n", lesson.title);
    for (word, goal) in steps(lesson, progress) {
        let _ = writeln!(text, "[{word}] {goal}");
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

/// How far the newest try came.
pub(super) fn way(way: Option<&Way>) -> String {
    let Some(way) = way else {
        return "Nobody has tried to reach an instance yet. After the first ssh this shows how far it came."
            .to_owned();
    };
    let mut text = format!(
        "The newest try, to {} port {}:\n    {way}\n",
        way.address, way.port
    );
    if let Some(recognised) = &way.recognised {
        let _ = writeln!(text, "{}", recognised.says);
        for line in recognised.cure.iter().flat_map(|cure| cure.lines()) {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

/// Offers a hint to somebody who has tried often, where there is room for it and no cure has been said.
pub(super) fn with_an_offer(mut text: String) -> String {
    let is_full = wrapped(&text) >= LINES;
    if !text.is_empty() && !is_full && !text.contains("`lab hint`") {
        text.push_str("Tried often? `lab hint` helps, `lab why` shows how far ssh came.\n");
    }
    text
}

/// Offers a hint to somebody who has been at a step for long; none where there is no room for it, or hints were spoken of.
pub(super) fn after_silence(text: &str) -> Option<String> {
    let has_room = wrapped(text) < LINES && !text.contains("`lab hint`");
    has_room.then(|| {
        format!("{text}At this step for a while? `lab hint` helps, `lab` shows the task.\n")
    })
}

/// For an exam, which has no hints to speak of.
pub(super) fn without_hints(text: &str) -> String {
    text.replace(", `lab hint` helps.", ".")
}

/// Keeps what is said after one command to a few lines: the lines of passed steps that there is room for. Each that is dropped
/// can be read with `lab steps`, and the oldest is the one that is missed least.
pub(super) fn shortened<'a>(lasting: &'a str, standing: &str) -> &'a str {
    let least = 2_usize.saturating_sub(standing.lines().count());
    let mut kept = lasting;
    while kept.lines().count() > least && wrapped(kept) + wrapped(standing) > LINES {
        kept = kept.split_once('\n').map_or("", |(_, rest)| rest);
    }
    kept
}

/// Lines on the learner's screen.
fn wrapped(text: &str) -> usize {
    text.lines()
        .map(|line| line.len().div_ceil(crate::lab::voice::WIDTH).max(1))
        .sum()
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
