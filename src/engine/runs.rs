//! The runs on this machine, told from their folders. A broken folder is shown, never hidden and never fatal.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ItemFailure;
use crate::{
    domain::{ChangeKind, ObjectId, Plan, Target, text::clean},
    journal::{
        Counts, ItemState, JournalError, Manifest, Outcome, ReplayedItem, RunFolder, Subject, TenantLock,
    },
};

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunListState {
    /// A living process works on it.
    Open,
    /// Not finished, and nobody works on it: resume it.
    Interrupted,
    /// Every mailbox is settled, or it was given up.
    Done,
}

impl RunListState {
    /// The word of tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Interrupted => "interrupted",
            Self::Done => "done",
        }
    }
}

/// One row of `runs list` (design section 2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunEntry {
    /// Name of the run: its folder.
    pub run: String,
    /// Where it stands.
    pub state: RunListState,
    /// Tenant domain; empty when the folder can't be read.
    pub tenant: String,
    /// What it does; nothing when the folder can't be read.
    #[serde(default)]
    pub kind: Option<ChangeKind>,
    /// Where the authority goes; nothing when the folder can't be read.
    pub target: Option<Target>,
    /// Written and proven.
    pub done: u64,
    /// Neither settled nor reached, unknown ones included.
    pub remaining: u64,
    /// When it began; nothing when the folder can't be read.
    pub started_at: Option<Timestamp>,
    /// Tenant id.
    pub tenant_id: String,
    /// Subjects of the plan.
    pub items: u64,
    /// Were in the target state already.
    pub already_there: u64,
    /// Failed for good.
    pub failed: u64,
    /// Unproven.
    pub unknown: u64,
    /// Who applied it.
    pub who: String,
    /// The folder.
    pub directory: String,
    /// Whether it was given up; then it is done with something remaining.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub abandoned: bool,
    /// What is wrong with the folder, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What `runs show` prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunDetail {
    /// The row of the list.
    #[serde(flatten)]
    pub entry: RunEntry,
    /// Version of Handover that began it.
    pub version: String,
    /// Hash of its plan.
    pub plan: String,
    /// The run its plan takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_of: Option<String>,
    /// Snapshot attributes the tenant does not know.
    pub dropped_attributes: Vec<String>,
    /// Why it last stopped early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Bytes of a line that was cut while being written; a resume drops them.
    pub torn_bytes: u64,
    /// The tenant-wide default before this run switched it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_before: Option<bool>,
    /// Mailboxes that failed or stay unknown, in plan order.
    pub failures: Vec<ItemFailure>,
}

/// All runs, newest first. Reads files, so call it off the screen's loop.
///
/// # Errors
/// Only when the folder of all runs can't be listed.
pub fn list(data_dir: &Path) -> Result<Vec<RunEntry>, JournalError> {
    let mut entries: Vec<RunEntry> = RunFolder::list(data_dir)?
        .iter()
        .map(|folder| entry(data_dir, folder))
        .collect();
    // Names begin with the time, which orders folders whose manifest is broken.
    entries.sort_by(|one, other| {
        other
            .started_at
            .cmp(&one.started_at)
            .then_with(|| other.run.cmp(&one.run))
    });
    Ok(entries)
}

/// One run in detail, by name or a unique beginning or end of it.
///
/// # Errors
/// No such run, or a plan, manifest or journal that can't be read.
pub fn show(data_dir: &Path, run: &str) -> Result<RunDetail, JournalError> {
    let folder = RunFolder::find(data_dir, run)?;
    let manifest = folder.manifest()?;
    let plan = folder.plan()?;
    let replay = folder.replay()?;
    let failures = plan
        .content
        .items
        .iter()
        .filter_map(|item| {
            Some(ItemFailure {
                id: item.id,
                address: clean(&item.primary_smtp_address).into_owned(),
                error: replay.errors.get(&Subject::Mailbox(item.id))?.clone(),
            })
        })
        .collect();
    Ok(RunDetail {
        entry: entry(data_dir, &folder),
        version: manifest.version,
        plan: manifest.plan,
        undo_of: plan.content.undo_of,
        dropped_attributes: manifest.dropped_attributes,
        stopped: replay.stopped,
        torn_bytes: replay.torn,
        default_before: replay.default_before,
        failures,
    })
}

/// The run of a tenant that should be resumed before another begins; the newest one.
///
/// # Errors
/// As [`list`].
pub fn interrupted(data_dir: &Path, tenant_id: &str) -> Result<Option<RunEntry>, JournalError> {
    Ok(list(data_dir)?.into_iter().find(|entry| {
        entry.state == RunListState::Interrupted
            && entry.problem.is_none()
            && entry.tenant_id.eq_ignore_ascii_case(tenant_id)
    }))
}

/// The plan of a run and the mailboxes it wrote and proved, in plan order, each with the hash of its snapshot: what
/// `undo` and `verify` work on.
///
/// # Errors
/// No such run, or files that can't be read.
pub fn done_mailboxes(data_dir: &Path, run: &str) -> Result<DoneMailboxes, JournalError> {
    let folder = RunFolder::find(data_dir, run)?;
    let plan = folder.plan()?;
    let replay = folder.replay()?;
    let done = plan
        .content
        .items
        .iter()
        .filter_map(|item| match replay.item(item.id) {
            Some(ReplayedItem {
                state: ItemState::Settled(Outcome::Done),
                snapshot: Some(snapshot),
                ..
            }) => Some((item.id, *snapshot)),
            _ => None,
        })
        .collect();
    let default_done = matches!(
        replay.item(Subject::Organization).map(|item| item.state),
        Some(ItemState::Settled(Outcome::Done))
    );
    Ok(DoneMailboxes {
        folder,
        plan,
        done,
        default_done,
    })
}

/// What a run wrote.
#[derive(Clone, Debug)]
pub struct DoneMailboxes {
    /// The run's folder, for [`crate::journal::SnapshotReader`].
    pub folder: RunFolder,
    /// Its plan.
    pub plan: Plan,
    /// Mailbox and SHA-256 of the snapshot taken before the write.
    pub done: Vec<(ObjectId, [u8; 32])>,
    /// Whether it switched the tenant-wide default and proved that.
    pub default_done: bool,
}

/// A run that stands in the way of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unfinished {
    /// It can be resumed or given up.
    Resumable {
        /// Name of the run.
        run: String,
    },
    /// Its record can't be read.
    Damaged {
        /// Name of the run.
        run: String,
        /// Its folder.
        folder: String,
        /// What is wrong with it, in a sentence.
        reason: String,
    },
}

impl Unfinished {
    pub(super) fn run(&self) -> &str {
        match self {
            Self::Resumable { run } | Self::Damaged { run, .. } => run,
        }
    }
}

/// The runs of a tenant that are not over, the one that a process works on just now included. A folder that does not
/// tell its tenant counts for every tenant.
pub(super) fn unfinished(data_dir: &Path, tenant_id: &str) -> Result<Vec<Unfinished>, JournalError> {
    Ok(RunFolder::list(data_dir)?
        .iter()
        .filter_map(|folder| match is_over(folder, tenant_id) {
            Ok(true) => None,
            Ok(false) => Some(Unfinished::Resumable {
                run: folder.name().to_owned(),
            }),
            Err(error) => Some(Unfinished::Damaged {
                run: clean(folder.name()).into_owned(),
                folder: folder.path().display().to_string(),
                reason: error.to_string(),
            }),
        })
        .collect())
}

/// Whether a run is over, or of another tenant. The journal decides where the manifest does not say: a crash can come
/// between the two.
fn is_over(folder: &RunFolder, tenant_id: &str) -> Result<bool, JournalError> {
    let manifest = match folder.manifest() {
        Ok(manifest) => manifest,
        Err(error) => {
            let plan = folder
                .plan_bytes()
                .ok()
                .and_then(|bytes| Plan::parse(&bytes).ok());
            return match plan {
                Some(plan) if !plan.content.tenant.id.eq_ignore_ascii_case(tenant_id) => Ok(true),
                _ => Err(error),
            };
        }
    };
    if manifest.closed.is_some() || !manifest.tenant.id.eq_ignore_ascii_case(tenant_id) {
        return Ok(true);
    }
    if folder.replay()?.closed {
        return Ok(true);
    }
    folder.plan().map(|_| false)
}

fn entry(data_dir: &Path, folder: &RunFolder) -> RunEntry {
    let manifest = match folder.manifest() {
        Ok(manifest) => manifest,
        Err(error) => return broken(folder, &error),
    };
    let (counts, closed, abandoned, problem) = match manifest.closed {
        Some(counts) => (counts, true, manifest.abandoned, None),
        None => match folder.replay() {
            Ok(replay) => (replay.counts(), replay.closed, replay.abandoned, None),
            Err(error) => (Counts::default(), false, false, Some(error.to_string())),
        },
    };
    let held =
        || TenantLock::holder(data_dir, &manifest.tenant.id).is_some_and(|holder| holder.run == manifest.run);
    let state = if !closed && held() {
        RunListState::Open
    } else if closed {
        RunListState::Done
    } else {
        RunListState::Interrupted
    };
    RunEntry {
        run: folder.name().to_owned(),
        state,
        tenant: clean(&manifest.tenant.domain).into_owned(),
        kind: kind(&manifest, folder),
        target: Some(manifest.target),
        done: counts.done,
        remaining: manifest.items.saturating_sub(counts.settled()),
        started_at: Some(manifest.started_at),
        tenant_id: clean(&manifest.tenant.id).into_owned(),
        items: manifest.items,
        already_there: counts.already_there,
        failed: counts.failed,
        unknown: counts.unknown,
        who: clean(&manifest.who).into_owned(),
        directory: folder.path().display().to_string(),
        abandoned,
        problem,
    }
}

/// What a run does. Only hand-overs have more than one subject, so large plans need not be read for this.
fn kind(manifest: &Manifest, folder: &RunFolder) -> Option<ChangeKind> {
    match manifest.items {
        0 | 1 => folder.plan().ok().map(|plan| plan.content.change.kind()),
        _ => Some(ChangeKind::SetAuthority),
    }
}

fn broken(folder: &RunFolder, error: &JournalError) -> RunEntry {
    RunEntry {
        run: folder.name().to_owned(),
        state: RunListState::Interrupted,
        tenant: String::new(),
        kind: None,
        target: None,
        done: 0,
        remaining: 0,
        started_at: None,
        tenant_id: String::new(),
        items: 0,
        already_there: 0,
        failed: 0,
        unknown: 0,
        who: String::new(),
        directory: folder.path().display().to_string(),
        abandoned: false,
        problem: Some(error.to_string()),
    }
}
