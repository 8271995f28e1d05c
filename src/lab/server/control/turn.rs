//! Turns: what a shell tells is heard in the order in which it was told.
//!
//! Each connection is served by its own task, and on a busy computer the second may run before the first: the coach would take an
//! older command for the newest.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long a connection waits for the one before it, which may be a client that sends nothing.
const PATIENCE: Duration = Duration::from_millis(300);

/// Hands out turns.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<Option<oneshot::Receiver<()>>>);

impl Turns {
    /// The turn of a connection that was just accepted.
    pub(super) fn next(&self) -> Turn {
        let (ended, end) = oneshot::channel();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Turn {
            before: last.replace(end),
            _ended: ended,
        }
    }
}

/// One turn; it ends when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    before: Option<oneshot::Receiver<()>>,
    _ended: oneshot::Sender<()>,
}

impl Turn {
    /// Waits until it has come.
    pub(super) async fn come(&mut self) {
        if let Some(before) = &mut self.before {
            // An error says that the turn before was dropped, which is what is waited for.
            drop(timeout(PATIENCE, before).await);
            self.before = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn has_come(turn: &mut Turn) -> bool {
        tokio::select! {
            biased;
            () = turn.come() => true,
            () = std::future::ready(()) => false,
        }
    }

    #[tokio::test]
    async fn a_turn_comes_when_the_one_before_ends_or_has_had_its_time() {
        let turns = Turns::default();
        let (mut first, mut second, mut third) = (turns.next(), turns.next(), turns.next());
        assert!(has_come(&mut first).await);
        assert!(!has_come(&mut second).await);
        drop(first);
        assert!(has_come(&mut second).await);
        assert!(!has_come(&mut third).await);
        third.come().await;
    }
}
