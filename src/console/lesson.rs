//! The lesson beside the account: where the learner is, and what the coach says, in its own words.
//!
//! The page is one more listener of the coach's, like `groundschool watch`: however many windows are open, it is told each
//! thing once, and all of them show it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::lab::coach::Place;
use crate::lab::front::Front;
use crate::lab::voice::Voice;
use crate::lab::watch::Watch;

/// Things that the coach has said and that are still shown.
const MOST_SAID: usize = 2;

/// The lesson of an open lab.
pub(super) struct Lesson {
    watch: Mutex<Watch>,
    said: Mutex<Vec<String>>,
    /// Rises with everything that is said.
    stamp: AtomicU64,
}

/// What can be asked for with a button, and the lab's word for it.
pub(super) const WORDS: &[(&str, &str)] = &[
    ("hint", "Hint"),
    ("check", "Check now"),
    ("why", "Why did ssh fail?"),
    ("skip", "Skip this step"),
];

impl Lesson {
    /// Listens to the coach; none when too many do.
    pub(super) fn new(front: Arc<Front>) -> Option<Self> {
        Some(Self {
            watch: Mutex::new(Watch::new(front, Voice::bare())?),
            said: Mutex::default(),
            stamp: AtomicU64::new(0),
        })
    }

    /// Hears what is new. Reads the disk; while somebody else does so there is nothing to do.
    pub(super) fn look(&self) {
        if let Ok(mut watch) = self.watch.try_lock() {
            let text = watch.glance();
            self.keep(text);
        }
    }

    /// Asks for something.
    pub(super) fn ask(&self, word: &str) {
        let text = self.watch().answer(word);
        self.keep(text);
    }

    /// Where the learner is.
    pub(super) fn place(&self) -> Place {
        self.watch().front().coach().place()
    }

    /// What was said, the newest last.
    pub(super) fn said(&self) -> Vec<String> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.clone()
    }

    /// Another number when something was said.
    pub(super) fn stamp(&self) -> u64 {
        self.stamp.load(Ordering::Relaxed)
    }

    fn keep(&self, text: String) {
        if text.is_empty() {
            return;
        }
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() >= MOST_SAID {
            said.remove(0);
        }
        said.push(text);
        self.stamp.fetch_add(1, Ordering::Relaxed);
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
