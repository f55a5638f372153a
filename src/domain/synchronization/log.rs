//! Provisioning logs and the audit of configuration changes (facts/graph section 5).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{quarantine::SynchronizationError, word::words};

words! {
    /// `provisioningAction`. Logs do not reliably tell a creation from an update.
    ProvisioningAction {
        /// Something else.
        Unspecified = "other",
        /// Created.
        Create = "create",
        /// Deleted.
        Delete = "delete",
        /// Disabled.
        Disable = "disable",
        /// Updated.
        Update = "update",
        /// A deletion that the threshold holds back.
        StagedDelete = "stagedDelete",
    }
}

words! {
    /// `provisioningResult`.
    ProvisioningStatus {
        /// Done.
        Success = "success",
        /// Failed.
        Failure = "failure",
        /// Left out.
        Skipped = "skipped",
        /// Done, with something to know.
        Warning = "warning",
    }
}

words! {
    /// `provisioningStepType`.
    StepKind {
        /// Read from the source.
        Import = "import",
        /// In scope or not.
        Scoping = "scoping",
        /// Which object of the target.
        Matching = "matching",
        /// Values computed.
        Processing = "processing",
        /// References resolved.
        ReferenceResolution = "referenceResolution",
        /// Written to the target.
        Export = "export",
    }
}

/// The source or target object of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogIdentity {
    /// Object id, for Active Directory the objectGUID; may be empty.
    pub id: String,
    /// Name, cleaned; may be empty.
    pub display_name: String,
    /// `user`, `group` and the like.
    pub kind: String,
    /// Distinguished name of an object of Active Directory, where the entry tells one: the details of an identity are
    /// open, and which ones a tenant sends was not seen.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub distinguished_name: Option<String>,
}

/// A property that was changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModifiedProperty {
    /// Its name, cleaned.
    pub name: String,
    /// What it was; nothing when not said.
    pub old: Option<String>,
    /// What it is.
    pub new: Option<String>,
}

/// One step of an entry. Steps of logs have no time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProvisioningStep {
    /// Name, cleaned.
    pub name: String,
    /// Kind.
    pub kind: StepKind,
    /// How it went.
    pub status: ProvisioningStatus,
    /// Description, cleaned.
    pub description: String,
    /// Details with a value, cleaned.
    pub details: Vec<(String, String)>,
}

/// One entry of the provisioning log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProvisioningLogEntry {
    /// Id.
    pub id: String,
    /// When; nothing when it could not be read.
    pub at: Option<Timestamp>,
    /// The job.
    pub job_id: String,
    /// The cycle.
    pub cycle_id: String,
    /// What.
    pub action: ProvisioningAction,
    /// How it went.
    pub status: ProvisioningStatus,
    /// The error behind it.
    pub error: Option<SynchronizationError>,
    /// What the service recommends, cleaned; nothing when it does not.
    pub recommended: Option<String>,
    /// Milliseconds; nothing when not said.
    pub milliseconds: Option<i64>,
    /// Source object.
    pub source: LogIdentity,
    /// Target object.
    pub target: LogIdentity,
    /// Steps.
    pub steps: Vec<ProvisioningStep>,
    /// Changed properties.
    pub modified: Vec<ModifiedProperty>,
}

/// What to look for in the provisioning log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Only this job.
    pub job_id: Option<String>,
    /// Only after this time.
    pub after: Option<Timestamp>,
    /// Only before this time.
    pub before: Option<Timestamp>,
    /// Only this action. Filtered here: which combinations the service filters is not known (facts/graph section 5.1).
    pub action: Option<ProvisioningAction>,
    /// Only this status. Filtered here.
    pub status: Option<ProvisioningStatus>,
    /// Only entries whose source or target name or id holds this text, without case. Filtered here.
    pub object: Option<String>,
}

impl LogQuery {
    /// Whether an entry is looked for.
    pub fn accepts(&self, entry: &ProvisioningLogEntry) -> bool {
        let holds = |text: &str| {
            let wanted = text.to_lowercase();
            [&entry.source, &entry.target].into_iter().any(|identity| {
                identity.display_name.to_lowercase().contains(&wanted)
                    || identity.id.to_lowercase().contains(&wanted)
            })
        };
        self.job_id
            .as_ref()
            .is_none_or(|job| job.eq_ignore_ascii_case(&entry.job_id))
            && self
                .after
                .is_none_or(|after| entry.at.is_some_and(|at| at > after))
            && self
                .before
                .is_none_or(|before| entry.at.is_some_and(|at| at < before))
            && self.action.as_ref().is_none_or(|action| *action == entry.action)
            && self.status.as_ref().is_none_or(|status| *status == entry.status)
            && self.object.as_deref().is_none_or(holds)
    }
}

/// What to look for in the directory audit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only changes of this configuration, by its id; of every one without it.
    pub configuration: Option<String>,
    /// Only after this time.
    pub after: Option<Timestamp>,
    /// Only before this time.
    pub before: Option<Timestamp>,
    /// Only entries that name this text as what was changed, without case. Filtered here.
    pub object: Option<String>,
}

impl AuditQuery {
    /// Whether an entry is looked for, as far as the entry itself tells: ids of configurations are not in it.
    pub fn accepts(&self, entry: &AuditEntry) -> bool {
        let holds = |text: &str| {
            let wanted = text.to_lowercase();
            entry
                .targets
                .iter()
                .any(|target| target.to_lowercase().contains(&wanted))
        };
        self.after
            .is_none_or(|after| entry.at.is_some_and(|at| at > after))
            && self
                .before
                .is_none_or(|before| entry.at.is_some_and(|at| at < before))
            && self.object.as_deref().is_none_or(holds)
    }
}

/// One entry of the directory audit: a change of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Id.
    pub id: String,
    /// When.
    pub at: Option<Timestamp>,
    /// What, cleaned.
    pub activity: String,
    /// Who, cleaned; empty when not said.
    pub by: String,
    /// `success`, `failure` and the like, as it came.
    pub result: String,
    /// Names of what was changed, cleaned.
    pub targets: Vec<String>,
    /// Changed properties.
    pub modified: Vec<ModifiedProperty>,
}
