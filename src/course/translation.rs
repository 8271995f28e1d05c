//! Translations: what a lesson's author wrote, in another language; each text with the mark of the one that it translates.
//!
//! A text whose original has changed since is not shown: the learner reads the original. `shape::translations` reads the
//! files and says what is stale or missing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::course::checks::Expect;
use crate::course::lesson::{Lesson, Step};
use crate::course::locale::Locale;
use crate::course::question::Question;

/// The format of `lesson.<locale>.toml`.
pub const FORMAT: u32 = 1;
/// Hexadecimal digits of a mark.
const DIGITS: usize = 16;

/// A lesson's texts in one language, as far as they are there and belong to the originals of today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// The language.
    pub locale: Locale,
    /// The title.
    pub title: Option<String>,
    /// `done.<locale>.md`.
    pub done: Option<String>,
    /// `<step>.<locale>.md`, by step.
    pub texts: BTreeMap<String, String>,
    /// What `lesson.<locale>.toml` has of each step.
    pub steps: BTreeMap<String, StepTexts>,
}

/// `lesson.<locale>.toml`, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// [`FORMAT`].
    pub format: u32,
    /// The mark of the title that is translated.
    pub translates: String,
    /// The title.
    pub title: String,
    /// The steps, by id.
    #[serde(default)]
    pub steps: BTreeMap<String, WrittenStep>,
}

/// `[steps.<id>]` of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenStep {
    /// The mark of the step's texts that are translated.
    pub translates: String,
    /// The goal.
    pub goal: String,
    /// The hints, by number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hints: BTreeMap<String, String>,
    /// Sentences for mistakes, by the mistakes' names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mistakes: BTreeMap<String, String>,
    /// The `saw` of the checks that have one, by the check's number in the step, from 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub saw: BTreeMap<String, String>,
    /// The questions, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<QuestionTexts>,
}

/// What an author wrote of a step in `lesson.toml` for a learner to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepTexts {
    /// The goal.
    pub goal: String,
    /// The hints, by number.
    pub hints: BTreeMap<String, String>,
    /// Sentences for mistakes, by the mistakes' names.
    pub mistakes: BTreeMap<String, String>,
    /// The `saw` of the checks that have one, by the check's number, from 1.
    pub saw: BTreeMap<String, String>,
    /// The questions, in order.
    pub questions: Vec<QuestionTexts>,
}

/// What there is to read of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionTexts {
    /// The question.
    pub ask: String,
    /// The choices, by letter.
    pub choices: BTreeMap<String, String>,
    /// Why the right one is right.
    pub why: String,
    /// Replies to wrong ones, by letter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replies: BTreeMap<String, String>,
}

/// The mark of a text: sixteen hexadecimal digits of its SHA-256, whatever its line ends.
pub fn mark(text: &str) -> String {
    let digest = Sha256::digest(text.replace("\r\n", "\n").trim_end().as_bytes());
    hex::encode(digest).chars().take(DIGITS).collect()
}

/// The first line of a translated text.
pub fn first_line(original: &str) -> String {
    format!("<!-- translates: {} -->", mark(original))
}

/// Takes a translated text apart: the mark in its first line, and the text below.
pub fn parts(text: &str) -> Option<(&str, &str)> {
    let (first, rest) = text.split_once('\n')?;
    let mark = first.trim().strip_prefix("<!-- translates:")?;
    Some((mark.strip_suffix("-->")?.trim(), rest))
}

impl StepTexts {
    /// What a step has to read.
    pub fn of(step: &Step) -> Self {
        let number = |place: usize| (place + 1).to_string();
        let hints = step.hints.iter().enumerate();
        let mistakes = step.mistakes.iter();
        let checks = step.checks.iter().enumerate();
        Self {
            goal: step.goal.clone(),
            hints: hints
                .map(|(place, hint)| (number(place), hint.clone()))
                .collect(),
            mistakes: mistakes
                .map(|(mistake, says)| (mistake.name().to_owned(), says.clone()))
                .collect(),
            saw: checks
                .filter_map(|(place, check)| Some((number(place), said(check)?.to_owned())))
                .collect(),
            questions: step.questions.iter().map(QuestionTexts::of).collect(),
        }
    }

    /// Their mark.
    pub fn mark(&self) -> String {
        mark(&serde_json::to_string(self).unwrap_or_default())
    }

    /// Whether each text of the one has its counterpart in the other.
    pub fn fits(&self, original: &Self) -> bool {
        let same = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
            one.keys().eq(other.keys()) && one.values().all(|text| !text.trim().is_empty())
        };
        let mut questions = self.questions.iter().zip(&original.questions);
        !self.goal.trim().is_empty()
            && same(&self.hints, &original.hints)
            && same(&self.mistakes, &original.mistakes)
            && same(&self.saw, &original.saw)
            && self.questions.len() == original.questions.len()
            && questions.all(|(one, other)| {
                same(&one.choices, &other.choices) && same(&one.replies, &other.replies)
            })
    }
}

impl From<WrittenStep> for StepTexts {
    fn from(written: WrittenStep) -> Self {
        Self {
            goal: written.goal,
            hints: written.hints,
            mistakes: written.mistakes,
            saw: written.saw,
            questions: written.questions,
        }
    }
}

impl QuestionTexts {
    fn of(question: &Question) -> Self {
        let letter = |letter: char| letter.to_string();
        let choices = question.choices.iter();
        Self {
            ask: question.ask.clone(),
            why: question.why.clone(),
            replies: choices
                .clone()
                .filter_map(|one| Some((letter(one.letter), one.reply.clone()?)))
                .collect(),
            choices: choices
                .map(|one| (letter(one.letter), one.words.clone()))
                .collect(),
        }
    }
}

/// `lesson.<locale>.toml` to begin with: every text as it is in the original.
pub fn template(lesson: &Lesson) -> String {
    let mut text = format!("format = {FORMAT}\n");
    let mut add = |key: &str, value: &str| {
        let table = BTreeMap::from([(key, value)]);
        text += &toml::to_string_pretty(&table).unwrap_or_default();
    };
    add("translates", &mark(&lesson.title));
    add("title", &lesson.title);
    // One by one: they stand in the lesson's order.
    for step in &lesson.steps {
        let texts = StepTexts::of(step);
        let written = WrittenStep {
            translates: texts.mark(),
            goal: texts.goal,
            hints: texts.hints,
            mistakes: texts.mistakes,
            saw: texts.saw,
            questions: texts.questions,
        };
        let one = BTreeMap::from([("steps", BTreeMap::from([(&step.id, written)]))]);
        text = format!(
            "{text}\n{}",
            toml::to_string_pretty(&one).unwrap_or_default()
        );
    }
    text
}

/// The lesson as somebody reads it who reads this language: what is not translated stays as it is.
#[must_use]
pub fn translated(lesson: Lesson, locale: &Locale) -> Lesson {
    let wanted = locale.from_the_widest();
    let found = wanted.iter().filter_map(|wanted| {
        let mut all = lesson.translations.iter();
        all.find(|one| one.locale == *wanted).cloned()
    });
    let found: Vec<Translation> = found.collect();
    found.into_iter().fold(lesson, into)
}

fn into(mut lesson: Lesson, translation: Translation) -> Lesson {
    lesson.title = translation.title.unwrap_or(lesson.title);
    lesson.done = translation.done.unwrap_or(lesson.done);
    for step in &mut lesson.steps {
        if let Some(text) = translation.texts.get(&step.id) {
            step.text.clone_from(text);
        }
        if let Some(texts) = translation.steps.get(&step.id) {
            write(texts, step);
        }
    }
    lesson.language = Some(translation.locale);
    lesson
}

fn write(texts: &StepTexts, step: &mut Step) {
    let number = |place: usize| (place + 1).to_string();
    step.goal.clone_from(&texts.goal);
    for (place, hint) in step.hints.iter_mut().enumerate() {
        if let Some(text) = texts.hints.get(&number(place)) {
            hint.clone_from(text);
        }
    }
    for (mistake, says) in &mut step.mistakes {
        if let Some(text) = texts.mistakes.get(mistake.name()) {
            says.clone_from(text);
        }
    }
    for (place, check) in step.checks.iter_mut().enumerate() {
        if let (Expect::Asked { saw, .. } | Expect::MistakeMet { saw, .. }, Some(text)) =
            (check, texts.saw.get(&number(place)))
        {
            saw.clone_from(text);
        }
    }
    for (question, texts) in step.questions.iter_mut().zip(&texts.questions) {
        question.ask.clone_from(&texts.ask);
        question.why.clone_from(&texts.why);
        for choice in &mut question.choices {
            let letter = choice.letter.to_string();
            if let Some(words) = texts.choices.get(&letter) {
                choice.words.clone_from(words);
            }
            if let Some(reply) = texts.replies.get(&letter) {
                choice.reply = Some(reply.clone());
            }
        }
    }
}

/// What a check says of its own when it is met.
fn said(check: &Expect) -> Option<&str> {
    if let Expect::Asked { saw, .. } | Expect::MistakeMet { saw, .. } = check {
        (!saw.is_empty()).then_some(saw)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::catalogue::lessons;

    #[test]
    fn a_mark_is_the_same_on_windows_and_another_for_another_text() {
        assert_eq!(mark("a\r\nb\r\n"), mark("a\nb"));
        assert_ne!(mark("a"), mark("b"));
        assert_eq!(mark("a").len(), 16);
        let text = format!("{}\nHallo.\n", first_line("Hello."));
        assert_eq!(parts(&text), Some((&*mark("Hello."), "Hallo.\n")));
        assert_eq!(parts("Hallo.\n"), None);
    }

    #[test]
    fn everything_that_an_author_wrote_can_be_translated() {
        for lesson in lessons().unwrap() {
            let mark = |text: &str| format!("DE {text}");
            let text = template(&lesson);
            let mut written: Written = toml::from_str(&text).unwrap();
            let all = |texts: &mut BTreeMap<String, String>| {
                for text in texts.values_mut() {
                    *text = mark(text);
                }
            };
            for step in written.steps.values_mut() {
                step.goal = mark(&step.goal);
                all(&mut step.hints);
                all(&mut step.mistakes);
                all(&mut step.saw);
                for question in &mut step.questions {
                    question.ask = mark(&question.ask);
                    question.why = mark(&question.why);
                    all(&mut question.choices);
                    all(&mut question.replies);
                }
            }
            let steps = written.steps.into_iter();
            let steps: BTreeMap<String, StepTexts> =
                steps.map(|(id, step)| (id, step.into())).collect();
            let texts = lesson.steps.iter();
            let translation = Translation {
                locale: "de".parse().unwrap(),
                title: Some(mark(&lesson.title)),
                done: Some(mark(&lesson.done)),
                texts: texts
                    .map(|step| (step.id.clone(), mark(&step.text)))
                    .collect(),
                steps: steps.clone(),
            };
            let lesson = Lesson {
                translations: vec![translation],
                ..lesson
            };
            let german = translated(lesson.clone(), &"de-at".parse().unwrap());
            assert!(german.title.starts_with("DE ") && german.done.starts_with("DE "));
            for (step, before) in german.steps.iter().zip(&lesson.steps) {
                assert!(step.text.starts_with("DE "), "{}", step.id);
                assert_eq!(StepTexts::of(step), steps[&step.id]);
                assert!(StepTexts::of(step).fits(&StepTexts::of(before)));
            }
            assert_eq!(translated(lesson.clone(), &"fr".parse().unwrap()), lesson);
        }
    }
}
