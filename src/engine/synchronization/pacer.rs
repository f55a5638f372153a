//! Keeps a kind of request under a limit by design: so many may begin in any window of time.

use std::{collections::VecDeque, time::Duration};

use tokio::time::{Instant, sleep_until};

/// At most `limit` beginnings in any `window`.
#[derive(Debug)]
pub struct Pacer {
    limit: usize,
    window: Duration,
    begun: VecDeque<Instant>,
}

/// The window of every limit that is published (facts/graph section 8).
const WINDOW: Duration = Duration::from_secs(10);

impl Pacer {
    /// So many in ten seconds; at least one.
    pub fn per_ten_seconds(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            // A little longer than the window, since the service counts arrivals and not beginnings.
            window: WINDOW + Duration::from_millis(250),
            begun: VecDeque::new(),
        }
    }

    /// Logs and audit: five requests in ten seconds (facts/graph section 8).
    pub fn of_reports() -> Self {
        Self::per_ten_seconds(5)
    }

    /// On-demand provisioning: five requests in ten seconds (facts/graph section 3.3).
    pub fn of_provisioning() -> Self {
        Self::per_ten_seconds(5)
    }

    /// When the next may begin.
    pub fn ready_at(&self, now: Instant) -> Instant {
        match self.begun.front() {
            Some(first) if self.begun.len() >= self.limit => (*first + self.window).max(now),
            _ => now,
        }
    }

    /// Notes a beginning.
    pub fn begin(&mut self, now: Instant) {
        self.begun.push_back(now);
        while self.begun.len() > self.limit {
            self.begun.pop_front();
        }
    }

    /// Waits until the next may begin, and begins it.
    pub async fn wait(&mut self) {
        let ready = self.ready_at(Instant::now());
        sleep_until(ready).await;
        self.begin(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_window_holds_more_than_the_limit() {
        let mut pacer = Pacer::of_reports();
        let mut begun = Vec::new();
        for round in 0..40 {
            pacer.wait().await;
            begun.push(Instant::now());
            if round % 7 == 0 {
                tokio::time::sleep(Duration::from_millis(1_700)).await;
            }
        }
        for pair in begun.windows(6) {
            assert!(pair[5] - pair[0] > WINDOW);
        }
        // As fast as allowed, not slower.
        assert!(begun[39] - begun[0] < Duration::from_secs(90));
    }
}
