//! `handover mailboxes apply` and `resume`: write, with progress on standard error.

use std::{
    io::{IsTerminal, Write},
    time::Duration,
};

use tokio::sync::watch;

use crate::{
    cli::{
        Exit, Failure, Output,
        arguments::{ApplyArguments, Global, ResumeArguments},
        config::{Settings, process_environment},
        connection::Connection,
        note, runs, runtime, signals,
    },
    domain::{Plan, PlanError, Target, TenantName, count::counted},
    engine::{
        RunControl, RunProgress, RunSummary,
        apply::{ApplyRequest, Refusal, RunError, apply as apply_plan},
        resume::{ResumeRequest, resume as resume_run},
    },
    journal::JournalError,
};

/// Carries out a plan.
pub fn apply(global: &Global, arguments: &ApplyArguments) -> Result<Exit, Failure> {
    let bytes = std::fs::read(&arguments.plan).map_err(|error| Failure::file(&arguments.plan, error))?;
    let plan = Plan::parse(&bytes).map_err(|error| plan_failure(&arguments.plan, &error))?;
    let settings = Settings::load(global, &process_environment)?;
    if !settings.may_write() {
        // Said before anyone has to sign in for it.
        return Err(RunError::Refused(Refusal::ReadOnly).into());
    }
    runtime()?.block_on(async {
        let (connection, identity) = Connection::open(global, arguments.concurrency).await?;
        let first = RunProgress::starting(plan.content.tenant.clone(), plan.content.change.target(), 0);
        let mut request = ApplyRequest::new(plan, bytes, &connection.settings.data_dir, identity.subject);
        request.expect_count = Some(arguments.expect_count);
        request.concurrency = arguments.concurrency;
        request.policy = connection.settings.policy;
        request.write_enabled = connection.settings.may_write();
        request.shared_locks = connection.shared_locks();
        let (progress, control) = watched(first);
        let ended = apply_plan(connection.service, request, progress, control).await;
        finish(global, ended)
    })
}

/// Goes on with an interrupted run.
pub fn resume(global: &Global, arguments: &ResumeArguments) -> Result<Exit, Failure> {
    let settings = Settings::load(global, &process_environment)?;
    if !settings.may_write() {
        return Err(RunError::Refused(Refusal::ReadOnly).into());
    }
    let name = runs::resolve(&settings, &arguments.run)?;
    runtime()?.block_on(async {
        let (connection, identity) = Connection::open(global, arguments.concurrency).await?;
        let mut request = ResumeRequest::new(name, &connection.settings.data_dir, identity.subject);
        request.concurrency = arguments.concurrency;
        request.retry_failed = arguments.retry_failed;
        request.stale_ok = arguments.stale_ok;
        request.abandon = arguments.abandon;
        request.policy = connection.settings.policy;
        request.write_enabled = connection.settings.may_write();
        request.shared_locks = connection.shared_locks();
        let tenant = TenantName {
            id: String::new(),
            domain: connection.profile.tenant.clone(),
        };
        let (progress, control) = watched(RunProgress::starting(tenant, Target::Cloud, 0));
        let ended = resume_run(connection.service, request, progress, control).await;
        finish(global, ended)
    })
}

/// The exit code and message of a refused plan file.
pub fn plan_failure(path: &std::path::Path, error: &PlanError) -> Failure {
    let exit = match error {
        // Cut or changed is one thing to an administrator: this file is not what was planned.
        PlanError::Changed | PlanError::Unreadable(_) | PlanError::Format(_) => Exit::Refused,
    };
    Failure::new(exit, format!("{}: {error}", path.display()))
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Service(error) => error.into(),
            RunError::Refused(_) => Self::new(Exit::Refused, error.to_string()),
            // Nothing can go on with a damaged record, whatever run it belongs to.
            RunError::Record {
                source: source @ JournalError::Broken { .. },
                ..
            } => source.into(),
            RunError::Record { run: Some(_), .. } | RunError::Interrupted(_) => {
                Self::new(Exit::Interrupted, error.to_string())
            }
            RunError::Record { run: None, source } => source.into(),
        }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let exit = match error {
            JournalError::Locked(_) | JournalError::Broken { .. } => Exit::Refused,
            JournalError::Poisoned { .. } | JournalError::Closed => Exit::Interrupted,
            _ => Exit::Usage,
        };
        Self::new(exit, error.to_string())
    }
}

/// A progress printer on standard error and a control that ends the run between mailboxes on a signal.
fn watched(first: RunProgress) -> (watch::Sender<RunProgress>, RunControl) {
    let (progress, mut changes) = watch::channel(first);
    let control = RunControl::default();
    let stop = control.clone();
    signals::on_interrupt(move || {
        note("Finishing what is in flight; the run can be resumed.");
        stop.cancel();
    });
    let live = std::io::stderr().is_terminal();
    tokio::spawn(async move {
        let pause = if live {
            Duration::from_millis(250)
        } else {
            Duration::from_secs(10)
        };
        while changes.changed().await.is_ok() {
            let line = progress_line(&changes.borrow_and_update());
            show_progress(&line, live);
            tokio::time::sleep(pause).await;
        }
    });
    (progress, control)
}

fn show_progress(line: &str, live: bool) {
    let mut stderr = std::io::stderr().lock();
    // A lost terminal must not end a run: the journal is what counts.
    let _ = if live {
        write!(stderr, "\r\x1b[K{line}")
    } else {
        writeln!(stderr, "{line}")
    };
    let _ = stderr.flush();
}

fn progress_line(progress: &RunProgress) -> String {
    let settled = progress.done + progress.already_there + progress.failed + progress.unknown;
    let mut line = format!(
        "{settled} of {}: {} done, {} already there, {} failed, {} unknown, {:.1}/s",
        progress.total,
        progress.done,
        progress.already_there,
        progress.failed,
        progress.unknown,
        progress.per_second
    );
    if let Some(remaining) = progress.remaining {
        line.push_str(&format!(", {} s left", remaining.as_secs()));
    }
    if let Some(reason) = &progress.transport.reason {
        line.push_str(&format!(" ({reason})"));
    }
    line
}

fn finish(global: &Global, ended: Result<RunSummary, RunError>) -> Result<Exit, Failure> {
    if std::io::stderr().is_terminal() {
        let _ = writeln!(std::io::stderr());
    }
    let summary = ended?;
    let exit = if summary.abandoned {
        Exit::Findings
    } else if summary.remaining > 0 && summary.stopped.is_none() {
        Exit::Interrupted
    } else if summary.failed > 0 || summary.unknown > 0 || summary.stopped.is_some() {
        Exit::PartlyFailed
    } else {
        Exit::Done
    };
    if let Some(reason) = &summary.stopped {
        note(&format!("The run stopped: {reason}"));
    }
    if summary.failed > 0 {
        note(&format!(
            "`handover runs show {}` lists the {} with advice.",
            summary.run,
            counted(summary.failed as usize, "failed mailbox", "failed mailboxes")
        ));
    }
    if summary.abandoned {
        note(&format!(
            "The run is closed; {} left as before.",
            counted(summary.remaining as usize, "mailbox is", "mailboxes are")
        ));
    } else if summary.remaining > 0 || summary.unknown > 0 {
        note(&format!(
            "Go on with `handover mailboxes resume {} --write`.",
            summary.run
        ));
    }
    match Output::new(global.output).object(&summary) {
        // A reader that has gone must not turn a failed run into a success.
        Err(failure) if failure.quiet => Ok(exit),
        Err(failure) => Err(failure),
        Ok(()) => Ok(exit),
    }
}
