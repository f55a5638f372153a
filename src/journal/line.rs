//! One line of `journal.jsonl`.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{ObjectId, ServiceError, Target, TenantName};

/// A line: `{"seq","at","previous","record"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Line number, from 1.
    pub seq: u64,
    /// Wall-clock time, for people; nothing is decided by it.
    pub at: Timestamp,
    /// SHA-256 of the previous line without its line end; of the plan's hash (as text) for the first line.
    pub previous: String,
    /// What happened.
    pub record: Record,
}

/// What an intent or an outcome is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Subject {
    /// A mailbox, written as its object id.
    Mailbox(ObjectId),
    /// The organisation itself (tenant-wide default), written as `organization`.
    Organization,
}

const ORGANIZATION: &str = "organization";

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mailbox(id) => id.fmt(formatter),
            Self::Organization => formatter.write_str(ORGANIZATION),
        }
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.to_string()
    }
}

impl TryFrom<String> for Subject {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == ORGANIZATION {
            return Ok(Self::Organization);
        }
        ObjectId::from_str(&text)
            .map(Self::Mailbox)
            .map_err(|error| format!("not a mailbox: {error}"))
    }
}

impl From<ObjectId> for Subject {
    fn from(id: ObjectId) -> Self {
        Self::Mailbox(id)
    }
}

/// How a subject ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Written and proven by a re-read.
    Done,
    /// Was in the target state before this run wrote it; not written.
    AlreadyThere,
    /// Not in the target state, and the service or a check gave a lasting reason.
    Failed,
    /// Not proven either way; a resume re-reads it.
    Unknown,
}

/// How a subject ended, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settlement {
    /// What.
    pub subject: Subject,
    /// How it ended.
    pub outcome: Outcome,
    /// What was odd on the way, such as an error answer to a write that was carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why it failed or stays unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ServiceError>,
}

impl Settlement {
    /// An ending without a note or an error.
    pub fn new(subject: impl Into<Subject>, outcome: Outcome) -> Self {
        Self {
            subject: subject.into(),
            outcome,
            note: None,
            error: None,
        }
    }

    /// The same with a note.
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// The same with the reason.
    pub fn with_error(mut self, error: ServiceError) -> Self {
        self.error = Some(error);
        self
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    tag = "kind",
    deny_unknown_fields
)]
pub enum Record {
    /// The run began.
    Opened {
        /// Name of the run.
        run: String,
        /// Hash of the plan.
        plan: String,
        /// The tenant it writes to.
        tenant: TenantName,
        /// Where the authority goes.
        target: Target,
        /// Mailboxes in the plan.
        items: u64,
        /// Who applies, as the token names them.
        who: String,
        /// Version of Handover.
        version: String,
        /// Process id.
        process: u32,
    },
    /// A write will be sent next.
    Intent {
        /// What will be written.
        subject: Subject,
        /// Which write of this subject in this process, from 1.
        attempt: u32,
        /// SHA-256 of the snapshot the write relies on; nothing for the organisation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        snapshot: Option<String>,
        /// The tenant-wide default before the write; only for the organisation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<bool>,
    },
    /// How a subject ended in the process that wrote it.
    Outcome(Settlement),
    /// How a subject that an interruption left open ended, found by a re-read.
    Settled(Settlement),
    /// The administrator paused the run.
    Paused,
    /// The run goes on, after a pause or in a new process.
    Resumed {
        /// Who resumed it; nothing after a pause.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        who: Option<String>,
        /// Process id.
        process: u32,
    },
    /// The run ended early and can be resumed.
    Stopped {
        /// Rule and cause, in one sentence.
        reason: String,
    },
    /// Every subject is settled and none is unknown.
    Closed,
    /// The administrator gave the run up: it is over and can't be resumed.
    Abandoned {
        /// Subjects that are neither settled nor reached, unknown ones included.
        remaining: u64,
    },
}
