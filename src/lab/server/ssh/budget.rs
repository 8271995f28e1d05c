//! The bytes that all channels of a server keep together, and the sessions that each machine has: what a flood cannot pass.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What the channels share.
#[derive(Debug)]
pub(super) struct Budget {
    most: usize,
    used: AtomicUsize,
    most_sessions: usize,
    sessions: Mutex<BTreeMap<String, usize>>,
}

/// What one channel keeps; given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    budget: Arc<Budget>,
    bytes: usize,
}

/// One session of a machine; given back when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    budget: Arc<Budget>,
    instance: String,
}

impl Budget {
    /// So many bytes for all, and so many sessions for each machine.
    pub(super) fn new(most: usize, most_sessions: usize) -> Self {
        Self {
            most,
            used: AtomicUsize::new(0),
            most_sessions,
            sessions: Mutex::default(),
        }
    }

    /// A share of nothing.
    pub(super) fn share(self: &Arc<Self>) -> Share {
        Share {
            budget: Arc::clone(self),
            bytes: 0,
        }
    }

    /// A session on a machine, if it has room for one more.
    pub(super) fn seat(self: &Arc<Self>, instance: &str) -> Option<Seat> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = sessions.entry(instance.to_owned()).or_default();
        if *taken >= self.most_sessions {
            return None;
        }
        *taken += 1;
        Some(Seat {
            budget: Arc::clone(self),
            instance: instance.to_owned(),
        })
    }

    #[cfg(test)]
    fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

impl Share {
    /// Sets how much it is. False, and nothing changed, when there is no room for more; less is always possible.
    pub(super) fn set(&mut self, bytes: usize) -> bool {
        let budget = &self.budget;
        if bytes <= self.bytes {
            budget.used.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        } else {
            let more = bytes - self.bytes;
            let before = budget.used.fetch_add(more, Ordering::Relaxed);
            if before + more > budget.most {
                budget.used.fetch_sub(more, Ordering::Relaxed);
                return false;
            }
        }
        self.bytes = bytes;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.set(0);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut sessions = self
            .budget
            .sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = sessions.get_mut(&self.instance) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                sessions.remove(&self.instance);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_given_back_and_together_never_pass_the_budget() {
        let budget = Arc::new(Budget::new(100, 1));
        let (mut a, mut b) = (budget.share(), budget.share());
        assert!(a.set(60) && !b.set(41) && b.set(40));
        assert!(a.set(10) && b.set(90));
        drop(b);
        assert_eq!(budget.used(), 10);
        drop(a);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn a_full_machine_does_not_fill_another() {
        let budget = Arc::new(Budget::new(0, 1));
        let seat = budget.seat("i-1");
        assert!(seat.is_some() && budget.seat("i-1").is_none() && budget.seat("i-2").is_some());
        drop(seat);
        assert!(budget.seat("i-1").is_some());
    }
}
