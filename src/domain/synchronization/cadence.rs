//! How often a job really runs, from the times of its executions.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Executions remembered: enough to ride out a few odd ones.
const KEPT: usize = 12;
/// A job is overdue after so many cadences without an end.
const PATIENCE: u32 = 3;

/// Ends of executions, newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cadence {
    ends: BTreeSet<Timestamp>,
}

impl Cadence {
    /// Notes the end of an execution; whether it was new.
    pub fn note(&mut self, ended: Timestamp) -> bool {
        let new = self.ends.insert(ended);
        while self.ends.len() > KEPT {
            self.ends.pop_first();
        }
        new
    }

    /// The median distance of the ends; nothing before two were seen. An observer that slept sees multiples, which the
    /// median forgives while they are the fewer.
    pub fn measured(&self) -> Option<Duration> {
        let ends: Vec<&Timestamp> = self.ends.iter().collect();
        let mut distances: Vec<Duration> = ends
            .windows(2)
            .filter_map(|pair| Duration::try_from(pair[1].duration_since(*pair[0])).ok())
            .collect();
        distances.sort_unstable();
        distances.get(distances.len() / 2).copied()
    }
}

/// Whether a job that should run has not ended an execution for several cadences.
pub fn is_overdue(last_end: Timestamp, cadence: Duration, now: Timestamp) -> bool {
    Duration::try_from(now.duration_since(last_end)).is_ok_and(|silence| silence > cadence * PATIENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn the_cadence_is_the_median_distance_of_different_ends() {
        let mut cadence = Cadence::default();
        assert_eq!(cadence.measured(), None);
        assert!(cadence.note(at(0)));
        assert!(!cadence.note(at(0)));
        assert_eq!(cadence.measured(), None);
        for second in [120, 240, 360, 1_200, 1_320] {
            cadence.note(at(second));
        }
        assert_eq!(cadence.measured(), Some(Duration::from_secs(120)));
        for round in 0..100 {
            cadence.note(at(2_000 + round));
        }
        assert_eq!(cadence.ends.len(), KEPT);
    }

    #[test]
    fn overdue_after_three_cadences() {
        let minute = Duration::from_secs(60);
        assert!(!is_overdue(at(0), minute, at(180)));
        assert!(is_overdue(at(0), minute, at(181)));
        assert!(!is_overdue(at(200), minute, at(0)));
    }
}
