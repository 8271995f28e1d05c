//! Questions: what a state cannot show is asked, and answered with `lab answer b`.

use crate::course::evidence::{Evidence, What};
use crate::course::lesson::Step;
use crate::course::scene;
use crate::course::verdict::Verdict;

/// One question of a step: `[[steps.questions]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question, one or two sentences.
    pub ask: String,
    /// The choices: letters from `a` on.
    pub choices: Vec<Choice>,
    /// The letter of the right one.
    pub answer: char,
    /// Why it is right: said when it was chosen.
    pub why: String,
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// `a` and so on.
    pub letter: char,
    /// In words.
    pub words: String,
    /// Said when a learner chose it and it is not the right one: what it would take for it to be true.
    pub reply: Option<String>,
}

/// Where a learner stands with the questions of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// All are answered.
    Done,
    /// This one, counted from 0, is open; with the choice that was wrong, if one was made.
    Open(usize, &'a Question, Option<&'a Choice>),
}

/// Which question is open, from what was answered.
pub fn standing<'a>(step: &'a Step, evidence: &Evidence) -> Standing<'a> {
    for (number, question) in step.questions.iter().enumerate() {
        let chosen = last_answer(&step.id, number, evidence);
        let chosen = chosen.and_then(|letter| {
            let mut choices = question.choices.iter();
            choices.find(|choice| letter.chars().eq([choice.letter]))
        });
        if chosen.is_none_or(|choice| choice.letter != question.answer) {
            return Standing::Open(number, question, chosen);
        }
    }
    Standing::Done
}

/// The letter that was answered last.
fn last_answer<'e>(step: &str, number: usize, evidence: &'e Evidence) -> Option<&'e str> {
    scene::known_events(evidence)
        .iter()
        .rev()
        .find_map(|event| {
            if let What::Answered {
                step: of,
                question,
                choice,
            } = &event.what
            {
                (of == step && usize::try_from(*question) == Ok(number)).then_some(choice.as_str())
            } else {
                None
            }
        })
}

/// The verdict on a step's questions.
pub(crate) fn judge(step: &Step, evidence: &Evidence) -> Result<Verdict, Verdict> {
    scene::events(evidence)?;
    let of = step.questions.len();
    Ok(match standing(step, evidence) {
        Standing::Done => {
            let last = step.questions.last().map_or("", |question| &question.why);
            Verdict::passed(last)
        }
        Standing::Open(number, _, chosen) => Verdict::not_yet(
            format!("An answer to question {} of {of}.", number + 1),
            match chosen {
                Some(choice) => reply(choice),
                None if number > 0 => {
                    let before = step.questions.get(number - 1);
                    format!("Right. {}", before.map_or("", |question| &question.why))
                }
                None => "Nothing was answered yet.".to_owned(),
            },
        ),
    })
}

/// What is said to a wrong choice.
fn reply(choice: &Choice) -> String {
    let letter = choice.letter;
    match &choice.reply {
        Some(reply) => format!("Not {letter}: {reply}"),
        None => format!("Not {letter}. Look again at what you did in this lesson."),
    }
}

/// A question as Markdown: the question, then a line a choice.
pub fn markdown(number: usize, of: usize, question: &Question) -> String {
    use std::fmt::Write;
    let mut text = format!(
        "**Question {} of {of}.** {}\n\n",
        number + 1,
        question.ask.trim()
    );
    for choice in &question.choices {
        let _ = writeln!(text, "    {})  {}", choice.letter, choice.words.trim());
    }
    text.push_str("\nAnswer with the letter, for example `lab answer a`\n");
    text
}
