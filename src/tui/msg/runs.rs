//! The runs on disk, how a run ended, what reading it back found.

use jiff::Timestamp;

use crate::{domain::ObjectId, engine::RunSummary};

/// One run of the runs list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Name of the run: its folder.
    pub run: String,
    /// Open, interrupted or done.
    pub state: RunRowState,
    /// Tenant domain.
    pub tenant: String,
    /// What it does, in a few words, such as `200 to cloud`.
    pub what: String,
    /// Settled in the target state.
    pub done: u64,
    /// Not settled.
    pub remaining: u64,
    /// When it started.
    pub started_at: Timestamp,
    /// Whether it belongs to the tenant of this profile; runs of other tenants can be looked at only.
    pub this_tenant: bool,
}

/// Where a run on disk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunRowState {
    /// A process works on it.
    Open,
    /// It can be resumed.
    Interrupted,
    /// Every mailbox is settled.
    Done,
}

impl RunRowState {
    /// The word in the list.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Interrupted => "interrupted",
            Self::Done => "done",
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunOutcome {
    /// The figures.
    pub summary: RunSummary,
    /// Mailboxes that failed or stayed unknown: they stay marked.
    pub unsettled: Vec<ObjectId>,
}

/// What reading back a run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Name of the run.
    pub run: String,
    /// Mailboxes that are where the run put them.
    pub as_written: u64,
    /// Mailboxes that are somewhere else now, with a sentence each.
    pub reverted: Vec<(ObjectId, String)>,
    /// Mailboxes that could not be read.
    pub unreadable: u64,
}
