//! One execution of a job (facts/graph section 3.1, `taskExecution`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{quarantine::SynchronizationError, word::words};

words! {
    /// How an execution ended.
    ExecutionState {
        /// Without any error.
        Succeeded = "Succeeded",
        /// It did not get through.
        Failed = "Failed",
        /// It got through; some objects have errors.
        EntryLevelErrors = "EntryLevelErrors",
    }
}

/// The counters of an execution, each with its name on the wire and a title.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(
    missing_docs,
    reason = "the names of the service, explained in EXECUTION_COUNTS"
)]
pub struct ExecutionCounts {
    pub count_entitled: i64,
    pub count_entitled_for_provisioning: i64,
    pub count_escrowed: i64,
    pub count_escrowed_raw: i64,
    pub count_exported: i64,
    pub count_exports: i64,
    pub count_imported: i64,
    pub count_imported_deltas: i64,
    pub count_imported_reference_deltas: i64,
}

/// A counter of an execution.
pub struct ExecutionCount {
    /// Name on the wire.
    pub name: &'static str,
    /// What it counts, for people.
    pub title: &'static str,
    /// Its value.
    pub value: fn(&ExecutionCounts) -> i64,
}

/// Every counter, in the order in which people ask for them.
pub const EXECUTION_COUNTS: [ExecutionCount; 9] = [
    ExecutionCount {
        name: "countImported",
        title: "objects read from the source",
        value: |counts| counts.count_imported,
    },
    ExecutionCount {
        name: "countImportedDeltas",
        title: "of them changed",
        value: |counts| counts.count_imported_deltas,
    },
    ExecutionCount {
        name: "countImportedReferenceDeltas",
        title: "changed references",
        value: |counts| counts.count_imported_reference_deltas,
    },
    ExecutionCount {
        name: "countEntitled",
        title: "objects in scope",
        value: |counts| counts.count_entitled,
    },
    ExecutionCount {
        name: "countEntitledForProvisioning",
        title: "of them to provision",
        value: |counts| counts.count_entitled_for_provisioning,
    },
    ExecutionCount {
        name: "countExported",
        title: "objects written to the target",
        value: |counts| counts.count_exported,
    },
    ExecutionCount {
        name: "countExports",
        title: "writes to the target",
        value: |counts| counts.count_exports,
    },
    ExecutionCount {
        name: "countEscrowed",
        title: "objects with errors, tried again later",
        value: |counts| counts.count_escrowed,
    },
    ExecutionCount {
        name: "countEscrowedRaw",
        title: "errors of objects in all",
        value: |counts| counts.count_escrowed_raw,
    },
];

/// One execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// `activityIdentifier`: the same in logs; support asks for it.
    pub activity: Option<String>,
    /// How it ended.
    pub state: ExecutionState,
    /// When it began; nothing when the service wrote its sentinel.
    pub began: Option<Timestamp>,
    /// When it ended; nothing when the service wrote its sentinel.
    pub ended: Option<Timestamp>,
    /// Counters.
    pub counts: ExecutionCounts,
    /// Why it failed.
    pub error: Option<SynchronizationError>,
}
