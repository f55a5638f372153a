//! `synchronizationJob` (facts/graph section 3.1).

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{configuration::JobKind, execution::Execution, quarantine::Quarantine, word::words};

words! {
    /// `synchronizationStatusCode`.
    StatusCode {
        /// Not set up.
        NotConfigured = "NotConfigured",
        /// Set up, never run.
        NotRun = "NotRun",
        /// Running as scheduled.
        Active = "Active",
        /// Paused by somebody.
        Paused = "Paused",
        /// In quarantine.
        Quarantine = "Quarantine",
    }
}

words! {
    /// `synchronizationScheduleState`.
    ScheduleState {
        /// It runs.
        Active = "Active",
        /// It was never started, or was switched off.
        Disabled = "Disabled",
        /// It was paused.
        Paused = "Paused",
    }
}

/// `synchronizationSchedule`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Whether it runs.
    pub state: ScheduleState,
    /// The stated interval as the service writes it, such as `PT20M`. It is not the real cadence (facts/graph section 0,
    /// finding 10).
    pub interval: String,
    /// When the schedule ends; nothing when never.
    pub expiration: Option<Timestamp>,
}

impl Schedule {
    /// The stated interval, where it can be read.
    pub fn stated(&self) -> Option<Duration> {
        let span: jiff::SignedDuration = self.interval.parse().ok()?;
        Duration::try_from(span).ok()
    }
}

/// `synchronizationProgress`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Units done.
    pub done: i64,
    /// Units in all; 0 when unknown.
    pub total: i64,
    /// What a unit is.
    pub units: String,
    /// When it was observed.
    pub observed: Option<Timestamp>,
}

/// Entries of one type that are in step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryCount {
    /// Such as `user to User`, cleaned.
    pub key: String,
    /// How many.
    pub value: i64,
}

/// One setting of the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Name, cleaned.
    pub name: String,
    /// Value, cleaned.
    pub value: String,
}

/// `synchronizationStatus`. Sentinel dates are nothing here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobStatus {
    /// Where it stands.
    pub code: StatusCode,
    /// Executions in a row that failed as a whole.
    pub failures_in_a_row: i64,
    /// Object errors of the initial cycle were dropped.
    pub escrows_pruned: bool,
    /// The latest execution.
    pub last: Option<Execution>,
    /// The latest good one.
    pub last_good: Option<Execution>,
    /// The latest good one that wrote something.
    pub last_good_with_exports: Option<Execution>,
    /// What is under way; empty while nothing is known to be.
    pub progress: Vec<Progress>,
    /// The quarantine.
    pub quarantine: Option<Quarantine>,
    /// When everything was first in step.
    pub steady_first: Option<Timestamp>,
    /// When everything was last in step.
    pub steady_last: Option<Timestamp>,
    /// How many entries are in step, by type.
    pub entries: Vec<EntryCount>,
    /// Where the service points for help; nothing when empty.
    pub troubleshooting_url: Option<String>,
}

/// One synchronization job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SynchronizationJob {
    /// Opaque id; has dots; must be encoded in addresses.
    pub id: String,
    /// Its template as stated.
    pub template_id: Option<String>,
    /// Schedule.
    pub schedule: Schedule,
    /// Status.
    pub status: JobStatus,
    /// Settings.
    pub settings: Vec<Setting>,
}

impl SynchronizationJob {
    /// Its kind.
    pub fn kind(&self) -> JobKind {
        JobKind::of(&self.id, self.template_id.as_deref())
    }

    /// Whether the service says that something is under way. Silence proves nothing: there is no "running now" in Graph
    /// (facts/graph section 3.1).
    pub fn shows_progress(&self) -> bool {
        !self.status.progress.is_empty()
    }

    /// Whether the service runs it by its schedule: neither switched off, nor paused, nor in quarantine.
    pub fn can_run(&self) -> bool {
        self.schedule.state == ScheduleState::Active && self.status.quarantine.is_none()
    }

    /// The value of a setting.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings
            .iter()
            .find(|setting| setting.name.eq_ignore_ascii_case(name))
            .map(|setting| setting.value.as_str())
    }

    /// The domain it serves, where the settings tell.
    pub fn domain(&self) -> Option<&str> {
        self.setting("DomainFQDN")
    }
}
