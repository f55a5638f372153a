//! Error codes of the service and what it says beside them (codes: facts/connect section 8; wording made up).

use super::job::Failure;

/// A code with its texts.
pub(in crate::sandbox) struct ErrorText {
    pub code: &'static str,
    pub reason: &'static str,
    pub recommended: &'static str,
}

pub(super) const DUPLICATE: &ErrorText = &ErrorText {
    code: "HybridSynchronizationActiveDirectoryUnexpectedDuplicateEntriesFound",
    reason: "The lookup in the target returned more than one object.",
    recommended: "Remove the duplicate objects and try again.",
};
pub(super) const BUSY: &ErrorText = &ErrorText {
    code: "AzureDirectoryServiceServerBusy",
    reason: "The directory service is busy. The change is tried again.",
    recommended: "Wait. If it lasts for more than 24 hours, contact support.",
};
pub(super) const NOT_IN_SCOPE: &ErrorText = &ErrorText {
    code: "NotInScope",
    reason: "The object is not in scope of the configuration.",
    recommended: "",
};
pub(super) const STAGED: &ErrorText = &ErrorText {
    code: "DeleteThresholdExceeded",
    reason: "The delete was held back by the prevention of accidental deletions.",
    recommended: "Look at the deletes that are held back, then allow them or bring the objects back into scope.",
};
pub(super) const TENANT_PREVENTION: &ErrorText = &ErrorText {
    code: "DirSyncAccidentalDeletionPrevented",
    reason: "The prevention of accidental deletions of the tenant refused the delete.",
    recommended: "Check the threshold of the tenant, which belongs to Connect Sync.",
};

/// Codes whole executions fail with.
const EXECUTION: [(&str, &str); 8] = [
    (
        "HybridIdentityServiceNoActiveAgents",
        "No provisioning agent of the domain is listening. Start the agent service on one of its hosts.",
    ),
    (
        "HybridIdentityServiceNoAgentsAssigned",
        "No provisioning agent is registered for the domain.",
    ),
    (
        "HybridIdentityServiceInvalidResource",
        "The resource name of the domain is not set for the hybrid identity service.",
    ),
    (
        "HybridIdentityServiceAgentSignalingError",
        "The provisioning agent could not be reached over the service bus.",
    ),
    ("TimeOut", "The request to the provisioning agent timed out."),
    (
        "AzureActiveDirectoryInvalidCredential",
        "The synchronization service account is missing or its credential is not valid.",
    ),
    (
        "AzureActiveDirectoryExpiredCredentials",
        "The credential of the synchronization service account has expired.",
    ),
    (
        "TooManyDeletes",
        "Delete threshold exceeded: the deletes of this run are held back.",
    ),
];

/// The failure of an execution with a code; unknown codes have a text too.
pub(super) fn failure(code: &str) -> Failure {
    let known = EXECUTION.iter().find(|(known, _)| *known == code);
    Failure {
        code: code.to_owned(),
        message: known
            .map_or("The execution failed.", |(_, message)| message)
            .to_owned(),
    }
}
