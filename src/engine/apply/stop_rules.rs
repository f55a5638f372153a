//! When a run stops by itself: better a question than a thousand failures (facts/exchange section 6.2, gate sizes).

use std::collections::VecDeque;

use crate::{
    domain::ErrorClass,
    journal::{Outcome, Settlement},
};

const WINDOW: usize = 50;
const LIMIT_PERCENT: usize = 5;
const MIN_FAILURES: usize = 3;
const IDENTICAL: usize = 3;

/// Watches the outcomes in the order they are settled.
#[derive(Debug, Default)]
pub(super) struct StopRules {
    /// Whether each of the last mailboxes failed or stays unknown.
    recent: VecDeque<bool>,
    /// The latest error that says nothing about its mailbox, and how often in a row.
    identical: Option<(ErrorClass, Option<String>, String)>,
    streak: usize,
}

impl StopRules {
    /// Takes one more outcome in. A sentence means: stop.
    pub(super) fn observe(&mut self, settlement: &Settlement) -> Option<String> {
        let bad = matches!(settlement.outcome, Outcome::Failed | Outcome::Unknown);
        if self.recent.len() == WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(bad);
        let error = settlement.error.as_ref().filter(|_| bad);
        match error {
            Some(error) if !is_about_its_mailbox(error.class) => {
                let key = (error.class, error.code.clone(), error.message.clone());
                self.streak = if self.identical.as_ref() == Some(&key) {
                    self.streak + 1
                } else {
                    1
                };
                self.identical = Some(key);
            }
            _ => {
                self.streak = 0;
                self.identical = None;
            }
        }
        let reason = error.map_or_else(String::new, |error| format!(" Latest: {}", error.message));
        if self.streak >= IDENTICAL {
            return Some(format!(
                "{IDENTICAL} mailboxes in a row failed with the same error.{reason}"
            ));
        }
        let failures = self.recent.iter().filter(|bad| **bad).count();
        if bad && failures >= MIN_FAILURES && failures * 100 >= self.recent.len() * LIMIT_PERCENT {
            return Some(format!(
                "{failures} of the last {} mailboxes failed (limit {LIMIT_PERCENT} %).{reason}",
                self.recent.len()
            ));
        }
        None
    }
}

/// Errors that differ from mailbox to mailbox; two in a row are chance.
fn is_about_its_mailbox(class: ErrorClass) -> bool {
    matches!(
        class,
        ErrorClass::NotFound | ErrorClass::Conflict | ErrorClass::OutOfWriteScope
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ObjectId, ServiceError};

    fn settled(outcome: Outcome, class: ErrorClass) -> Settlement {
        let settlement = Settlement::new(ObjectId(uuid::Uuid::nil()), outcome);
        match outcome {
            Outcome::Failed | Outcome::Unknown => settlement.with_error(ServiceError::new(class, "no")),
            _ => settlement,
        }
    }

    #[test]
    fn three_identical_errors_in_a_row_stop() {
        let mut rules = StopRules::default();
        for _ in 0..200 {
            assert_eq!(rules.observe(&settled(Outcome::Done, ErrorClass::Rejected)), None);
        }
        assert_eq!(
            rules.observe(&settled(Outcome::Failed, ErrorClass::Rejected)),
            None
        );
        assert_eq!(
            rules.observe(&settled(Outcome::Failed, ErrorClass::Rejected)),
            None
        );
        let stop = rules
            .observe(&settled(Outcome::Failed, ErrorClass::Rejected))
            .unwrap();
        assert!(stop.contains("in a row"), "{stop}");
    }

    #[test]
    fn five_percent_of_the_last_fifty_stop() {
        let mut rules = StopRules::default();
        let mut stops = 0;
        for number in 0..1000 {
            // 1 in 26 is under 5 %: never three within fifty.
            let outcome = if number % 26 == 0 {
                Outcome::Failed
            } else {
                Outcome::Done
            };
            stops += usize::from(rules.observe(&settled(outcome, ErrorClass::NotFound)).is_some());
        }
        assert_eq!(stops, 0);
        for number in 0..50 {
            let outcome = if number % 16 == 0 {
                Outcome::Failed
            } else {
                Outcome::Done
            };
            stops += usize::from(rules.observe(&settled(outcome, ErrorClass::NotFound)).is_some());
        }
        assert!(stops > 0);
    }
}
