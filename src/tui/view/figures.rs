//! Numbers and durations for people.

use std::time::Duration;

pub use crate::domain::count::{counted, grouped};

/// A duration as its two biggest units: `2 h 05 min`, `3 min 20 s`, `45 s`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs() + u64::from(duration.subsec_millis() >= 500);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", grouped(seconds / 3_600), seconds % 3_600 / 60),
    }
}

/// A duration in one unit: `40 s`, `2 min`, `3 h`.
pub fn rough(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds < 90 => format!("{seconds} s"),
        seconds if seconds < 5_400 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h", grouped((seconds + 1_800) / 3_600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(Duration::from_millis(1_600)), "2 s");
        assert_eq!(duration(Duration::from_secs(200)), "3 min 20 s");
        assert_eq!(duration(Duration::from_secs(7_500)), "2 h 05 min");
    }
}
