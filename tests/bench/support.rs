//! What the benchmarks share: a sandbox process, medians, and figures with their limits.

#[path = "../support/mod.rs"]
mod sandbox;

use std::process::ExitCode;

pub use sandbox::Sandbox;

/// What a ratio must reach.
#[allow(dead_code, reason = "not every benchmark has figures of both kinds")]
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

/// All figures of one benchmark.
#[derive(Debug, Default)]
pub struct Figures {
    missed: usize,
}

impl Figures {
    /// Prints a figure beside its anchor: one line with ratio and limit.
    pub fn add(&mut self, what: &str, measured: &str, anchor: &str, ratio: f64, limit: Limit) {
        let (reached, limit) = match limit {
            Limit::AtMost(most) => (ratio <= most, format!("at most {most:.2}")),
            Limit::AtLeast(least) => (ratio >= least, format!("at least {least:.2}")),
        };
        let verdict = if reached { "reached" } else { "MISSED" };
        println!("{verdict}  {what}: {measured}; anchor: {anchor}; ratio {ratio:.2}, limit {limit}");
        self.missed += usize::from(!reached);
    }

    /// The exit code: 1 when a figure was missed.
    pub fn end(self) -> ExitCode {
        ExitCode::from(u8::from(self.missed > 0))
    }
}

#[allow(dead_code, reason = "one long measurement has no median")]
/// The middle value; of an even number the mean of the two in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    }
}
