//! What pages are made of.

pub(super) mod boxes;
pub(super) mod field;
pub(super) mod notice;
pub(super) mod prose;
pub(super) mod state;
pub(super) mod table;
pub(super) mod tabs;
pub(super) mod tags;

use maud::{Markup, html};

use crate::console::account::Moment;
use crate::console::desk::TOKEN;
use crate::console::visit::Visit;

/// A form that is posted to `action`, with what proves that this page made it, and above its fields what was refused.
pub(super) fn form(visit: &Visit, action: &str, fields: &Markup) -> Markup {
    html! {
        (refusal(visit))
        form method="post" action=(action) enctype="multipart/form-data" novalidate {
            input type="hidden" name=(TOKEN) value=(visit.form_token());
            (fields)
        }
    }
}

/// A button that is a form of its own: it does one thing, with these hidden fields.
pub(super) fn action(
    visit: &Visit,
    to: &str,
    id: &str,
    label: &str,
    hidden: &[(&str, &str)],
) -> Markup {
    html! {
        form.inline method="post" action=(to) {
            input type="hidden" name=(TOKEN) value=(visit.form_token());
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            button.button id=(id) type="submit" { (label) }
        }
    }
}

/// What Enter in a field does, where a form has other buttons before the one that sends it: browsers press the first.
pub(super) fn enter() -> Markup {
    html! { button.unseen type="submit" tabindex="-1" aria-hidden="true" { "Send" } }
}

/// The last row of a form: what sends it, and the way out.
pub(super) fn buttons(submit: &str, cancel: &str) -> Markup {
    html! {
        div.buttons {
            a.button href=(cancel) id="cancel" { "Cancel" }
            button.button.primary id="submit" type="submit" { (submit) }
        }
    }
}

/// The same for what cannot be undone.
pub(super) fn danger_buttons(submit: &str, cancel: &str) -> Markup {
    html! {
        div.buttons {
            a.button href=(cancel) id="cancel" { "Cancel" }
            button.button.danger id="submit" type="submit" { (submit) }
        }
    }
}

/// Where somebody is: the way from EC2 to this page. Pairs of label and path; the page itself has no path.
pub(super) fn crumbs(way: &[(&str, &str)], here: &str) -> Markup {
    html! {
        nav.crumbs aria-label="Breadcrumb" {
            ol {
                li { a href="/" { "EC2" } }
                @for (label, path) in way { li { a href=(path) { (label) } } }
                li aria-current="page" { (here) }
            }
        }
    }
}

/// A part of a form or a page, under a heading of its own.
pub(super) fn section(title: &str, content: &Markup) -> Markup {
    html! { section.card { h2 { (title) } (content) } }
}

/// A time, to read and for programs.
pub(super) fn time(moment: Moment) -> Markup {
    html! { time datetime=(moment.machine()) { (moment.words()) } }
}

/// A text to be copied as it is, with a button for it where there is a script.
pub(super) fn copyable(id: &str, text: &str, what: &str) -> Markup {
    html! {
        span.copyable {
            code id=(id) { (text) }
            button.copy type="button" hidden data-copy=(id) { "Copy" span.unseen { " " (what) } }
        }
    }
}

/// Why a form was refused, at its head: a link leads to the field.
fn refusal(visit: &Visit) -> Markup {
    let Some(refused) = visit.refused() else {
        return html! {};
    };
    let error = &refused.error;
    html! {
        div.notice.problem role="alert" id="refused" {
            p { strong { @if refused.half.is_some() { "Done in part. " } @else { "Not done. " } } (error.code) }
            @if let Some(half) = &refused.half { p id="half" { (half) } }
            p {
                @match &refused.field {
                    Some(field) => a href={ "#" (field::id(field)) } { (error.message) },
                    None => (error.message),
                }
            }
        }
    }
}
