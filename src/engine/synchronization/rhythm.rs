//! When a resource is read next: often while something happens, seldom when nothing does, later after each failure.

use std::time::Duration;

use fastrand::Rng;
use tokio::time::Instant;

/// How often a kind of resource is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tempo {
    /// While something runs or changed lately.
    pub(super) lively: Duration,
    /// When nothing does.
    pub(super) steady: Duration,
}

/// Agents report every 10 minutes and count as inactive after an hour (facts/graph section 1).
pub(super) const AGENTS: Tempo = Tempo {
    lively: Duration::from_secs(15),
    steady: Duration::from_secs(120),
};
/// Configurations come and go by hand.
pub(super) const CONFIGURATIONS: Tempo = Tempo {
    lively: Duration::from_secs(30),
    steady: Duration::from_secs(300),
};
/// Jobs run every 2 to 20 minutes and may take seconds.
pub(super) const JOBS: Tempo = Tempo {
    lively: Duration::from_secs(5),
    steady: Duration::from_secs(60),
};

/// How long a change keeps a resource lively.
const LATELY: Duration = Duration::from_secs(180);
/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// The shortest pause after the service asked to slow down.
const AFTER_THROTTLING: Duration = Duration::from_secs(30);
/// The shortest distance of two readings, whoever asks for them.
const SHORTEST: Duration = Duration::from_secs(2);
/// Intervals vary by this part, so that watchers of many machines don't march in step.
const JITTER: f64 = 0.1;

/// The state of one resource's readings.
#[derive(Debug)]
pub(super) struct Rhythm {
    /// When the next reading is due.
    pub(super) due: Instant,
    /// Whether one is under way: never two.
    pub(super) in_flight: bool,
    /// Whether nothing is read before somebody asks: it was refused.
    pub(super) refused: bool,
    again: bool,
    failures: u32,
    lively_until: Instant,
    begun: Option<Instant>,
}

impl Rhythm {
    /// Due at once, and lively: nobody knows what goes on.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            due: now,
            in_flight: false,
            refused: false,
            again: false,
            failures: 0,
            lively_until: now + LATELY,
            begun: None,
        }
    }

    /// A reading begins.
    pub(super) fn begin(&mut self, now: Instant) {
        self.in_flight = true;
        self.again = false;
        self.begun = Some(now);
    }

    /// Somebody wants to know now. A reading under way may be older than what they did: another follows it.
    pub(super) fn ask(&mut self, now: Instant) {
        self.refused = false;
        self.failures = 0;
        self.again = self.in_flight;
        self.lively_until = self.lively_until.max(now + LATELY);
        self.due = self.begun.map_or(now, |begun| now.max(begun + SHORTEST));
    }

    /// A reading ended well.
    pub(super) fn succeeded(&mut self, now: Instant, tempo: Tempo, busy: bool, changed: bool, rng: &mut Rng) {
        self.failures = 0;
        if changed {
            self.lively_until = now + LATELY;
        }
        let interval = if busy || now < self.lively_until {
            tempo.lively
        } else {
            tempo.steady
        };
        self.end(now, jittered(interval, rng));
    }

    /// A reading failed.
    pub(super) fn failed(&mut self, now: Instant, tempo: Tempo, throttled: bool, rng: &mut Rng) {
        self.failures = self.failures.saturating_add(1);
        let factor = 2_u32.saturating_pow(self.failures.min(16));
        let mut pause = tempo.lively.saturating_mul(factor).min(LONGEST_PAUSE);
        if throttled {
            pause = pause.max(AFTER_THROTTLING);
        }
        self.end(now, jittered(pause, rng));
    }

    fn end(&mut self, now: Instant, pause: Duration) {
        self.in_flight = false;
        self.due = match self.begun {
            Some(begun) if self.again => now.max(begun + SHORTEST),
            _ => now + pause,
        };
        self.again = false;
    }

    /// The sign-in does not do: nothing is asked before [`Rhythm::ask`].
    pub(super) fn refuse(&mut self, now: Instant) {
        let asked = self.again;
        self.end(now, LONGEST_PAUSE);
        self.refused = !asked;
    }
}

fn jittered(interval: Duration, rng: &mut Rng) -> Duration {
    interval.mul_f64(1.0 - JITTER + 2.0 * JITTER * rng.f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steady_after_a_while_and_lively_after_a_change() {
        let start = Instant::now();
        let mut rng = Rng::with_seed(1);
        let mut rhythm = Rhythm::new(start);
        let pause = |rhythm: &mut Rhythm, at: Instant, busy, changed, rng: &mut Rng| {
            rhythm.begin(at);
            rhythm.succeeded(at, JOBS, busy, changed, rng);
            rhythm.due - at
        };
        assert!(pause(&mut rhythm, start, false, false, &mut rng) < Duration::from_secs(6));
        let later = start + Duration::from_secs(200);
        assert!(pause(&mut rhythm, later, false, false, &mut rng) > Duration::from_secs(50));
        assert!(pause(&mut rhythm, later, true, false, &mut rng) < Duration::from_secs(6));
        assert!(pause(&mut rhythm, later, false, true, &mut rng) < Duration::from_secs(6));
    }

    #[test]
    fn pauses_grow_with_failures_and_end_with_a_success() {
        let now = Instant::now();
        let mut rng = Rng::with_seed(1);
        let mut rhythm = Rhythm::new(now);
        let mut last = Duration::ZERO;
        for _ in 0..4 {
            rhythm.begin(now);
            rhythm.failed(now, JOBS, false, &mut rng);
            assert!(rhythm.due - now > last);
            last = rhythm.due - now;
        }
        for _ in 0..30 {
            rhythm.failed(now, JOBS, false, &mut rng);
        }
        assert!(rhythm.due - now <= LONGEST_PAUSE.mul_f64(1.1));
        rhythm.succeeded(now, JOBS, false, false, &mut rng);
        assert!(rhythm.due - now < Duration::from_secs(6));
        rhythm.failed(now, JOBS, true, &mut rng);
        assert!(rhythm.due - now >= AFTER_THROTTLING.mul_f64(0.9));
    }

    #[test]
    fn who_asks_during_a_reading_gets_a_fresh_one() {
        let now = Instant::now();
        let mut rng = Rng::with_seed(1);
        let mut rhythm = Rhythm::new(now);
        rhythm.begin(now);
        rhythm.ask(now);
        assert!(rhythm.in_flight);
        rhythm.succeeded(now, CONFIGURATIONS, false, false, &mut rng);
        assert!(rhythm.due - now <= SHORTEST);
        rhythm.begin(rhythm.due);
        let at = rhythm.due;
        rhythm.succeeded(at, CONFIGURATIONS, false, false, &mut rng);
        assert!(rhythm.due - at > Duration::from_secs(20));
    }
}
