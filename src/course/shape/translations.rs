//! `<step>.<locale>.md`, `done.<locale>.md` and `lesson.<locale>.toml`: reads them, and says what is stale, missing or belongs
//! nowhere. None of it keeps anybody from taking the lesson: they are remarks, for `dev check`.

use std::collections::{BTreeMap, BTreeSet};

use crate::course::lesson::{Lesson, Step};
use crate::course::locale::Locale;
use crate::course::shape::steps::markdown_faults;
use crate::course::shape::{Fault, Reader, line_of};
use crate::course::translation::{
    FORMAT, StepTexts, Translation, Written, first_line, mark, parts,
};

/// What a translated file translates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// `lesson.<locale>.toml`.
    Toml,
    /// `<name>.<locale>.md`.
    Text(&'a str),
}

/// Whether a file is a translation, by its name.
pub(super) fn of_name(file: &str) -> Option<(Kind<'_>, Locale)> {
    if let Some(locale) = file
        .strip_prefix("lesson.")
        .and_then(|rest| rest.strip_suffix(".toml"))
    {
        return Some((Kind::Toml, locale.parse().ok()?));
    }
    let (name, locale) = file.strip_suffix(".md")?.split_once('.')?;
    Some((Kind::Text(name), locale.parse().ok()?))
}

impl Reader<'_> {
    /// Reads all of them; with what is to be said about them.
    pub(super) fn translations(&mut self, lesson: &Lesson) -> (Vec<Translation>, Vec<Fault>) {
        let mut locales = BTreeSet::new();
        let mut desk = Desk {
            slug: self.slug,
            remarks: Vec::new(),
        };
        for file in self.files.keys() {
            let Some((kind, locale)) = of_name(file) else {
                continue;
            };
            self.used.push(file);
            match kind {
                Kind::Text(name) if name != "done" && lesson.step(name).is_none() => {
                    let says = format!(
                        "it translates nothing: there is no step `{name}`; delete it, or name it for its step"
                    );
                    desk.remark(file, 0, says);
                }
                Kind::Text(_) | Kind::Toml => {
                    locales.insert(locale);
                }
            }
        }
        let all = locales.into_iter();
        let all = all.map(|locale| desk.translation(self.files, lesson, locale));
        (all.collect(), desk.remarks)
    }
}

struct Desk<'a> {
    slug: &'a str,
    remarks: Vec<Fault>,
}

impl Desk<'_> {
    fn remark(&mut self, file: &str, line: usize, says: impl Into<String>) {
        self.remarks.push(Fault {
            file: format!("lessons/{}/{file}", self.slug),
            line,
            says: says.into(),
        });
    }

    fn translation(
        &mut self,
        files: &BTreeMap<String, String>,
        lesson: &Lesson,
        locale: Locale,
    ) -> Translation {
        let mut texts = BTreeMap::new();
        for step in &lesson.steps {
            if let Some(text) = self.text(files, &step.id, &step.text, &locale) {
                texts.insert(step.id.clone(), text);
            }
        }
        let done = self.text(files, "done", &lesson.done, &locale);
        let (title, steps) = self.toml(files, lesson, &locale);
        Translation {
            locale,
            title,
            done,
            texts,
            steps,
        }
    }

    /// One text, if it is there and translates what is said today.
    fn text(
        &mut self,
        files: &BTreeMap<String, String>,
        name: &str,
        original: &str,
        locale: &Locale,
    ) -> Option<String> {
        let file = format!("{name}.{locale}.md");
        let first = first_line(original);
        let Some(text) = files.get(&file) else {
            let says = format!(
                "the file is missing, and the rest of the lesson is translated: begin it with {first}"
            );
            self.remark(&file, 0, says);
            return None;
        };
        let Some((marked, body)) = parts(text) else {
            let says = format!("its first line must say which text it translates: {first}");
            self.remark(&file, 1, says);
            return None;
        };
        if marked != mark(original) {
            let says = format!(
                "stale: {name}.md has changed since it was translated; bring it up to date, then make its first line {first}"
            );
            self.remark(&file, 1, says);
            return None;
        }
        if body.trim().is_empty() || mark(body) == mark(original) {
            let says = format!("not translated yet: it is empty, or the same as {name}.md");
            self.remark(&file, 0, says);
            return None;
        }
        for (line, says) in markdown_faults(body, false) {
            self.remark(&file, line + 1, says);
        }
        Some(body.to_owned())
    }

    fn toml(
        &mut self,
        files: &BTreeMap<String, String>,
        lesson: &Lesson,
        locale: &Locale,
    ) -> (Option<String>, BTreeMap<String, StepTexts>) {
        let file = format!("lesson.{locale}.toml");
        let nothing = (None, BTreeMap::new());
        let Some(text) = files.get(&file) else {
            let says = format!(
                "the file is missing: title, goals and hints stay English; `groundschool dev new translation FOLDER {locale}` makes it"
            );
            self.remark(&file, 0, says);
            return nothing;
        };
        let mut written = match toml::from_str::<Written>(text) {
            Ok(written) => written,
            Err(error) => {
                let line = line_of(text, error.span().unwrap_or_default().start);
                self.remark(&file, line, error.message().trim());
                return nothing;
            }
        };
        if written.format != FORMAT {
            let says = format!(
                "it has format {}; this groundschool reads format {FORMAT}",
                written.format
            );
            self.remark(&file, 1, says);
            return nothing;
        }
        let is_fresh = written.translates == mark(&lesson.title);
        if !is_fresh {
            let says = format!(
                "stale: the lesson's title has changed to {}; bring it up to date, then write translates = \"{}\"",
                lesson.title,
                mark(&lesson.title)
            );
            self.remark(&file, line_with(text, "translates"), says);
        }
        let mut steps = BTreeMap::new();
        for step in &lesson.steps {
            let table = format!("steps.{}", step.id);
            let Some(written) = written.steps.remove(&step.id) else {
                let mark = StepTexts::of(step).mark();
                let says = format!(
                    "[{table}] is missing: add it with translates = \"{mark}\", the goal and the hints"
                );
                self.remark(&file, 0, says);
                continue;
            };
            let line = line_with(text, &format!("[{table}"));
            let stale = written.translates.clone();
            match step_texts(step, &stale, written.into()) {
                Ok(texts) => {
                    steps.insert(step.id.clone(), texts);
                }
                Err(says) => self.remark(&file, line, format!("[{table}] {says}")),
            }
        }
        for id in written.steps.keys() {
            let line = line_with(text, &format!("[steps.{id}"));
            let says = format!("[steps.{id}] translates nothing: there is no step `{id}`");
            self.remark(&file, line, says);
        }
        (is_fresh.then_some(written.title), steps)
    }
}

/// The texts of a step, if they translate what is said today; else what is wrong.
fn step_texts(step: &Step, marked: &str, texts: StepTexts) -> Result<StepTexts, String> {
    let original = StepTexts::of(step);
    let mark = original.mark();
    if marked != mark {
        return Err(format!(
            "is stale: the step's goal, hints, questions or sentences have changed in lesson.toml; bring it up to date, then \
             write translates = \"{mark}\""
        ));
    }
    if texts == original {
        return Err("is not translated yet: it is the same as in lesson.toml".to_owned());
    }
    if !texts.fits(&original) {
        return Err(
            "does not have the same hints, mistakes, saws, questions, choices and replies as the step in lesson.toml, or \
             one of them is empty"
                .to_owned(),
        );
    }
    Ok(texts)
}

/// The first line, from 1, that begins with this; 0 without one.
fn line_with(text: &str, start: &str) -> usize {
    let mut lines = text.lines();
    lines
        .position(|line| line.trim_start().starts_with(start))
        .map_or(0, |place| place + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::lesson::Files;
    use crate::course::shape::{
        self,
        tests::{TOML, folder},
    };
    use crate::course::translation::{template, translated};

    fn german() -> Files {
        let mut files = folder();
        let lesson = shape::read("s", &files).unwrap();
        let toml = template(&lesson)
            .replace("Small", "Klein")
            .replace("Do it.", "Tu es.")
            .replace("Think.", "Denk nach: \u{fc}be.");
        let text = |original: &str, text: &str| format!("{}\n{text}\n", first_line(original));
        files.insert("lesson.de.toml".into(), toml);
        files.insert("one.de.md".into(), text("Do it.\n", "Tu es sch\u{f6}n."));
        files.insert(
            "done.de.md".into(),
            text("You can do it.\n", "Du kannst es."),
        );
        files
    }

    fn remarks(files: &Files) -> Vec<String> {
        let lesson = shape::read("s", files).unwrap();
        lesson.remarks.iter().map(Fault::to_string).collect()
    }

    #[test]
    fn a_whole_translation_is_read_and_shown() {
        let files = german();
        assert_eq!(remarks(&files), [""; 0]);
        let lesson = shape::read("s", &files).unwrap();
        let german = translated(lesson.clone(), &"de".parse().unwrap());
        assert_eq!(
            (
                &*german.title,
                &*german.done,
                &*german.steps[0].text,
                &*german.steps[0].goal
            ),
            ("Klein", "Du kannst es.\n", "Tu es sch\u{f6}n.\n", "Tu es.")
        );
        assert_eq!(german.steps[0].hints, ["Denk nach: \u{fc}be."]);
        assert_eq!(german.language.as_ref().map(Locale::name), Some("de"));
        assert_eq!(lesson.language, None);
    }

    #[test]
    fn what_is_stale_is_named_and_not_shown() {
        let mut files = german();
        files.insert("one.md".into(), "Do it now.\n".into());
        files.insert("lesson.toml".into(), TOML.replace("Think.", "Think twice."));
        let said = remarks(&files);
        let wanted = [
            format!(
                "lessons/s/one.de.md:1: stale: one.md has changed since it was translated; bring it up to date, then make its \
                 first line {}",
                first_line("Do it now.")
            ),
            "lessons/s/lesson.de.toml:5: [steps.one] is stale:".to_owned(),
        ];
        assert_eq!(said.len(), 2, "{said:?}");
        for wanted in wanted {
            assert!(
                said.iter().any(|one| one.starts_with(&wanted)),
                "{wanted}: {said:?}"
            );
        }
        let lesson = shape::read("s", &files).unwrap();
        let german = translated(lesson, &"de".parse().unwrap());
        assert_eq!(
            (&*german.steps[0].text, &*german.steps[0].goal),
            ("Do it now.\n", "Do it.")
        );
        assert_eq!(german.done, "Du kannst es.\n");
    }

    #[test]
    fn what_is_missing_spoiled_or_belongs_nowhere_is_named() {
        let long = format!("{}\n{}\n", first_line("Do it."), "\u{fc}".repeat(77));
        for (file, text, wanted) in [
            ("one.de.md", None, "one.de.md: the file is missing"),
            ("done.de.md", None, "done.de.md: the file is missing"),
            (
                "lesson.de.toml",
                None,
                "lesson.de.toml: the file is missing",
            ),
            (
                "two.de.md",
                Some("x\n".to_owned()),
                "two.de.md: it translates nothing: there is no step `two`",
            ),
            (
                "one.de.md",
                Some("Tu es.\n".to_owned()),
                "one.de.md:1: its first line must say",
            ),
            (
                "one.de.md",
                Some(format!("{}\nDo it.\n", first_line("Do it."))),
                "one.de.md: not translated yet",
            ),
            (
                "one.de.md",
                Some(long),
                "one.de.md:2: the line has 77 columns",
            ),
            (
                "lesson.de.toml",
                Some("format = 1\nx = 1\n".to_owned()),
                "lesson.de.toml:2: unknown field `x`",
            ),
            (
                "lesson.de.toml",
                Some(german()["lesson.de.toml"].replace("[steps.one", "[steps.two")),
                "lesson.de.toml: [steps.one] is missing",
            ),
            (
                "lesson.de.toml",
                Some(german()["lesson.de.toml"].replace("[steps.one", "[steps.two")),
                "lesson.de.toml:5: [steps.two] translates nothing",
            ),
            (
                "lesson.de.toml",
                Some(german()["lesson.de.toml"].replace("1 = ", "2 = ")),
                "lesson.de.toml:5: [steps.one] does not have the same hints",
            ),
            (
                "lesson.de.toml",
                Some(template(&shape::read("s", &folder()).unwrap())),
                "lesson.de.toml:5: [steps.one] is not translated yet",
            ),
        ] {
            let mut files = german();
            match text {
                Some(text) => files.insert(file.to_owned(), text),
                None => files.remove(file),
            };
            let said = remarks(&files);
            let wanted = format!("lessons/s/{wanted}");
            assert!(
                said.iter().any(|one| one.starts_with(&wanted)),
                "{wanted}: {said:?}"
            );
        }
    }
}
