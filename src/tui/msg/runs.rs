//! The runs on disk, how a run ended, what reading it back found.

use jiff::Timestamp;

use crate::{
    domain::{
        ObjectId, Target,
        count::{counted, grouped},
    },
    engine::RunSummary,
};

/// One run of the runs list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Name of the run: its folder.
    pub run: String,
    /// Open, interrupted or done.
    pub state: RunRowState,
    /// Tenant domain.
    pub tenant: String,
    /// What it does.
    pub work: RunWork,
    /// Written and proven.
    pub done: u64,
    /// Were in the target state already.
    pub already_there: u64,
    /// Failed for good.
    pub failed: u64,
    /// Neither proven done nor proven failed.
    pub unknown: u64,
    /// Not settled, unknown ones included.
    pub remaining: u64,
    /// It was given up: closed with something remaining.
    pub abandoned: bool,
    /// When it started.
    pub started_at: Timestamp,
    /// Whether it belongs to the tenant of this profile; runs of other tenants can be looked at only.
    pub this_tenant: bool,
}

/// What a run does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunWork {
    /// Hands mailboxes over.
    Authority {
        /// How many.
        count: u64,
        /// Where the authority goes.
        target: Target,
    },
    /// Edits the addresses of one mailbox.
    Addresses,
    /// Switches the default for new mailboxes of the whole tenant.
    TenantDefault {
        /// The side new mailboxes will belong to.
        target: Target,
    },
    /// Nobody can tell: why its record can't be read.
    Unreadable(String),
}

impl RunWork {
    /// In a few words, such as `200 mailboxes to cloud`.
    pub fn words(&self) -> String {
        match self {
            Self::Authority { count, target } => {
                format!(
                    "{} to {}",
                    counted(*count as usize, "mailbox", "mailboxes"),
                    target.word()
                )
            }
            Self::Addresses => "addresses of one mailbox".to_owned(),
            Self::TenantDefault { target } => format!("tenant-wide default to {}", target.word()),
            Self::Unreadable(problem) => format!("can't be read: {problem}"),
        }
    }

    /// For a narrow column, such as `200 to cloud`.
    pub fn short(&self) -> String {
        match self {
            Self::Authority { count, target } => format!("{} to {}", grouped(*count), target.word()),
            Self::Addresses => "address edit".to_owned(),
            Self::TenantDefault { target } => format!("default to {}", target.word()),
            Self::Unreadable(_) => "can't be read".to_owned(),
        }
    }
}

/// Where a run on disk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunRowState {
    /// A process works on it.
    Open,
    /// It can be resumed.
    Interrupted,
    /// Every mailbox is settled, or it was given up.
    Done,
    /// Its record can't be read.
    Damaged,
}

impl RunRowState {
    /// The word in the list.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Interrupted => "interrupted",
            Self::Done => "done",
            Self::Damaged => "damaged",
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
