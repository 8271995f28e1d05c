//! The buttons of the lesson's pane: a hint, a check, another step; and whether it is shown at all.

use maud::html;

use crate::console::form::Form;
use crate::console::lesson::WORDS;
use crate::console::pages::back;
use crate::console::visit::{Go, Outcome, Page, Refusal, Visit};

/// Where the buttons lead when they are refused: there is nothing but the pane.
pub(in crate::console) fn show(_: &Visit, _: &Form) -> Result<Outcome, Refusal> {
    let body = html! {
        h1 { "The lesson" }
        p { "It stands beside every page. " a href="/" { "To the dashboard" } }
    };
    Ok(Page::new("The lesson", "", body).into())
}

/// Asks the coach, and goes back to where the button was.
pub(in crate::console) fn take(visit: &Visit, form: &Form) -> Result<Outcome, Refusal> {
    let Some(lesson) = &visit.house.lesson else {
        return Err(Refusal::NotFound("There is no lesson here.".to_owned()));
    };
    match form.get("word") {
        "show" => visit.session.show_lesson(true),
        "hide" => visit.session.show_lesson(false),
        word if is_known(word) => lesson.ask(word),
        _ => {
            return Err(Refusal::NotFound(
                "The coach knows no such word.".to_owned(),
            ));
        }
    }
    Ok(Go::to(back(form)).into())
}

/// A button's word, or an answer: one letter.
fn is_known(word: &str) -> bool {
    let is_letter =
        |rest: &str| rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_lowercase());
    WORDS.iter().any(|(known, _)| *known == word)
        || word.strip_prefix("answer ").is_some_and(is_letter)
}
