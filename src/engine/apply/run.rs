//! A run at work: starts batches, watches for pause, cancel and stop rules, and records what each batch brings.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    task::{JoinError, JoinSet},
    time::{Instant, sleep},
};

use super::{
    DirectorySnapshots, batch,
    board::Board,
    ending::{WorkEnd, stop_sentence},
    reporter::Reporter,
    request::{places, subjects},
};
use crate::{
    domain::{ObjectId, Plan, PlanItem, ServiceError, text::clean},
    engine::{
        ItemFailure, MailboxService, RunControl, RunEnd, RunProgress, RunState, SettledSender, Steering,
    },
    journal::{
        Counts, JournalError, JournalWriter, Outcome, Record, RunFolder, Settlement, SnapshotLine, Subject,
    },
};

/// The most batches where nobody says otherwise; the limit of the service keeps them well below.
const BATCHES_IN_FLIGHT: usize = 24;
/// More would only wait in memory: the transport never runs so many requests.
const MOST_BATCHES_IN_FLIGHT: usize = 64;

/// One mailbox of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Item {
    /// Its place in the plan.
    pub(in crate::engine) index: usize,
    /// Whether this run announced a write for it before: then being in the target state is this run's doing.
    pub(in crate::engine) intended: bool,
    /// Whether this run settled it as unknown or failed before.
    pub(in crate::engine) tried: bool,
}

impl Item {
    /// Every mailbox of a plan, untouched.
    pub(in crate::engine) fn all(plan: &Plan) -> VecDeque<Self> {
        (0..plan.content.items.len())
            .map(|index| Self {
                index,
                intended: false,
                tried: false,
            })
            .collect()
    }
}

/// What is done with the mailboxes of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Phase {
    /// Re-read what an interruption left open.
    Settle,
    /// The same for a run that is given up: nothing goes back into the queue, and no rule stops it.
    GiveUp,
    /// Read, write, prove.
    HandOver,
}

/// Why a batch could not be brought to its end.
#[derive(Clone, Debug)]
pub(in crate::engine) enum Halt {
    /// Every further mailbox would fail the same way.
    Service(ServiceError),
    /// The record can't be kept.
    Record(JournalError),
}

impl From<JournalError> for Halt {
    fn from(error: JournalError) -> Self {
        Self::Record(error)
    }
}

/// How many mailboxes a batch had, and which of them nothing was done to.
type Ended = (usize, Result<Vec<Item>, Halt>);

/// What a run is put together from.
pub(in crate::engine) struct RunParts<S> {
    pub(in crate::engine) service: Arc<S>,
    pub(in crate::engine) plan: Plan,
    pub(in crate::engine) folder: RunFolder,
    pub(in crate::engine) writer: JournalWriter,
    pub(in crate::engine) directory: Option<Arc<dyn DirectorySnapshots>>,
    pub(in crate::engine) settled: Option<SettledSender>,
    pub(in crate::engine) concurrency: Option<usize>,
}

/// A run at work, shared by its workers.
pub(in crate::engine) struct Run<S> {
    pub(super) service: Arc<S>,
    pub(in crate::engine) plan: Plan,
    pub(super) directory: Option<Arc<dyn DirectorySnapshots>>,
    settled: Option<SettledSender>,
    pub(super) folder: RunFolder,
    pub(super) writer: JournalWriter,
    concurrency: usize,
    board: Mutex<Board>,
    /// Where each mailbox stands in the plan.
    places: HashMap<ObjectId, usize>,
    /// Mailboxes that a re-read found to be not in the target state.
    requeued: Mutex<Vec<Item>>,
    pub(super) progress: watch::Sender<RunProgress>,
    /// Whether nothing new may be announced: the run is paused, or about to end.
    held: watch::Sender<bool>,
    /// Batches that wait before they look again; they use no request meanwhile.
    resting: watch::Sender<usize>,
    pub(super) began: Instant,
}

impl<S: MailboxService> Run<S> {
    pub(in crate::engine) fn new(parts: RunParts<S>, progress: watch::Sender<RunProgress>) -> Arc<Self> {
        let total = subjects(&parts.plan);
        let began = Instant::now();
        Arc::new(Self {
            places: places(&parts.plan),
            board: Mutex::new(Board::new(parts.folder.name(), &parts.plan, total, began)),
            service: parts.service,
            plan: parts.plan,
            directory: parts.directory,
            settled: parts.settled,
            folder: parts.folder,
            writer: parts.writer,
            concurrency: parts
                .concurrency
                .unwrap_or(BATCHES_IN_FLIGHT)
                .clamp(1, MOST_BATCHES_IN_FLIGHT),
            requeued: Mutex::default(),
            progress,
            held: watch::Sender::new(false),
            resting: watch::Sender::new(0),
            began,
        })
    }

    /// Starts from the counts of the processes before this one.
    pub(in crate::engine) fn start_from(&self, counts: Counts) {
        self.board().counts = counts;
    }

    /// Works off the queue and returns once nothing is in flight.
    pub(in crate::engine) async fn work(
        self: &Arc<Self>,
        phase: Phase,
        mut queue: VecDeque<Item>,
        control: &RunControl,
    ) -> WorkEnd {
        let reporter = Reporter::start(self);
        let working = match phase {
            Phase::Settle | Phase::GiveUp => RunState::Settling,
            Phase::HandOver => RunState::Running,
        };
        let mut steering = control.subscribe();
        let mut wanted = *steering.borrow_and_update();
        let mut paused = false;
        let mut transport = self.service.transport();
        let mut transport_tells = true;
        let mut resting = self.resting.subscribe();
        let mut tasks: JoinSet<Ended> = JoinSet::new();
        let mut record_failure = None;
        {
            let mut board = self.board();
            board.enter(working.clone());
            board.giving_up = phase == Phase::GiveUp;
        }

        loop {
            let stopping = self.is_stopping() || record_failure.is_some() || wanted == Steering::Cancel;
            self.held.send_replace(stopping || wanted == Steering::Pause);
            if stopping {
                self.board().enter(RunState::Stopping);
            } else if (wanted == Steering::Pause) != paused {
                paused = !paused;
                let record = if paused {
                    Record::Paused
                } else {
                    Record::Resumed {
                        who: None,
                        process: std::process::id(),
                    }
                };
                self.board()
                    .enter(if paused { RunState::Paused } else { working.clone() });
                if let Err(error) = self.writer.append(Vec::new(), vec![record]).await {
                    record_failure = Some(error);
                    continue;
                }
            }
            let most = {
                let state = transport.borrow_and_update();
                most_batches(
                    self.concurrency,
                    state.limit,
                    state.resting + *resting.borrow_and_update(),
                )
            };
            while !stopping && !paused && tasks.len() < most && !queue.is_empty() {
                let batch: Vec<Item> = queue.drain(..queue.len().min(S::BATCH)).collect();
                self.start(&mut tasks, phase, batch);
            }
            if tasks.is_empty() && (stopping || queue.is_empty()) {
                break;
            }
            tokio::select! {
                Some(joined) = tasks.join_next(), if !tasks.is_empty() => {
                    match self.joined(joined) {
                        // First again, in the order of the plan.
                        Ok(untouched) => untouched.into_iter().rev().for_each(|item| queue.push_front(item)),
                        Err(Halt::Service(error)) => self.stop(stop_sentence(&error)),
                        Err(Halt::Record(error)) => record_failure = record_failure.or(Some(error)),
                    }
                }
                changed = steering.changed(), if wanted != Steering::Cancel => {
                    // The handle lives as long as this call, so a closed channel can't be; treat it as no more wishes.
                    if changed.is_ok() {
                        wanted = *steering.borrow_and_update();
                    }
                }
                // More requests may be allowed by now.
                told = transport.changed(), if transport_tells && !stopping && !paused && !queue.is_empty() => {
                    transport_tells = told.is_ok();
                }
                // The run holds the other end, so this can't fail.
                _ = resting.changed(), if !stopping && !paused && !queue.is_empty() => {}
            }
        }
        drop(reporter);
        if let Some(source) = record_failure {
            return Err(self.record_error(source));
        }
        let stop = self.board().stop.clone();
        Ok(match stop {
            Some(sentence) => RunEnd::Stopped(sentence),
            None if queue.is_empty() => RunEnd::Complete,
            None => RunEnd::Interrupted,
        })
    }

    /// Waits before a batch looks again, and lets another batch use the slot meanwhile.
    pub(super) async fn rest(&self, wait: Duration) {
        if wait.is_zero() {
            return;
        }
        self.resting.send_modify(|resting| *resting += 1);
        sleep(wait).await;
        self.resting.send_modify(|resting| *resting -= 1);
    }

    fn start(self: &Arc<Self>, tasks: &mut JoinSet<Ended>, phase: Phase, items: Vec<Item>) {
        self.board().started(items.len() as u64);
        let run = Arc::clone(self);
        tasks.spawn(async move {
            let count = items.len();
            let outcome = match phase {
                Phase::Settle => batch::settle(&run, items, false).await,
                Phase::GiveUp => batch::settle(&run, items, true).await,
                Phase::HandOver => batch::hand_over(&run, items).await,
            };
            (count, outcome)
        });
    }

    /// The mailboxes of a batch that nothing was done to.
    fn joined(&self, joined: Result<Ended, JoinError>) -> Result<Vec<Item>, Halt> {
        match joined {
            Ok((count, outcome)) => {
                self.board().ended(count as u64);
                outcome
            }
            // A worker that panicked left its mailboxes with an intent: a resume re-reads them.
            Err(error) => {
                self.stop(format!("a part of the run ended unexpectedly ({error})."));
                Ok(Vec::new())
            }
        }
    }

    /// Puts snapshots, then records on disk, then counts and tells the outcomes among them.
    pub(super) async fn record(
        &self,
        snapshots: Vec<SnapshotLine>,
        mut records: Vec<Record>,
        settled: Vec<Settlement>,
        as_record: fn(Settlement) -> Record,
    ) -> Result<(), Halt> {
        records.extend(settled.iter().cloned().map(as_record));
        self.writer.append(snapshots, records).await?;
        let now = Instant::now();
        let mut board = self.board();
        for settlement in &settled {
            board.settle(settlement, self.failure(settlement), now);
        }
        drop(board);
        if let Some(listener) = &self.settled {
            listener.tell(&self.plan.content.change, &settled);
        }
        Ok(())
    }

    fn failure(&self, settlement: &Settlement) -> Option<ItemFailure> {
        let error = settlement.error.clone()?;
        if !matches!(settlement.outcome, Outcome::Failed | Outcome::Unknown) {
            return None;
        }
        let (id, address) = match settlement.subject {
            Subject::Mailbox(id) => {
                let item = self
                    .places
                    .get(&id)
                    .and_then(|place| self.plan.content.items.get(*place));
                (
                    id,
                    item.map(|item| clean(&item.primary_smtp_address).into_owned())
                        .unwrap_or_default(),
                )
            }
            Subject::Organization => (
                ObjectId(uuid::Uuid::nil()),
                self.plan.content.tenant.domain.clone(),
            ),
        };
        Some(ItemFailure { id, address, error })
    }

    pub(super) fn plan_item(&self, item: Item) -> &PlanItem {
        &self.plan.content.items[item.index]
    }

    /// Whether nothing new may be started. Long waits end early then; the mailboxes stay open for a resume.
    pub(super) fn is_stopping(&self) -> bool {
        self.board().is_stopping()
    }

    /// Whether nothing new may be announced: a pause, or what [`Run::is_stopping`] says.
    pub(super) fn is_held(&self) -> bool {
        *self.held.borrow() || self.is_stopping()
    }

    /// Reads until nothing new may be announced: an answer that nobody acts on is not worth waiting for. Nothing then.
    pub(super) async fn unless_held<T>(&self, reading: impl Future<Output = T>) -> Option<T> {
        let mut held = self.held.subscribe();
        let is_held = async move {
            let _ = held.wait_for(|held| *held).await;
        };
        tokio::select! {
            biased;
            () = is_held => None,
            read = reading => Some(read),
        }
    }

    /// Starts nothing new. The first sentence stays.
    pub(super) fn stop(&self, sentence: String) {
        self.board().stop.get_or_insert(sentence);
    }

    pub(super) fn requeue(&self, items: impl IntoIterator<Item = Item>) {
        self.requeued
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(items);
    }

    /// How many things of the plan are neither settled nor known to be unknown.
    pub(in crate::engine) fn left(&self) -> u64 {
        self.board().left()
    }

    /// Mailboxes that settling put back.
    pub(in crate::engine) fn take_requeued(&self) -> Vec<Item> {
        std::mem::take(&mut *self.requeued.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn board(&self) -> MutexGuard<'_, Board> {
        // A panic elsewhere must not hide the counts; they are plain numbers.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A few more batches than the service runs requests, so that no request slot idles while one waits for the disk. Each
/// further one would only wait for a slot with its writes announced, and a pause would have to wait for it. Those that rest
/// before a retry or another look take no slot: without others beside them a faulty service would leave most idle.
fn most_batches(concurrency: usize, limit: usize, resting: usize) -> usize {
    match limit {
        0 => concurrency,
        limit => concurrency.min(limit + limit.div_ceil(4) + resting),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_follow_the_limit_and_those_that_rest_make_room_for_others() {
        assert_eq!(most_batches(24, 0, 0), 24, "nobody told a limit");
        assert_eq!(most_batches(24, 2, 0), 3);
        assert_eq!(most_batches(24, 8, 0), 10);
        assert_eq!(most_batches(24, 2, 5), 8);
        assert_eq!(most_batches(24, 8, 99), 24);
        assert_eq!(most_batches(1, 8, 0), 1);
    }
}
