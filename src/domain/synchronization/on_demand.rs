//! Provisioning one object now (facts/graph section 3.3).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{log::ModifiedProperty, quarantine::SynchronizationError};

/// Which object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OnDemandSubject {
    /// A distinguished name for jobs that read Active Directory, an object id for those that read Entra ID.
    pub object_id: String,
    /// `user`, `group` and the like, as the rule names its source.
    pub object_type: String,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OnDemandStep {
    /// Such as `EntryImportAdd`, cleaned.
    pub name: String,
    /// `Import`, `Scoping`, `Matching`, `Export`, as it came, cleaned.
    pub kind: String,
    /// As it came, cleaned.
    pub status: String,
    /// As it came, cleaned.
    pub description: String,
    /// When.
    pub at: Option<Timestamp>,
    /// Details with a value, cleaned, in the order in which they came. The service sends a hundred empty ones.
    pub details: Vec<(String, String)>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OnDemandOutcome {
    /// `Success`, `Skipped`, `Failure`, or another word as it came, cleaned.
    pub result: String,
    /// The error behind it.
    pub error: Option<SynchronizationError>,
    /// `Create`, `Update` and the like, as it came; empty when not said.
    pub action: String,
    /// What the service recommends, cleaned; nothing when it does not.
    pub recommended: Option<String>,
    /// Id of the source object.
    pub source: Option<String>,
    /// Id of the target object.
    pub target: Option<String>,
    /// What was changed.
    pub modified: Vec<ModifiedProperty>,
    /// Import, scoping, matching, export, in order.
    pub steps: Vec<OnDemandStep>,
}

impl OnDemandOutcome {
    /// Whether the object is in step now. Skipped because nothing had to be exported counts as such.
    pub fn is_good(&self) -> bool {
        let skipped_as_redundant = self.steps.iter().any(|step| {
            step.details
                .iter()
                .any(|(name, value)| name == "SkipReason" && value.eq_ignore_ascii_case("RedundantExport"))
        });
        self.result.eq_ignore_ascii_case("Success") || skipped_as_redundant
    }
}
