//! How something is, in a word. The mark before the word says it once more, to the eye, by shape and colour.

use maud::{Markup, html};

/// What kind of a state it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum Mood {
    /// All is well.
    Good,
    /// It will be something else soon.
    Busy,
    /// At rest.
    Off,
    /// Something is wrong.
    Bad,
}

impl Mood {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "state good",
            Self::Busy => "state busy",
            Self::Off => "state off",
            Self::Bad => "state bad",
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Self::Good => "\u{2713}",
            Self::Busy => "\u{25cc}",
            Self::Off => "\u{25a0}",
            Self::Bad => "\u{2715}",
        }
    }
}

/// The word with its mark.
pub(in crate::console) fn state(mood: Mood, word: &str) -> Markup {
    html! { span class=(mood.class()) { span.mark aria-hidden="true" { (mood.mark()) } " " (word) } }
}

/// For what is not there: a dash to the eye, words to the ear.
pub(in crate::console) fn nothing(words: &str) -> Markup {
    html! { span.nothing { span aria-hidden="true" { "\u{2013}" } span.unseen { (words) } } }
}
