//! TLS checks and fixes.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Runtime;
use crate::{
    engine::{
        session::OpenSession,
        tls_check::{CheckRequest, CheckWork, HostRequest, check, fix},
    },
    tls::probe::ProbeOptions,
    tui::{CheckScope, Failure, JobId, Msg, TlsEffect, TlsMsg},
};

/// Says what a TLS check looks at. Given by the command line, which owns the configuration; asked at every check.
pub type CheckSource =
    Arc<dyn Fn() -> BoxFuture<'static, Result<(CheckRequest, ProbeOptions), Failure>> + Send + Sync>;

/// Events that may wait for the loop.
const WAITING: usize = 64;

impl From<fix::FixError> for Failure {
    fn from(error: fix::FixError) -> Self {
        Self {
            advice: error.advice(),
            ..Self::new(error.to_string())
        }
    }
}

impl<O: OpenSession> Runtime<O> {
    pub(super) fn look_at_tls(&mut self, effect: TlsEffect) {
        match effect {
            TlsEffect::Check { job, scope, files } => {
                let ending = |job, result| Msg::Tls(TlsMsg::Ended { job, result });
                let messages = self.jobs.messages();
                let source = Arc::clone(&self.check_source);
                self.jobs.start_with_token(job, ending, |cancel| async move {
                    look(job, source, scope, files, messages, cancel).await
                });
            }
            TlsEffect::SaveFix { job, host, path } => {
                let ending = |job, result| Msg::Tls(TlsMsg::FixSaved { job, result });
                self.jobs.start_blocking(job, ending, move || {
                    let (fix, undo) = fix::save(&host, &PathBuf::from(path))?;
                    Ok((fix.display().to_string(), undo.display().to_string()))
                });
            }
            TlsEffect::ApplyFix { job, host } => {
                let ending = |job, result| Msg::Tls(TlsMsg::FixApplied { job, result });
                let folder = self.shared.data_dir.clone();
                let allowed = self.shared.write_enabled.load(Ordering::SeqCst);
                // It writes in one go that must not be cut: leaving waits for it.
                self.jobs.start_steps(job, ending, |_| async move {
                    if !allowed {
                        return Err(Failure::new("read-only: nothing was changed"));
                    }
                    let backup = fix::apply(&host, &folder).await?;
                    Ok(backup.map(|path| path.display().to_string()))
                });
            }
        }
    }
}

async fn look(
    job: JobId,
    source: CheckSource,
    scope: CheckScope,
    files: Vec<PathBuf>,
    messages: mpsc::Sender<Msg>,
    cancel: CancellationToken,
) -> Result<(), Failure> {
    let asked = cancel
        .run_until_cancelled(source())
        .await
        .unwrap_or_else(|| Err(Failure::cancelled()));
    let (mut request, options) = match asked {
        Ok(found) => found,
        Err(failure) => {
            let found = Err(failure.clone());
            let _ = messages.send(Msg::Tls(TlsMsg::Begun { job, found })).await;
            return Err(failure);
        }
    };
    request
        .hosts
        .extend(files.into_iter().map(|file| HostRequest::file(file, None)));
    let found = Ok((request.hosts.clone(), request.endpoints.clone()));
    let _ = messages.send(Msg::Tls(TlsMsg::Begun { job, found })).await;
    let mut work = CheckWork::from(request);
    match scope {
        CheckScope::Everything => {}
        CheckScope::Endpoints => work.hosts.clear(),
        CheckScope::Host(wanted) => {
            work.endpoints.clear();
            work.hosts.retain(|(_, host)| *host == wanted);
        }
    }
    let (sender, mut events) = mpsc::channel(WAITING);
    let checking = check(work, options, sender, cancel.clone());
    let forward = async {
        while let Some(event) = events.recv().await {
            if messages
                .send(Msg::Tls(TlsMsg::Told { job, event }))
                .await
                .is_err()
            {
                return;
            }
        }
    };
    tokio::join!(checking, forward);
    match cancel.is_cancelled() {
        true => Err(Failure::cancelled()),
        false => Ok(()),
    }
}
