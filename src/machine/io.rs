//! Where a command's input comes from and where its output goes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic elsewhere: the data are plain.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where output goes.
#[derive(Debug, Clone)]
pub(crate) enum Sink {
    /// The session's standard output, or its terminal.
    Out,
    /// The session's standard error, or its terminal.
    Err,
    /// A pipe or a command substitution.
    Pipe(Arc<Mutex<Vec<u8>>>),
    /// The file at this canonical path; it is open, so rights are not looked at again.
    File(String),
    /// Nowhere: `/dev/null`.
    Nowhere,
    /// Closed with `>&-`.
    Closed,
}

impl Sink {
    /// A new pipe, and its reading end.
    pub(crate) fn pipe() -> (Self, Arc<Mutex<Vec<u8>>>) {
        let pipe = Arc::<Mutex<Vec<u8>>>::default();
        (Self::Pipe(Arc::clone(&pipe)), pipe)
    }
}

/// Where input comes from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// The session's standard input, or its terminal.
    Terminal,
    /// What was read before: a file, a pipe, a here-document. Shared, so that `read` leaves the rest to the next.
    Bytes(Arc<Mutex<Vec<u8>>>),
}

impl Source {
    pub(crate) fn bytes(bytes: Vec<u8>) -> Self {
        Self::Bytes(Arc::new(Mutex::new(bytes)))
    }
}

/// A command's three streams.
#[derive(Debug, Clone)]
pub(crate) struct Io {
    pub(crate) stdin: Source,
    pub(crate) out: Sink,
    pub(crate) err: Sink,
    /// Started with `&`: nobody waits for its sleep.
    pub(crate) background: bool,
    /// Its status is looked at (a condition, the left of `&&`): `set -e` does not act.
    pub(crate) checked: bool,
}

impl Io {
    /// The session's own streams.
    pub(crate) fn session() -> Self {
        Self {
            stdin: Source::Terminal,
            out: Sink::Out,
            err: Sink::Err,
            background: false,
            checked: false,
        }
    }

    pub(crate) fn checked(&self) -> Self {
        Self {
            checked: true,
            ..self.clone()
        }
    }
}
