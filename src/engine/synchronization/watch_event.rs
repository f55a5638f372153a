//! What a watch over Cloud Sync tells, piece by piece.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    ServiceError,
    synchronization::{
        AgentRecord, AgentTopology, Configuration, ExecutionState, ServedDomain, SynchronizationJob,
    },
};

/// One finished execution as the history keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryPoint {
    /// When it ended.
    pub ended: Timestamp,
    /// How long it took, in seconds; nothing when its begin is not known.
    pub seconds: Option<f64>,
    /// Writes to the target.
    pub exports: i64,
    /// How it ended.
    pub state: ExecutionState,
}

/// Whether an execution is under way. Graph does not say so itself (facts/graph section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Running {
    /// The service reports progress.
    Yes,
    /// The last end is longer ago than several cadences: it runs long, or it hangs.
    Perhaps,
    /// Nothing hints at it.
    No,
}

/// What to do about an error code or a state, from the advice table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The code or word it is about.
    pub about: String,
    /// What it means.
    pub meaning: String,
    /// What to do.
    pub action: String,
}

/// A job with what Handover knows beyond the latest answer.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSeen {
    /// As the service describes it.
    pub job: SynchronizationJob,
    /// Finished executions, oldest first, as far as they were seen by any watch on this machine.
    pub history: Vec<HistoryPoint>,
    /// The measured cadence; nothing before two ends were seen.
    pub cadence: Option<Duration>,
    /// Whether it runs now.
    pub running: Running,
    /// What to do about its quarantine or its last error; nothing while all is well.
    pub advice: Option<Advice>,
}

/// How weighty a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeLevel {
    /// Good news, or no news.
    Info,
    /// Look at it.
    Warn,
    /// Synchronization suffers.
    Alarm,
}

/// A change of state, told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// When it was seen.
    pub at: Timestamp,
    /// How weighty.
    pub level: NoticeLevel,
    /// One sentence that names the agent or the job, and says from what to what.
    pub text: String,
}

/// Agents as last read.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentsSeen {
    /// As the service lists them.
    pub topology: AgentTopology,
    /// Every agent ever seen, vanished ones too, sorted by machine name.
    pub records: Vec<AgentRecord>,
    /// Domains and how well they are served.
    pub domains: Vec<ServedDomain>,
    /// When they were read.
    pub at: Timestamp,
}

/// What a watch tells.
#[derive(Clone, Debug, PartialEq)]
pub enum WatchEvent {
    /// Agents were read.
    Agents(Box<AgentsSeen>),
    /// Agents can't be read with this sign-in; what is remembered is shown, nothing is asked again before a new sign-in.
    AgentsRefused {
        /// Why.
        error: ServiceError,
        /// Every agent ever seen, sorted by machine name.
        records: Vec<AgentRecord>,
    },
    /// The list of configurations was read.
    Configurations {
        /// The configurations, sorted by name and direction.
        configurations: Vec<Configuration>,
        /// When.
        at: Timestamp,
    },
    /// The jobs of one configuration were read. Jobs that are not among them are gone.
    Jobs {
        /// Id of the configuration.
        configuration: String,
        /// Its jobs, the main one first.
        jobs: Vec<JobSeen>,
        /// When.
        at: Timestamp,
    },
    /// Something changed its state.
    Notice(Notice),
    /// Something could not be read; the watch goes on and tries again.
    Failed {
        /// What, such as `the jobs of contoso.com`.
        what: String,
        /// Why.
        error: ServiceError,
        /// When.
        at: Timestamp,
    },
}
