//! Logs of Cloud Sync: pages as they are asked for, filters off the loop, exports.

use std::sync::Arc;

use super::{Runtime, files, shared::Shared};
use crate::{
    domain::synchronization::{AuditQuery, LogQuery},
    engine::{session::OpenSession, synchronization::logs::staged_deletes},
    tui::{Failure, LogEffect, LogKind, LogMsg, LogPageRead, LogPageRequest, LogRecord, Msg},
};

/// Held-back deletions that are listed.
const MOST_DELETES: usize = 5_000;

impl<O: OpenSession> Runtime<O> {
    pub(super) fn look_into_logs(&mut self, effect: LogEffect) {
        match effect {
            LogEffect::ReadPage { job, request } => {
                let shared = Arc::clone(&self.shared);
                let ending = |job, result| Msg::Log(LogMsg::Page { job, result });
                let read = async move { shared.read_log_page(request).await };
                self.jobs.start(job, ending, read);
            }
            LogEffect::Filter(request) => {
                let messages = self.jobs.messages();
                tokio::task::spawn_blocking(move || {
                    let _ = messages.blocking_send(Msg::Log(request.answer()));
                });
            }
            LogEffect::Export {
                job,
                path,
                pages,
                shown,
            } => {
                let ending = |job, result| Msg::Exported { job, result };
                self.jobs.start_blocking(job, ending, move || {
                    files::export_logs(&path, &pages, shown.as_deref())
                });
            }
        }
    }
}

impl<O: OpenSession> Shared<O> {
    /// One page. The client keeps reports at five in ten seconds, whoever asks.
    async fn read_log_page(&self, request: LogPageRequest) -> Result<LogPageRead, Failure> {
        let service = self.synchronization().await?;
        let service = &*service;
        let next = request.next.as_deref();
        let (records, next): (Vec<LogRecord>, Option<String>) = match request.kind {
            LogKind::Provisioning => {
                let query = LogQuery {
                    job_id: Some(request.job_id),
                    after: request.after,
                    before: request.before,
                    ..LogQuery::default()
                };
                let page = service.provisioning_log(&query, next).await?;
                let records = page.entries.into_iter().map(LogRecord::Provisioning);
                (records.collect(), page.next)
            }
            LogKind::StagedDeletes => {
                let found = staged_deletes(service, &request.job_id, MOST_DELETES).await?;
                (found.into_iter().map(LogRecord::Provisioning).collect(), None)
            }
            LogKind::Audit | LogKind::TenantAudit => {
                let query = AuditQuery {
                    configuration: (request.kind == LogKind::Audit).then_some(request.configuration),
                    after: request.after,
                    before: request.before,
                    object: None,
                };
                let page = service.audit(&query, next).await?;
                (
                    page.entries.into_iter().map(LogRecord::Audit).collect(),
                    page.next,
                )
            }
        };
        Ok(LogPageRead {
            rows: Arc::new(records.into_iter().collect()),
            next,
        })
    }
}
