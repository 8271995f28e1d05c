//! The journal: what happened, as typed events, in memory and (for a lab) as one JSON line each in a file.
//!
//! A line is appended in one write, so that a kill loses at most the event in flight; a torn last line is cut off when the
//! journal is opened again. A damaged line elsewhere is named and the file left as it is. The newest events are enough for coaching: memory is bounded.

#![expect(
    clippy::disallowed_methods,
    reason = "the journal is a file and stamps events with the time"
)]

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::course::evidence::{Event, What};
use crate::lab::files::read_if_there;

/// How many events are kept for coaching.
const KEPT: usize = 4096;

/// All events of one simulation, oldest first.
#[derive(Debug)]
pub struct Journal {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    events: std::collections::VecDeque<Event>,
    last: u64,
    file: Option<File>,
    /// The file's bytes: whole lines.
    written: u64,
}

/// The journal's file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the journal {path} cannot be used: {source}")]
pub struct JournalError {
    path: PathBuf,
    source: std::io::Error,
}

impl Journal {
    /// A journal in memory only.
    pub fn in_memory() -> Self {
        Self {
            state: Mutex::default(),
        }
    }

    /// A journal that goes on from a file, or begins one.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let failed = |source| JournalError {
            path: path.to_owned(),
            source,
        };
        let mut state = read(path).map_err(failed)?;
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(failed)?;
        file.set_len(state.written).map_err(failed)?;
        state.file = Some(file);
        Ok(Self {
            state: Mutex::new(state),
        })
    }

    /// What a file holds, which may be in use; what is added is not written to it.
    pub fn look(path: &Path) -> Result<Self, JournalError> {
        let state = read(path).map_err(|source| JournalError {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            state: Mutex::new(state),
        })
    }

    /// Adds an event that happens now.
    pub fn add(&self, what: What) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        let event = Event {
            number: state.last + 1,
            at: now(),
            what,
        };
        if let Some(file) = state.file.as_mut()
            && let Ok(mut line) = serde_json::to_vec(&event)
        {
            line.push(b'\n');
            // A full disk must not stop the lab: the event is still there for coaching, and no half line stays.
            if file.write_all(&line).is_ok() {
                state.written += line.len() as u64;
            } else {
                let _ = file.set_len(state.written);
            }
        }
        state.keep(event);
    }

    /// Forgets everything; numbers go on.
    pub fn clear(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.events.clear();
        if state
            .file
            .as_ref()
            .is_some_and(|file| file.set_len(0).is_ok())
        {
            state.written = 0;
        }
    }

    /// The number of the newest event, 0 before the first.
    pub fn last(&self) -> u64 {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .last
    }

    /// The highest number of a connection, 0 before the first.
    pub fn last_session(&self) -> u64 {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state
            .events
            .iter()
            .map(|event| event.what.session().unwrap_or(0))
            .max()
            .unwrap_or(0)
    }

    /// Events with a number greater than `number`, oldest first.
    pub fn since(&self, number: u64) -> Vec<Event> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let first = state.events.partition_point(|event| event.number <= number);
        state.events.iter().skip(first).cloned().collect()
    }
}

/// The whole events of a file. A last line without its end is left out: a kill tore it.
fn read(path: &Path) -> std::io::Result<State> {
    let mut state = State::default();
    let bytes = read_if_there(path)?.unwrap_or_default();
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if line.last() != Some(&b'\n') {
            break;
        }
        let event = serde_json::from_slice(line).map_err(|error| {
            let text = format!("line {} is damaged: {error}", number + 1);
            std::io::Error::new(std::io::ErrorKind::InvalidData, text)
        })?;
        state.written += line.len() as u64;
        state.keep(event);
    }
    Ok(state)
}

impl State {
    fn keep(&mut self, event: Event) {
        self.last = event.number;
        self.events.push_back(event);
        if self.events.len() > KEPT {
            self.events.pop_front();
        }
    }
}

/// The time of day.
pub fn timestamp() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Unix milliseconds.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_is_cut_off_and_the_rest_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let journal = Journal::open(&path).unwrap();
        journal.add(What::Disconnected { session: 1 });
        journal.add(What::Disconnected { session: 2 });
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
        let journal = Journal::open(&path).unwrap();
        assert_eq!(journal.last(), 1);
        journal.add(What::Disconnected { session: 3 });
        let numbers: Vec<u64> = Journal::open(&path)
            .unwrap()
            .since(0)
            .iter()
            .map(|event| event.number)
            .collect();
        assert_eq!(numbers, [1, 2]);
    }

    #[test]
    fn a_damaged_line_is_named_and_nothing_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let journal = Journal::open(&path).unwrap();
        journal.add(What::Disconnected { session: 1 });
        journal.add(What::Disconnected { session: 2 });
        drop(journal);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.splice(0..1, *b"?");
        std::fs::write(&path, &bytes).unwrap();
        let refused = Journal::open(&path).unwrap_err();
        assert!(
            refused.to_string().contains("line 1 is damaged"),
            "{refused}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn a_line_that_does_not_fit_leaves_no_half_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let journal = Journal::open(&path).unwrap();
        journal.add(What::Disconnected { session: 1 });
        let whole = std::fs::read(&path).unwrap();
        // As a full disk does: nothing can be written any more, through this handle at least.
        journal.state.lock().unwrap().file = Some(File::open(&path).unwrap());
        journal.add(What::Disconnected { session: 2 });
        assert_eq!(journal.last(), 2);
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }
}
