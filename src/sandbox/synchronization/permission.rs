//! Which permissions a request needs: any of them (contracts of Graph's permissions by path).

use crate::sandbox::login::Caller;

/// Permissions that suffice for a person's sign-in and for an application's.
pub(super) struct Needs {
    delegated: &'static [&'static str],
    /// Empty: no application may do it, whatever it holds.
    application: &'static [&'static str],
}

const fn both(names: &'static [&'static str]) -> Needs {
    Needs {
        delegated: names,
        application: names,
    }
}

const fn delegated(names: &'static [&'static str]) -> Needs {
    Needs {
        delegated: names,
        application: &[],
    }
}

pub(super) const READ_JOBS: Needs = Needs {
    delegated: &["Synchronization.Read.All", "Synchronization.ReadWrite.All"],
    application: &[
        "Synchronization.Read.All",
        "Synchronization.ReadWrite.All",
        "Application.ReadWrite.OwnedBy",
    ],
};
pub(super) const WRITE_JOBS: Needs = Needs {
    delegated: &["Synchronization.ReadWrite.All"],
    application: &["Synchronization.ReadWrite.All", "Application.ReadWrite.OwnedBy"],
};
pub(super) const DISCOVER: Needs = Needs {
    delegated: &["Directory.ReadWrite.All"],
    application: &["Directory.ReadWrite.All", "Application.ReadWrite.OwnedBy"],
};
pub(super) const READ_PRINCIPALS: Needs = both(&[
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Application.ReadWrite.OwnedBy",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
]);
pub(super) const WRITE_PRINCIPALS: Needs = both(&[
    "Application.ReadWrite.All",
    "Application.ReadWrite.OwnedBy",
    "Directory.ReadWrite.All",
]);
pub(super) const READ_AGENTS: Needs = delegated(&[
    "Policy.Read.HybridAuthentication",
    "Policy.ReadWrite.HybridAuthentication",
    "Directory.ReadWrite.All",
]);
pub(super) const WRITE_AGENTS: Needs =
    delegated(&["Policy.ReadWrite.HybridAuthentication", "Directory.ReadWrite.All"]);
pub(super) const RESOURCES: Needs = delegated(&["OnPremisesPublishingProfiles.ReadWrite.All"]);
pub(super) const UPDATER: Needs = delegated(&["Directory.ReadWrite.All"]);
pub(super) const READ_LOG: Needs = both(&[
    "ProvisioningLog.Read.All",
    "AuditLog.Read.All",
    "Directory.Read.All",
]);
pub(super) const READ_AUDIT: Needs = both(&["AuditLog.Read.All", "Directory.Read.All"]);
pub(super) const READ_PREVENTION: Needs = delegated(&[
    "OnPremDirectorySynchronization.Read.All",
    "OnPremDirectorySynchronization.ReadWrite.All",
]);
pub(super) const WRITE_PREVENTION: Needs = delegated(&["OnPremDirectorySynchronization.ReadWrite.All"]);

impl Needs {
    pub fn allow(&self, caller: &Caller) -> bool {
        let suffice = if caller.app_only {
            self.application
        } else {
            self.delegated
        };
        caller
            .permissions
            .iter()
            .any(|held| suffice.contains(&held.as_str()))
    }
}
