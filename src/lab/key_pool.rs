//! RSA keys made ahead: one takes 50 ms and more to make, and CreateKeyPair must not wait for that.
//!
//! Threads of its own fill the pool to its capacity and sleep; whoever takes a key wakes them. They give way to all other
//! work: so the endpoint answers at full speed while they are busy. A key is handed out once.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::cloud::env::RsaSource;
use crate::keys::{KeyType, PrivateKey};

/// A pool of ready RSA-2048 keys. Dropping it ends its threads.
#[derive(Debug)]
pub struct KeyPool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// A key was added, one was taken, or the end was called.
    changed: Condvar,
    capacity: usize,
}

#[derive(Debug, Default)]
struct State {
    ready: VecDeque<PrivateKey>,
    ended: bool,
}

impl KeyPool {
    /// A pool that keeps `capacity` keys ready, made by `threads` threads.
    pub fn new(capacity: usize, threads: usize) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            capacity: capacity.max(1),
        });
        for _ in 0..threads.max(1) {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || shared.fill());
        }
        Self { shared }
    }

    /// How many keys are ready now.
    pub fn ready(&self) -> usize {
        self.shared.lock().ready.len()
    }

    /// The next key; waits while none is ready.
    pub fn take(&self) -> PrivateKey {
        let mut state = self.shared.lock();
        loop {
            if let Some(key) = state.ready.pop_front() {
                self.shared.changed.notify_all();
                return key;
            }
            state = self
                .shared
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl RsaSource for &KeyPool {
    fn next_rsa(&mut self) -> PrivateKey {
        self.take()
    }
}

impl Drop for KeyPool {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fill(&self) {
        crate::lab::limits::give_way();
        let mut rng = StdRng::from_rng(&mut rand::rng());
        loop {
            {
                let mut state = self.lock();
                while state.ready.len() >= self.capacity && !state.ended {
                    state = self
                        .changed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                if state.ended {
                    return;
                }
            }
            // A failure means that a candidate did not make a valid key: the next one will.
            if let Ok(key) = PrivateKey::generate(KeyType::Rsa, &mut rng) {
                self.lock().ready.push_back(key);
                self.changed.notify_all();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_handed_out_twice() {
        let pool = KeyPool::new(2, 1);
        let (a, b, c) = (pool.take(), pool.take(), pool.take());
        assert_ne!(a.pem(), b.pem());
        assert_ne!(b.pem(), c.pem());
        assert_ne!(a.pem(), c.pem());
    }
}
