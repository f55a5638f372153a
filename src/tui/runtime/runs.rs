//! Runs as jobs: applied, resumed, read back, listed.

use std::{
    collections::{HashMap, hash_map::Entry},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{mpsc, watch};

use super::jobs::blocking;
use crate::{
    domain::{ChangeKind, ObjectId, Profile, TenantName},
    engine::{
        RunProgress, RunSummary, SettledReceiver,
        apply::RunError,
        runs::{self, RunEntry, RunListState},
        unsettled,
        verify::VerifyReport,
    },
    journal::JournalError,
    tui::{Failure, JobId, Level, Msg, RunOutcome, RunRow, RunRowState, RunWork, Verification},
};

/// The least time between two reports of progress.
const REPORT: Duration = Duration::from_millis(100);

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Service(error) => error.into(),
            RunError::Record {
                run: Some(_), source, ..
            } => Self::resumable(source.to_string()),
            RunError::Interrupted(_) => Self::resumable(error.to_string()),
            RunError::Refused(_) | RunError::Record { run: None, .. } => Self::new(error.to_string()),
        }
    }
}

impl Failure {
    /// The end of a run that had begun.
    fn resumable(message: String) -> Self {
        Self {
            advice: Some(
                "What was written stands and is recorded. Put the cause right, then o lists the runs; r there resumes \
                 this one: every open mailbox is read first."
                    .to_owned(),
            ),
            resumable: true,
            ..Self::new(message)
        }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Self::new(error.to_string())
    }
}

/// What is known about a run while it works, for the end of the cockpit.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched(Arc<Mutex<WatchedRun>>);

#[derive(Debug, Default)]
struct WatchedRun {
    name: String,
    state: WatchedState,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum WatchedState {
    /// It works, or was cut off.
    #[default]
    Open,
    /// It was refused before it began.
    NeverBegun,
    /// Mailboxes are left to do.
    Interrupted,
    /// Every mailbox is settled.
    Complete,
}

impl Watched {
    fn look<T>(&self, look: impl FnOnce(&mut WatchedRun) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn name(&self) -> Option<String> {
        self.look(|run| (!run.name.is_empty()).then(|| run.name.clone()))
    }

    fn set_name(&self, name: &str) {
        self.look(|run| {
            if run.name != name {
                name.clone_into(&mut run.name);
            }
        });
    }

    fn ended(&self, result: &Result<RunSummary, Failure>) {
        if let Ok(summary) = result {
            self.set_name(&summary.run);
        }
        let state = match result {
            // Closed for good: nothing is left to resume.
            Ok(summary) if summary.abandoned => WatchedState::Complete,
            Ok(summary) if summary.remaining + summary.unknown > 0 => WatchedState::Interrupted,
            Ok(_) => WatchedState::Complete,
            Err(failure) if failure.resumable => WatchedState::Interrupted,
            Err(_) => WatchedState::NeverBegun,
        };
        self.look(|run| run.state = state);
    }
}

/// The runs that can be resumed, in the order they began, each once. `watched` is in the order of time: a run that was
/// resumed stands in it again, and its last end counts.
pub(super) fn unfinished(watched: &[Watched]) -> Vec<String> {
    let mut last: Vec<(String, WatchedState)> = Vec::new();
    for (name, state) in watched
        .iter()
        .map(|watched| watched.look(|run| (run.name.clone(), run.state)))
        .filter(|(name, state)| !name.is_empty() && *state != WatchedState::NeverBegun)
    {
        match last.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = state,
            None => last.push((name, state)),
        }
    }
    last.into_iter()
        .filter(|(_, state)| *state != WatchedState::Complete)
        .map(|(name, _)| name)
        .collect()
}

/// Follows a run to its end: tells its progress and which mailboxes it settles, and returns how it ended.
pub(super) async fn follow(
    job: JobId,
    work: impl Future<Output = Result<RunSummary, Failure>>,
    mut progress: watch::Receiver<RunProgress>,
    mut settled: SettledReceiver,
    data_dir: &Path,
    watched: &Watched,
    messages: &mpsc::Sender<Msg>,
) -> Result<RunOutcome, Failure> {
    let report = async {
        // Ends when the run drops its sender.
        while progress.changed().await.is_ok() {
            let latest = progress.borrow_and_update().clone();
            watched.set_name(&latest.run);
            let progress = Box::new(latest);
            if messages.send(Msg::RunProgress { job, progress }).await.is_err() {
                return;
            }
            tokio::time::sleep(REPORT).await;
        }
    };
    let tell_settled = async {
        // Ends when the run drops its sender, with everything told: its end comes after the flags.
        while let Some(mailboxes) = settled.next().await {
            if messages.send(Msg::Settled { job, mailboxes }).await.is_err() {
                return;
            }
        }
    };
    let (result, (), ()) = tokio::join!(work, report, tell_settled);
    watched.ended(&result);
    let mut unsettled = Vec::new();
    if let Some(name) = watched.name() {
        let data_dir = data_dir.to_owned();
        let read = blocking(move || unsettled::read(&data_dir, &name).map_err(Failure::from)).await;
        match read {
            Ok(found) => unsettled = found,
            // The run has ended as it has; only its failures can't be marked.
            Err(failure) if result.is_ok() => {
                let note = format!(
                    "the mailboxes that failed can't be marked: the record of the run can't be read: {}",
                    failure.message
                );
                let _ = messages.send(Msg::Note(Level::Warn, note)).await;
            }
            Err(_) => {}
        }
    }
    let summary = result?;
    Ok(RunOutcome { summary, unsettled })
}

/// The runs on this machine as the screen lists them.
pub(super) fn list(
    data_dir: &Path,
    tenant: Option<&TenantName>,
    profile: Option<&Profile>,
) -> Result<Vec<RunRow>, Failure> {
    let belongs = |entry: &RunEntry| match (tenant, profile) {
        (Some(tenant), _) => entry.tenant_id.eq_ignore_ascii_case(&tenant.id),
        (None, Some(profile)) => [&entry.tenant, &entry.tenant_id]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&profile.tenant)),
        (None, None) => false,
    };
    let entries = runs::list(data_dir)?;
    Ok(entries
        .into_iter()
        .map(|entry| RunRow {
            this_tenant: entry.problem.is_none() && belongs(&entry),
            state: match entry.state {
                _ if entry.problem.is_some() => RunRowState::Damaged,
                RunListState::Open => RunRowState::Open,
                RunListState::Done => RunRowState::Done,
                _ => RunRowState::Interrupted,
            },
            work: work(&entry),
            tenant: entry.tenant,
            done: entry.done,
            already_there: entry.already_there,
            failed: entry.failed,
            unknown: entry.unknown,
            remaining: entry.remaining,
            abandoned: entry.abandoned,
            started_at: entry.started_at.unwrap_or_default(),
            run: entry.run,
        })
        .collect())
}

fn work(entry: &RunEntry) -> RunWork {
    match (&entry.problem, entry.target, entry.kind) {
        (Some(problem), ..) => RunWork::Unreadable(problem.clone()),
        (None, Some(_), Some(ChangeKind::SetAddresses)) => RunWork::Addresses,
        (None, Some(target), Some(ChangeKind::SetTenantDefault)) => RunWork::TenantDefault { target },
        (None, Some(target), Some(ChangeKind::SetAuthority)) => RunWork::Authority {
            count: entry.items,
            target,
        },
        (None, None, _) | (None, _, None) => {
            RunWork::Unreadable("the plan of this run can't be read".to_owned())
        }
    }
}

/// A report of reading back as the screen shows it.
pub(super) fn verification(report: VerifyReport) -> Result<Verification, Failure> {
    if report.cancelled {
        return Err(Failure::cancelled());
    }
    // A mailbox is counted once, however many of its attributes have changed.
    let mut reverted: Vec<(ObjectId, String)> = report
        .reverted
        .into_iter()
        .map(|mailbox| {
            let side = report.target.word();
            (
                mailbox.id,
                format!("{} is not on the {side} side any more", mailbox.address),
            )
        })
        .collect();
    let mut places: HashMap<ObjectId, usize> = reverted
        .iter()
        .enumerate()
        .map(|(place, (id, _))| (*id, place))
        .collect();
    let not_there = reverted.len();
    for change in report.changed {
        let what = format!("{} was {} and is {}", change.attribute, change.before, change.now);
        match places.entry(change.mailbox.id) {
            Entry::Occupied(place) => {
                if let Some((_, sentence)) = reverted.get_mut(*place.get()) {
                    sentence.push_str("; ");
                    sentence.push_str(&what);
                }
            }
            Entry::Vacant(place) => {
                place.insert(reverted.len());
                reverted.push((change.mailbox.id, format!("{}: {what}", change.mailbox.address)));
            }
        }
    }
    Ok(Verification {
        run: report.run,
        // The engine confirms the side; attributes that changed since are not as written.
        as_written: report
            .confirmed
            .saturating_sub((reverted.len() - not_there) as u64),
        reverted,
        unreadable: report.unreadable.len() as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::Target,
        engine::{
            settled_mailboxes,
            verify::{AttributeChange, MailboxRef},
        },
    };

    fn summary(run: &str, remaining: u64, unknown: u64) -> RunSummary {
        RunSummary {
            run: run.to_owned(),
            tenant: "contoso.com".to_owned(),
            target: Target::Cloud,
            done: 1,
            already_there: 0,
            failed: 0,
            unknown,
            remaining,
            elapsed_seconds: 1.0,
            directory: String::new(),
            stopped: None,
            abandoned: false,
        }
    }

    fn watched(name: &str, result: Option<Result<RunSummary, Failure>>) -> Watched {
        let watched = Watched::default();
        watched.set_name(name);
        if let Some(result) = result {
            watched.ended(&result);
        }
        watched
    }

    #[test]
    fn the_last_end_of_a_run_counts() {
        let runs = [
            watched("a", Some(Ok(summary("a", 5, 0)))),
            watched("a", Some(Ok(summary("a", 0, 0)))),
            watched("b", Some(Ok(summary("b", 3, 0)))),
            watched("b", Some(Err(Failure::new("locked by another process")))),
            watched("c", Some(Ok(summary("c", 0, 2)))),
            watched("d", Some(Err(Failure::resumable("disk full".to_owned())))),
            watched("e", None),
            watched("f", Some(Err(Failure::new("read-only")))),
            watched("", None),
        ];
        assert_eq!(unfinished(&runs), ["b", "c", "d", "e"]);
    }

    #[tokio::test]
    async fn a_record_that_cannot_be_read_again_does_not_undo_the_end_of_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let (messages, mut told) = mpsc::channel(8);
        let tenant = TenantName {
            id: String::new(),
            domain: String::new(),
        };
        let (sender, progress) = watch::channel(RunProgress::starting(tenant, Target::Cloud, 1));
        drop(sender);
        let work = async { Ok(summary("gone", 0, 0)) };
        let watched = Watched::default();
        let (_, settled) = settled_mailboxes();
        let outcome = follow(
            JobId(1),
            work,
            progress,
            settled,
            folder.path(),
            &watched,
            &messages,
        )
        .await;
        assert_eq!(outcome.unwrap().summary.done, 1);
        let note = told.try_recv().unwrap();
        assert!(
            matches!(&note, Msg::Note(Level::Warn, text) if text.contains("can't be marked")),
            "{note:?}"
        );
        assert!(unfinished(&[watched]).is_empty());
    }

    #[test]
    fn a_mailbox_is_counted_once() {
        let mailbox = |number: u128| MailboxRef {
            id: ObjectId(uuid::Uuid::from_u128(number)),
            address: format!("m{number}@contoso.com"),
        };
        let change = |number, attribute: &str| AttributeChange {
            mailbox: mailbox(number),
            attribute: attribute.to_owned(),
            before: "a".into(),
            now: "b".into(),
        };
        let report = VerifyReport {
            run: "r".to_owned(),
            tenant: "contoso.com".to_owned(),
            target: Target::Cloud,
            done: 3,
            confirmed: 2,
            reverted: vec![mailbox(1)],
            tenant_default_reverted: false,
            changed: vec![change(1, "Alias"), change(2, "Alias"), change(2, "Title")],
            unreadable: Vec::new(),
            cancelled: false,
        };
        let found = verification(report).unwrap();
        let ids: Vec<ObjectId> = found.reverted.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, [mailbox(1).id, mailbox(2).id]);
        assert_eq!(found.as_written, 1);
        assert!(found.reverted[0].1.contains("side any more; Alias was"));
        assert!(found.reverted[1].1.contains("Alias was") && found.reverted[1].1.contains("; Title was"));
    }
}
