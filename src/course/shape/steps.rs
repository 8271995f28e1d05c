//! The steps of `lesson.toml` and their texts.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use crate::course::asides::{for_world, misspelt, unmarked};
use crate::course::checks::Expect;
use crate::course::lesson::{ScriptedFault, Step, Trouble, World};
use crate::course::mistake::Mistake;
use crate::course::question::{Choice, Question, markdown};
use crate::course::shape::written::{Written, WrittenStep};
use crate::course::shape::{FORMAT, Reader, UNWRITTEN, unknown_mistake};

impl Reader<'_> {
    pub(super) fn steps(&mut self, written: &Written) -> Vec<Step> {
        if written.format != FORMAT {
            self.fault(
                "lesson.toml",
                0,
                format!(
                    "format = {} is unknown; write format = {FORMAT}",
                    written.format
                ),
            );
        }
        if written.title.get_ref().trim().is_empty() {
            self.toml_fault(written.title.span().start, "the title is empty");
        }
        if written.worlds.get_ref().is_empty() {
            self.toml_fault(
                written.worlds.span().start,
                "no world is named: write worlds = [\"simulator\"]",
            );
        }
        if !(1..=120).contains(&written.offer_hint_after_minutes) {
            self.fault(
                "lesson.toml",
                0,
                "offer_hint_after_minutes is 1 to 120 minutes",
            );
        }
        if written.steps.is_empty() {
            self.fault("lesson.toml", 0, "the lesson has no steps");
        }
        let mut steps: Vec<Step> = Vec::new();
        for step in &written.steps {
            let worlds = written.worlds.get_ref();
            let step = self.step(step.get_ref(), step.span().start, worlds);
            if steps.iter().any(|earlier| earlier.id == step.id) {
                let byte = written
                    .steps
                    .iter()
                    .map(|one| &one.get_ref().id)
                    .rfind(|id| *id.get_ref() == step.id);
                self.toml_fault(
                    byte.map_or(0, |id| id.span().start),
                    format!("two steps have the id `{}`", step.id),
                );
            }
            steps.push(step);
        }
        steps
    }

    fn step(&mut self, written: &WrittenStep, start: usize, worlds: &[World]) -> Step {
        let id = written.id.get_ref();
        let at = written.id.span().start;
        if id.is_empty()
            || !id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            self.toml_fault(
                at,
                format!(
                    "the id `{id}` must be of small letters, digits and dashes: it names a file"
                ),
            );
        }
        if written.goal.get_ref().trim().is_empty() {
            self.toml_fault(
                written.goal.span().start,
                format!("step `{id}` has an empty goal"),
            );
        }
        if *written.points.get_ref() == 0 {
            self.toml_fault(
                written.points.span().start,
                format!("step `{id}` is worth 0 points"),
            );
        }
        if written.checks.is_empty() && written.questions.is_empty() {
            self.toml_fault(
                start,
                format!("step `{id}` has no check: add [[steps.checks]] with an expect"),
            );
        }
        if let (false, Some(question)) = (written.checks.is_empty(), written.questions.first()) {
            self.toml_fault(
                question.span().start,
                format!(
                    "step `{id}` has checks and asks a question too: give the question a step of its own, so that it is clear what \
                     is awaited"
                ),
            );
        }
        for check in &written.checks {
            if let Expect::RiddleSolved { name } = &check.expect
                && name != id
            {
                self.toml_fault(
                    at,
                    format!("step `{id}` is about `{name}`: give it that id, by which answers are told apart"),
                );
            }
        }
        let file = format!("{id}.md");
        let text = self.text(&file).unwrap_or_default().to_owned();
        if let Some(name) = self
            .files
            .get_key_value(&file)
            .map(|(name, _)| name.as_str())
        {
            self.used.push(name);
        }
        self.markdown(&file, &text);
        let questions = self.questions(written);
        self.length(&file, &text, &questions, worlds);
        Step {
            id: id.clone(),
            line: self.line(start),
            goal: written.goal.get_ref().clone(),
            points: *written.points.get_ref(),
            checks: written
                .checks
                .iter()
                .map(|check| check.expect.clone())
                .collect(),
            still: (0..)
                .zip(&written.checks)
                .filter_map(|(place, check)| check.still.then_some(place))
                .collect(),
            questions,
            quiet: written.quiet,
            hints: self.hints(written, start),
            mistakes: self.overrides(written),
            faults: self.scripted(written),
            text,
        }
    }

    fn questions(&mut self, written: &WrittenStep) -> Vec<Question> {
        let mut questions = Vec::new();
        for spanned in &written.questions {
            let (at, written) = (spanned.span().start, spanned.get_ref());
            let mut fault = |says: String| self.toml_fault(at, says);
            let letters: String = written.choices.keys().map(String::as_str).collect();
            let wanted: String = ('a'..='z').take(written.choices.len()).collect();
            if written.choices.len() < 2 || letters != wanted {
                fault("a question has two choices or more, lettered a, b and so on".to_owned());
            }
            let known = |letter: &String| written.choices.contains_key(letter);
            if !known(&written.answer) {
                fault(format!(
                    "the answer `{}` is none of the choices",
                    written.answer
                ));
            }
            for letter in written.replies.keys().filter(|letter| !known(letter)) {
                fault(format!("there is no choice `{letter}` to reply to"));
            }
            if written.replies.contains_key(&written.answer) {
                fault("the right choice has no reply: write it as `why`".to_owned());
            }
            if written.ask.trim().is_empty() || written.why.trim().is_empty() {
                fault("a question has an `ask` and a `why`".to_owned());
            }
            let choices = written.choices.iter().map(|(letter, words)| Choice {
                letter: letter.chars().next().unwrap_or_default(),
                words: words.clone(),
                reply: written.replies.get(letter).cloned(),
            });
            let question = Question {
                ask: written.ask.clone(),
                choices: choices.collect(),
                answer: written.answer.chars().next().unwrap_or_default(),
                why: written.why.trim().to_owned(),
            };
            for line in markdown(0, 1, &question).lines() {
                if line.starts_with("    ") && line.len() > 76 {
                    fault(format!(
                        "the choice has {} columns; 76 fit: {line}",
                        line.len()
                    ));
                }
                if !line.is_ascii() {
                    fault(format!("not ASCII: {line}"));
                }
            }
            questions.push(question);
        }
        questions
    }

    /// A text that does not leave room on a screen of 24 lines for the work that it is about.
    fn length(&mut self, file: &str, text: &str, questions: &[Question], worlds: &[World]) {
        let shown = |text: &str| {
            let lines = text.trim_end().lines();
            lines.filter(|line| !line.starts_with("```")).count()
        };
        let texts = worlds.iter().map(|world| shown(&for_world(text, *world)));
        let asked = questions.iter().map(|one| 1 + shown(&markdown(0, 1, one)));
        let lines = texts.max().unwrap_or(0) + asked.max().unwrap_or(0);
        if lines > LINES {
            let with = if questions.is_empty() {
                ""
            } else {
                " with its longest question"
            };
            self.fault(
                file,
                0,
                format!(
                    "the text has {lines} lines on the screen{with}; {LINES} leave room for the work: say less, or make two steps of it"
                ),
            );
        }
    }

    /// What a terminal of 80 columns cannot show.
    pub(super) fn markdown(&mut self, file: &str, text: &str) {
        for (line, says) in markdown_faults(text, true) {
            self.fault(file, line, says);
        }
    }

    fn hints(&mut self, written: &WrittenStep, start: usize) -> Vec<String> {
        let id = written.id.get_ref();
        for (name, hint) in &written.hints {
            if !["1", "2", "3"].contains(&name.get_ref().as_str()) {
                self.toml_fault(
                    name.span().start,
                    format!(
                        "step `{id}`: hint `{}` is none of 1, 2 and 3",
                        name.get_ref()
                    ),
                );
            }
            if hint.trim().is_empty() {
                self.toml_fault(
                    name.span().start,
                    format!("step `{id}`: hint {} is empty", name.get_ref()),
                );
            }
            // What is four spaces in is copied, and a terminal that breaks it makes two commands of it.
            let commands = hint.lines().filter_map(|line| line.strip_prefix("    "));
            for columns in commands
                .map(UnicodeWidthStr::width)
                .filter(|it| *it > COMMAND)
            {
                self.toml_fault(
                    name.span().start,
                    format!(
                        "step `{id}`: hint {}: {}",
                        name.get_ref(),
                        too_long(columns)
                    ),
                );
            }
        }
        let hints: Vec<Option<String>> = ["1", "2", "3"]
            .iter()
            .map(|wanted| {
                written
                    .hints
                    .iter()
                    .find(|(name, _)| name.get_ref() == wanted)
                    .map(|(_, hint)| hint.clone())
            })
            .collect();
        if hints.iter().all(Option::is_none) {
            self.toml_fault(
                start,
                format!("step `{id}` has no hint: add [steps.hints] with 1 = \"...\""),
            );
        }
        let last = hints.iter().rposition(Option::is_some).unwrap_or(0);
        for (place, hint) in hints.iter().enumerate().take(last) {
            if hint.is_none() {
                self.toml_fault(
                    start,
                    format!(
                        "step `{id}`: hint {} is missing, but a later one is there",
                        place + 1
                    ),
                );
            }
        }
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut said = vec![("the goal".to_owned(), squeezed(written.goal.get_ref()))];
        for (name, hint) in &written.hints {
            let hint = squeezed(hint);
            if let Some((what, _)) = said.iter().find(|(_, other)| *other == hint) {
                let number = name.get_ref();
                self.toml_fault(
                    name.span().start,
                    format!("step `{id}`: hint {number} says what {what} says: it helps nobody"),
                );
            }
            said.push((format!("hint {}", name.get_ref()), hint));
        }
        hints.into_iter().flatten().collect()
    }

    /// The actions' names are compared with those that are simulated when the lesson is opened.
    fn scripted(&mut self, written: &WrittenStep) -> Vec<ScriptedFault> {
        for fault in &written.faults {
            let at = fault.span().start;
            let id = written.id.get_ref();
            if fault.get_ref().times == Some(0) {
                self.toml_fault(
                    at,
                    format!("step `{id}`: a fault that is met 0 times is none"),
                );
            }
            if matches!(fault.get_ref().meets, Trouble::Slow { seconds } if !(1..=60).contains(&seconds))
            {
                self.toml_fault(
                    at,
                    format!("step `{id}`: an answer is slow by 1 to 60 seconds"),
                );
            }
        }
        let faults = written.faults.iter();
        faults.map(|fault| fault.get_ref().clone()).collect()
    }

    fn overrides(&mut self, written: &WrittenStep) -> BTreeMap<Mistake, String> {
        let mut overrides = BTreeMap::new();
        for (name, text) in &written.mistakes {
            match Mistake::from_name(name.get_ref()) {
                Some(mistake) => {
                    overrides.insert(mistake, text.clone());
                }
                None => self.toml_fault(name.span().start, unknown_mistake(name.get_ref())),
            }
        }
        overrides
    }
}

/// Lines that a step's text may have on the screen.
const LINES: usize = 16;

/// Columns that a command may have: beside the margin, and four spaces in.
const COMMAND: usize = 72;

fn too_long(columns: usize) -> String {
    format!(
        "the command has {columns} columns; {COMMAND} fit beside the margin: break the line with \\ at its end"
    )
}

/// What a terminal of 80 columns cannot show of a text, by line from 1. Originals are `ascii`; other languages have letters of
/// their own.
pub(super) fn markdown_faults(text: &str, ascii: bool) -> Vec<(usize, String)> {
    let mut faults = Vec::new();
    if let Some((line, word)) = misspelt(text) {
        let says =
            format!("{{{word}}} is no mark of an aside: there are {{aws}} and {{simulator}}");
        faults.push((line, says));
    }
    let mut in_code = false;
    for (number, line) in text.lines().enumerate() {
        // The mark of an aside is not shown.
        let line = unmarked(line);
        // What is still to be written is not measured yet.
        let columns = if line.contains(UNWRITTEN) {
            0
        } else {
            line.width()
        };
        let mut fault = |says: String| faults.push((number + 1, says));
        if line.starts_with("```") {
            in_code = !in_code;
        } else if in_code && columns > COMMAND {
            fault(too_long(columns));
        }
        if let Some(odd) = line.chars().find(|c| !c.is_ascii()).filter(|_| ascii) {
            fault(format!("`{odd}` is not ASCII"));
        }
        if columns > 76 && !in_code {
            fault(format!("the line has {columns} columns; 76 fit"));
        }
    }
    faults
}
