//! The work under way: started with an id, ended with exactly one message, cancelled by id.

use std::{collections::HashMap, future::Future};

use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    engine::{RunControl, Steering},
    tui::{Failure, JobId, Msg},
};

/// How a piece of work is told to stop.
enum Stop {
    /// At once, wherever it is.
    Token(CancellationToken),
    /// Between mailboxes.
    Run(RunControl),
    /// Between steps that write; it is waited for.
    Steps(CancellationToken),
}

struct Job {
    stop: Stop,
    task: JoinHandle<()>,
}

/// All work under way.
pub(super) struct Jobs {
    messages: mpsc::Sender<Msg>,
    running: HashMap<JobId, Job>,
}

impl Jobs {
    pub(super) fn new(messages: mpsc::Sender<Msg>) -> Self {
        Self {
            messages,
            running: HashMap::new(),
        }
    }

    /// Where answers go.
    pub(super) fn messages(&self) -> mpsc::Sender<Msg> {
        self.messages.clone()
    }

    /// Starts work that may be dropped wherever it waits; its end is told with `ending`.
    pub(super) fn start<T, W>(
        &mut self,
        job: JobId,
        ending: impl FnOnce(JobId, Result<T, Failure>) -> Msg + Send + 'static,
        work: W,
    ) where
        T: Send + 'static,
        W: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        self.start_with_token(job, ending, |cancel| async move {
            match cancel.run_until_cancelled(work).await {
                Some(result) => result,
                None => Err(Failure::cancelled()),
            }
        });
    }

    /// Starts work that looks after its own cancellation.
    pub(super) fn start_with_token<T, W>(
        &mut self,
        job: JobId,
        ending: impl FnOnce(JobId, Result<T, Failure>) -> Msg + Send + 'static,
        work: impl FnOnce(CancellationToken) -> W,
    ) where
        T: Send + 'static,
        W: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let cancel = CancellationToken::new();
        let work = work(cancel.clone());
        self.watch(job, Stop::Token(cancel), ending, work);
    }

    /// Starts work that writes in steps: it ends between two of them.
    pub(super) fn start_steps<T, W>(
        &mut self,
        job: JobId,
        ending: impl FnOnce(JobId, Result<T, Failure>) -> Msg + Send + 'static,
        work: impl FnOnce(CancellationToken) -> W,
    ) where
        T: Send + 'static,
        W: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let cancel = CancellationToken::new();
        let work = work(cancel.clone());
        self.watch(job, Stop::Steps(cancel), ending, work);
    }

    /// Starts work on the threads for blocking work.
    pub(super) fn start_blocking<T: Send + 'static>(
        &mut self,
        job: JobId,
        ending: impl FnOnce(JobId, Result<T, Failure>) -> Msg + Send + 'static,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) {
        self.start(job, ending, blocking(work));
    }

    /// Starts a run: it ends between mailboxes only.
    pub(super) fn start_run<T, W>(
        &mut self,
        job: JobId,
        ending: impl FnOnce(JobId, Result<T, Failure>) -> Msg + Send + 'static,
        control: RunControl,
        work: W,
    ) where
        T: Send + 'static,
        W: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        self.watch(job, Stop::Run(control), ending, work);
    }

    /// A panic in the work becomes a failure of the job: the screen lives on and says so.
    fn watch<T: Send + 'static>(
        &mut self,
        job: JobId,
        stop: Stop,
        ending: impl FnOnce(JobId, Result<T, Failure>) -> Msg + Send + 'static,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) {
        self.running.retain(|_, job| !job.task.is_finished());
        let messages = self.messages.clone();
        let work = tokio::spawn(work);
        let task = tokio::spawn(async move {
            let result = work.await.unwrap_or_else(|error| Err(broken(error.is_panic())));
            // Nobody is left to tell once the loop is over.
            let _ = messages.send(ending(job, result)).await;
        });
        self.running.insert(job, Job { stop, task });
    }

    pub(super) fn cancel(&mut self, job: JobId) {
        if let Some(Job {
            stop: Stop::Token(cancel) | Stop::Steps(cancel),
            ..
        }) = self.running.get(&job)
        {
            cancel.cancel();
        }
    }

    pub(super) fn steer(&mut self, job: JobId, steering: Steering) {
        if let Some(Job {
            stop: Stop::Run(control),
            ..
        }) = self.running.get(&job)
        {
            match steering {
                Steering::Run => control.resume(),
                Steering::Pause => control.pause(),
                Steering::Cancel => control.cancel(),
            }
        }
    }

    /// Whether a run or an action is at work.
    pub(super) fn is_writing(&self) -> bool {
        let mut jobs = self.running.values();
        jobs.any(|job| !matches!(job.stop, Stop::Token(_)) && !job.task.is_finished())
    }

    /// Tells everything to stop and gives the runs and actions that still work: they are to be waited for.
    pub(super) fn stop(&mut self) -> Vec<JoinHandle<()>> {
        let mut runs = Vec::new();
        for (_, job) in self.running.drain() {
            match job.stop {
                Stop::Token(cancel) => {
                    cancel.cancel();
                    continue;
                }
                Stop::Run(control) => control.cancel(),
                Stop::Steps(cancel) => cancel.cancel(),
            }
            if !job.task.is_finished() {
                runs.push(job.task);
            }
        }
        runs
    }
}

/// Work on the threads for blocking work.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(broken(error.is_panic())))
}

fn broken(panicked: bool) -> Failure {
    if panicked {
        Failure {
            message: "the job ended because of a fault in Handover itself".to_owned(),
            advice: Some(
                "Nothing it had in hand is lost. Please report what was said when Handover ends.".to_owned(),
            ),
            ..Failure::default()
        }
    } else {
        Failure::cancelled()
    }
}
