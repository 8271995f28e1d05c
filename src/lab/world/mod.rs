//! Where the steps of a lesson happen, as the coach sees it: the seam between the simulator and the learner's own AWS account.

pub mod aws;
mod simulator;

use std::collections::BTreeSet;

pub use simulator::Simulator;

use crate::course::evidence::{Account, Event, Known, KnownHost, Need};
use crate::course::lesson::World as Kind;

/// A world that can tell what a check needs to know. What it cannot supply is `Known::Unknown` with the reason.
pub trait World: Send + Sync {
    /// Which of the two.
    fn kind(&self) -> Kind;
    /// The account in the learner's region: at least what is wanted of it. At AWS each part is a call.
    fn account(&self, wanted: &BTreeSet<Need>) -> Known<Account>;
    /// What happened after the event of this number, oldest first.
    fn journal(&self, since: u64) -> Known<Vec<Event>>;
    /// What the learner's ssh knows of the hosts that it met; none where it is the lab's own list that counts.
    fn known_hosts(&self) -> Option<Vec<KnownHost>> {
        None
    }
}
