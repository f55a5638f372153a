//! Rate, history and remaining time, from a clock that never jumps.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

const HISTORY: usize = 120;
const RATE_WINDOW: usize = 30;

/// Counts settled mailboxes per second.
#[derive(Debug)]
pub(super) struct Meter {
    started: Instant,
    /// Whole seconds since `started` that the last entry stands for.
    second: u64,
    /// One entry a second; the last one is still growing.
    buckets: VecDeque<u64>,
}

impl Meter {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            started: now,
            second: 0,
            buckets: VecDeque::from([0]),
        }
    }

    pub(super) fn add(&mut self, now: Instant, settled: u64) {
        self.advance(now);
        if let Some(last) = self.buckets.back_mut() {
            *last += settled;
        }
    }

    /// Settled per second over the last half minute, or since the start while that is shorter.
    pub(super) fn rate(&mut self, now: Instant) -> f64 {
        self.advance(now);
        let window: u64 = self.buckets.iter().rev().take(RATE_WINDOW).sum();
        let part = now.saturating_duration_since(self.started).as_secs_f64() - self.second as f64;
        let seconds = self.buckets.len().min(RATE_WINDOW).saturating_sub(1) as f64 + part;
        // In the first moments one batch would look like a storm.
        if seconds < 0.5 {
            0.0
        } else {
            window as f64 / seconds
        }
    }

    /// How long `left` mailboxes take at the current rate.
    pub(super) fn remaining(&mut self, now: Instant, left: u64) -> Option<Duration> {
        let rate = self.rate(now);
        (rate > 0.0).then(|| Duration::try_from_secs_f64(left as f64 / rate).unwrap_or(Duration::MAX))
    }

    /// Whole seconds, newest last.
    pub(super) fn history(&mut self, now: Instant) -> Vec<u64> {
        self.advance(now);
        let whole = self.buckets.len() - 1;
        self.buckets.iter().take(whole).copied().collect()
    }

    fn advance(&mut self, now: Instant) {
        let second = now.saturating_duration_since(self.started).as_secs();
        let missing = second.saturating_sub(self.second);
        for _ in 0..missing.min(HISTORY as u64 + 1) {
            self.buckets.push_back(0);
            if self.buckets.len() > HISTORY + 1 {
                self.buckets.pop_front();
            }
        }
        self.second = self.second.max(second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_remaining_time_follow_the_last_half_minute() {
        let start = Instant::now();
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let mut meter = Meter::new(start);
        assert_eq!(meter.rate(at(0.1)), 0.0);
        assert_eq!(meter.remaining(at(0.1), 5), None);
        for second in 0..40 {
            meter.add(at(second as f64 + 0.5), if second < 10 { 1000 } else { 10 });
        }
        let rate = meter.rate(at(40.0));
        assert!((9.0..=11.0).contains(&rate), "{rate}");
        let remaining = meter.remaining(at(40.0), 100).unwrap().as_secs_f64();
        assert!((9.0..=11.5).contains(&remaining), "{remaining}");
        assert_eq!(meter.history(at(40.0)).len(), 40);
        assert_eq!(meter.history(at(4000.0)), vec![0; 120]);
        assert_eq!(meter.rate(at(4000.0)), 0.0);
    }
}
