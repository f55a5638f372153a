//! Words of the Agents tab: what a job is doing, what a filter looks for.

use crate::{
    domain::synchronization::{ScheduleState, StatusCode},
    engine::synchronization::{JobSeen, Running},
};

use super::Tone;

/// Where a job stands, as one word with its tone.
pub fn job_state(seen: &JobSeen) -> (&str, Tone) {
    let status = &seen.job.status;
    if status.quarantine.is_some() || status.code == StatusCode::Quarantine {
        return ("quarantine", Tone::Bad);
    }
    match (&seen.job.schedule.state, &status.code) {
        (ScheduleState::Disabled, _) => return ("disabled", Tone::Muted),
        (ScheduleState::Paused, _) | (_, StatusCode::Paused) => return ("paused", Tone::Warn),
        _ => {}
    }
    match (seen.running, &status.code) {
        (Running::Yes, _) => ("running", Tone::Info),
        (Running::Perhaps, _) => ("overdue", Tone::Warn),
        (Running::No, StatusCode::Active) => ("active", Tone::Good),
        (Running::No, StatusCode::NotRun) => ("not run", Tone::Muted),
        (Running::No, StatusCode::NotConfigured) => ("not set up", Tone::Warn),
        (Running::No, code) => (code.word(), Tone::Text),
    }
}

/// A filter: every word must stand in the row, a word behind `!` must not; whatever the case.
pub struct FilterWords {
    words: Vec<(bool, String)>,
}

impl FilterWords {
    /// From what was typed.
    pub fn new(text: &str) -> Self {
        let words = text
            .split_whitespace()
            .map(|word| match word.strip_prefix('!') {
                Some(word) => (false, word.to_lowercase()),
                None => (true, word.to_lowercase()),
            })
            .filter(|(_, word)| !word.is_empty())
            .collect();
        Self { words }
    }

    /// Whether it lets everything pass.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a row passes.
    pub fn accepts(&self, row: &str) -> bool {
        let row = row.to_lowercase();
        self.words
            .iter()
            .all(|(wanted, word)| row.contains(word.as_str()) == *wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_counts_and_an_exclamation_mark_turns_one_round() {
        let filter = FilterWords::new("Contoso !paused  !");
        assert!(filter.accepts("contoso.com  active"));
        assert!(!filter.accepts("CONTOSO.com  Paused"));
        assert!(!filter.accepts("fabrikam active"));
        assert!(FilterWords::new("  ").is_empty());
    }
}
