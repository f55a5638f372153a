//! The sign-in dialog: a code to type elsewhere, or a browser to wait for.

use std::time::Duration;

use crate::tui::{job::JobId, msg::SignInPrompt, now::Now};

/// The dialog.
#[derive(Clone, Debug)]
pub struct SignInDialog {
    /// The sign-in job.
    pub job: JobId,
    /// What to do; nothing while the service is asked.
    pub prompt: Option<SignInPrompt>,
    /// When the code lapses.
    pub lapses_at: Option<Duration>,
    /// The code was copied.
    pub copied: bool,
}

impl SignInDialog {
    /// A dialog for a sign-in that has just begun.
    pub fn new(job: JobId) -> Self {
        Self {
            job,
            prompt: None,
            lapses_at: None,
            copied: false,
        }
    }

    /// The service asks for something.
    pub fn ask(&mut self, prompt: SignInPrompt, now: Now) {
        self.lapses_at = match &prompt {
            SignInPrompt::DeviceCode { valid_for, .. } => Some(now.elapsed + *valid_for),
            SignInPrompt::Browser { .. } => None,
        };
        self.prompt = Some(prompt);
        self.copied = false;
    }

    /// Whole seconds that the code is still valid.
    pub fn seconds_left(&self, now: Now) -> Option<u64> {
        let left = self.lapses_at?.saturating_sub(now.elapsed);
        Some(left.as_millis().div_ceil(1000) as u64)
    }

    /// When the countdown shows something else: every second near the end, every ten seconds before, so that a slow line
    /// stays quiet.
    pub fn next_change(&self, now: Now) -> Option<Duration> {
        let left = self.seconds_left(now).filter(|left| *left > 0)?;
        let shown = shown_seconds(left);
        Some(self.lapses_at?.saturating_sub(Duration::from_secs(shown - 1)))
    }

    /// The countdown as shown: whole tens above a minute.
    pub fn countdown(&self, now: Now) -> Option<String> {
        let left = self.seconds_left(now)?;
        Some(match left {
            0 => "the code has lapsed; a new one is asked for".to_owned(),
            left => {
                let shown = shown_seconds(left);
                format!("valid for {}:{:02} more", shown / 60, shown % 60)
            }
        })
    }
}

fn shown_seconds(left: u64) -> u64 {
    if left > 60 { left / 10 * 10 } else { left }
}
