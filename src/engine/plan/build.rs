//! Builds a plan: reads every mailbox asked for, has it sorted, asks about whole objects, and seals what is eligible.

use std::{collections::HashSet, pin::pin};

use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    error::PlanBuildError,
    facts::directory_facts,
    gather::{authority_of, read_batches},
    irreversible::irreversible,
    request::{PlanPhase, PlanProgress, PlanReport, PlanRequest, Selection},
    sorting::{Sorted, Sorting},
};
use crate::{
    domain::{
        Change, CloudAttributes, ErrorClass, Finding, ObjectId, Overwrite, PLAN_FORMAT, Plan, PlanContent,
        PlanItem, ServiceError, Target,
        rules::{self, RunFacts},
    },
    engine::{InventoryQuery, MailboxService},
};

/// Up to so many mailboxes are read one by one; for more, a walk over the whole tenant is faster.
const READ_ONE_BY_ONE: usize = 500;

/// Pages waiting to be checked; a page holds up to a thousand mailboxes.
const PAGES: usize = 4;

/// After so many failed questions about whole objects the rest is not asked: each has waited through its retries.
const FAILED_QUESTIONS: usize = 3;

/// Told how far it is after every page or batch.
type Progress<'a> = &'a (dyn Fn(PlanProgress) + Send + Sync);

/// Builds a plan that sets the authority. Writes nothing.
///
/// `facts` holds what the caller knows about the run (see [`super::ask_service`]); what the reading shows is added. A plan
/// with a blocking finding about the run is built all the same, so that it can be looked at; apply refuses it.
///
/// # Errors
/// Faults of the service that count for every mailbox, and cancellation. A mailbox that can't be read is blocked instead.
pub async fn build<S: MailboxService>(
    service: &S,
    request: PlanRequest,
    mut facts: RunFacts,
    progress: Progress<'_>,
    cancel: CancellationToken,
) -> Result<PlanReport, PlanBuildError> {
    let mut sorting = Sorting::new(&request, &facts);
    match &request.selection {
        Selection::Ids(ids) if ids.is_empty() => return Err(PlanBuildError::NothingSelected),
        Selection::Ids(ids) if ids.len() <= READ_ONE_BY_ONE => {
            read(service, &unique(ids), &mut sorting, progress, &cancel).await?;
        }
        _ => survey(service, &mut sorting, &mut facts, progress, &cancel).await?,
    }
    if cancel.is_cancelled() {
        return Err(PlanBuildError::Cancelled);
    }
    facts.object_authority_problem = check_objects(service, &mut sorting, progress, &cancel).await?;
    facts.flag_present = facts.flag_present.or(sorting.flag_seen);
    facts.dropped_attributes = service.dropped_attributes();
    progress(PlanProgress {
        phase: PlanPhase::Sealing,
        done: sorting.seen,
        total: Some(sorting.seen),
        eligible: sorting.items.len() as u64,
    });
    let sorted = sorting.finish();
    seal(request, facts, sorted)
}

fn unique(ids: &[ObjectId]) -> Vec<ObjectId> {
    let mut seen = HashSet::new();
    ids.iter().copied().filter(|id| seen.insert(*id)).collect()
}

async fn read<S: MailboxService>(
    service: &S,
    ids: &[ObjectId],
    sorting: &mut Sorting<'_>,
    progress: Progress<'_>,
    cancel: &CancellationToken,
) -> Result<(), PlanBuildError> {
    let total = Some(ids.len() as u64);
    let mut batches = pin!(read_batches(service, ids, cancel));
    while let Some(batch) = batches.next().await {
        for (id, answer) in batch.map_err(fault)? {
            if let Err(error) = &answer
                && error.class.stops_a_run()
            {
                return Err(PlanBuildError::Service(error.clone()));
            }
            sorting.answer(id, answer);
        }
        progress(sorting.progress(PlanPhase::Reading, total));
    }
    Ok(())
}

async fn survey<S: MailboxService>(
    service: &S,
    sorting: &mut Sorting<'_>,
    facts: &mut RunFacts,
    progress: Progress<'_>,
    cancel: &CancellationToken,
) -> Result<(), PlanBuildError> {
    let (pages, mut received) = mpsc::channel::<Vec<CloudAttributes>>(PAGES);
    let reading = service.survey(InventoryQuery::default(), pages, cancel.clone());
    let sort = async {
        while let Some(page) = received.recv().await {
            page.iter().for_each(|cloud| sorting.row(cloud));
            progress(sorting.progress(PlanPhase::Reading, None));
            // Checking a page takes milliseconds: let the sockets have their turn.
            tokio::task::yield_now().await;
        }
    };
    let (end, ()) = tokio::join!(reading, sort);
    let end = end.map_err(fault)?;
    if cancel.is_cancelled() {
        return Err(PlanBuildError::Cancelled);
    }
    sorting.settle_missing();
    facts.flag_present = facts.flag_present.or(end.flag_present);
    facts.rows_without_id = end.without_id;
    facts.inventory_warnings = end.warnings;
    facts.managed_now = Some(sorting.managed);
    Ok(())
}

/// Takes out mailboxes whose whole object was handed over. Answers for how many that could not be read and why, if so: a
/// missing right costs a warning, not the plan.
async fn check_objects<S: MailboxService>(
    service: &S,
    sorting: &mut Sorting<'_>,
    progress: Progress<'_>,
    cancel: &CancellationToken,
) -> Result<Option<String>, PlanBuildError> {
    let ids: Vec<ObjectId> = sorting.items.iter().map(|eligible| eligible.item.id).collect();
    let mut handed_over = HashSet::new();
    let mut done = 0;
    let mut known = 0;
    let mut failed = 0;
    let mut problem = None;
    let mut batches = pin!(authority_of(service, &ids, cancel));
    while let Some(batch) = batches.next().await {
        let answers = match batch {
            Ok(answers) => answers,
            Err(error) if error.class == ErrorClass::Cancelled || cancel.is_cancelled() => {
                return Err(PlanBuildError::Cancelled);
            }
            Err(error) => {
                failed += 1;
                let hopeless = error.class.stops_a_run() || failed == FAILED_QUESTIONS;
                problem.get_or_insert(error.message);
                if hopeless {
                    break;
                }
                continue;
            }
        };
        done += answers.len() as u64;
        for (id, moved) in answers {
            known += u64::from(moved.is_some());
            if moved == Some(true) {
                handed_over.insert(id);
            }
        }
        progress(PlanProgress {
            phase: PlanPhase::CheckingObjects,
            done,
            total: Some(ids.len() as u64),
            eligible: ids.len() as u64 - handed_over.len() as u64,
        });
    }
    // What was found counts, whatever else could not be read.
    sorting.block_whole_objects(&handed_over);
    let users = match ids.len() as u64 - known {
        0 => return Ok(None),
        1 => "1 user".to_owned(),
        unknown => format!("{unknown} users"),
    };
    Ok(Some(match problem {
        Some(reason) => format!("{users} ({reason})"),
        None => users,
    }))
}

/// The run checks, and what no check can see.
pub(crate) fn run_findings(facts: &RunFacts, target: Target) -> Vec<Finding> {
    let mut findings = rules::check_run(facts, target);
    findings.extend(rules::finding("other-machines-unseen", "", target));
    findings
}

fn seal(request: PlanRequest, mut facts: RunFacts, sorted: Sorted) -> Result<PlanReport, PlanBuildError> {
    let mut items = sorted.items;
    if request.max > 0 && items.len() > request.max {
        facts.trimmed = (items.len() - request.max) as u64;
        items.truncate(request.max);
    }
    facts.selected = match request.target {
        Target::Cloud => items.len() as u64,
        Target::OnPremises => 0,
    };
    facts.connect_version = request.connect_version.clone().or(facts.connect_version);
    facts.directory = directory_facts(request.directory.as_deref());
    let change = Change::SetAuthority {
        target: request.target,
    };
    let (items, overwrites): (Vec<PlanItem>, Vec<Vec<Overwrite>>) = items
        .into_iter()
        .map(|eligible| (eligible.item, eligible.overwrites))
        .unzip();
    let overwrites: Vec<Overwrite> = overwrites.into_iter().flatten().collect();
    let plan = Plan::seal(PlanContent {
        format: PLAN_FORMAT.into(),
        created_at: facts.now,
        created_by: crate::domain::text::clean(&request.created_by).into_owned(),
        tool_version: env!("CARGO_PKG_VERSION").into(),
        tenant: request.tenant,
        irreversible: irreversible(&change, &items, &overwrites),
        change,
        items,
        already_there: sorted.already_there,
        blocked: sorted.blocked,
        run_findings: run_findings(&facts, request.target),
        undo_of: None,
        loss_accepted: !overwrites.is_empty() && request.accept_loss == Some(overwrites.len() as u64),
        overwrites,
    })?;
    Ok(PlanReport::new(plan))
}

fn fault(error: ServiceError) -> PlanBuildError {
    if error.class == ErrorClass::Cancelled {
        PlanBuildError::Cancelled
    } else {
        PlanBuildError::Service(error)
    }
}
