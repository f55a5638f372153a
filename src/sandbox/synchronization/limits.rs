//! Requests per ten seconds (facts/graph section 8): real seconds, whatever the pace, because callers live in them.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Both published limits are 5 in 10 seconds.
const MOST: usize = 5;
const WINDOW: Duration = Duration::from_secs(10);

/// One limit.
#[derive(Default)]
pub(in crate::sandbox) struct Limit {
    carried_out: VecDeque<Instant>,
    asked: VecDeque<Instant>,
    /// The most requests asked for in any window, refused ones included.
    pub most: usize,
    pub refused: u64,
}

impl Limit {
    /// Counts a request that nothing limits.
    pub fn count(&mut self, now: Instant) {
        self.asked.push_back(now);
        self.asked.retain(|at| now.duration_since(*at) < WINDOW);
        self.most = self.most.max(self.asked.len());
    }

    /// Lets a request through, or says how long to wait.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.count(now);
        let inside = |at: &Instant| now.duration_since(*at) < WINDOW;
        self.carried_out.retain(inside);
        match self.carried_out.front() {
            Some(oldest) if self.carried_out.len() >= MOST => {
                self.refused += 1;
                Err(WINDOW - now.duration_since(*oldest))
            }
            _ => {
                self.carried_out.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_in_any_ten_seconds_and_no_more() {
        let mut limit = Limit::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        for second in 0..5 {
            assert!(limit.take(at(second)).is_ok());
        }
        assert_eq!(limit.take(at(6)), Err(Duration::from_secs(4)));
        assert!(limit.take(at(10)).is_ok());
        assert!(limit.take(at(10)).is_err());
        assert_eq!((limit.most, limit.refused), (7, 2));
    }
}
