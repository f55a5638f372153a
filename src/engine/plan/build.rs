//! Builds a plan: reads every mailbox asked for, checks it, and sorts it into eligible, already there and blocked.

use std::{collections::HashSet, pin::pin};

use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    attributes::Described,
    error::PlanBuildError,
    facts::directory_facts,
    gather::{authority_of, read_batches},
    irreversible::irreversible,
    request::{PlanPhase, PlanProgress, PlanReport, PlanRequest, Selection},
};
use crate::{
    domain::{
        Change, CloudAttributes, ErrorClass, Finding, ObjectId, Overwrite, PLAN_FORMAT, Plan, PlanContent,
        PlanItem, ServiceError, Severity, SourceOfAuthority, Target, difference, find_in,
        rules::{self, MailboxFacts, RunFacts},
    },
    engine::{InventoryQuery, ItemAnswer, MailboxService},
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

/// One mailbox that the plan would change.
struct Eligible {
    item: PlanItem,
    overwrites: Vec<Overwrite>,
}

/// What becomes of the mailboxes, while they come in.
struct Sorting<'a> {
    request: &'a PlanRequest,
    facts: RunFacts,
    /// Ids asked for and not yet seen; nothing when the selection is no list.
    wanted: Option<HashSet<ObjectId>>,
    /// Ids seen: a mailbox on two pages counts once.
    known: HashSet<ObjectId>,
    items: Vec<Eligible>,
    blocked: Vec<PlanItem>,
    already_there: u64,
    seen: u64,
    flag_seen: Option<bool>,
    managed: u64,
}

/// What became of them.
struct Sorted {
    items: Vec<Eligible>,
    blocked: Vec<PlanItem>,
    already_there: u64,
}

impl<'a> Sorting<'a> {
    fn new(request: &'a PlanRequest, facts: &RunFacts) -> Self {
        let wanted = match &request.selection {
            Selection::Ids(ids) => Some(ids.iter().copied().collect()),
            _ => None,
        };
        Self {
            request,
            facts: facts.clone(),
            wanted,
            known: HashSet::new(),
            items: Vec::new(),
            blocked: Vec::new(),
            already_there: 0,
            seen: 0,
            flag_seen: None,
            managed: 0,
        }
    }

    /// A row of the walk over the tenant.
    fn row(&mut self, cloud: &CloudAttributes) {
        let Some(described) = Described::of(cloud) else {
            return;
        };
        if !self.known.insert(described.id) {
            return;
        }
        self.seen += 1;
        self.flag_seen
            .get_or_insert(cloud.0.contains_key("IsExchangeCloudManaged"));
        self.managed += u64::from(cloud.authority() == SourceOfAuthority::Cloud);
        let asked_for = match (&self.request.selection, &mut self.wanted) {
            (_, Some(wanted)) => wanted.remove(&described.id),
            (Selection::Filter(filter), None) => filter.matches(&described.row()),
            (_, None) => true,
        };
        if asked_for {
            self.sort(described, Some(cloud), None);
        }
    }

    /// The answer for a mailbox that was asked for by its id.
    fn answer(&mut self, id: ObjectId, answer: ItemAnswer<CloudAttributes>) {
        self.seen += 1;
        match answer {
            Ok(cloud) => {
                self.flag_seen
                    .get_or_insert(cloud.0.contains_key("IsExchangeCloudManaged"));
                self.sort(Described::with_id(id, &cloud), Some(&cloud), None);
            }
            Err(error) if error.class == ErrorClass::NotFound => {
                self.sort(Described::unknown(id), None, None)
            }
            Err(error) => self.sort(Described::unknown(id), None, Some(&error.message)),
        }
    }

    fn sort(&mut self, described: Described, cloud: Option<&CloudAttributes>, read_problem: Option<&str>) {
        let target = self.request.target;
        let directory = self.request.directory.as_deref();
        let found = cloud.map_or(crate::domain::DirectoryMatch::NoDirectory, |cloud| {
            find_in(directory, cloud)
        });
        let differences = cloud
            .map(|cloud| difference::differences(cloud, &found, directory))
            .unwrap_or_default();
        let findings = rules::check_mailbox(
            &MailboxFacts {
                now: self.facts.now,
                cloud,
                read_problem,
                found,
                directory,
                differences: &differences,
                object_in_cloud: None,
                excluded: self.request.exclude.contains(&described.id),
                watched_attributes: &self.request.watched_attributes,
                snapshot_stands_in: false,
            },
            target,
        );
        let there = cloud.is_some_and(|cloud| cloud.authority() == target.authority());
        let kept_out = |name: &str| findings.iter().any(|finding| finding.rule == name);
        if there && !kept_out("excluded") && !kept_out("not-dir-synced") {
            self.already_there += 1;
        } else if findings.iter().any(|finding| finding.severity == Severity::Block) {
            let reasons = findings
                .into_iter()
                .filter(|finding| finding.severity == Severity::Block)
                .collect();
            self.blocked.push(described.item(reasons));
        } else {
            let overwrites = match target {
                Target::Cloud => Vec::new(),
                Target::OnPremises if found.object().is_none() => vec![everything_unknown(&described)],
                Target::OnPremises => {
                    difference::overwrites(described.id, &described.primary_smtp_address, &differences)
                }
            };
            self.items.push(Eligible {
                item: described.item(findings),
                overwrites,
            });
        }
    }

    /// Ids asked for that no row had.
    fn settle_missing(&mut self) {
        let mut missing: Vec<ObjectId> = self.wanted.take().unwrap_or_default().into_iter().collect();
        missing.sort_unstable();
        for id in missing {
            self.sort(Described::unknown(id), None, None);
        }
    }

    fn progress(&self, phase: PlanPhase, total: Option<u64>) -> PlanProgress {
        PlanProgress {
            phase,
            done: self.seen,
            total,
            eligible: self.items.len() as u64,
        }
    }

    /// Everything in the order of the primary address, so that the same tenant gives the same plan.
    fn finish(self) -> Sorted {
        let key = |item: &PlanItem| (item.primary_smtp_address.to_lowercase(), item.id);
        let (mut items, mut blocked) = (self.items, self.blocked);
        items.sort_by_cached_key(|eligible| key(&eligible.item));
        blocked.sort_by_cached_key(key);
        Sorted {
            items,
            blocked,
            already_there: self.already_there,
        }
    }
}

/// Without a directory object any value may be overwritten. One row stands for all of them, because nothing can be said
/// about single attributes.
fn everything_unknown(described: &Described) -> Overwrite {
    Overwrite {
        id: described.id,
        primary_smtp_address: described.primary_smtp_address.clone(),
        attribute: "every Exchange attribute".into(),
        directory_attribute: "every Exchange attribute".into(),
        cloud: "the values of the snapshot".into(),
        directory: None,
    }
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
    let target = sorting.request.target;
    let (out, kept): (Vec<Eligible>, Vec<Eligible>) = std::mem::take(&mut sorting.items)
        .into_iter()
        .partition(|eligible| handed_over.contains(&eligible.item.id));
    sorting.items = kept;
    for mut eligible in out {
        eligible.item.findings = rules::finding("object-in-cloud", "", target)
            .into_iter()
            .collect();
        sorting.blocked.push(eligible.item);
    }
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
