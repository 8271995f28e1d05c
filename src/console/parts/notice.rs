//! What is said at the head of a page about what was just done.

use maud::{Markup, html};

/// What was done, said in words too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::console) struct Notice(String);

impl Notice {
    /// It was done.
    pub(in crate::console) fn done(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As it is shown, and read aloud.
    pub(in crate::console) fn show(&self) -> Markup {
        html! {
            div.notice.done role="status" id="notice" { p { strong { "Done. " } (self.0) } }
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
