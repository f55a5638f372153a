//! Quarantine: the service slows a job down, or stops it, because of errors (facts/graph section 3.1).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::word::words;

words! {
    /// `quarantineReason`.
    QuarantineReason {
        /// Too many objects failed at the beginning.
        EncounteredBaseEscrowThreshold = "EncounteredBaseEscrowThreshold",
        /// Too many objects failed in all.
        EncounteredTotalEscrowThreshold = "EncounteredTotalEscrowThreshold",
        /// Too large a part of the objects failed.
        EncounteredEscrowProportionThreshold = "EncounteredEscrowProportionThreshold",
        /// The job itself failed.
        EncounteredQuarantineException = "EncounteredQuarantineException",
        /// The service does not say.
        Unknown = "Unknown",
        /// Somebody asked for it.
        QuarantinedOnDemand = "QuarantinedOnDemand",
        /// More deletions than the threshold allows; they are held back.
        TooManyDeletes = "TooManyDeletes",
        /// The source went silent in the middle.
        IngestionInterrupted = "IngestionInterrupted",
    }
}

/// `synchronizationError`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SynchronizationError {
    /// The service's code, cleaned; may be empty.
    pub code: String,
    /// What it says, cleaned.
    pub message: String,
    /// Whether the tenant's administrator can do something about it; nothing when not said.
    pub tenant_actionable: Option<bool>,
}

/// `synchronizationQuarantine`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quarantine {
    /// Why.
    pub reason: QuarantineReason,
    /// Since when, this time.
    pub since: Option<Timestamp>,
    /// When the service tries again.
    pub next_attempt: Option<Timestamp>,
    /// When the series of quarantines began that this one belongs to.
    pub series_began: Option<Timestamp>,
    /// How many there were in the series.
    pub series_count: i64,
    /// The error behind it.
    pub error: Option<SynchronizationError>,
}
