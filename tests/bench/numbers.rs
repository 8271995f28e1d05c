//! Times of many turns: median, p99, and how they are printed beside an aim.

use std::time::{Duration, Instant};

/// What many turns of one thing took.
#[derive(Debug, Clone, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Takes the time of one turn.
    pub fn time<R>(&mut self, turn: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = turn();
        self.0.push(start.elapsed());
        result
    }

    /// Adds a time taken elsewhere.
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// Half of the turns took at most this long.
    pub fn median(&self) -> Duration {
        self.quantile(50)
    }

    /// 99 of 100 turns took at most this long.
    pub fn p99(&self) -> Duration {
        self.quantile(99)
    }

    fn quantile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort();
        assert!(!sorted.is_empty(), "nothing was measured");
        sorted[(sorted.len() * percent).div_ceil(100) - 1]
    }

    /// One line: name, median, p99, how many turns.
    pub fn print(&self, name: &str) {
        println!(
            "{name:<44} median {}   p99 {}   n {}",
            ms(self.median()),
            ms(self.p99()),
            self.0.len()
        );
    }
}

/// How much longer the first takes in the median, as a line.
pub fn print_ratio(name: &str, these: &Times, those: &Times) {
    println!(
        "{name:<44} {:.2}",
        these.median().as_secs_f64() / those.median().as_secs_f64()
    );
}

/// Says whether an aim is met.
pub fn print_aim(aim: &str, met: bool) {
    println!(
        "{:<44} {}",
        format!("aim: {aim}"),
        if met { "met" } else { "MISSED" }
    );
}

/// Milliseconds, for people.
pub fn ms(time: Duration) -> String {
    format!("{:>8.3} ms", time.as_secs_f64() * 1e3)
}

/// The middle one of some rates.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
