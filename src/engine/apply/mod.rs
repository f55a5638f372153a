//! Applying a plan: the engine that writes (design sections 1 and 5, facts/exchange section 6.3).
//!
//! ```text
//! per batch of ten:  read -> snapshot on disk -> intent on disk -> write -> re-read -> outcome on disk
//! ```
//!
//! - Nothing is written before its snapshot and its intent survive a power loss.
//! - A write's answer is never believed: the re-read decides. An error answer to a change that was made ends as done.
//! - Pause, resume and cancel act between batches; what is in flight is settled first.
//! - Where to add: a reason to refuse a plan -> `refusal` and its check -> `precondition`; a rule per mailbox -> `truth`; a reason to stop -> `stop_rules`.

mod batch;
mod board;
mod ending;
mod look;
mod meter;
mod precondition;
mod refusal;
mod reporter;
mod request;
mod run;
mod stop_rules;
mod tenant_default;
mod truth;

use std::sync::Arc;

use tokio::{sync::watch, task::spawn_blocking};

use super::{MailboxService, RunControl, RunProgress, RunSummary};
use crate::{
    domain::Change,
    journal::{NewRun, Record, RunFolder, TenantLock},
};

pub(super) use look::{Look, look};
pub(super) use precondition::{check_rest, check_tenant, check_writable, is_stale};
pub use refusal::{Refusal, RunError};
pub use request::{ApplyRequest, DirectoryAttributes, DirectorySnapshots};
pub(super) use request::{places, subjects};
pub(super) use run::{Item, Phase, Run, RunParts};
pub(super) use tenant_default::{settle as settle_tenant_default, switch as switch_tenant_default};
pub(super) use truth::in_target;

/// Runs a plan to its end, to a stop rule, or until it is cancelled. Blocks until everything in flight is settled and
/// the record is closed.
///
/// Progress comes at most ten times a second and once more at the end. Dropping the future is like a crash: nothing
/// new is sent, and the run can be resumed.
///
/// # Errors
/// [`RunError::Refused`] and [`RunError::Service`] come before anything was written to the tenant;
/// [`RunError::Record`] after the record could not be kept, in which case the run stopped at once.
pub async fn apply<S: MailboxService>(
    service: Arc<S>,
    request: ApplyRequest,
    progress: watch::Sender<RunProgress>,
    control: RunControl,
) -> Result<RunSummary, RunError> {
    precondition::check_request(&request)?;
    let organization = service.organization().await.map_err(RunError::Service)?;
    precondition::check_tenant(&request.plan.content.tenant, &organization.tenant)?;

    let (request, folder, lock) = spawn_blocking(move || -> Result<_, RunError> {
        let content = &request.plan.content;
        let name = RunFolder::new_name(request.now);
        let mut lock = TenantLock::acquire(&request.data_dir, &content.tenant.id, &name)?;
        if let Some(shared) = &request.shared_locks {
            lock = lock.shared(shared, &content.tenant.id)?;
        }
        precondition::check_history(&request)?;
        precondition::check_space(&request)?;
        let folder = RunFolder::create(
            &request.data_dir,
            NewRun {
                name: &name,
                plan_bytes: &request.plan_bytes,
                plan_sha256: &request.plan.sha256,
                tenant: &content.tenant,
                target: content.change.target(),
                items: request.subjects(),
                who: &request.who,
                started_at: request.now,
            },
        )?;
        Ok((request, folder, lock))
    })
    .await
    .map_err(RunError::interrupted)??;

    let opened = opening(&request, folder.name());
    let writer = folder
        .open_new(request.storage.as_ref(), lock, opened)
        .await
        .map_err(|error| RunError::begun(&folder, error))?;
    let items = Item::all(&request.plan);
    let switches_default = matches!(request.plan.content.change, Change::SetTenantDefault { .. });
    let run = Run::new(
        RunParts {
            service,
            plan: request.plan,
            folder,
            writer,
            directory: request.directory,
            settled: request.settled,
            concurrency: request.concurrency,
        },
        progress,
    );
    let end = if switches_default {
        tenant_default::switch(&run, false, &control).await
    } else {
        run.work(Phase::HandOver, items, &control).await
    };
    run.finish(end).await
}

/// The first line of a run's journal.
fn opening(request: &ApplyRequest, run: &str) -> Record {
    let content = &request.plan.content;
    Record::Opened {
        run: run.to_owned(),
        plan: request.plan.sha256.clone(),
        tenant: content.tenant.clone(),
        target: content.change.target(),
        items: request.subjects(),
        who: request.who.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        process: std::process::id(),
    }
}
