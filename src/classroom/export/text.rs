//! Text: for a teacher to read.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::classroom::regrade::{GUESSES, Graded, GradedStep, Kind, Mark};
use crate::classroom::sheet::Sheet;
use crate::course::verdict::Word;

/// How many of the other files are named that have what only one lab should have.
const NAMED: usize = 5;

/// A sheet in words. With one file every step is told, with more only what is open.
pub fn text(sheet: &Sheet) -> String {
    let mut text = String::new();
    let all = sheet.graded.len() + sheet.not_graded.len() == 1;
    let counting = sheet.counting();
    let looks = Looks::at(sheet);
    for graded in &sheet.graded {
        one(&mut text, graded, all);
        for look in looks.lines(graded) {
            let _ = writeln!(text, "  [look] {}", line(&look));
        }
        if !counting.iter().any(|one| std::ptr::eq(*one, graded)) {
            text.push_str("  [older] A newer hand-in of this learner counts.\n");
        }
    }
    for file in &sheet.not_graded {
        let _ = writeln!(
            text,
            "[not graded] {}: {}",
            line(&file.file),
            line(&file.why)
        );
    }
    if !all {
        let unclear = match counting.iter().filter(|graded| graded.is_unclear()).count() {
            0 => String::new(),
            unclear => format!("; of {unclear} you must say who is who"),
        };
        let passed = counting.iter().filter(|graded| graded.is_passed()).count();
        let _ = writeln!(
            text,
            "{} files: {} learner{}, {passed} passed everything; {} not graded{unclear}",
            sheet.graded.len() + sheet.not_graded.len(),
            counting.len(),
            if counting.len() == 1 { "" } else { "s" },
            sheet.not_graded.len()
        );
    }
    text
}

fn one(text: &mut String, graded: &Graded, all: bool) {
    let word = if graded.is_passed() {
        "passed"
    } else {
        "not yet"
    };
    let file = line(&graded.file);
    let who = graded.learner.words().map(|who| line(&who));
    let who = who.map_or_else(|| file.clone(), |who| format!("{who} ({file})"));
    let _ = writeln!(
        text,
        "[{word}] {who}: {} of {} points",
        graded.points, graded.of
    );
    for lesson in &graded.lessons {
        let again = match lesson.attempt {
            ..=1 => String::new(),
            times => format!(" (begun {times} times)"),
        };
        let _ = writeln!(
            text,
            "  {}: {} of {}{again}",
            lesson.title, lesson.points, lesson.of
        );
        for step in &lesson.steps {
            if all || step.verdict != Word::Passed || step.late || step.wrong_answers >= GUESSES {
                told(text, step);
            }
        }
    }
}

/// What a teacher should look at, for reading: of the files that share something a few are named, and the rest is counted.
#[derive(Debug)]
pub struct Looks<'a> {
    shared: BTreeMap<&'a Mark, &'a [String]>,
}

impl<'a> Looks<'a> {
    /// Those of a sheet.
    pub fn at(sheet: &'a Sheet) -> Self {
        let shared = sheet.shared.iter();
        let shared = shared.map(|one| (&one.mark, one.files.as_slice()));
        Self {
            shared: shared.collect(),
        }
    }

    /// About one hand-in, a line each.
    pub fn lines(&self, graded: &Graded) -> Vec<String> {
        let own = graded.findings.iter();
        let own = own.filter(|finding| finding.kind != Kind::Shared);
        let mut lines: Vec<String> = own.map(|finding| finding.says.clone()).collect();
        for mark in &graded.marks {
            let Some(files) = self.shared.get(mark) else {
                continue;
            };
            let others = files.iter().filter(|file| **file != graded.file);
            let some: Vec<&str> = others.clone().take(NAMED).map(String::as_str).collect();
            let more = match others.count().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let says = format!("{} is also in {}{more}", mark.words(), some.join(", "));
            lines.push(says);
        }
        lines
    }
}

fn told(text: &mut String, step: &GradedStep) {
    let _ = write!(text, "    [{}", word(step.verdict));
    if step.late {
        text.push_str(", after the time was over");
    }
    let _ = write!(text, "] {}: {}", step.id, line(&step.found));
    if step.hints > 0 {
        let _ = write!(text, " Hints: {}.", step.hints);
    }
    let mistakes: Vec<String> = step
        .mistakes
        .iter()
        .map(|(name, times)| match times {
            1 => name.clone(),
            times => format!("{name} ({times} times)"),
        })
        .collect();
    if !mistakes.is_empty() {
        let _ = write!(text, " Met: {}.", mistakes.join(", "));
    }
    if step.wrong_answers > 0 {
        let _ = write!(text, " Wrong answers: {}.", step.wrong_answers);
    }
    text.push('\n');
}

/// A text of a hand-in on one line of a terminal: nothing in it moves the cursor, begins a line or turns the text around.
pub fn line(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|c| {
            if c.is_control() || turns(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// A verdict as people read it.
pub(super) fn word(word: Word) -> &'static str {
    match word {
        Word::Passed => "passed",
        Word::NotYet => "not yet",
        Word::CouldNotTell => "could not tell",
    }
}
