//! The connections that are open now: a limit on those that have not logged in, and a way to end any of them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Target;
use super::guard::Watch;

/// All connections of the server.
pub(super) struct Door {
    half_open: usize,
    most: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: u64,
    /// Numbers of those that have not logged in, oldest first.
    half_open: VecDeque<u64>,
    open: BTreeMap<u64, (Target, Arc<Watch>)>,
}

/// A place in the door's list, given back when dropped.
pub(super) struct Pass {
    door: Arc<Door>,
    number: u64,
}

impl Door {
    /// At most so many that have not logged in, and so many in all.
    pub(super) fn new(half_open: usize, most: usize) -> Self {
        Self {
            half_open: half_open.max(1),
            most: most.max(1),
            state: Mutex::default(),
        }
    }

    /// Lets a new connection in; when there are too many, the oldest that has not logged in is ended.
    pub(super) fn enter(self: &Arc<Self>, target: Target, watch: Arc<Watch>) -> Pass {
        let mut state = self.lock();
        while state.half_open.len() >= self.half_open {
            let Some(oldest) = state.half_open.pop_front() else {
                break;
            };
            if let Some((_, watch)) = state.open.get(&oldest) {
                watch.hang_up();
            }
        }
        if state.open.len() >= self.most {
            watch.hang_up();
        }
        state.last += 1;
        let number = state.last;
        state.half_open.push_back(number);
        state.open.insert(number, (target, watch));
        Pass {
            door: Arc::clone(self),
            number,
        }
    }

    /// It has logged in.
    pub(super) fn let_in(&self, number: u64) {
        self.lock().half_open.retain(|other| *other != number);
    }

    /// Ends those whose target is chosen.
    pub(super) fn hang_up(&self, chosen: impl Fn(&Target) -> bool) {
        for (target, watch) in self.lock().open.values() {
            if chosen(target) {
                watch.hang_up();
            }
        }
    }

    /// Those that have not logged in, and all.
    pub(super) fn count(&self) -> (usize, usize) {
        let state = self.lock();
        (state.half_open.len(), state.open.len())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    /// Its number.
    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.door.lock();
        state.open.remove(&self.number);
        state.half_open.retain(|other| *other != self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(instance: &str) -> Target {
        let text = str::to_owned;
        Target {
            account: text("a"),
            region: text("r"),
            instance: text(instance),
            address: text("127.1.2.3"),
        }
    }

    #[test]
    fn the_oldest_half_open_connection_makes_room_for_a_new_one() {
        let door = Arc::new(Door::new(2, 99));
        let watches: Vec<Arc<Watch>> = (0..4).map(|_| Arc::new(Watch::new())).collect();
        let passes: Vec<Pass> = watches
            .iter()
            .take(2)
            .map(|w| door.enter(target("i-1"), Arc::clone(w)))
            .collect();
        door.let_in(passes[0].number());
        let _third = door.enter(target("i-1"), Arc::clone(&watches[2]));
        assert!(watches.iter().all(|watch| !watch.is_hung_up()));
        let _fourth = door.enter(target("i-1"), Arc::clone(&watches[3]));
        let ended: Vec<bool> = watches.iter().map(|watch| watch.is_hung_up()).collect();
        assert_eq!(ended, [false, true, false, false]);
    }

    #[test]
    fn when_all_places_are_taken_a_new_connection_ends_at_once() {
        let door = Arc::new(Door::new(8, 2));
        let watches: Vec<Arc<Watch>> = (0..3).map(|_| Arc::new(Watch::new())).collect();
        let passes: Vec<Pass> = watches
            .iter()
            .map(|watch| {
                let pass = door.enter(target("i-1"), Arc::clone(watch));
                door.let_in(pass.number());
                pass
            })
            .collect();
        let ended: Vec<bool> = watches.iter().map(|watch| watch.is_hung_up()).collect();
        assert_eq!(ended, [false, false, true]);
        drop(passes);
    }

    #[test]
    fn a_place_is_given_back() {
        let door = Arc::new(Door::new(8, 99));
        let pass = door.enter(target("i-1"), Arc::new(Watch::new()));
        assert_eq!(door.count(), (1, 1));
        drop(pass);
        assert_eq!(door.count(), (0, 0));
    }

    #[test]
    fn a_stopped_instance_ends_its_own_connections_only() {
        let door = Arc::new(Door::new(8, 99));
        let (one, two) = (Arc::new(Watch::new()), Arc::new(Watch::new()));
        let _a = door.enter(target("i-1"), Arc::clone(&one));
        let _b = door.enter(target("i-2"), Arc::clone(&two));
        door.hang_up(|target| target.instance == "i-1");
        assert!(one.is_hung_up() && !two.is_hung_up());
    }
}
