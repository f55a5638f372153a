//! How a run ends: the end is written down, the tenant is freed, and the result is told.

use std::sync::Arc;

use super::{RunError, run::Run};
use crate::{
    domain::ServiceError,
    engine::{MailboxService, RunEnd, RunState, RunSummary},
    journal::{Counts, JournalError, Record},
};

/// How the work ended, before it is written down.
pub(in crate::engine) type WorkEnd = Result<RunEnd, RunError>;

impl<S: MailboxService> Run<S> {
    /// Writes the end down, frees the tenant and tells the result.
    pub(in crate::engine) async fn finish(self: &Arc<Self>, end: WorkEnd) -> Result<RunSummary, RunError> {
        let (counts, left) = {
            let board = self.board();
            (board.counts, board.left())
        };
        let end = match end {
            // The queue ran empty, but what was in flight was left open because of a cancel.
            Ok(RunEnd::Complete) if left > 0 => Ok(RunEnd::Interrupted),
            Ok(RunEnd::Abandoned) if left + counts.unknown == 0 => Ok(RunEnd::Complete),
            Ok(RunEnd::Complete) if counts.unknown > 0 => Ok(RunEnd::Stopped(format!(
                "{} could not be proven either way; a resume reads them again.",
                count_of(counts.unknown)
            ))),
            other => other,
        };
        let written = match &end {
            Ok(end) => self.write_end(end, counts, left).await,
            Err(_) => Ok(()),
        };
        // Known only after reads, so every part of a run adds what it learned; while the lock is still held.
        let noted = self
            .folder
            .add_dropped_attributes(self.service.dropped_attributes());
        self.writer.close().await;
        let written = written.and(noted);
        let end = match written {
            Ok(()) => end,
            Err(error) => Err(self.record_error(error)),
        };
        let shown = match &end {
            Ok(end) => end.clone(),
            Err(error) => RunEnd::Stopped(error.to_string()),
        };
        self.board().enter(RunState::Ended(shown));
        self.publish();
        let end = end?;
        Ok(RunSummary {
            run: self.folder.name().to_owned(),
            tenant: self.plan.content.tenant.domain.clone(),
            target: self.plan.content.change.target(),
            done: counts.done,
            already_there: counts.already_there,
            failed: counts.failed,
            unknown: counts.unknown,
            remaining: left,
            elapsed_seconds: self.began.elapsed().as_secs_f64(),
            directory: self.folder.path().display().to_string(),
            abandoned: end == RunEnd::Abandoned,
            stopped: match end {
                // What was cancelled has something left, and that is all there is to say.
                RunEnd::Complete | RunEnd::Interrupted | RunEnd::Abandoned => None,
                RunEnd::Stopped(sentence) => Some(sentence),
            },
        })
    }

    async fn write_end(&self, end: &RunEnd, counts: Counts, left: u64) -> Result<(), JournalError> {
        let record = match end {
            RunEnd::Complete => Record::Closed,
            RunEnd::Abandoned => Record::Abandoned {
                remaining: left + counts.unknown,
            },
            RunEnd::Interrupted => Record::Stopped {
                reason: "cancelled by the administrator".into(),
            },
            RunEnd::Stopped(sentence) => Record::Stopped {
                reason: sentence.clone(),
            },
        };
        self.writer.append(Vec::new(), vec![record]).await?;
        match end {
            RunEnd::Complete => self.folder.set_closed(Some(counts)),
            RunEnd::Abandoned => self.folder.set_abandoned(counts),
            RunEnd::Interrupted | RunEnd::Stopped(_) => Ok(()),
        }
    }

    pub(super) fn record_error(&self, source: JournalError) -> RunError {
        RunError::Record {
            run: Some(self.folder.name().to_owned()),
            source,
        }
    }
}

/// Why a service error ends the run, in one sentence.
pub(super) fn stop_sentence(error: &ServiceError) -> String {
    match &error.advice {
        Some(advice) => format!(
            "every further mailbox would fail the same way: {}. {advice}",
            error.message
        ),
        None => format!("every further mailbox would fail the same way: {}", error.message),
    }
}

fn count_of(mailboxes: u64) -> String {
    if mailboxes == 1 {
        "1 mailbox".into()
    } else {
        format!("{mailboxes} mailboxes")
    }
}
