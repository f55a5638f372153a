//! Checks of a whole run (facts/exchange section 6.1).

use jiff::{SignedDuration, Timestamp};

use super::{ConnectVersion, DIRECTORY_MAX_AGE, MINIMUM_CONNECT_VERSION, catalog::finding};
use crate::domain::{
    Finding, Target,
    text::{clean, clean_to},
};

/// How the writeback of Entra Cloud Sync stands, as far as somebody looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WritebackState {
    /// Nobody asked, or nothing on-premises reads Exchange attributes.
    #[default]
    NotAsked,
    /// Running with current mappings.
    Fit,
    /// There is no such job.
    Absent,
    /// The job does not run.
    Inactive,
    /// The job dates from the preview and does not write `mail`.
    WithoutMail,
}

/// What is known about a run before it is planned. The default knows nothing and has found nothing wrong.
#[derive(Clone, Debug, Default)]
pub struct RunFacts {
    /// The time now.
    pub now: Timestamp,
    /// Tenant id shown to the administrator.
    pub tenant_shown: String,
    /// Tenant ids of the tokens in use; each should be the one shown.
    pub token_tenants: Vec<String>,
    /// Cmdlets this sign-in may run; nothing when it could not be read.
    pub allowed_cmdlets: Option<Vec<String>>,
    /// Whether the first row carried the flag; nothing when no row was seen.
    pub flag_present: Option<bool>,
    /// Why snapshots can't be written; nothing when they can.
    pub backup_problem: Option<String>,
    /// Version of Connect Sync as somebody attested it.
    pub connect_version: Option<String>,
    /// Whether directory synchronization is on.
    pub sync_enabled: Option<bool>,
    /// Last directory synchronization.
    pub last_sync: Option<Timestamp>,
    /// Whether new mailboxes belong to the cloud.
    pub cloud_by_default: Option<bool>,
    /// Accepted domains of the tenant; empty when they could not be read.
    pub accepted_domains: Vec<String>,
    /// The writeback, when something on-premises reads Exchange attributes.
    pub writeback: WritebackState,
    /// Cloud-managed mailboxes in the tenant now; nothing when not counted.
    pub managed_now: Option<u64>,
    /// Mailboxes this plan adds to them.
    pub selected: u64,
    /// Unfinished runs of this tenant.
    pub open_runs: Vec<String>,
    /// Folders of runs that can't be read, each with the reason.
    pub damaged_runs: Vec<String>,
    /// Snapshot attributes the tenant does not know.
    pub dropped_attributes: Vec<String>,
    /// The directory at hand.
    pub directory: Option<DirectoryFacts>,
    /// Whether a run's snapshot stands in for a missing directory.
    pub snapshot_stands_in: bool,
    /// Why the authority over whole objects could not be read.
    pub object_authority_problem: Option<String>,
    /// Rows without an object id.
    pub rows_without_id: u64,
    /// What the service warned about while listing.
    pub inventory_warnings: Vec<String>,
    /// Eligible mailboxes beyond the limit of the plan.
    pub trimmed: u64,
}

/// What is known about a directory export as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryFacts {
    /// When it was exported.
    pub as_of: Option<Timestamp>,
    /// Whether it tells when objects changed.
    pub tells_changes: bool,
    /// What is wrong with it.
    pub problems: Vec<String>,
}

/// The writeback supports so many cloud-managed mailboxes in a tenant (facts/exchange section 3.4).
const WRITEBACK_LIMIT: u64 = 600_000;

/// A synchronization older than this is late.
const SYNC_LATE: SignedDuration = SignedDuration::from_hours(3);

/// The condition of a rule: one clean detail for each finding.
pub type RunCondition = fn(&RunFacts, Target) -> Vec<String>;

/// Every run check by name.
pub const CHECKED_HERE: &[(&str, RunCondition)] = &[
    ("wrong-tenant", |facts, _| {
        facts
            .token_tenants
            .iter()
            .filter(|tenant| !tenant.eq_ignore_ascii_case(&facts.tenant_shown))
            .map(|tenant| clean(tenant).into_owned())
            .collect()
    }),
    ("cmdlet-missing", |facts, _| {
        let Some(allowed) = &facts.allowed_cmdlets else {
            return Vec::new();
        };
        ["Get-Mailbox", "Set-Mailbox"]
            .into_iter()
            .filter(|needed| !allowed.iter().any(|name| name.eq_ignore_ascii_case(needed)))
            .map(str::to_owned)
            .collect()
    }),
    ("cmdlets-unknown", |facts, _| {
        when(facts.allowed_cmdlets.is_none())
    }),
    ("flag-missing", |facts, _| when(facts.flag_present == Some(false))),
    ("backup-folder", |facts, _| {
        facts
            .backup_problem
            .iter()
            .map(|problem| clean(problem).into_owned())
            .collect()
    }),
    ("connect-too-old", |facts, _| {
        attested(facts)
            .filter(|version| *version < MINIMUM_CONNECT_VERSION)
            .map(|version| version.to_string())
            .into_iter()
            .collect()
    }),
    ("connect-unreadable", |facts, _| match &facts.connect_version {
        Some(text) if attested(facts).is_none() => vec![clean_to(text, 40).into_owned()],
        _ => Vec::new(),
    }),
    ("connect-not-attested", |facts, _| {
        when(facts.connect_version.is_none())
    }),
    ("sync-off", |facts, _| when(facts.sync_enabled == Some(false))),
    ("sync-stale", |facts, _| {
        match (facts.sync_enabled, facts.last_sync) {
            (Some(false), _) | (_, None) => Vec::new(),
            (_, Some(last)) => {
                let age = facts.now.duration_since(last);
                if age > SYNC_LATE {
                    vec![format!("{} hours ago ({last:.0})", age.as_hours())]
                } else {
                    Vec::new()
                }
            }
        }
    }),
    ("sync-unknown", |facts, _| {
        when(facts.sync_enabled != Some(false) && facts.last_sync.is_none())
    }),
    ("writeback-unfit", |facts, _| {
        let state = match facts.writeback {
            WritebackState::NotAsked | WritebackState::Fit => return Vec::new(),
            WritebackState::Absent => "not set up",
            WritebackState::Inactive => "not running",
            WritebackState::WithoutMail => "from the preview and does not write mail",
        };
        vec![state.to_owned()]
    }),
    ("tenant-default-cloud", |facts, _| {
        when(facts.cloud_by_default == Some(true))
    }),
    ("too-many-managed", |facts, _| {
        let after = facts.managed_now.unwrap_or(0).saturating_add(facts.selected);
        if after > WRITEBACK_LIMIT {
            vec![after.to_string()]
        } else {
            Vec::new()
        }
    }),
    ("open-run", |facts, _| {
        facts
            .open_runs
            .iter()
            .map(|run| clean(run).into_owned())
            .collect()
    }),
    ("damaged-run", |facts, _| {
        facts
            .damaged_runs
            .iter()
            .map(|folder| clean(folder).into_owned())
            .collect()
    }),
    ("attributes-dropped", |facts, _| {
        match facts.dropped_attributes.as_slice() {
            [] => Vec::new(),
            dropped => vec![clean(&dropped.join(", ")).into_owned()],
        }
    }),
    ("no-directory", |facts, _| {
        when(facts.directory.is_none() && !facts.snapshot_stands_in)
    }),
    ("directory-from-snapshot", |facts, _| {
        when(facts.directory.is_none() && facts.snapshot_stands_in)
    }),
    ("directory-old", |facts, _| {
        let as_of = facts.directory.as_ref().and_then(|directory| directory.as_of);
        as_of
            .filter(|as_of| facts.now.duration_since(*as_of) > DIRECTORY_MAX_AGE)
            .map(|as_of| format!("{as_of:.0}"))
            .into_iter()
            .collect()
    }),
    ("directory-age-unknown", |facts, _| match &facts.directory {
        Some(directory) if directory.as_of.is_none() => vec!["has no date".to_owned()],
        Some(directory) if !directory.tells_changes => vec!["does not tell when objects changed".to_owned()],
        _ => Vec::new(),
    }),
    ("directory-incomplete", |facts, _| {
        facts
            .directory
            .iter()
            .flat_map(|directory| &directory.problems)
            .map(|problem| clean(problem).into_owned())
            .collect()
    }),
    ("object-authority-unknown", |facts, _| {
        facts
            .object_authority_problem
            .iter()
            .map(|problem| clean(problem).into_owned())
            .collect()
    }),
    ("rows-without-id", |facts, _| match facts.rows_without_id {
        0 => Vec::new(),
        rows => vec![rows.to_string()],
    }),
    ("inventory-warning", |facts, _| {
        facts
            .inventory_warnings
            .iter()
            .map(|text| clean(text).into_owned())
            .collect()
    }),
    ("trimmed", |facts, _| match facts.trimmed {
        0 => Vec::new(),
        trimmed => vec![trimmed.to_string()],
    }),
];

/// Runs every check that applies in this direction, in the order of the table.
pub fn check_run(facts: &RunFacts, target: Target) -> Vec<Finding> {
    CHECKED_HERE
        .iter()
        .flat_map(|(name, condition)| {
            condition(facts, target)
                .into_iter()
                .filter_map(|detail| finding(name, &detail, target))
        })
        .collect()
}

fn attested(facts: &RunFacts) -> Option<ConnectVersion> {
    facts.connect_version.as_deref().and_then(ConnectVersion::parse)
}

/// One finding without a detail, or none.
fn when(condition: bool) -> Vec<String> {
    if condition {
        vec![String::new()]
    } else {
        Vec::new()
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
