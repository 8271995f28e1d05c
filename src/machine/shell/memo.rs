//! What was made of a text, kept for the next time: every login reads the same start-up files, and a class logs in at once.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Texts that are kept. When there are more, it starts anew.
const TEXTS: usize = 64;

/// What was made of some texts. It depends on nothing but the text.
pub(super) struct Memo<T> {
    known: LazyLock<Mutex<HashMap<String, T>>>,
    longest: usize,
}

impl<T: Clone> Memo<T> {
    /// Nothing yet. Texts of more than so many bytes are not kept.
    pub(super) const fn new(longest: usize) -> Self {
        Self {
            known: LazyLock::new(Mutex::default),
            longest,
        }
    }

    /// What this text comes to; made when it is not known.
    pub(super) fn of(&self, text: &str, make: impl FnOnce(&str) -> T) -> T {
        if text.len() > self.longest {
            return make(text);
        }
        if let Some(made) = self.lock().get(text) {
            return made.clone();
        }
        let made = make(text);
        let mut known = self.lock();
        if known.len() >= TEXTS {
            known.clear();
        }
        known.insert(text.to_owned(), made.clone());
        made
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, T>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_and_it_never_grows_beyond_its_bounds() {
        let memo = Memo::new(3);
        for number in 1..1000 {
            let text = number.to_string();
            assert_eq!(memo.of(&text, |_| number), number);
            assert_eq!(memo.of(&text, |_| 0), number);
        }
        assert_eq!(memo.of("1000", str::len), 4);
        let known = memo.lock();
        assert!(known.len() <= TEXTS && known.keys().all(|text| text.len() <= 3));
    }
}
