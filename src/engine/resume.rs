//! Going on with a run that was interrupted: by a crash, a power loss, a cancel or a stop rule.
//!
//! First every mailbox with an intent and no outcome is re-read and settled by what is true; then the untouched ones
//! follow. A settled mailbox is never written again, and nothing is written before a fresh read.

use std::{collections::VecDeque, path::PathBuf, sync::Arc};

use tokio::{sync::watch, task::spawn_blocking};

use super::{
    MailboxService, RunControl, RunEnd, RunProgress, RunSummary,
    apply::{
        DirectorySnapshots, Item, Phase, Run, RunError, RunParts, check_tenant, check_writable, subjects,
        switch_tenant_default,
    },
};
use crate::{
    domain::{Change, Plan, Policy},
    journal::{Counts, Disk, ItemState, Outcome, Record, Replay, RunFolder, Storage, Subject, TenantLock},
};

/// Which run to go on with, and under which conditions. Make one with [`ResumeRequest::new`].
#[derive(Clone)]
pub struct ResumeRequest {
    /// Name of the run, or a unique beginning or end of it.
    pub run: String,
    /// Where runs and locks are kept.
    pub data_dir: PathBuf,
    /// Who resumes, as the token names them.
    pub who: String,
    /// What this process may change.
    pub policy: Policy,
    /// Whether `--write` or the unlock dialog lifted `policy.read_only`.
    pub write_enabled: bool,
    /// Batches in flight; 24 unless told, at most 64.
    pub concurrency: Option<usize>,
    /// Whether mailboxes that failed for good are tried once more.
    pub retry_failed: bool,
    /// Source of directory-side snapshots, where one is configured.
    pub directory: Option<Arc<dyn DirectorySnapshots>>,
    /// The file system.
    pub storage: Arc<dyn Storage>,
}

impl ResumeRequest {
    /// A request with the default policy (read-only) and the real disk.
    pub fn new(run: impl Into<String>, data_dir: impl Into<PathBuf>, who: impl Into<String>) -> Self {
        Self {
            run: run.into(),
            data_dir: data_dir.into(),
            who: who.into(),
            policy: Policy::default(),
            write_enabled: false,
            concurrency: None,
            retry_failed: false,
            directory: None,
            storage: Arc::new(Disk),
        }
    }
}

/// Goes on with a run. A run with nothing left to do ends at once with its counts; nothing is sent then.
///
/// # Errors
/// As [`super::apply::apply`]; besides, [`RunError::Record`] for a run that does not exist or whose record was damaged.
pub async fn resume<S: MailboxService>(
    service: Arc<S>,
    request: ResumeRequest,
    progress: watch::Sender<RunProgress>,
    control: RunControl,
) -> Result<RunSummary, RunError> {
    check_writable(request.policy.read_only, request.write_enabled)?;
    let (request, folder, plan) = spawn_blocking(move || -> Result<_, RunError> {
        let folder = RunFolder::find(&request.data_dir, &request.run)?;
        let plan = folder.plan()?;
        Ok((request, folder, plan))
    })
    .await
    .map_err(RunError::interrupted)??;
    let organization = service.organization().await.map_err(RunError::Service)?;
    check_tenant(&plan.content.tenant, &organization.tenant)?;

    // The journal is read under the lock: nobody else adds to it.
    let (request, folder, plan, lock, replay) = spawn_blocking(move || -> Result<_, RunError> {
        let begun = |error| RunError::begun(&folder, error);
        let lock =
            TenantLock::acquire(&request.data_dir, &plan.content.tenant.id, folder.name()).map_err(begun)?;
        let replay = folder.replay().map_err(begun)?;
        Ok((request, folder, plan, lock, replay))
    })
    .await
    .map_err(RunError::interrupted)??;

    let todo = Todo::of(&plan, &replay, request.retry_failed);
    if replay.closed && todo.is_empty() {
        drop(lock);
        return Ok(nothing_left(&folder, &plan, replay.counts()));
    }
    let begun = |error| RunError::begun(&folder, error);
    let writer = folder
        .open_again(request.storage.as_ref(), lock, &replay)
        .map_err(begun)?;
    let begin = if replay.lines == 0 {
        opened_late(&folder, &plan, &request.who)
    } else {
        Record::Resumed {
            who: Some(request.who.clone()),
            process: std::process::id(),
        }
    };
    writer.append(Vec::new(), vec![begin]).await.map_err(begun)?;
    folder.set_closed(None).map_err(begun)?;

    let intended = replay
        .item(Subject::Organization)
        .is_some_and(|item| item.intended);
    let switches_default = matches!(plan.content.change, Change::SetTenantDefault { .. });
    let run = Run::new(
        RunParts {
            service,
            plan,
            folder,
            writer,
            directory: request.directory,
            concurrency: request.concurrency,
        },
        progress,
    );
    run.start_from(todo.counts);
    let end = if switches_default {
        if todo.organization {
            switch_tenant_default(&run, intended).await
        } else {
            Ok(RunEnd::Complete)
        }
    } else {
        match run.work(Phase::Settle, todo.open, &control).await {
            Ok(RunEnd::Complete) => {
                let mut queue = VecDeque::from(run.take_requeued());
                queue.extend(todo.untouched);
                run.work(Phase::HandOver, queue, &control).await
            }
            other => other,
        }
    };
    run.finish(end).await
}

/// What is left of a run.
#[derive(Debug, Default, PartialEq, Eq)]
struct Todo {
    /// Mailboxes to re-read before anything else.
    open: VecDeque<Item>,
    /// Mailboxes nothing was done to, in plan order.
    untouched: VecDeque<Item>,
    /// Whether the tenant-wide default is still to be settled.
    organization: bool,
    /// What is settled already.
    counts: Counts,
}

impl Todo {
    fn of(plan: &Plan, replay: &Replay, retry_failed: bool) -> Self {
        let is_open = |outcome: Outcome| match outcome {
            Outcome::Unknown => true,
            Outcome::Failed => retry_failed,
            Outcome::Done | Outcome::AlreadyThere => false,
        };
        let mut todo = Self {
            counts: replay.counts(),
            ..Self::default()
        };
        if matches!(plan.content.change, Change::SetTenantDefault { .. }) {
            todo.organization = match replay.item(Subject::Organization).map(|item| item.state) {
                Some(ItemState::Settled(outcome)) => {
                    if is_open(outcome) {
                        todo.counts.remove(outcome);
                    }
                    is_open(outcome)
                }
                Some(ItemState::Intended) | None => true,
            };
            return todo;
        }
        for (index, item) in plan.content.items.iter().enumerate() {
            let Some(known) = replay.item(item.id) else {
                todo.untouched.push_back(Item {
                    index,
                    intended: false,
                });
                continue;
            };
            let again = Item {
                index,
                intended: known.intended,
            };
            match known.state {
                ItemState::Intended => todo.open.push_back(again),
                ItemState::Settled(outcome) if is_open(outcome) => {
                    todo.counts.remove(outcome);
                    todo.open.push_back(again);
                }
                ItemState::Settled(_) => {}
            }
        }
        todo
    }

    fn is_empty(&self) -> bool {
        self.open.is_empty() && self.untouched.is_empty() && !self.organization
    }
}

/// A crash can come between the folder and the journal's first line.
fn opened_late(folder: &RunFolder, plan: &Plan, who: &str) -> Record {
    Record::Opened {
        run: folder.name().to_owned(),
        plan: plan.sha256.clone(),
        tenant: plan.content.tenant.clone(),
        target: plan.content.change.target(),
        items: subjects(plan),
        who: who.to_owned(),
        version: env!("CARGO_PKG_VERSION").into(),
        process: std::process::id(),
    }
}

fn nothing_left(folder: &RunFolder, plan: &Plan, counts: Counts) -> RunSummary {
    RunSummary {
        run: folder.name().to_owned(),
        tenant: plan.content.tenant.domain.clone(),
        target: plan.content.change.target(),
        done: counts.done,
        already_there: counts.already_there,
        failed: counts.failed,
        unknown: counts.unknown,
        remaining: 0,
        elapsed_seconds: 0.0,
        directory: folder.path().display().to_string(),
        stopped: None,
    }
}
