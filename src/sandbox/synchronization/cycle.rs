//! Executions: how they begin, what they do and how they end.

use super::clock::{SECOND, Ticks};
use super::directory::{Population, purpose};
use super::error_text::{self, BUSY, DUPLICATE, ErrorText, NOT_IN_SCOPE, STAGED, TENANT_PREVENTION};
use super::job::{Counts, Ending, Execution, Failure, Job, Quarantine, Running};
use super::kind::{ATTRIBUTE_WRITEBACK, PROVISIONING};
use super::log::{Action, Entry, Initiator, Log, Status, Subject};
use super::scope::{Scope, takes_group};
use super::topology::Topology;
use crate::sandbox::seed::{mix, uuid};

/// Executions in a row that fail before the quarantine.
const PATIENCE: i64 = 2;
/// How long a quarantine waits before it tries by itself.
const NEXT_ATTEMPT: Ticks = 6 * 3600 * SECOND;
/// The most entries an initial execution writes to the log.
const LOGGED_CREATIONS: u64 = 25;

/// What an execution needs to know of the world around it.
pub(super) struct Surroundings<'a> {
    pub people: Population<'a>,
    pub topology: &'a Topology,
    pub log: &'a mut Log,
    pub domain: Option<String>,
    /// The threshold of the configuration; nothing when it is off.
    pub threshold: Option<i64>,
    /// The threshold of the tenant; nothing when it is off.
    pub prevention: Option<i64>,
}

impl Surroundings<'_> {
    fn trouble(&self, job: &Job, at: Ticks) -> Option<String> {
        let ordered = job.ordered_failure.clone();
        ordered.or_else(|| {
            self.topology
                .trouble(self.domain.as_deref(), at)
                .map(str::to_owned)
        })
    }

    /// How many objects are in scope when nobody has been deleted.
    pub fn entitled(&self, job: &Job) -> i64 {
        let kind = job.kind();
        if kind.groups {
            return i64::from(self.people.groups() / 2);
        }
        if kind.is(ATTRIBUTE_WRITEBACK) {
            return self.people.tenant.read().cloud_managed as i64;
        }
        let all = i64::from(self.people.of_domain(self.domain.as_deref().unwrap_or_default()));
        if job.containers.is_empty() { all } else { all / 2 }
    }

    fn write(&mut self, job: &Job, at: Ticks, subject: Subject, done: Done) {
        self.log.write(Entry {
            at,
            number: 0,
            label: std::sync::Arc::clone(&job.label),
            cycle: job.cycles,
            subject,
            action: done.0,
            status: done.1,
            error: done.2,
            by: Initiator::Service,
        });
    }
}

type Done = (Action, Status, Option<&'static ErrorText>);

/// A number for this execution of this job.
fn dice(job: &Job, seed: u64, salt: u64) -> u64 {
    mix(
        seed,
        u64::from(job.label.number) << 40 | job.cycles << 8 | salt,
        purpose::DICE,
    )
}

/// Begins an execution.
pub(super) fn begin(job: &mut Job, at: Ticks, around: &Surroundings) {
    let seed = around.people.tenant.seed;
    let number = dice(job, seed, 1);
    let initial = !job.watermark;
    let (length, units) = if around.trouble(job, at).is_some() {
        (2 * SECOND, 1)
    } else if initial {
        (
            12 * SECOND + (number % 40) as i64 * SECOND / 10,
            around.entitled(job).max(1),
        )
    } else {
        (
            4 * SECOND + (number % 50) as i64 * SECOND / 10,
            20 + (number >> 8 & 63) as i64,
        )
    };
    let cadence = job.kind().cadence;
    let jitter = (number >> 16) as i64 % (cadence / 10);
    job.next_begin = at + cadence - cadence / 20 + jitter;
    job.running = Some(Running {
        began: at,
        // The odd ticks show who cuts fractions.
        ends: at + length + (number >> 24) as i64 % SECOND,
        initial,
        units,
    });
}

/// Ends an execution.
pub(super) fn finish(job: &mut Job, running: Running, around: &mut Surroundings) {
    let at = running.ends;
    let seed = around.people.tenant.seed;
    let activity = uuid(
        seed,
        job.label.number << 20 ^ job.cycles as u32,
        purpose::ACTIVITY,
    );
    job.running = None;
    job.cycles += 1;
    job.next_begin = job.next_begin.max(at + 2 * SECOND);
    let mut execution = Execution {
        activity,
        ending: Ending::Succeeded,
        began: running.began,
        ended: at,
        counts: Counts::default(),
        error: None,
    };
    if let Some(code) = around.trouble(job, at) {
        let failure = error_text::failure(&code);
        job.failures += 1;
        fail(job, execution, &failure);
        if job.failures >= PATIENCE || job.series.is_some() {
            enter_quarantine(job, at, "EncounteredQuarantineException", failure);
        }
        return;
    }
    let Some(deleted) = delete(job, at, around, &mut execution) else {
        return;
    };
    work(job, running, around, &mut execution);
    job.deleted += deleted;
    job.entries = (around.entitled(job) - job.deleted).max(0);
    let counts = &mut execution.counts;
    counts.exported += deleted;
    counts.exports += deleted;
    counts.imported_deltas += deleted;
    counts.imported += if running.initial { job.entries } else { deleted };
    counts.entitled = job.entries;
    counts.entitled_for_provisioning = job.entries;
    if counts.escrowed > 0 {
        execution.ending = Ending::EntryLevelErrors;
    }
    (job.failures, job.quarantine, job.series) = (0, None, None);
    job.watermark = true;
    job.steady_first.get_or_insert(at);
    job.steady_last = Some(at);
    if execution.counts.exports > 0 {
        job.last_good_with_exports = Some(execution.clone());
    }
    job.last_good = Some(execution.clone());
    job.last = Some(execution);
}

fn fail(job: &mut Job, mut execution: Execution, failure: &Failure) {
    execution.ending = Ending::Failed;
    execution.error = Some(failure.clone());
    job.last = Some(execution);
}

fn enter_quarantine(job: &mut Job, at: Ticks, reason: &'static str, error: Failure) {
    let (began, count) = job.series.unwrap_or((at, 0));
    job.series = Some((began, count + 1));
    job.quarantine = Some(Quarantine {
        reason,
        began: at,
        next_attempt: at + NEXT_ATTEMPT,
        error,
    });
}

/// Carries deletes out, or stages them. How many were carried out; nothing when the job went into quarantine.
fn delete(job: &mut Job, at: Ticks, around: &mut Surroundings, execution: &mut Execution) -> Option<i64> {
    let many = job.pending_deletes.len() as i64;
    let forced = std::mem::take(&mut job.force_deletes);
    if many == 0 || !job.kind().is(PROVISIONING) {
        return Some(0);
    }
    if !forced && around.threshold.is_some_and(|threshold| many >= threshold) {
        if !std::mem::replace(&mut job.staged, true) {
            for index in job.pending_deletes.clone() {
                let done = (Action::StagedDelete, Status::Skipped, Some(STAGED));
                around.write(job, at, Subject::Person(index), done);
            }
        }
        let failure = error_text::failure("TooManyDeletes");
        execution.counts.imported = many;
        execution.counts.imported_deltas = many;
        job.failures += 1;
        fail(job, execution.clone(), &failure);
        enter_quarantine(job, at, "TooManyDeletes", failure);
        return None;
    }
    let held = around.prevention.is_some_and(|threshold| many >= threshold);
    let done = if held {
        (Action::Delete, Status::Failure, Some(TENANT_PREVENTION))
    } else {
        (Action::Delete, Status::Success, None)
    };
    for index in job.pending_deletes.clone() {
        around.write(job, at, Subject::Person(index), done);
    }
    if held {
        execution.counts.escrowed += many;
        execution.counts.escrowed_raw += many;
        return Some(0);
    }
    job.pending_deletes.clear();
    job.staged = false;
    Some(many)
}

/// What else an execution does: changes found in the source and written to the target.
fn work(job: &Job, running: Running, around: &mut Surroundings, execution: &mut Execution) {
    let seed = around.people.tenant.seed;
    let number = dice(job, seed, 2);
    let changes = if running.initial {
        around.entitled(job).unsigned_abs().min(LOGGED_CREATIONS)
    } else {
        number % 7
    };
    let action = if running.initial {
        Action::Create
    } else {
        Action::Update
    };
    let scope = Scope::of(job);
    let managed = if job.kind().is(ATTRIBUTE_WRITEBACK) {
        around.people.cloud_managed()
    } else {
        Vec::new()
    };
    let domain = around.domain.clone().unwrap_or_default();
    for nth in 0..changes {
        let pick = dice(job, seed, 3 + nth);
        if job.kind().groups {
            let group = pick as u32 % around.people.groups();
            let done = if takes_group(group) {
                (action, Status::Success, None)
            } else {
                (Action::Other, Status::Skipped, Some(NOT_IN_SCOPE))
            };
            count(execution, done.1);
            around.write(job, running.ends, Subject::Group(group), done);
            continue;
        }
        let index = if job.kind().is(ATTRIBUTE_WRITEBACK) {
            match managed.get(pick as usize % managed.len().max(1)) {
                Some(index) => *index,
                None => break,
            }
        } else {
            around.people.nth_of(&domain, pick >> 8)
        };
        let person = around.people.person(index);
        let done = if !scope.takes(job, &person, &around.people) {
            (Action::Other, Status::Skipped, Some(NOT_IN_SCOPE))
        } else if around.people.is_ambiguous(index) {
            (action, Status::Failure, Some(DUPLICATE))
        } else if pick % 61 == 7 {
            (action, Status::Failure, Some(BUSY))
        } else {
            (action, Status::Success, None)
        };
        count(execution, done.1);
        around.write(job, running.ends, Subject::Person(index), done);
    }
}

fn count(execution: &mut Execution, status: Status) {
    let counts = &mut execution.counts;
    counts.imported += 1;
    counts.imported_deltas += 1;
    match status {
        Status::Success => {
            counts.exported += 1;
            counts.exports += 1;
        }
        Status::Failure => {
            counts.escrowed += 1;
            counts.escrowed_raw += 1;
        }
        Status::Skipped => counts.imported_reference_deltas += 1,
    }
}
