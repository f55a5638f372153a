//! `manifest.json`: what a run is, readable without replaying its journal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{Target, TenantName};

/// Name and version of the file format.
pub(super) const FORMAT: &str = "handover-run/1";

/// What a run is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Name and version of the format.
    pub format: String,
    /// Name of the run: its folder.
    pub run: String,
    /// Hash of the plan.
    pub plan: String,
    /// The tenant it writes to.
    pub tenant: TenantName,
    /// Where the authority goes.
    pub target: Target,
    /// Subjects of the plan: its mailboxes, or 1 for the tenant-wide default.
    pub items: u64,
    /// Who applied it, as the token names them.
    pub who: String,
    /// Version of Handover.
    pub version: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Snapshot attributes the tenant does not know, left out of `snapshot.jsonl`.
    #[serde(default)]
    pub dropped_attributes: Vec<String>,
    /// The counts, once the run is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Counts>,
    /// Whether it was closed because it was given up; then something may be left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub abandoned: bool,
}

/// How many subjects ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Written and proven.
    pub done: u64,
    /// Were there already.
    pub already_there: u64,
    /// Failed for good.
    pub failed: u64,
    /// Unproven; nothing is left unknown in a closed run unless it was given up.
    pub unknown: u64,
}

impl Counts {
    /// Subjects that need no further look: everything but the unknown ones.
    pub fn settled(&self) -> u64 {
        self.done + self.already_there + self.failed
    }

    /// Counts one more.
    pub fn add(&mut self, outcome: super::Outcome) {
        *self.slot(outcome) += 1;
    }

    /// Takes one back, because a resume looks at it again.
    pub fn remove(&mut self, outcome: super::Outcome) {
        let slot = self.slot(outcome);
        *slot = slot.saturating_sub(1);
    }

    fn slot(&mut self, outcome: super::Outcome) -> &mut u64 {
        match outcome {
            super::Outcome::Done => &mut self.done,
            super::Outcome::AlreadyThere => &mut self.already_there,
            super::Outcome::Failed => &mut self.failed,
            super::Outcome::Unknown => &mut self.unknown,
        }
    }
}
