//! The way back of a run: a plan from its snapshot, with what the directory would overwrite (facts/exchange section 6.6).

mod error;
mod loss;

use std::{pin::pin, sync::Arc};

use futures_util::StreamExt;
use tokio_util::sync::CancellationToken;

pub use error::UndoError;
use loss::losses;

use super::{
    MailboxService,
    apply::in_target,
    plan::{Concurrency, Described, PlanReport, irreversible, read_batches, run_findings},
};
use crate::domain::{
    Change, CloudAttributes, Directory, ErrorClass, ObjectId, Overwrite, PLAN_FORMAT, Plan, PlanContent,
    PlanItem, ServiceError, Severity, Target, TenantName, difference, find_in,
    rules::{self, DirectoryFacts, MailboxFacts, RunFacts},
    text::clean,
};

/// One mailbox of the run that is taken back.
#[derive(Clone, Debug)]
pub struct UndoRecord {
    /// The mailbox.
    pub id: ObjectId,
    /// Its attributes before the run's write, from the snapshot.
    pub before: CloudAttributes,
    /// Whether the run settled it as done: written and proven.
    pub done: bool,
}

/// What to take back.
#[derive(Clone)]
pub struct UndoRequest {
    /// The tenant of the run.
    pub tenant: TenantName,
    /// Name of the run.
    pub run: String,
    /// What the run did.
    pub change: Change,
    /// Who takes it back.
    pub created_by: String,
    /// The directory at hand.
    pub directory: Option<Arc<dyn Directory>>,
    /// The number of values whose loss was accepted in writing; must be exactly the number that would be lost.
    pub accept_loss: Option<u64>,
}

/// How far the comparison is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UndoProgress {
    /// Mailboxes compared.
    pub done: u64,
    /// Values that would be lost, so far.
    pub values: u64,
}

/// Builds the plan that takes a run back. Reads every mailbox afresh; writes nothing.
///
/// A value counts as lost when the directory is known to hold another one (edited since the handover, or never written
/// back). Without a directory, or for an attribute it does not tell, the snapshot stands in: it holds what Active Directory
/// fed at that time, so a value edited since counts as lost. Mailboxes that the run did not settle as done are reported as
/// blocked, those that are back already are only counted.
///
/// # Errors
/// [`UndoError::UnwrittenDifferences`] while values would be lost whose loss was not accepted; it carries each of them.
pub async fn plan_from_snapshot<S: MailboxService>(
    service: &S,
    request: UndoRequest,
    records: impl IntoIterator<Item = UndoRecord, IntoIter: Send> + Send,
    mut facts: RunFacts,
    progress: &(dyn Fn(UndoProgress) + Send + Sync),
    cancel: CancellationToken,
) -> Result<PlanReport, UndoError> {
    let change = match &request.change {
        Change::SetAuthority { target } => Change::SetAuthority {
            target: target.opposite(),
        },
        Change::SetAddresses { before, after } => Change::SetAddresses {
            before: after.clone(),
            after: before.clone(),
        },
        Change::SetTenantDefault { .. } => return Err(UndoError::TenantDefault),
    };
    // Taking an interrupted run back is one way to end it.
    facts.open_runs.retain(|run| *run != request.run);
    facts.snapshot_stands_in = request.directory.is_none();
    facts.directory = request.directory.as_deref().map(|directory| DirectoryFacts {
        as_of: directory.as_of(),
        tells_changes: directory.carries("whenChanged"),
        problems: directory.problems(),
    });
    let mut undo = Undo {
        request: &request,
        change: &change,
        facts: &facts,
        outcome: Outcome::default(),
    };
    let mut records = records.into_iter();
    let mut done = 0;
    loop {
        // A bounded number of snapshots in memory, whatever the length of the run.
        let chunk: Vec<UndoRecord> = records
            .by_ref()
            .take(S::BATCH.max(1) * Concurrency::BATCHES)
            .collect();
        if chunk.is_empty() {
            break;
        }
        done += chunk.len() as u64;
        undo.compare_chunk(service, chunk, &cancel).await?;
        progress(UndoProgress {
            done,
            values: undo.outcome.overwrites.len() as u64,
        });
    }
    let mut outcome = undo.outcome;
    let change = outcome.change.take().unwrap_or(change);
    facts.dropped_attributes = service.dropped_attributes();
    seal(request, change, facts, outcome)
}

#[derive(Default)]
struct Outcome {
    items: Vec<PlanItem>,
    blocked: Vec<PlanItem>,
    already_there: u64,
    overwrites: Vec<Overwrite>,
    /// The way back of an edit of addresses, from the addresses as they are now.
    change: Option<Change>,
}

struct Undo<'a> {
    request: &'a UndoRequest,
    change: &'a Change,
    facts: &'a RunFacts,
    outcome: Outcome,
}

impl Undo<'_> {
    async fn compare_chunk<S: MailboxService>(
        &mut self,
        service: &S,
        chunk: Vec<UndoRecord>,
        cancel: &CancellationToken,
    ) -> Result<(), UndoError> {
        let (written, untouched): (Vec<_>, Vec<_>) = chunk.into_iter().partition(|record| record.done);
        for record in untouched {
            let reasons = rules::finding("not-written", "", self.change.target())
                .into_iter()
                .collect();
            let item = Described::with_id(record.id, &record.before).item(reasons);
            self.outcome.blocked.push(item);
        }
        let ids: Vec<ObjectId> = written.iter().map(|record| record.id).collect();
        let mut befores: std::collections::HashMap<ObjectId, CloudAttributes> = written
            .into_iter()
            .map(|record| (record.id, record.before))
            .collect();
        let mut batches = pin!(read_batches(service, &ids, cancel));
        while let Some(batch) = batches.next().await {
            for (id, answer) in batch.map_err(fault)? {
                // A mailbox with two snapshots is compared once.
                let Some(before) = befores.remove(&id) else {
                    continue;
                };
                match answer {
                    Ok(now) => self.compare(id, &before, &now)?,
                    Err(error) if error.class.stops_a_run() => return Err(fault(error)),
                    Err(error) => self.unreadable(id, &before, &error),
                }
            }
        }
        if cancel.is_cancelled() {
            Err(UndoError::Cancelled)
        } else {
            Ok(())
        }
    }

    fn unreadable(&mut self, id: ObjectId, before: &CloudAttributes, error: &ServiceError) {
        let gone = error.class == ErrorClass::NotFound;
        let (rule, detail) = if gone {
            ("not-found", "")
        } else {
            ("unreadable", error.message.as_str())
        };
        let findings = rules::finding(rule, detail, self.change.target())
            .into_iter()
            .collect();
        self.outcome
            .blocked
            .push(Described::with_id(id, before).item(findings));
    }

    fn compare(
        &mut self,
        id: ObjectId,
        before: &CloudAttributes,
        now: &CloudAttributes,
    ) -> Result<(), UndoError> {
        let described = Described::with_id(id, now);
        match self.change {
            // The comparison of apply: the service may have added addresses of its own.
            Change::SetAddresses { before, after } => {
                if in_target(self.change, now) {
                    self.outcome.already_there += 1;
                } else if in_target(&self.request.change, now) {
                    let read = now.texts("EmailAddresses").into_iter().map(str::to_owned);
                    let read: Vec<String> = read.collect();
                    self.outcome.change = Some(Change::SetAddresses {
                        after: with_additions(after, before, &read),
                        before: read,
                    });
                    self.outcome.items.push(described.item(Vec::new()));
                } else {
                    return Err(UndoError::EditedSince(described.primary_smtp_address));
                }
            }
            Change::SetAuthority { target } => self.compare_authority(described, *target, before, now),
            Change::SetTenantDefault { .. } => {}
        }
        Ok(())
    }

    fn compare_authority(
        &mut self,
        described: Described,
        target: Target,
        before: &CloudAttributes,
        now: &CloudAttributes,
    ) {
        if now.authority() == target.authority() {
            self.outcome.already_there += 1;
            return;
        }
        let directory = self.request.directory.as_deref();
        let found = find_in(directory, now);
        let differences = difference::differences(now, &found, directory);
        let findings = rules::check_mailbox(
            &MailboxFacts {
                now: self.facts.now,
                cloud: Some(now),
                read_problem: None,
                found,
                directory,
                differences: &differences,
                object_in_cloud: None,
                excluded: false,
                watched_attributes: &std::collections::BTreeSet::new(),
                snapshot_stands_in: found.object().is_none(),
            },
            target,
        );
        if findings.iter().any(|finding| finding.severity == Severity::Block) {
            let reasons = findings
                .into_iter()
                .filter(|finding| finding.severity == Severity::Block)
                .collect();
            self.outcome.blocked.push(described.item(reasons));
            return;
        }
        if target == Target::OnPremises {
            let lost = losses(&described, &found, &differences, before, now);
            self.outcome.overwrites.extend(lost);
        }
        self.outcome.items.push(described.item(findings));
    }
}

fn seal(
    request: UndoRequest,
    change: Change,
    facts: RunFacts,
    mut outcome: Outcome,
) -> Result<PlanReport, UndoError> {
    if outcome.items.is_empty() {
        return Err(UndoError::Nothing {
            already_there: outcome.already_there,
            blocked: outcome.blocked,
        });
    }
    let values = outcome.overwrites.len() as u64;
    let mut ids: Vec<ObjectId> = outcome.overwrites.iter().map(|overwrite| overwrite.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mailboxes = ids.len() as u64;
    match request.accept_loss {
        None if values > 0 => {
            return Err(UndoError::UnwrittenDifferences {
                mailboxes,
                values,
                overwrites: outcome.overwrites,
            });
        }
        Some(accepted) if accepted != values => {
            return Err(UndoError::OtherLoss {
                accepted,
                mailboxes,
                values,
                overwrites: outcome.overwrites,
            });
        }
        _ => {}
    }
    let key = |item: &PlanItem| (item.primary_smtp_address.to_lowercase(), item.id);
    outcome.items.sort_by_cached_key(key);
    outcome.blocked.sort_by_cached_key(key);
    outcome
        .overwrites
        .sort_by_cached_key(|overwrite| (overwrite.primary_smtp_address.to_lowercase(), overwrite.id));
    let mut sentences = irreversible(&change, &outcome.items, &outcome.overwrites);
    if change.target() == Target::Cloud && matches!(change, Change::SetAuthority { .. }) {
        sentences.push(
            "Values that Active Directory has overwritten since the run do not come back with the flag. They stand in the run's \
             snapshot and have to be set again."
                .into(),
        );
    }
    let plan = Plan::seal(PlanContent {
        format: PLAN_FORMAT.into(),
        created_at: facts.now,
        created_by: clean(&request.created_by).into_owned(),
        tool_version: env!("CARGO_PKG_VERSION").into(),
        tenant: request.tenant,
        run_findings: run_findings(&facts, change.target()),
        change,
        items: outcome.items,
        already_there: outcome.already_there,
        blocked: outcome.blocked,
        irreversible: sentences,
        undo_of: Some(request.run),
        loss_accepted: values > 0,
        overwrites: outcome.overwrites,
    })?;
    Ok(PlanReport::new(plan))
}

/// `list` with the addresses of `read` that are neither in it nor in `known`: what came besides is kept.
fn with_additions(list: &[String], known: &[String], read: &[String]) -> Vec<String> {
    let mut with = list.to_vec();
    for address in read {
        let same = |other: &String| other.to_lowercase() == address.to_lowercase();
        if !known.iter().any(same) && !with.iter().any(same) {
            with.push(address.clone());
        }
    }
    with
}

fn fault(error: ServiceError) -> UndoError {
    if error.class == ErrorClass::Cancelled {
        UndoError::Cancelled
    } else {
        UndoError::Service(error)
    }
}
