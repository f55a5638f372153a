//! What is known about a run, asked of the service and of the directory.

use crate::{
    domain::{
        Directory,
        rules::{DirectoryFacts, RunFacts},
    },
    engine::MailboxService,
};

/// Adds what only the service can tell: allowed cmdlets, synchronization, tenant-wide default. What can't be read stays
/// unknown, which has rules of its own.
pub async fn ask_service<S: MailboxService>(service: &S, mut facts: RunFacts) -> RunFacts {
    let (cmdlets, organization) = tokio::join!(service.allowed_cmdlets(), service.organization());
    facts.allowed_cmdlets = cmdlets.ok();
    if let Ok(organization) = organization {
        facts.sync_enabled = organization.sync_enabled;
        facts.last_sync = organization.last_sync;
        facts.cloud_by_default = organization.cloud_by_default;
        facts.accepted_domains = organization.accepted_domains;
        if facts.tenant_shown.is_empty() {
            facts.tenant_shown = organization.tenant.id;
        }
    }
    facts
}

/// What a directory says about itself.
pub(super) fn directory_facts(directory: Option<&dyn Directory>) -> Option<DirectoryFacts> {
    directory.map(|directory| DirectoryFacts {
        as_of: directory.as_of(),
        tells_changes: directory.carries("whenChanged"),
        problems: directory.problems(),
    })
}
