//! What can be done to Cloud Sync, first as a plan to look at, then carried out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::synchronization::{
    NotificationSettings, OnDemandOutcome, OnDemandSubject, SynchronizationJob, UpdaterConfiguration,
};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "action")]
pub enum SynchronizationAction {
    /// Start or resume a job.
    Start {
        /// Configuration id.
        configuration: String,
        /// Job id.
        job: String,
    },
    /// Pause a job.
    Pause {
        /// Configuration id.
        configuration: String,
        /// Job id.
        job: String,
    },
    /// Restart a job.
    Restart {
        /// Configuration id.
        configuration: String,
        /// Job id.
        job: String,
        /// Name of one of [`crate::domain::synchronization::RESTART_CHOICES`].
        choice: String,
    },
    /// Provision objects now, at most five in ten seconds.
    ProvisionOnDemand {
        /// Configuration id.
        configuration: String,
        /// Job id.
        job: String,
        /// The objects, each once.
        subjects: Vec<OnDemandSubject>,
    },
    /// Set the threshold of accidental deletions and its recipients.
    SetNotification {
        /// Configuration id.
        configuration: String,
        /// The new settings.
        settings: NotificationSettings,
    },
    /// Switch the tenant-wide prevention of accidental deletions off.
    DisableDeletePrevention,
    /// Create an agent group.
    CreateAgentGroup {
        /// Its name.
        name: String,
    },
    /// Rename an agent group.
    RenameAgentGroup {
        /// Group id.
        group: String,
        /// The new name.
        name: String,
    },
    /// Delete an agent group.
    DeleteAgentGroup {
        /// Group id.
        group: String,
    },
    /// Put an agent into a group.
    AssignAgent {
        /// Agent id.
        agent: String,
        /// Group id.
        group: String,
    },
    /// Take an agent out of a group.
    UnassignAgent {
        /// Agent id.
        agent: String,
        /// Group id.
        group: String,
    },
    /// Set when agents update themselves.
    SetUpdater {
        /// The new settings.
        updater: UpdaterConfiguration,
    },
    /// Add the missing `Mail -> mail` mapping to the attribute writeback, and nothing else.
    AddMailMapping {
        /// Configuration id.
        configuration: String,
        /// Job id.
        job: String,
    },
    /// Create and start the configuration that writes Exchange attributes back to Active Directory.
    CreateAttributeWriteback {
        /// The domain it serves.
        domain: String,
    },
}

/// An action that was checked against the present state, ready to be confirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionPlan {
    /// What will be done.
    pub action: SynchronizationAction,
    /// The tenant it is for.
    pub tenant: String,
    /// What will happen, as lines to read: first the deed, then what is now and what will be.
    pub summary: Vec<String>,
    /// What to know before, the weightiest first.
    pub warnings: Vec<String>,
    /// Whether it may change or delete many objects: then [`ActionPlan::phrase`] must be typed.
    pub danger: bool,
    /// What must be typed, naming the tenant and the count where there is one.
    pub phrase: String,
    /// How many objects it concerns.
    pub count: u64,
    /// The job as it was when the plan was made; carried out only if it still is where it was.
    pub before: Option<SynchronizationJob>,
    /// When it was made.
    pub made_at: Timestamp,
    /// The schema to write and the hash of the one it was made from, for actions that change a schema.
    pub schema: Option<SchemaChange>,
}

/// A change of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaChange {
    /// SHA-256 of the schema as read; a schema that was changed since is refused and shown as a difference.
    pub read_hash: String,
    /// The whole schema to write.
    pub replacement: Vec<u8>,
    /// The change for people, one line each, `+` or `-` first.
    pub difference: Vec<String>,
}

/// How far an action is; the latest counts.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "one at a time, at most one every two seconds"
)]
pub enum ActionProgress {
    /// One object of many was provisioned, or failed.
    Provisioned {
        /// Which.
        subject: OnDemandSubject,
        /// What came of it.
        outcome: Result<OnDemandOutcome, crate::domain::ServiceError>,
        /// How many are settled.
        done: u64,
        /// How many there are.
        of: u64,
    },
    /// A step of an action with several.
    Step(String),
}

/// How an action ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionOutcome {
    /// What was found afterwards, as lines to read: the state was read again, not assumed.
    pub found: Vec<String>,
    /// Whether the state read afterwards is the wanted one; nothing when it can't be seen.
    pub confirmed: Option<bool>,
    /// On-demand results in order.
    pub provisioned: Vec<(
        OnDemandSubject,
        Result<OnDemandOutcome, crate::domain::ServiceError>,
    )>,
    /// Ids of things that were created.
    pub created: Vec<String>,
}

impl SynchronizationAction {
    /// The job it is about, with its configuration.
    pub fn job(&self) -> Option<(&str, &str)> {
        match self {
            Self::Start { configuration, job }
            | Self::Pause { configuration, job }
            | Self::Restart {
                configuration, job, ..
            }
            | Self::ProvisionOnDemand {
                configuration, job, ..
            }
            | Self::AddMailMapping { configuration, job } => Some((configuration, job)),
            _ => None,
        }
    }
}
