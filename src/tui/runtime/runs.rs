//! Runs as jobs: applied, resumed, read back, listed.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{mpsc, watch};

use super::jobs::blocking;
use crate::{
    domain::{Profile, TenantName},
    engine::{
        RunProgress, RunSummary, aftermath,
        apply::RunError,
        runs::{self, RunEntry, RunListState},
        verify::VerifyReport,
    },
    journal::JournalError,
    tui::{Failure, JobId, Msg, RunOutcome, RunRow, RunRowState, Verification},
};

/// The least time between two reports of progress.
const REPORT: Duration = Duration::from_millis(100);
/// Mailboxes of one message at most.
const SETTLED_AT_ONCE: usize = 1_000;

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Service(error) => error.into(),
            error => Self::new(error.to_string()),
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
    complete: bool,
}

impl Watched {
    /// Name of the run, when it has one and is not complete.
    pub(super) fn unfinished(&self) -> Option<String> {
        let run = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (!run.complete && !run.name.is_empty()).then(|| run.name.clone())
    }

    fn name(&self) -> Option<String> {
        let run = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (!run.name.is_empty()).then(|| run.name.clone())
    }

    fn set_name(&self, name: &str) {
        let mut run = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if run.name != name {
            name.clone_into(&mut run.name);
        }
    }

    fn ended(&self, summary: &RunSummary) {
        self.set_name(&summary.run);
        let mut run = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        run.complete = summary.remaining == 0 && summary.stopped.is_none();
    }
}

/// Follows a run to its end: tells its progress, then which mailboxes it proved, and returns how it ended.
pub(super) async fn follow(
    job: JobId,
    work: impl Future<Output = Result<RunSummary, Failure>>,
    mut progress: watch::Receiver<RunProgress>,
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
    let (result, ()) = tokio::join!(work, report);
    if let Ok(summary) = &result {
        watched.ended(summary);
    }
    let mut unsettled = Vec::new();
    if let Some(name) = watched.name() {
        let data_dir = data_dir.to_owned();
        let read = blocking(move || aftermath::read(&data_dir, &name).map_err(Failure::from)).await;
        match read {
            Ok(aftermath) => {
                for mailboxes in aftermath.settled.chunks(SETTLED_AT_ONCE) {
                    let mailboxes = mailboxes.to_vec();
                    let _ = messages.send(Msg::Settled { job, mailboxes }).await;
                }
                unsettled = aftermath.unsettled;
            }
            // The run's own end says more than that its record can't be read again.
            Err(failure) if result.is_ok() => return Err(failure),
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
                RunListState::Open => RunRowState::Open,
                RunListState::Interrupted => RunRowState::Interrupted,
                RunListState::Done => RunRowState::Done,
            },
            what: match (&entry.problem, entry.target) {
                (Some(problem), _) => format!("can't be read: {problem}"),
                (None, Some(target)) => format!("{} to {}", entry.items, target.word()),
                (None, None) => entry.items.to_string(),
            },
            tenant: entry.tenant,
            done: entry.done + entry.already_there,
            remaining: entry.remaining,
            started_at: entry.started_at.unwrap_or_default(),
            run: entry.run,
        })
        .collect())
}

/// A report of reading back as the screen shows it.
pub(super) fn verification(report: VerifyReport) -> Result<Verification, Failure> {
    if report.cancelled {
        return Err(Failure::cancelled());
    }
    let mut reverted: Vec<_> = report
        .reverted
        .into_iter()
        .map(|mailbox| {
            (
                mailbox.id,
                format!(
                    "{} is not on the {} side any more",
                    mailbox.address,
                    report.target.word()
                ),
            )
        })
        .collect();
    reverted.extend(report.changed.into_iter().map(|change| {
        let sentence = format!(
            "{}: {} was {} and is {}",
            change.mailbox.address, change.attribute, change.before, change.now
        );
        (change.mailbox.id, sentence)
    }));
    Ok(Verification {
        run: report.run,
        as_written: report.confirmed,
        reverted,
        unreadable: report.unreadable.len() as u64,
    })
}
