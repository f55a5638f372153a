//! One batch of ten: fresh read, snapshot, intent, write, proof. The heart of the engine.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{
    DirectoryAttributes, Item, Run,
    look::{Look, look, may_pass, miscounted},
    run::Halt,
    truth::{Verdict, as_proof, in_target, judge},
};
use crate::{
    domain::{Change, CloudAttributes, ErrorClass, ObjectId, ServiceError},
    engine::{ItemAnswer, MailboxService, WriteRequest},
    journal::{Outcome, Record, Settlement, Snapshot, Subject},
};

/// Waits before each look at a write that has not shown yet: a change is visible at once as a rule
/// (facts/exchange section 3.1, latency), but not to every server.
pub(super) const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_millis(250), Duration::from_secs(1)];
/// How often a write that is proven to be missing is sent again.
pub(super) const REWRITES: u32 = 6;

/// A mailbox with an intent on disk that is not settled yet.
struct Open {
    id: ObjectId,
    /// Hash of its snapshot.
    snapshot: String,
    /// What the last write answered, if not success.
    answer: Option<ServiceError>,
    /// Why the last look could not tell.
    unread: Option<ServiceError>,
}

/// Brings a batch of the plan to its end. What an interruption leaves open has an intent without an outcome. A pause or an
/// end that comes before anything is announced gives the mailboxes back as untouched as they were.
pub(super) async fn hand_over<S: MailboxService>(
    run: &Arc<Run<S>>,
    items: Vec<Item>,
) -> Result<Vec<Item>, Halt> {
    let ids: Vec<ObjectId> = items.iter().map(|item| run.plan_item(*item).id).collect();
    let reading = look(&*run.service, &ids, Look::Full, || run.is_held());
    let Some(answers) = run.unless_held(reading).await else {
        return Ok(items);
    };
    let answers = answers.map_err(Halt::Service)?;

    let mut settled = Vec::new();
    let mut kept: Vec<(ObjectId, CloudAttributes, bool)> = Vec::new();
    for ((item, id), answer) in items.iter().zip(ids).zip(answers) {
        let cloud = match answer {
            Ok(cloud) => cloud,
            Err(error) if error.class.stops_a_run() => return Err(Halt::Service(error)),
            Err(error) if may_pass(error.class) => {
                let note = "it could not be read, so nothing was written";
                settled.push(
                    Settlement::new(id, Outcome::Unknown)
                        .with_error(error)
                        .with_note(note),
                );
                continue;
            }
            Err(error) => {
                settled.push(Settlement::new(id, Outcome::Failed).with_error(error));
                continue;
            }
        };
        match judge(&run.plan.content, id, &cloud) {
            // Its snapshot from before the write is on disk; this read is from after it.
            Verdict::InTarget if item.intended => settled.push(arrived_late(id)),
            Verdict::InTarget => {
                settled.push(Settlement::new(id, Outcome::AlreadyThere));
                kept.push((id, cloud, false));
            }
            Verdict::Write => kept.push((id, cloud, true)),
            Verdict::Refuse(error) => {
                settled.push(Settlement::new(id, Outcome::Failed).with_error(error));
            }
        }
    }

    if run.is_held() {
        return Ok(items);
    }
    let mut lines = Vec::with_capacity(kept.len());
    let mut open = Vec::with_capacity(kept.len());
    let directory = directory_side(run, &kept).await?;
    for ((id, cloud, write), directory) in kept.into_iter().zip(directory) {
        let snapshot = Snapshot {
            id,
            at: Timestamp::now(),
            cloud,
            directory,
        };
        let line = snapshot.to_line().map_err(|error| {
            Halt::Service(ServiceError::new(
                ErrorClass::Malformed,
                format!("the snapshot of {id} can't be written as JSON: {error}"),
            ))
        })?;
        if write {
            open.push(Open {
                id,
                snapshot: line.sha256.clone(),
                answer: None,
                unread: None,
            });
        }
        lines.push(line);
    }
    // One call: the writer puts the snapshots on disk before it writes the first intent.
    run.record(lines, intents(&open, 1), settled, Record::Outcome)
        .await?;
    write_and_prove(run, open).await?;
    Ok(Vec::new())
}

/// Re-reads mailboxes that an interruption left open. Those in the target state are settled, the others go back into
/// the queue, or are settled too where the run is given up; nothing is written here. Gives all of them back when a pause or
/// an end comes before the answer.
pub(super) async fn settle<S: MailboxService>(
    run: &Arc<Run<S>>,
    items: Vec<Item>,
    giving_up: bool,
) -> Result<Vec<Item>, Halt> {
    let ids: Vec<ObjectId> = items.iter().map(|item| run.plan_item(*item).id).collect();
    let reading = look(&*run.service, &ids, Look::Proof, || run.is_held());
    let Some(answers) = run.unless_held(reading).await else {
        return Ok(items);
    };
    let answers = answers.map_err(Halt::Service)?;
    let mut settled = Vec::new();
    let mut again = Vec::new();
    for ((item, id), answer) in items.into_iter().zip(ids).zip(answers) {
        match as_proof(&run.plan.content.change, answer) {
            Ok(cloud) if in_target(&run.plan.content.change, &cloud) => settled.push(if item.intended {
                Settlement::new(id, Outcome::Done).with_note("proven after an interruption")
            } else {
                Settlement::new(id, Outcome::AlreadyThere)
            }),
            Err(error) if error.class.stops_a_run() => return Err(Halt::Service(error)),
            // Announced and not written: it is left as it is, like those that were never announced.
            Ok(_) if giving_up && !item.tried => {}
            Ok(_) if giving_up => settled.push(Settlement::new(id, Outcome::Failed).with_error(given_up())),
            Err(error) if giving_up => settled.push(Settlement::new(id, Outcome::Unknown).with_error(error)),
            // Not there, or not readable just now: the fresh read before the next write decides.
            Ok(_) | Err(_) => again.push(item),
        }
    }
    run.record(Vec::new(), Vec::new(), settled, Record::Settled)
        .await?;
    run.requeue(again);
    Ok(Vec::new())
}

async fn write_and_prove<S: MailboxService>(run: &Arc<Run<S>>, mut open: Vec<Open>) -> Result<(), Halt> {
    for attempt in 1..=1 + REWRITES {
        if open.is_empty() {
            return Ok(());
        }
        if attempt > 1 {
            run.record(Vec::new(), intents(&open, attempt), Vec::new(), Record::Outcome)
                .await?;
        }
        write(run, &mut open).await;
        open = prove(run, open).await?;
        if run.is_stopping() {
            // Their intents stay open, which is the truth: a resume re-reads them.
            return Ok(());
        }
        // Without a look there is no second write.
        let (unread, absent): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|mailbox| mailbox.unread.is_some());
        run.record(
            Vec::new(),
            Vec::new(),
            unread.into_iter().map(unproven).collect(),
            Record::Outcome,
        )
        .await?;
        open = absent;
    }
    run.record(
        Vec::new(),
        Vec::new(),
        open.into_iter().map(unproven).collect(),
        Record::Outcome,
    )
    .await
}

/// Sends the writes and keeps what was answered; an answer proves nothing.
async fn write<S: MailboxService>(run: &Arc<Run<S>>, open: &mut [Open]) {
    let requests: Vec<WriteRequest> = open
        .iter()
        .filter_map(|mailbox| write_request(&run.plan.content.change, mailbox.id))
        .collect();
    let answers = match run.service.write(&requests).await {
        Ok(answers) if answers.len() == requests.len() => answers,
        Ok(answers) => {
            let error = miscounted(requests.len(), answers.len());
            requests.iter().map(|_| Err(error.clone())).collect()
        }
        Err(error) => requests.iter().map(|_| Err(error.clone())).collect(),
    };
    for (mailbox, answer) in open.iter_mut().zip(answers) {
        mailbox.answer = answer.err();
        mailbox.unread = None;
    }
}

/// Looks until every mailbox is settled or the looks are used up; returns those that are not.
async fn prove<S: MailboxService>(run: &Arc<Run<S>>, mut open: Vec<Open>) -> Result<Vec<Open>, Halt> {
    for (number, wait) in (1..).zip(LOOKS) {
        if open.is_empty() || (wait > Duration::ZERO && run.is_stopping()) {
            break;
        }
        run.rest(wait).await;
        let ids: Vec<ObjectId> = open.iter().map(|mailbox| mailbox.id).collect();
        let proofs = look(&*run.service, &ids, Look::Proof, || run.is_stopping())
            .await
            .map_err(Halt::Service)?;
        let mut settled = Vec::new();
        let mut undecided = Vec::new();
        let mut fatal = None;
        for (mut mailbox, proof) in open.into_iter().zip(proofs) {
            let proof = as_proof(&run.plan.content.change, proof);
            match decide(&run.plan.content.change, &mailbox, &proof, number == LOOKS.len()) {
                Decision::Settled(settlement) => settled.push(settlement),
                Decision::Fatal(error) => fatal = Some(error),
                Decision::Undecided => {
                    mailbox.unread = proof.err();
                    undecided.push(mailbox);
                }
            }
        }
        run.record(Vec::new(), Vec::new(), settled, Record::Outcome)
            .await?;
        if let Some(error) = fatal {
            return Err(Halt::Service(error));
        }
        open = undecided;
    }
    Ok(open)
}

enum Decision {
    Settled(Settlement),
    Undecided,
    /// Not written, and no other mailbox would be: stays open, so that a resume does it once the cause is gone.
    Fatal(ServiceError),
}

/// Whether this answer to a write proves that nothing was done: it was turned away before it reached the mailbox. Any
/// other error may come after the change was made, and the change may show only later.
fn turned_away(class: ErrorClass) -> bool {
    class.stops_a_run() || matches!(class, ErrorClass::NotFound | ErrorClass::OutOfWriteScope)
}

fn decide(change: &Change, mailbox: &Open, proof: &ItemAnswer<CloudAttributes>, last_look: bool) -> Decision {
    let is_final = |error: &ServiceError| !may_pass(error.class) && (last_look || turned_away(error.class));
    match (proof, &mailbox.answer) {
        (Ok(cloud), answer) if in_target(change, cloud) => {
            let done = Settlement::new(mailbox.id, Outcome::Done);
            Decision::Settled(match answer {
                Some(error) => done.with_note(format!(
                    "the change was made although the service answered: {}",
                    error.message
                )),
                None => done,
            })
        }
        (Ok(_), Some(error)) if error.class.stops_a_run() => Decision::Fatal(error.clone()),
        (Ok(_), Some(error)) if is_final(error) => {
            Decision::Settled(Settlement::new(mailbox.id, Outcome::Failed).with_error(error.clone()))
        }
        (Ok(_), _) => Decision::Undecided,
        (Err(error), _) if error.class.stops_a_run() => Decision::Fatal(error.clone()),
        // Gone for the read and refused for good by the write: nothing is left to be proven.
        (Err(gone), Some(error)) if gone.class == ErrorClass::NotFound && is_final(error) => {
            Decision::Settled(Settlement::new(mailbox.id, Outcome::Failed).with_error(error.clone()))
        }
        (Err(_), _) => Decision::Undecided,
    }
}

/// The honest end of a mailbox whose looks and writes are used up.
fn unproven(mailbox: Open) -> Settlement {
    let (error, note) = match (mailbox.unread, mailbox.answer) {
        (Some(error), _) => (error, "it was written and could not be read again"),
        (None, Some(error)) => (
            error,
            "it is not in the target state; the service gave no lasting reason",
        ),
        (None, None) => (
            ServiceError::new(
                ErrorClass::Transient,
                "the service accepts the change, but it does not show",
            )
            .with_advice("Resume the run later; it reads the mailbox again before anything else"),
            "it is not in the target state although the service accepted the change",
        ),
    };
    Settlement::new(mailbox.id, Outcome::Unknown)
        .with_error(error)
        .with_note(note)
}

/// Why something that was announced and is not in the target state is settled in a run that is given up.
pub(super) fn given_up() -> ServiceError {
    ServiceError::new(
        ErrorClass::Cancelled,
        "it was not in the target state when the run was given up",
    )
    .with_advice("Make a new plan for what is left")
}

fn arrived_late(id: ObjectId) -> Settlement {
    Settlement::new(id, Outcome::Done).with_note("an earlier write of this run arrived late")
}

fn intents(open: &[Open], attempt: u32) -> Vec<Record> {
    open.iter()
        .map(|mailbox| Record::Intent {
            subject: Subject::Mailbox(mailbox.id),
            attempt,
            snapshot: Some(mailbox.snapshot.clone()),
            before: None,
        })
        .collect()
}

fn write_request(change: &Change, id: ObjectId) -> Option<WriteRequest> {
    match change {
        Change::SetAuthority { target } => Some(WriteRequest::SetAuthority { id, target: *target }),
        Change::SetAddresses { after, .. } => Some(WriteRequest::SetAddresses {
            id,
            addresses: after.clone(),
        }),
        Change::SetTenantDefault { .. } => None,
    }
}

/// The directory's attributes of the mailboxes that get a snapshot.
async fn directory_side<S: MailboxService>(
    run: &Arc<Run<S>>,
    kept: &[(ObjectId, CloudAttributes, bool)],
) -> Result<Vec<Option<DirectoryAttributes>>, Halt> {
    let Some(directory) = run.directory.as_ref().filter(|_| !kept.is_empty()) else {
        return Ok(vec![None; kept.len()]);
    };
    let clouds: Vec<&CloudAttributes> = kept.iter().map(|(_, cloud, _)| cloud).collect();
    let mut found = directory.find(&clouds).await.map_err(Halt::Service)?;
    found.resize(kept.len(), None);
    Ok(found)
}
