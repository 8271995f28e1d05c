//! The record of every call that this program made: for `lab about`, for tests, and for whoever owns the account.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::lab::journal::now;

/// One call, as a line of `aws-calls.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// When it began, Unix milliseconds.
    pub at: i64,
    /// The look that it belongs to, from 1: calls of one grading have the same number. 0 before the lesson.
    pub look: u64,
    /// The words after `aws`.
    pub words: Vec<String>,
    /// How long it took, milliseconds.
    pub took: u64,
    /// `ok`, or what failed.
    pub outcome: String,
}

/// The record.
#[derive(Debug, Default)]
pub struct Record {
    calls: Mutex<Vec<Recorded>>,
    looks: AtomicU64,
    path: Option<PathBuf>,
}

impl Record {
    /// In memory only.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// Also added to a file, one JSON line a call.
    pub fn in_file(path: &Path) -> Self {
        Self {
            path: Some(path.to_owned()),
            ..Self::default()
        }
    }

    /// The number of a new look.
    pub fn new_look(&self) -> u64 {
        self.looks.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Adds a call.
    pub fn add(&self, look: u64, words: &[String], took: std::time::Duration, outcome: &str) {
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let call = Recorded {
            at: now() - i64::try_from(took).unwrap_or(0),
            look,
            words: words.to_vec(),
            took,
            outcome: outcome.to_owned(),
        };
        if let Some(path) = &self.path
            && let Ok(mut line) = serde_json::to_vec(&call)
        {
            line.push(b'\n');
            let file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(path);
            // A full disk must not stop the lab.
            drop(file.and_then(|mut file| file.write_all(&line)));
        }
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(call);
    }

    /// All calls, oldest first.
    pub fn calls(&self) -> Vec<Recorded> {
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
