//! What is said at the head of a page about what was just done.

use maud::{Markup, html};

/// What was done; its kind is said in words too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::console) struct Notice {
    kind: Kind,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Done,
    Careful,
}

impl Notice {
    /// It was done.
    pub(in crate::console) fn done(text: impl Into<String>) -> Self {
        Self {
            kind: Kind::Done,
            text: text.into(),
        }
    }

    /// It was done, and there is something to be careful about.
    pub(in crate::console) fn careful(text: impl Into<String>) -> Self {
        Self {
            kind: Kind::Careful,
            text: text.into(),
        }
    }

    /// As it is shown, and read aloud.
    pub(in crate::console) fn show(&self) -> Markup {
        let (class, word) = match self.kind {
            Kind::Done => ("notice done", "Done. "),
            Kind::Careful => ("notice careful", "Careful. "),
        };
        html! {
            div class=(class) role="status" id="notice" { p { strong { (word) } (self.text) } }
        }
    }
}

/// A word of caution that belongs to the page.
pub(in crate::console) fn caution(text: &Markup) -> Markup {
    html! { div.notice.careful { p { strong { "Careful. " } (text) } } }
}

/// Something good to know.
pub(in crate::console) fn remark(text: &Markup) -> Markup {
    html! { div.notice { p { (text) } } }
}
