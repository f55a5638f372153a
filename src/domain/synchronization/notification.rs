//! The secret `SyncNotificationSettings`: the threshold of accidental deletions and who is told (facts/graph section
//! 2.4, step 6).

use serde::{Deserialize, Serialize};

/// What the service assumes where nothing is set.
pub const DEFAULT_THRESHOLD: u32 = 500;

/// The settings. A threshold of N lets at most N - 1 deletions through per execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationSettings {
    /// Whether quarantines are told by e-mail.
    pub notify: bool,
    /// To whom, as written: one or more addresses.
    pub recipients: String,
    /// Whether the threshold counts.
    pub threshold_enabled: bool,
    /// The threshold.
    pub threshold: u32,
}

impl Default for NotificationSettings {
    /// As the service behaves where nothing is set.
    fn default() -> Self {
        Self {
            notify: true,
            recipients: String::new(),
            threshold_enabled: true,
            threshold: DEFAULT_THRESHOLD,
        }
    }
}
