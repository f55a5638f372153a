//! Going on with a run that was interrupted: by a crash, a power loss, a cancel or a stop rule.
//!
//! First every mailbox with an intent and no outcome is re-read and settled by what is true; then the untouched ones
//! follow. A settled mailbox is never written again, and nothing is written before a fresh read.

use std::{collections::VecDeque, path::PathBuf, sync::Arc};

use jiff::Timestamp;
use tokio::{sync::watch, task::spawn_blocking};

use super::{
    MailboxService, RunControl, RunEnd, RunProgress, RunSummary, SettledSender, Steering,
    apply::{
        DirectorySnapshots, Item, Phase, Refusal, Run, RunError, RunParts, check_rest, check_tenant,
        check_writable, is_stale, settle_tenant_default, subjects, switch_tenant_default,
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
    /// Give the run up: settle what is open by what is true, write nothing, and end it for good.
    pub abandon: bool,
    /// Whether untouched mailboxes are written although the plan is more than 24 hours old.
    pub stale_ok: bool,
    /// Wall-clock time, for the age of the plan.
    pub now: Timestamp,
    /// The folder of the lock that all data folders of this machine share, see [`crate::journal::TenantLock::shared`].
    /// Nothing unless told: sandboxes have tenants of the same id.
    pub shared_locks: Option<PathBuf>,
    /// Source of directory-side snapshots, where one is configured.
    pub directory: Option<Arc<dyn DirectorySnapshots>>,
    /// Who hears of every mailbox as it is settled; nobody unless told. Those settled before are not told again.
    pub settled: Option<SettledSender>,
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
            abandon: false,
            stale_ok: false,
            now: Timestamp::now(),
            shared_locks: None,
            directory: None,
            settled: None,
            storage: Arc::new(Disk),
        }
    }
}

/// Goes on with a run, or gives it up. A run with nothing left to do ends at once with its counts; nothing is sent then.
///
/// A plan older than 24 hours is settled only: what an interruption left open is re-read, and the rest is refused unless
/// [`ResumeRequest::stale_ok`] is set. A run that is given up ends as done with something remaining, whatever can't be read.
///
/// # Errors
/// As [`super::apply::apply`], and [`Refusal::StaleRest`] after settling; besides, [`RunError::Record`] for a run that does not exist or whose record was damaged.
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
        let tenant = &plan.content.tenant.id;
        let mut lock = TenantLock::acquire(&request.data_dir, tenant, folder.name()).map_err(begun)?;
        if let Some(shared) = &request.shared_locks {
            lock = lock.shared(shared, tenant).map_err(begun)?;
        }
        let replay = folder.replay().map_err(begun)?;
        Ok((request, folder, plan, lock, replay))
    })
    .await
    .map_err(RunError::interrupted)??;

    let todo = Todo::of(&plan, &replay, request.retry_failed && !request.abandon);
    if replay.abandoned && !request.abandon {
        return Err(Refusal::Abandoned {
            run: folder.name().to_owned(),
        }
        .into());
    }
    if replay.closed && (todo.is_empty() || replay.abandoned) {
        drop(lock);
        return Ok(nothing_left(&folder, &plan, &replay));
    }
    let aim = if request.abandon {
        Aim::GiveUp
    } else if !request.stale_ok && is_stale(&plan, request.now) {
        Aim::SettleOnly
    } else {
        check_rest(folder.name(), todo.untouched.len() as u64, &request.policy)?;
        Aim::Finish
    };
    let intended = replay
        .item(Subject::Organization)
        .is_some_and(|item| item.intended);
    let (name, made) = (folder.name().to_owned(), plan.content.created_at);
    let stale = |left| Refusal::StaleRest {
        run: name.clone(),
        made,
        left,
    };
    let none_open = todo.open.is_empty() && !(todo.organization && intended);
    if aim == Aim::SettleOnly && none_open && !todo.is_empty() {
        return Err(stale(todo.untouched.len() as u64 + u64::from(todo.organization)).into());
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

    let switches_default = matches!(plan.content.change, Change::SetTenantDefault { .. });
    let run = Run::new(
        RunParts {
            service,
            plan,
            folder,
            writer,
            directory: request.directory,
            settled: request.settled,
            concurrency: request.concurrency,
        },
        progress,
    );
    run.start_from(todo.counts);
    let intended = todo.organization && intended;
    let settled = match aim {
        _ if switches_default && aim != Aim::Finish && intended => {
            settle_tenant_default(&run, aim == Aim::GiveUp).await
        }
        Aim::GiveUp => run.work(Phase::GiveUp, todo.open, &control).await,
        Aim::Finish | Aim::SettleOnly => run.work(Phase::Settle, todo.open, &control).await,
    };
    let end = match (settled, aim) {
        // Not even a service that does not answer keeps a run from being given up; a cancel does.
        (Ok(RunEnd::Complete | RunEnd::Stopped(_)), Aim::GiveUp) => {
            if *control.subscribe().borrow() == Steering::Cancel {
                Ok(RunEnd::Interrupted)
            } else {
                Ok(RunEnd::Abandoned)
            }
        }
        (Ok(RunEnd::Complete), Aim::SettleOnly) if run.left() > 0 => {
            let refusal = stale(run.left());
            run.finish(Ok(RunEnd::Stopped(refusal.to_string()))).await?;
            return Err(refusal.into());
        }
        (Ok(RunEnd::Complete), Aim::Finish) if switches_default && todo.organization => {
            switch_tenant_default(&run, intended, &control).await
        }
        (Ok(RunEnd::Complete), Aim::Finish) => {
            let mut queue = VecDeque::from(run.take_requeued());
            queue.extend(todo.untouched);
            run.work(Phase::HandOver, queue, &control).await
        }
        (other, _) => other,
    };
    run.finish(end).await
}

/// What a resume is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    /// Bring the run to its end.
    Finish,
    /// Settle what is open; the plan is too old for anything else.
    SettleOnly,
    /// Settle what is open and end the run for good.
    GiveUp,
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

fn nothing_left(folder: &RunFolder, plan: &Plan, replay: &Replay) -> RunSummary {
    let counts = replay.counts();
    RunSummary {
        run: folder.name().to_owned(),
        tenant: plan.content.tenant.domain.clone(),
        target: plan.content.change.target(),
        done: counts.done,
        already_there: counts.already_there,
        failed: counts.failed,
        unknown: counts.unknown,
        remaining: subjects(plan).saturating_sub(counts.settled() + counts.unknown),
        elapsed_seconds: 0.0,
        directory: folder.path().display().to_string(),
        stopped: None,
        abandoned: replay.abandoned,
    }
}
