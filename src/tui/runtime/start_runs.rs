//! Starts runs: applied, resumed, read back.

use std::sync::Arc;

use tokio::sync::watch;

use super::{
    Runtime,
    jobs::blocking,
    runs::{self, Watched},
};
use crate::{
    domain::{Plan, Target, TenantName},
    engine::{
        RunControl, RunProgress, RunSummary, SettledSender,
        apply::{self, ApplyRequest},
        resume::{self, ResumeRequest},
        runs as run_list,
        session::OpenSession,
        settled_mailboxes, verify,
    },
    tui::{Failure, JobId, Level, Msg},
};

impl<O: OpenSession> Runtime<O> {
    pub(super) fn apply(&mut self, job: JobId, plan: Arc<Plan>, expect_count: u64) {
        let shared = Arc::clone(&self.shared);
        self.start_run(
            job,
            plan_progress(&plan),
            move |progress, settled, control| async move {
                let session = shared.slot.session().await?;
                let plan_bytes = plan.to_bytes().map_err(|error| Failure::new(error.to_string()))?;
                let mut request =
                    ApplyRequest::new((*plan).clone(), plan_bytes, &shared.data_dir, shared.who());
                request.expect_count = Some(expect_count);
                (request.policy, request.write_enabled) = shared.may_write();
                request.directory = shared.directory_snapshots();
                request.settled = Some(settled);
                request.shared_locks = session.shared_locks();
                let service = Arc::clone(&session.service);
                Ok(apply::apply(service, request, progress, control).await?)
            },
        );
    }

    pub(super) fn resume(&mut self, job: JobId, run: String) {
        let shared = Arc::clone(&self.shared);
        let nothing_known = RunProgress::starting(
            TenantName {
                id: String::new(),
                domain: String::new(),
            },
            Target::Cloud,
            0,
        );
        self.start_run(job, nothing_known, move |progress, settled, control| async move {
            let session = shared.slot.session().await?;
            let (data_dir, name) = (shared.data_dir.clone(), run.clone());
            let detail = blocking(move || Ok(run_list::show(&data_dir, &name)?)).await?;
            let tenant = TenantName {
                id: detail.entry.tenant_id,
                domain: detail.entry.tenant,
            };
            if let Some(target) = detail.entry.target {
                let _ = progress.send(RunProgress {
                    run: detail.entry.run,
                    ..RunProgress::starting(tenant, target, detail.entry.items)
                });
            }
            let mut request = ResumeRequest::new(run, &shared.data_dir, shared.who());
            (request.policy, request.write_enabled) = shared.may_write();
            request.directory = shared.directory_snapshots();
            request.settled = Some(settled);
            request.shared_locks = session.shared_locks();
            let service = Arc::clone(&session.service);
            Ok(resume::resume(service, request, progress, control).await?)
        });
    }

    fn start_run<W>(
        &mut self,
        job: JobId,
        first: RunProgress,
        work: impl FnOnce(watch::Sender<RunProgress>, SettledSender, RunControl) -> W,
    ) where
        W: Future<Output = Result<RunSummary, Failure>> + Send + 'static,
    {
        let control = RunControl::default();
        let (progress, reports) = watch::channel(first);
        let (sender, settled) = settled_mailboxes();
        let work = work(progress, sender, control.clone());
        let watched = Watched::default();
        self.runs.push(watched.clone());
        let messages = self.jobs.messages();
        let data_dir = self.shared.data_dir.clone();
        let ending = |job, result| Msg::RunEnded { job, result };
        self.jobs.start_run(job, ending, control, async move {
            runs::follow(job, work, reports, settled, &data_dir, &watched, &messages).await
        });
    }

    pub(super) fn verify(&mut self, job: JobId, run: String) {
        let shared = Arc::clone(&self.shared);
        let messages = self.jobs.messages();
        let ending = |job, result| Msg::Verified { job, result };
        self.jobs.start_with_token(job, ending, |cancel| async move {
            let session = shared.slot.session().await?;
            let (progress, _) = watch::channel(0);
            let service = Arc::clone(&session.service);
            let report = verify::verify(service, &shared.data_dir, &run, progress, cancel).await?;
            if report.tenant_default_reverted {
                let note = "the tenant-wide default for new mailboxes is back where it was before this run";
                let _ = messages.send(Msg::Note(Level::Warn, note.to_owned())).await;
            }
            runs::verification(report)
        });
    }
}

fn plan_progress(plan: &Plan) -> RunProgress {
    let content = &plan.content;
    RunProgress::starting(
        content.tenant.clone(),
        content.change.target(),
        content.items.len() as u64,
    )
}
