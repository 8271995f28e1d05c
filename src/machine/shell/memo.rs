//! What was made of a text, kept for the next time: every login reads the same start-up files, and a class logs in at once.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Texts that are kept. When there are more, it starts anew.
const TEXTS: usize = 64;
/// The longest text that is kept, in bytes.
const LONGEST: usize = 4 * 1024;

/// What was made of some texts. It depends on nothing but the text.
pub(super) struct Memo<T> {
    known: LazyLock<Mutex<HashMap<String, T>>>,
}

impl<T: Clone> Memo<T> {
    /// Nothing yet.
    pub(super) const fn new() -> Self {
        Self {
            known: LazyLock::new(Mutex::default),
        }
    }

    /// What was made of this text, if it is known.
    pub(super) fn get(&self, text: &str) -> Option<T> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(text).cloned()
    }

    /// Keeps what was made of a text.
    pub(super) fn keep(&self, text: &str, made: T) {
        if text.len() > LONGEST {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= TEXTS {
            known.clear();
        }
        known.insert(text.to_owned(), made);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_and_it_never_grows_beyond_its_bounds() {
        let memo = Memo::new();
        for number in 0..1000 {
            memo.keep(&number.to_string(), number);
            assert_eq!(memo.get(&number.to_string()), Some(number));
        }
        memo.keep(&"x".repeat(LONGEST + 1), 0);
        let known = memo.known.lock().unwrap();
        assert!(known.len() <= TEXTS && known.keys().all(|text| text.len() <= LONGEST));
    }
}
