//! Views of one thing: each is a page of its own, and the row of links leads from one to the other.

use maud::{Markup, html};

/// The row. Pairs of label and path; `here` is the path that is shown.
pub(in crate::console) fn tabs(of: &str, all: &[(&str, String)], here: &str) -> Markup {
    html! {
        nav.tabs aria-label=(of) {
            ul {
                @for (label, path) in all {
                    li { a href=(path) aria-current=[(path == here).then_some("page")] { (label) } }
                }
            }
        }
    }
}

/// What is known about something: pairs of name and value. It is replaced by itself when something changes.
pub(in crate::console) fn facts(id: &str, title: &str, all: &[(&str, Markup)]) -> Markup {
    html! {
        section.card id=(id) data-live aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (title) }
            dl.facts { @for (name, value) in all { div { dt { (name) } dd { (value) } } } }
        }
    }
}
