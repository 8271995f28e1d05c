//! A learner as a hand-in names them, and what they are compared by.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest name, id or address, in characters.
pub const LONGEST: usize = 100;

/// Who handed in. Whatever the class did not ask for is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Learner {
    /// As they wrote it.
    pub name: Option<String>,
    /// A student number, a login: whatever the class means by it.
    pub id: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
}

impl Learner {
    /// In one line, or none for somebody without any name.
    pub fn words(&self) -> Option<String> {
        let parts = [&self.name, &self.id, &self.email];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// Whether every text is one line of a decent length.
    pub fn is_decent(&self) -> bool {
        [&self.name, &self.id, &self.email]
            .into_iter()
            .flatten()
            .all(|text| clean(text).as_deref() == Some(text))
    }
}

/// A typed name without what no name has, or none when nothing is left.
pub fn clean(typed: &str) -> Option<String> {
    let text: String = typed
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect();
    let text = text.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// A text as it is compared: capitals and spaces around it do not matter, nor the `#` that Brightspace puts before an id.
pub(super) fn folded(text: &str) -> String {
    let text = text.trim().to_lowercase();
    text.strip_prefix('#').unwrap_or(&text).to_owned()
}

/// A person's name as it is compared: `Hopper, Grace` is `grace hopper`.
pub(super) fn folded_name(name: &str) -> String {
    let name = match name.split_once(',') {
        Some((last, first)) => format!("{first} {last}"),
        None => name.to_owned(),
    };
    let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learner(name: &str, id: &str) -> Learner {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Learner {
            name: some(name),
            id: some(id),
            email: None,
        }
    }

    #[test]
    fn what_no_name_has_is_left_out() {
        assert_eq!(clean("  Ada\u{7}\n "), Some("Ada".into()));
        assert_eq!(clean(" \t "), None);
        assert_eq!(clean(&"x".repeat(500)).unwrap().len(), LONGEST);
        assert!(!learner("a\nb", "").is_decent());
    }

    #[test]
    fn names_are_compared_in_both_orders() {
        assert_eq!(folded_name("Hopper,  Grace"), folded_name("grace HOPPER"));
    }
}
