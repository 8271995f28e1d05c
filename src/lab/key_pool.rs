//! RSA keys made ahead: one takes 50 ms and more to make, and CreateKeyPair must not wait for that.
//!
//! Threads of its own fill the pool to its capacity and sleep; whoever takes a key wakes them. They give way to all other
//! work and do not begin in the middle of a burst, so that the endpoint answers at full speed. A key is handed out once.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::cloud::env::RsaSource;
use crate::keys::{KeyType, PrivateKey};

/// The pool is filled up again when nobody has taken a key for so long, or at once when it is down to a quarter.
const CALM: Duration = Duration::from_millis(100);
/// Whoever finds the pool empty waits so long for its threads, then makes a key as well: on a busy computer they may not get on.
const PATIENCE: Duration = Duration::from_millis(250);

/// A pool of ready RSA-2048 keys. Dropping it ends its threads.
#[derive(Debug)]
pub struct KeyPool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// A key was added.
    added: Condvar,
    /// A full pool is not full any more, a pool is down to a quarter, or the end was called.
    wanted: Condvar,
    capacity: usize,
}

#[derive(Debug, Default)]
struct State {
    ready: VecDeque<PrivateKey>,
    /// Keys handed out so far.
    taken: u64,
    ended: bool,
}

impl KeyPool {
    /// A pool that keeps `capacity` keys ready, made by `threads` threads.
    pub fn new(capacity: usize, threads: usize) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            added: Condvar::new(),
            wanted: Condvar::new(),
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

    /// While this is held nobody gets a key.
    #[cfg(test)]
    pub(crate) fn hold(&self) -> impl Drop + '_ {
        self.shared.lock()
    }

    /// The next key; waits while none is ready.
    pub fn take(&self) -> PrivateKey {
        use tokio::runtime::{Handle, RuntimeFlavor};

        let on_many_threads = Handle::try_current()
            .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
        if on_many_threads && self.ready() == 0 {
            // The server has few threads: another one takes over what this one would have done meanwhile.
            tokio::task::block_in_place(|| self.wait_for_one())
        } else {
            self.wait_for_one()
        }
    }

    fn wait_for_one(&self) -> PrivateKey {
        loop {
            let state = self.shared.lock();
            let waited = self
                .shared
                .added
                .wait_timeout_while(state, PATIENCE, |state| state.ready.is_empty());
            let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            let before = state.ready.len();
            if let Some(key) = state.ready.pop_front() {
                state.taken += 1;
                if before == self.shared.capacity || before == self.shared.few() {
                    self.shared.wanted.notify_all();
                }
                return key;
            }
            drop(state);
            if let Ok(key) = PrivateKey::generate(KeyType::Rsa, &mut rand::rng()) {
                return key;
            }
        }
    }
}

/// A key that was taken before it is known whether it is needed: it goes back to the pool if not.
#[derive(Debug)]
pub struct InHand<'a> {
    key: Option<PrivateKey>,
    pool: &'a KeyPool,
}

impl<'a> InHand<'a> {
    /// No key yet: whoever wants one takes it then.
    pub fn none(pool: &'a KeyPool) -> Self {
        Self { key: None, pool }
    }

    /// One key, waited for.
    pub fn one(pool: &'a KeyPool) -> Self {
        let key = Some(pool.take());
        Self { key, pool }
    }
}

impl RsaSource for InHand<'_> {
    fn next_rsa(&mut self) -> PrivateKey {
        self.key.take().unwrap_or_else(|| self.pool.take())
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.pool.shared.lock().ready.push_front(key);
            self.pool.shared.added.notify_one();
        }
    }
}

impl Drop for KeyPool {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.wanted.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So few keys are made up at once.
    fn few(&self) -> usize {
        self.capacity.div_ceil(4)
    }

    fn fill(&self) {
        crate::lab::limits::give_way();
        let mut rng = StdRng::from_rng(&mut rand::rng());
        let mut calm = 0;
        while self.wait_for_room(&mut calm) {
            // A failure means that a candidate did not make a valid key: the next one will.
            if let Ok(key) = PrivateKey::generate(KeyType::Rsa, &mut rng) {
                self.lock().ready.push_back(key);
                self.added.notify_one();
            }
        }
    }

    /// Waits until a key should be made; false at the end. `calm` is the number of keys that were handed out when last
    /// nobody had taken one for a while.
    fn wait_for_room(&self, calm: &mut u64) -> bool {
        let mut state = self.lock();
        loop {
            if state.ended {
                return false;
            }
            if state.ready.len() >= self.capacity {
                state = self
                    .wanted
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            } else if state.ready.len() < self.few() || state.taken == *calm {
                return true;
            } else {
                let taken = state.taken;
                let waited = self
                    .wanted
                    .wait_timeout(state, CALM)
                    .unwrap_or_else(PoisonError::into_inner);
                state = waited.0;
                if waited.1.timed_out() && state.taken == taken {
                    *calm = taken;
                }
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

    #[test]
    fn a_key_that_was_not_needed_is_the_next_one_again() {
        let pool = KeyPool::new(1, 1);
        let first = pool.take();
        let unused = InHand {
            key: Some(first.clone()),
            pool: &pool,
        };
        drop(unused);
        assert_eq!(InHand::one(&pool).next_rsa().pem(), first.pem());
    }
}
