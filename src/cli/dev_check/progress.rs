//! How far a proof has come: one line on a terminal that is written over, and nothing anywhere else.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cli::lab_options;

/// The count.
pub(super) struct Progress {
    proved: AtomicUsize,
    all: usize,
    is_shown: bool,
}

impl Progress {
    pub(super) fn of(all: usize) -> Self {
        let progress = Self {
            proved: AtomicUsize::new(0),
            all,
            // Nothing is written over where colour is not welcome either: a screen reader would read each line.
            is_shown: std::io::stderr().is_terminal() && lab_options::voice(false).has_colour(),
        };
        progress.show(0);
        progress
    }

    /// One more.
    pub(super) fn proved(&self) {
        self.show(self.proved.fetch_add(1, Ordering::Relaxed) + 1);
    }

    fn show(&self, proved: usize) {
        if self.is_shown {
            anstream::eprint!("\r{proved} of {} claims looked at", self.all);
        }
    }

    /// Takes the line away.
    pub(super) fn end(&self) {
        if self.is_shown {
            anstream::eprint!("\r{:40}\r", "");
        }
    }
}
