//! What stands around every page: its head, the navigation, where the account is, and the word that it is a simulator.

use maud::{DOCTYPE, Markup, html};

use crate::cloud::account::REGIONS;
use crate::cloud::api::error::ApiError;
use crate::console::desk::{EVENTS, TOKEN, notice};
use crate::console::lesson::WORDS;
use crate::console::pages::{LESSON, NAVIGATION, SCOPE};
use crate::console::parts::{self, prose};
use crate::console::visit::{Page, Visit};
use crate::console::{Whose, assets};

/// The name on every page.
const NAME: &str = "Ground School";

/// A whole page.
pub(super) fn page(visit: &Visit, page: &Page) -> Markup {
    let notice = notice(visit);
    let error = visit.refused().map(|_| "Error: ").unwrap_or_default();
    let scope = format!("{}/{}", visit.scope.account, visit.scope.region);
    let (stamp, lesson) = (visit.house.stamp(), pane(visit));
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("{error}{}", page.title)))
            body data-events=(EVENTS) data-seen=(stamp) data-scope=(scope) {
                a.skip href="#main" { "Skip to the page's content" }
                (banner(visit))
                div.frame.taught[lesson.is_some()] {
                    (navigation(page.under))
                    main id="main" tabindex="-1" {
                        div.notice.problem id="lost" role="alert" hidden {
                            p { strong { "No answer. " } "Ground School does not answer any more. If the lab was closed, open it again and follow its new link." }
                        }
                        @if let Some(notice) = &notice { (notice.show()) }
                        (page.body)
                    }
                    @if let Some(lesson) = &lesson { (lesson) }
                }
                (foot(visit))
                div.unseen id="news" role="status" aria-live="polite" {}
            }
        }
    }
}

/// For something that is not there.
pub(super) fn missing(visit: &Visit, text: &str) -> Markup {
    let body = html! {
        h1 { "Not here" }
        p { (text) }
        p { a href="/" { "To the dashboard" } }
    };
    page(visit, &Page::new("Not here", "", body))
}

/// For a page that the API refuses to fill.
pub(super) fn failed(visit: &Visit, error: &ApiError) -> Markup {
    let body = html! {
        h1 { "This cannot be shown" }
        div.notice.problem role="alert" { p { strong { (error.code) } } p { (error.message) } }
        p { a href=(visit.path) { "Try again" } }
    };
    page(visit, &Page::new("This cannot be shown", "", body))
}

/// For somebody who has not come in: nothing of the account is in it.
pub(super) fn outside(title: &str, text: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body {
                main.alone id="main" {
                    p.brand { (NAME) }
                    h1 { (title) }
                    p { (text) }
                }
            }
        }
    }
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " - " (NAME) }
            link rel="icon" type="image/svg+xml" href=(assets::path("icon.svg"));
            link rel="stylesheet" href=(assets::path("page.css"));
            script src=(assets::path("page.js")) defer {}
        }
    }
}

/// The simulator's name, and whose account this is.
fn banner(visit: &Visit) -> Markup {
    html! {
        header.banner {
            a.brand href="/" { (NAME) }
            p.truth { strong { "Simulator." } " This is not AWS: nothing here costs money or leaves this computer." }
            form.scope method="post" action=(SCOPE) {
                input type="hidden" name=(TOKEN) value=(visit.form_token());
                input type="hidden" name="back" value=(visit.path);
                @if visit.house.settings.whose == Whose::Anybodys {
                    label for="scope-account" { "Access key id" }
                    input id="scope-account" type="text" name="account" value=(visit.scope.account) autocomplete="off" spellcheck="false" size="22";
                }
                label for="scope-region" { "Region" }
                select id="scope-region" name="region" {
                    @for region in REGIONS {
                        option value=(region) selected[*region == visit.scope.region] { (region) }
                    }
                }
                button.button id="scope-go" type="submit" { "Switch" }
            }
        }
    }
}

fn navigation(under: &str) -> Markup {
    html! {
        nav.side aria-label="EC2" {
            @for (group, entries) in NAVIGATION {
                @if !group.is_empty() { h2 { (group) } }
                ul {
                    @for (label, path) in *entries {
                        li { a href=(path) aria-current=[(*path == under).then_some("page")] { (label) } }
                    }
                }
            }
        }
    }
}

/// The lesson, beside the page; none where there is no lesson, or it is hidden.
fn pane(visit: &Visit) -> Option<Markup> {
    let lesson = visit.house.lesson.as_ref()?;
    if !visit.session.shows_lesson() {
        return None;
    }
    lesson.look();
    let (place, said) = (lesson.place(), lesson.said());
    let newest = said.last().map(String::as_str).unwrap_or_default();
    let (earned, all) = place.points;
    let language = place.language.as_deref();
    Some(html! {
        aside.lesson id="lesson" aria-labelledby="lesson-title" data-live {
            h2 id="lesson-title" { "Lesson: " span lang=[language] { (place.title) } }
            @if let Some(current) = &place.current {
                @let goal = place.steps.get(current.number).map(|(_, goal)| goal.as_str()).unwrap_or_default();
                p { strong { "Step " (current.number + 1) " of " (place.steps.len()) ": " } span lang=[language] { (goal) } }
                div id="coach" data-says=(newest) {
                    @if said.is_empty() { p.hint { "The coach answers here as soon as something has changed." } }
                    @for text in &said { div.said { (prose::said(text)) } }
                }
                div.buttons data-quiet {
                    @for (word, label) in WORDS {
                        (parts::action(visit, LESSON, &format!("lesson-{word}"), label, &[("word", word), ("back", &visit.path)]))
                    }
                }
                details id="lesson-task" open { summary { "The task" } div.prose lang=[language] { (prose::markdown(&current.text)) } }
                @if !current.answers.is_empty() {
                    div.buttons data-quiet role="group" aria-label="Your answer" {
                        @for letter in current.answers.chars() {
                            @let word = format!("answer {letter}");
                            (parts::action(visit, LESSON, &format!("lesson-answer-{letter}"), &format!("Answer {letter}"), &[("word", &word), ("back", &visit.path)]))
                        }
                    }
                }
            } @else {
                div id="coach" data-says=(newest) {
                    p { "Every step is behind you." }
                    @if let Some(closing) = &place.closing { div.prose lang=[language] { (prose::markdown(closing)) } }
                    @for text in &said { div.said { (prose::said(text)) } }
                }
            }
            details id="lesson-steps" {
                summary { "Steps: " (earned) " of " (all) " points" }
                ol { @for (word, goal) in &place.steps { li { span lang=[language] { (goal) } " " span.code { "(" (word) ")" } } } }
            }
            (parts::action(visit, LESSON, "lesson-hide", "Hide the lesson", &[("word", "hide"), ("back", &visit.path)]))
        }
    })
}

fn foot(visit: &Visit) -> Markup {
    let is_hidden = visit.house.lesson.is_some() && !visit.session.shows_lesson();
    html! {
        footer {
            @if is_hidden {
                (parts::action(visit, LESSON, "lesson-show", "Show the lesson", &[("word", "show"), ("back", &visit.path)]))
            }
            p { "A practice console with its own design, for the simulated account on this computer. It is not made, run or endorsed by AWS." }
            noscript { p { "Without JavaScript this page does not update itself: load it again to see what has changed." } }
        }
    }
}
