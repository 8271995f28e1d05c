//! How long the learner has been at a step: a hint is offered once after a long silence.

use std::time::Duration;

/// When the step was reached that the learner is at.
#[derive(Debug, Default)]
pub(super) struct Arrival {
    step: Option<usize>,
    /// Unix milliseconds.
    at: i64,
    offered: bool,
}

impl Arrival {
    /// Whether the learner has been at this step for longer than that, and nothing was offered yet. `now` is in Unix
    /// milliseconds.
    pub(super) fn is_long(&mut self, step: Option<usize>, now: i64, patience: Duration) -> bool {
        if self.step != step {
            *self = Self {
                step,
                at: now,
                offered: false,
            };
            return false;
        }
        let patience = i64::try_from(patience.as_millis()).unwrap_or(i64::MAX);
        step.is_some() && !self.offered && now.saturating_sub(self.at) >= patience
    }

    /// A hint was offered: not again at this step.
    pub(super) fn offered(&mut self) {
        self.offered = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_runs_from_the_arrival_at_each_step_and_one_offer_ends_it() {
        let mut arrival = Arrival::default();
        let patience = Duration::from_secs(300);
        let mut asked = |step, seconds: i64| arrival.is_long(step, seconds * 1000, patience);
        assert!(!asked(Some(0), 1000));
        assert!(!asked(Some(0), 1299));
        assert!(asked(Some(0), 1300));
        assert!(!asked(Some(1), 1301), "another step, another time");
        assert!(!asked(Some(1), 1600));
        assert!(asked(Some(1), 1601));
        assert!(
            !asked(None, 9000) && !asked(None, 99_000),
            "every step is done"
        );
        assert!(!asked(Some(1), 99_001) && asked(Some(1), 99_400));
        arrival.offered();
        assert!(!arrival.is_long(Some(1), 999_000_000, patience));
        // A clock that was set back offers nothing.
        assert!(!Arrival::default().is_long(Some(0), -5, Duration::ZERO));
    }
}
