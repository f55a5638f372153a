//! The permissions of Cloud Sync, part by part (facts/graph sections 1 to 6 and the official permissions by path).

use crate::cloud::graph::subject::Subject;

/// What a part of Cloud Sync needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The part, for people.
    pub what: &'static str,
    /// For a person's sign-in: the least that suffices.
    pub delegated: &'static str,
    /// For an application; nothing where Graph allows it to people only.
    pub application: Option<&'static str>,
}

const fn permission(
    what: &'static str,
    delegated: &'static str,
    application: Option<&'static str>,
) -> Permission {
    Permission {
        what,
        delegated,
        application,
    }
}

/// Every permission, part by part.
pub const PERMISSIONS: [Permission; 11] = [
    permission(
        "read agents, groups, updater",
        "Policy.Read.HybridAuthentication",
        None,
    ),
    permission(
        "change agent groups",
        "Policy.ReadWrite.HybridAuthentication",
        None,
    ),
    permission("set the updater", "Directory.ReadWrite.All", None),
    permission(
        "read configurations",
        "Application.Read.All",
        Some("Application.Read.All"),
    ),
    permission(
        "create a configuration",
        "Application.ReadWrite.All",
        Some("Application.ReadWrite.All"),
    ),
    permission(
        "read jobs and schemas",
        "Synchronization.Read.All",
        Some("Synchronization.Read.All"),
    ),
    permission(
        "steer jobs, provision on demand, change schemas and notifications",
        "Synchronization.ReadWrite.All",
        Some("Synchronization.ReadWrite.All"),
    ),
    permission(
        "read the provisioning log",
        "ProvisioningLog.Read.All",
        Some("ProvisioningLog.Read.All"),
    ),
    permission(
        "read the directory audit",
        "AuditLog.Read.All",
        Some("AuditLog.Read.All"),
    ),
    permission(
        "read the tenant-wide delete prevention",
        "OnPremDirectorySynchronization.Read.All",
        None,
    ),
    permission(
        "disable the tenant-wide delete prevention",
        "OnPremDirectorySynchronization.ReadWrite.All",
        None,
    ),
];

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
