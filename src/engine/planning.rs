//! What the command line and the cockpit both need around a plan: facts about this machine and tenant, the way back of a
//! run, and the mailbox a person means.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use tokio::{sync::mpsc, task::spawn_blocking};
use tokio_util::sync::CancellationToken;

use super::{
    InventoryQuery, MailboxService, Organization,
    plan::{PlanReport, ask_service},
    runs::{self, DoneMailboxes, Unfinished},
    undo::{UndoError, UndoProgress, UndoRecord, UndoRequest, plan_from_snapshot},
};
use crate::{
    domain::{Directory, ErrorClass, ObjectId, ServiceError, rules::RunFacts},
    journal::{JournalError, SnapshotReader, TenantLock},
};

/// What this machine and this sign-in know about a coming run; the rules ask the service for the rest.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Where runs are kept.
    pub data_dir: PathBuf,
    /// Tenant id of the token in use.
    pub token_tenant: String,
    /// Version of Connect Sync as somebody attested it.
    pub connect_version: Option<String>,
}

/// Gathers the facts of the run checks (facts/exchange section 6.1).
pub async fn run_facts<S: MailboxService>(
    service: &S,
    organization: &Organization,
    surroundings: Surroundings,
) -> RunFacts {
    let tenant = organization.tenant.id.clone();
    let data_dir = surroundings.data_dir.clone();
    let id = tenant.clone();
    let (backup_problem, unfinished) =
        spawn_blocking(move || (backup_problem(&data_dir), unfinished(&data_dir, &id)))
            .await
            .unwrap_or_else(|error| (Some(error.to_string()), Vec::new()));
    let (mut open_runs, mut damaged_runs) = (Vec::new(), Vec::new());
    for run in unfinished {
        match run {
            Unfinished::Resumable { run } => open_runs.push(run),
            Unfinished::Damaged { folder, reason, .. } => damaged_runs.push(format!("{folder} ({reason})")),
        }
    }
    let facts = RunFacts {
        now: Timestamp::now(),
        tenant_shown: tenant,
        token_tenants: vec![surroundings.token_tenant],
        backup_problem,
        open_runs,
        damaged_runs,
        connect_version: surroundings.connect_version,
        ..RunFacts::default()
    };
    ask_service(service, facts).await
}

/// Why a run could not be recorded here; nothing when a file can be made and flushed.
fn backup_problem(data_dir: &Path) -> Option<String> {
    let probe = || -> std::io::Result<()> {
        std::fs::create_dir_all(data_dir)?;
        tempfile::NamedTempFile::new_in(data_dir)?.as_file().sync_all()
    };
    probe()
        .err()
        .map(|error| format!("{}: {error}", data_dir.display()))
}

/// What stands in the way of a run of this tenant, without the run that a process works on just now: it will be over.
fn unfinished(data_dir: &Path, tenant: &str) -> Vec<Unfinished> {
    // A folder that can't be listed is a problem of its own, see above.
    let mut unfinished = runs::unfinished(data_dir, tenant).unwrap_or_default();
    if let Some(holder) = TenantLock::holder(data_dir, tenant) {
        unfinished.retain(|run| run.run() != holder.run);
    }
    unfinished
}

/// Why the way back of a run can't be planned.
#[derive(Debug, thiserror::Error)]
pub enum UndoRunError {
    /// The run's folder can't be read.
    #[error(transparent)]
    Record(#[from] JournalError),
    /// The plan can't be made.
    #[error(transparent)]
    Undo(#[from] UndoError),
    /// A part of this program ended unexpectedly.
    #[error("a part of the planning ended unexpectedly ({0}). Nothing was changed; plan again")]
    Ended(String),
}

/// What to take back.
#[derive(Clone)]
pub struct UndoRun {
    /// Where runs are kept.
    pub data_dir: PathBuf,
    /// Name of the run.
    pub run: String,
    /// Who takes it back.
    pub created_by: String,
    /// The directory at hand.
    pub directory: Option<Arc<dyn Directory>>,
    /// The number of values whose loss is accepted.
    pub accept_loss: Option<u64>,
}

/// Plans the way back of a run from its folder: the mailboxes it wrote and proved, each against the snapshot its write
/// relied on.
///
/// # Errors
/// As [`plan_from_snapshot`]; besides, a run that does not exist or whose files were damaged.
pub async fn undo_run<S: MailboxService>(
    service: &S,
    request: UndoRun,
    facts: RunFacts,
    progress: &(dyn Fn(UndoProgress) + Send + Sync),
    cancel: CancellationToken,
) -> Result<PlanReport, UndoRunError> {
    let UndoRun {
        data_dir,
        run,
        created_by,
        directory,
        accept_loss,
    } = request;
    let done = spawn_blocking(move || runs::done_mailboxes(&data_dir, &run))
        .await
        .map_err(|error| UndoRunError::Ended(error.to_string()))??;
    let undo = UndoRequest {
        tenant: done.plan.content.tenant.clone(),
        run: done.folder.name().to_owned(),
        change: done.plan.content.change.clone(),
        created_by,
        directory,
        accept_loss,
    };
    let mut records = SnapshotsOfDone::open(&done)?;
    let report = plan_from_snapshot(service, undo, &mut records, facts, progress, cancel).await;
    // A damaged snapshot would leave mailboxes out silently: it is an error even where the plan came out well.
    match records.failed.take() {
        Some(error) => Err(error.into()),
        None => Ok(report?),
    }
}

/// The snapshots that the proven writes of a run relied on, read one at a time.
struct SnapshotsOfDone {
    reader: SnapshotReader,
    wanted: HashSet<(ObjectId, [u8; 32])>,
    failed: Option<JournalError>,
}

impl SnapshotsOfDone {
    fn open(done: &DoneMailboxes) -> Result<Self, JournalError> {
        Ok(Self {
            reader: SnapshotReader::open(&done.folder.snapshot_path())?,
            wanted: done.done.iter().copied().collect(),
            failed: None,
        })
    }
}

impl Iterator for SnapshotsOfDone {
    type Item = UndoRecord;

    fn next(&mut self) -> Option<UndoRecord> {
        while !self.wanted.is_empty() {
            match self.reader.next_snapshot() {
                // Each is taken once: the same state may have been read twice.
                Ok(Some((hash, snapshot))) if self.wanted.remove(&(snapshot.id, hash)) => {
                    return Some(UndoRecord {
                        id: snapshot.id,
                        before: snapshot.cloud,
                        done: true,
                    });
                }
                Ok(Some(_)) => {}
                Ok(None) => {
                    self.failed = Some(JournalError::Unreadable {
                        path: PathBuf::from("snapshot.jsonl"),
                        reason: format!("snapshots of {} mailboxes are missing", self.wanted.len()),
                    });
                    return None;
                }
                Err(error) => {
                    self.failed = Some(error);
                    return None;
                }
            }
        }
        None
    }
}

/// The mailbox a person means: an object id, a user principal name or a primary address.
///
/// # Errors
/// [`ErrorClass::NotFound`] when none fits, [`ErrorClass::Conflict`] when several do.
pub async fn find_mailbox<S: MailboxService>(service: &S, text: &str) -> Result<ObjectId, ServiceError> {
    let text = text.trim();
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let (pages, mut arriving) = mpsc::channel(4);
    let cancel = CancellationToken::new();
    let listing = service.inventory(InventoryQuery::default(), pages, cancel);
    let search = async {
        let mut found = HashSet::new();
        while let Some(page) = arriving.recv().await {
            found.extend(page.iter().filter_map(|mailbox| {
                let fits = mailbox.user_principal_name.eq_ignore_ascii_case(text)
                    || mailbox.primary_smtp_address.eq_ignore_ascii_case(text);
                fits.then_some(mailbox.id)
            }));
        }
        found
    };
    let (end, found) = tokio::join!(listing, search);
    end?;
    let shown = crate::domain::text::clean(text);
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => Err(ServiceError::new(
            ErrorClass::NotFound,
            format!("no mailbox has the object id, sign-in name or primary address `{shown}`"),
        )
        .with_advice("Look it up with `handover mailboxes list --filter TEXT`.")),
        _ => Err(
            ServiceError::new(ErrorClass::Conflict, format!("`{shown}` fits several mailboxes"))
                .with_advice("Give the object id."),
        ),
    }
}
