//! The permissions of Cloud Sync, call by call (facts/graph sections 1 to 6 and the official permissions by path).
//!
//! | call | delegated | application |
//! |---|---|---|
//! | agents, groups, updater: read | Policy.Read.HybridAuthentication | none |
//! | agents, groups: write | Policy.ReadWrite.HybridAuthentication | none |
//! | updater: write | Directory.ReadWrite.All | none |
//! | configurations: read | Application.Read.All | Application.Read.All |
//! | configurations: create | Application.ReadWrite.All | Application.ReadWrite.OwnedBy |
//! | jobs, schema: read | Synchronization.Read.All | Synchronization.Read.All |
//! | jobs, schema, secrets, on demand: write | Synchronization.ReadWrite.All | Synchronization.ReadWrite.All |
//! | provisioning log | ProvisioningLog.Read.All | ProvisioningLog.Read.All |
//! | directory audit | AuditLog.Read.All | AuditLog.Read.All |
//! | tenant-wide delete prevention | OnPremDirectorySynchronization.ReadWrite.All | none |

use crate::cloud::graph::subject::Subject;

/// Agents, their groups, the updater.
pub(super) const AGENTS: Subject = Subject {
    what: "agents and agent groups",
    grant: "Grant Policy.Read.HybridAuthentication (Policy.ReadWrite.HybridAuthentication to change groups, \
            Directory.ReadWrite.All to set the updater) with admin consent, and sign in as a Hybrid Identity Administrator.",
    people_only: true,
    gone: "It is gone, or somebody removed it meanwhile. Read the agents again.",
};

/// Service principals and templates.
pub(super) const CONFIGURATIONS: Subject = Subject {
    what: "configurations",
    grant: "Grant Application.Read.All (Application.ReadWrite.All to create one) with admin consent.",
    people_only: false,
    gone: "The configuration or its template is gone. Read the list of configurations again.",
};

/// Jobs, schemas, secrets.
pub(super) const JOBS: Subject = Subject {
    what: "synchronization jobs",
    grant: "Grant Synchronization.Read.All (Synchronization.ReadWrite.All to steer jobs) with admin consent, and sign in \
            as a Hybrid Identity Administrator.",
    people_only: false,
    gone: "The job or its configuration was deleted meanwhile. Read the list again.",
};

/// The provisioning log.
pub(super) const LOG: Subject = Subject {
    what: "the provisioning log",
    grant: "Grant ProvisioningLog.Read.All with admin consent and sign in as a Reports Reader, Security Reader or higher. \
            The log needs a licence of Entra ID P1.",
    people_only: false,
    gone: "The log is not there. Check the licence (Entra ID P1) and the cloud.",
};

/// The directory audit.
pub(super) const AUDIT: Subject = Subject {
    what: "the directory audit",
    grant: "Grant AuditLog.Read.All with admin consent and sign in as a Reports Reader, Security Reader or higher.",
    people_only: false,
    gone: "The audit is not there. Check the cloud.",
};

/// The tenant-wide prevention of accidental deletions.
pub(super) const PREVENTION: Subject = Subject {
    what: "the tenant-wide prevention of accidental deletions",
    grant: "Grant OnPremDirectorySynchronization.ReadWrite.All with admin consent, and sign in as a Hybrid Identity \
            Administrator or Global Administrator.",
    people_only: true,
    gone: "The tenant has no settings of directory synchronization.",
};
