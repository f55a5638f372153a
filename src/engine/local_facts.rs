//! What this machine knows about a run before it is planned: interrupted runs, a place for snapshots.

use std::{fs, path::Path};

use jiff::Timestamp;

use super::runs;
use crate::domain::{TenantName, rules::RunFacts};

/// Facts for [`super::plan::ask_service`] to complete. `token_tenant` is the tenant of the sign-in. Reads files, so call
/// it off the screen's loop.
pub fn gather(data_dir: &Path, tenant: &TenantName, token_tenant: Option<String>) -> RunFacts {
    let open_run = runs::interrupted(data_dir, &tenant.id).ok().flatten();
    RunFacts {
        now: Timestamp::now(),
        tenant_shown: tenant.id.clone(),
        token_tenants: token_tenant.into_iter().collect(),
        backup_problem: backup_problem(data_dir),
        open_run: open_run.map(|entry| entry.run),
        ..RunFacts::default()
    }
}

/// Why snapshots can't be written; nothing when they can.
fn backup_problem(data_dir: &Path) -> Option<String> {
    let probe = || {
        fs::create_dir_all(data_dir)?;
        tempfile::Builder::new()
            .prefix(".probe-")
            .tempfile_in(data_dir)?
            .close()
    };
    let error = probe().err()?;
    Some(format!("`{}` can't be written to: {error}", data_dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_can_not_be_written_is_said() {
        let tenant = TenantName {
            id: "tenant".to_owned(),
            domain: "contoso.com".to_owned(),
        };
        let folder = tempfile::tempdir().unwrap();
        let facts = gather(&folder.path().join("new"), &tenant, Some("tenant".to_owned()));
        assert_eq!((facts.backup_problem, facts.open_run), (None, None));
        assert_eq!(facts.token_tenants, ["tenant"]);
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(gather(&file, &tenant, None).backup_problem.is_some());
    }
}
