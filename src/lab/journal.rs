//! The journal: what happened, as typed events, in memory and (for a lab) as one JSON line each in a file.
//!
//! A line is appended in one write, so that a kill loses at most the event in flight; a torn last line is cut off when the
//! journal is opened again. A damaged line elsewhere is named and the file left as it is.
//!
//! Memory and file are bounded. A look at the account that is the same as one just before (a waiter polls every few
//! seconds) takes its place and is not written again. When there are too many events, those go first that a newer one
//! stands for, then old commands, which nothing is graded by, and the oldest last.

#![expect(
    clippy::disallowed_methods,
    reason = "the journal is a file and stamps events with the time"
)]

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::course::evidence::{Event, What};
use crate::lab::files::{read_if_there, write_atomically};

/// How many events are kept when there are too many.
const KEPT: usize = 4096;
/// So many are too many.
const TOO_MANY: usize = KEPT + KEPT / 4;
/// How many of the learner's newest commands are kept then.
const COMMANDS: usize = 512;
/// So many looks at the account in a row are searched for the same one: a waiter may ask for several things by turns.
const IN_A_ROW: usize = 8;

/// All events of one simulation, oldest first.
#[derive(Debug)]
pub struct Journal {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Event>,
    last: u64,
    path: PathBuf,
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
        let file = append_to(path).map_err(failed)?;
        file.set_len(state.written).map_err(failed)?;
        state.file = Some(file);
        path.clone_into(&mut state.path);
        state.forget_some();
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
        if let Some(same) = state.same_look(&event.what) {
            state.events.remove(same);
            state.keep(event);
            return;
        }
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
        state.forget_some();
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
    }

    /// The same look at the account among those just before.
    fn same_look(&self, what: &What) -> Option<usize> {
        if !what.is_look() {
            return None;
        }
        let row = self.events.iter().enumerate().rev().take(IN_A_ROW);
        row.take_while(|(_, event)| event.what.is_look())
            .find(|(_, event)| event.what == *what)
            .map(|(index, _)| index)
    }

    /// Makes room when there are too many events, in memory and in the file.
    fn forget_some(&mut self) {
        if self.events.len() <= TOO_MANY {
            return;
        }
        self.events = forget(std::mem::take(&mut self.events));
        if self.file.is_some() {
            // On a full disk the old file stays, and is added to.
            let _ = self.write_anew();
        }
    }

    fn write_anew(&mut self) -> std::io::Result<()> {
        let mut lines = Vec::new();
        for event in &self.events {
            serde_json::to_writer(&mut lines, event)?;
            lines.push(b'\n');
        }
        write_atomically(&self.path, &lines)?;
        self.file = Some(append_to(&self.path)?);
        self.written = lines.len() as u64;
        Ok(())
    }
}

fn append_to(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// At most [`KEPT`] of these events, oldest first.
fn forget(events: VecDeque<Event>) -> VecDeque<Event> {
    let mut newer_looks: Vec<Event> = Vec::new();
    let mut commands = 0;
    let mut left: VecDeque<Event> = VecDeque::with_capacity(KEPT);
    let mut too_many = events.len().saturating_sub(KEPT);
    // From the newest to the oldest: what may go is known by what came after it.
    for event in events.into_iter().rev() {
        let goes = if event.what.is_look() {
            let superseded = newer_looks
                .iter()
                .any(|newer| event.what.is_superseded_by(&newer.what));
            if !superseded {
                newer_looks.push(event.clone());
            }
            superseded
        } else if matches!(event.what, What::ShellCommand { .. }) {
            commands += 1;
            commands > COMMANDS
        } else {
            false
        };
        if goes {
            too_many = too_many.saturating_sub(1);
        } else {
            left.push_front(event);
        }
    }
    left.drain(..too_many.min(left.len()));
    left
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
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_private_half_that_was_sent_has_one_name_here_and_in_the_cloud() {
        assert_eq!(
            crate::cloud::api::A_PRIVATE_HALF,
            crate::course::evidence::A_PRIVATE_HALF
        );
    }

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

    fn look(action: &str) -> What {
        What::Api {
            action: action.to_owned(),
            region: "us-east-1".to_owned(),
            parameters: BTreeMap::new(),
            error: None,
        }
    }

    fn numbers(journal: &Journal) -> Vec<u64> {
        let events = journal.since(0);
        events.iter().map(|event| event.number).collect()
    }

    #[test]
    fn a_waiter_that_polls_is_one_event_with_its_newest_time_and_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let journal = Journal::open(&path).unwrap();
        journal.add(look("DescribeInstances"));
        journal.add(look("DescribeInstanceStatus"));
        let before = std::fs::read(&path).unwrap();
        for _ in 0..10_000 {
            journal.add(look("DescribeInstances"));
            journal.add(look("DescribeInstanceStatus"));
        }
        assert_eq!(numbers(&journal), [20_001, 20_002]);
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert_eq!(numbers(&Journal::open(&path).unwrap()), [1, 2]);
    }

    #[test]
    fn a_look_after_something_else_happened_is_an_event_of_its_own() {
        let journal = Journal::in_memory();
        journal.add(look("DescribeInstances"));
        journal.add(look("RunInstances"));
        journal.add(look("RunInstances"));
        journal.add(look("DescribeInstances"));
        assert_eq!(numbers(&journal), [1, 2, 3, 4]);
    }

    #[test]
    fn what_is_graded_outlasts_a_hundred_thousand_looks_and_commands_and_the_file_stays_small() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let journal = Journal::open(&path).unwrap();
        let command = What::ShellCommand {
            line: Some("aws ec2 describe-instances".to_owned()),
            status: 0,
            directory: "/".to_owned(),
        };
        journal.add(look("CreateKeyPair"));
        journal.add(look("DescribeRegions"));
        journal.add(What::Disconnected { session: 7 });
        let mut longest = 0;
        for _ in 0..50_000 {
            journal.add(look("DescribeInstances"));
            journal.add(command.clone());
            longest = longest.max(journal.state.lock().unwrap().written);
        }
        let line = longest / TOO_MANY as u64;
        assert!(line < 200, "{longest} bytes");
        let kept = journal.since(0);
        for graded in [
            look("CreateKeyPair"),
            look("DescribeRegions"),
            look("DescribeInstances"),
            What::Disconnected { session: 7 },
        ] {
            assert!(kept.iter().any(|event| event.what == graded), "{graded:?}");
        }
        assert!(kept.is_sorted_by_key(|event| event.number));
        drop(journal);
        assert_eq!(Journal::open(&path).unwrap().since(0), kept);
    }

    #[test]
    fn when_nothing_may_be_missed_the_oldest_go() {
        let journal = Journal::in_memory();
        for _ in 0..=TOO_MANY {
            journal.add(look("CreateKeyPair"));
        }
        let kept = numbers(&journal);
        assert_eq!(kept.len(), KEPT);
        assert_eq!(kept.last(), Some(&(TOO_MANY as u64 + 1)));
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
