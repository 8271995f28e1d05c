//! The steps of `lesson.toml` and their texts.

use std::collections::BTreeMap;

use crate::course::asides::{misspelt, unmarked};
use crate::course::lesson::{ScriptedFault, Step, Trouble};
use crate::course::mistake::Mistake;
use crate::course::shape::written::{Written, WrittenStep};
use crate::course::shape::{FORMAT, Reader, unknown_mistake};

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
        if written.steps.is_empty() {
            self.fault("lesson.toml", 0, "the lesson has no steps");
        }
        let mut steps: Vec<Step> = Vec::new();
        for step in &written.steps {
            let step = self.step(step.get_ref(), step.span().start);
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

    fn step(&mut self, written: &WrittenStep, start: usize) -> Step {
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
        if written.checks.is_empty() {
            self.toml_fault(
                start,
                format!("step `{id}` has no check: add [[steps.checks]] with an expect"),
            );
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
        Step {
            id: id.clone(),
            goal: written.goal.get_ref().clone(),
            points: *written.points.get_ref(),
            checks: written.checks.iter().map(|check| check.expect).collect(),
            hints: self.hints(written, start),
            mistakes: self.overrides(written),
            faults: self.scripted(written),
            text,
        }
    }

    /// What a terminal of 80 columns cannot show.
    fn markdown(&mut self, file: &str, text: &str) {
        if let Some((line, word)) = misspelt(text) {
            self.fault(
                file,
                line,
                format!("{{{word}}} is no mark of an aside: there are {{aws}} and {{simulator}}"),
            );
        }
        for (number, line) in text.lines().enumerate() {
            // The mark of an aside is not shown.
            let line = unmarked(line);
            if let Some(odd) = line.chars().find(|c| !c.is_ascii()) {
                self.fault(file, number + 1, format!("`{odd}` is not ASCII"));
            }
            if line.len() > 76 {
                self.fault(
                    file,
                    number + 1,
                    format!("the line has {} columns; 76 fit", line.len()),
                );
            }
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
