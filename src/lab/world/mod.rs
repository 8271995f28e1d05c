//! Where the steps of a lesson happen, as the coach sees it: the seam between the simulator and the learner's own AWS account.

mod simulator;

pub use simulator::Simulator;

use crate::course::evidence::{Account, Event, Known};

/// A world that can tell what a check needs to know. What it cannot supply is `Known::Unknown` with the reason.
pub trait World: Send + Sync {
    /// The account in the learner's region.
    fn account(&self) -> Known<Account>;
    /// What happened after the event of this number, oldest first.
    fn journal(&self, since: u64) -> Known<Vec<Event>>;
}
