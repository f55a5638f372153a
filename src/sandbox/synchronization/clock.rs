//! Sandbox time: starts at the time of day and runs as fast as it is told.

use jiff::Timestamp;
use tokio::time::Instant;

use crate::sandbox::world::now;

/// 100 nanoseconds since 1970, the resolution of timestamps on the wire.
pub(in crate::sandbox) type Ticks = i64;

/// Ticks of a second.
pub(super) const SECOND: Ticks = 10_000_000;
/// What the service writes for "never" (facts/graph section 0, finding 9).
pub(super) const NEVER: &str = "0001-01-01T00:00:00Z";
/// Slower and faster make no sense.
const PACES: std::ops::RangeInclusive<f64> = 0.001..=100_000.0;

/// The clock.
pub(in crate::sandbox) struct Clock {
    /// Sandbox time at `since`.
    base: Ticks,
    since: Instant,
    pace: f64,
}

impl Clock {
    pub fn new(pace: f64) -> Self {
        Self {
            // The odd digits show who cuts fractions of a second.
            base: now() * SECOND + 4_706_449,
            since: Instant::now(),
            pace: if PACES.contains(&pace) { pace } else { 1.0 },
        }
    }

    pub fn now(&self) -> Ticks {
        self.base + (self.since.elapsed().as_secs_f64() * self.pace * SECOND as f64) as Ticks
    }

    pub fn pace(&self) -> f64 {
        self.pace
    }

    /// Whether the pace is one to run at; from now on it is.
    pub fn set_pace(&mut self, pace: f64) -> bool {
        let fits = PACES.contains(&pace);
        if fits {
            (self.base, self.since, self.pace) = (self.now(), Instant::now(), pace);
        }
        fits
    }

    /// Lets time pass at once.
    pub fn advance(&mut self, by: Ticks) {
        self.base += by;
    }
}

/// A time with up to seven digits after the point.
pub(super) fn text(ticks: Ticks) -> String {
    let (seconds, rest) = (ticks.div_euclid(SECOND), ticks.rem_euclid(SECOND));
    let Ok(time) = Timestamp::new(seconds, 0) else {
        return NEVER.to_owned();
    };
    let whole = time.strftime("%Y-%m-%dT%H:%M:%S");
    if rest == 0 {
        return format!("{whole}Z");
    }
    let digits = format!("{rest:07}");
    format!("{whole}.{}Z", digits.trim_end_matches('0'))
}

/// A time in whole seconds, as logs write it.
pub(super) fn whole_text(ticks: Ticks) -> String {
    text(ticks.div_euclid(SECOND) * SECOND)
}

/// A time that may not have come yet.
pub(super) fn text_or_never(ticks: Option<Ticks>) -> String {
    ticks.map_or_else(|| NEVER.to_owned(), text)
}

/// Reads a time of a filter.
pub(super) fn parse(text: &str) -> Option<Ticks> {
    let time: Timestamp = text.parse().ok()?;
    i64::try_from(time.as_nanosecond().div_euclid(100)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_up_to_seven_digits() {
        assert_eq!(text(0), "1970-01-01T00:00:00Z");
        assert_eq!(text(1_234_567), "1970-01-01T00:00:00.1234567Z");
        assert_eq!(text(SECOND + 1_000_000), "1970-01-01T00:00:01.1Z");
        assert_eq!(whole_text(SECOND + 1_000_000), "1970-01-01T00:00:01Z");
        assert_eq!(text_or_never(None), NEVER);
        assert_eq!(parse("1970-01-01T00:00:01.1Z"), Some(SECOND + 1_000_000));
        assert_eq!(parse("yesterday"), None);
    }

    #[test]
    fn the_clock_runs_at_its_pace_and_never_back() {
        let mut clock = Clock::new(1000.0);
        let start = clock.now();
        std::thread::sleep(std::time::Duration::from_millis(20));
        let later = clock.now();
        assert!(later >= start + 20 * SECOND, "{}", later - start);
        assert!(clock.set_pace(1.0) && !clock.set_pace(f64::NAN) && !clock.set_pace(0.0));
        assert!(clock.now() >= later);
        let before = clock.now();
        clock.advance(3600 * SECOND);
        assert!(clock.now() >= before + 3600 * SECOND);
    }
}
