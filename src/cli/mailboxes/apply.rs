//! `handover mailboxes apply` and `resume`: write, with progress on standard error.

use std::{
    io::{IsTerminal, Write},
    time::Duration,
};

use tokio::{sync::watch, task::JoinHandle};

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
        RunControl, RunProgress, RunState, RunSummary,
        apply::{ApplyRequest, Refusal, RunError, apply as apply_plan, check_free},
        resume::{ResumeRequest, resume as resume_run},
    },
    journal::{JournalError, RunFolder},
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
        let connection = Connection::prepare(global, arguments.concurrency)?;
        say_if_locked(&connection, &plan.content.tenant.id)?;
        let identity = connection.sign_in().await?;
        let first = RunProgress::starting(plan.content.tenant.clone(), plan.content.change.target(), 0);
        let mut request = ApplyRequest::new(plan, bytes, &connection.settings.data_dir, identity.subject);
        request.expect_count = Some(arguments.expect_count);
        request.concurrency = arguments.concurrency;
        request.policy = connection.settings.policy;
        request.write_enabled = connection.settings.may_write();
        request.shared_locks = connection.shared_locks();
        let (progress, watching) = watched(first);
        let ended = apply_plan(connection.service, request, progress, watching.control.clone()).await;
        watching.end().await;
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
        let connection = Connection::prepare(global, arguments.concurrency)?;
        let folder = RunFolder::find(&connection.settings.data_dir, &name)?;
        // A damaged record is told by the resume itself.
        let manifest = folder.manifest().ok();
        if let Some(manifest) = &manifest {
            say_if_locked(&connection, &manifest.tenant.id)?;
        }
        let was_closed = manifest.is_some_and(|manifest| manifest.closed.is_some());
        let identity = connection.sign_in().await?;
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
        let (progress, watching) = watched(RunProgress::starting(tenant, Target::Cloud, 0));
        let ended = resume_run(connection.service, request, progress, watching.control.clone()).await;
        watching.end().await;
        // A run that is only looked up takes no time.
        if let Ok(summary) = &ended
            && was_closed
            && summary.elapsed_seconds == 0.0
        {
            note(&format!(
                "Run {} is over; there is nothing to resume.",
                summary.run
            ));
        }
        finish(global, ended)
    })
}

/// Says that another run writes to the tenant before anybody has to sign in for it.
fn say_if_locked(connection: &Connection, tenant: &str) -> Result<(), Failure> {
    let (data_dir, shared) = (&connection.settings.data_dir, connection.shared_locks());
    Ok(check_free(data_dir, shared.as_ref(), tenant).map_err(RunError::Refused)?)
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

/// What a run tells, on standard error, and the control that ends it between mailboxes on a signal.
struct Watching {
    control: RunControl,
    changes: watch::Receiver<RunProgress>,
    printer: JoinHandle<()>,
}

/// Begins to print; the sender is the run's.
fn watched(first: RunProgress) -> (watch::Sender<RunProgress>, Watching) {
    let (progress, changes) = watch::channel(first);
    let control = RunControl::default();
    let stop = control.clone();
    signals::on_interrupt(move || {
        note("Finishing what is in flight; the run can be resumed.");
        stop.cancel();
    });
    let live = std::io::stderr().is_terminal();
    let mut followed = changes.clone();
    let printer = tokio::spawn(async move {
        let pause = if live {
            Duration::from_millis(250)
        } else {
            Duration::from_secs(10)
        };
        while followed.changed().await.is_ok() {
            let line = progress_line(&followed.borrow_and_update());
            show_progress(&line, live);
            tokio::time::sleep(pause).await;
        }
    });
    let watching = Watching {
        control,
        changes,
        printer,
    };
    (progress, watching)
}

impl Watching {
    /// Prints where the run stands at its end: the last line would be up to ten seconds old.
    async fn end(self) {
        self.printer.abort();
        // Not a word between the last line and this one.
        let _ = self.printer.await;
        let live = std::io::stderr().is_terminal();
        let last = self.changes.borrow();
        if last.state != RunState::Starting {
            show_progress(&progress_line(&last), live);
        }
        if live {
            let _ = writeln!(std::io::stderr());
        }
    }
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
    let stage = match progress.state {
        RunState::Starting => {
            let mut line = "Looking at the tenant".to_owned();
            add_reason(&mut line, progress);
            return line;
        }
        RunState::Settling => "Reading what was left open: ".to_owned(),
        RunState::Stopping => format!("Stopping, {} in flight: ", progress.in_flight),
        RunState::Running | RunState::Paused | RunState::Ended(_) => String::new(),
    };
    let mut line = format!(
        "{stage}{settled} of {}: {} done, {} already there, {} failed, {} unknown, {:.1}/s",
        progress.total,
        progress.done,
        progress.already_there,
        progress.failed,
        progress.unknown,
        progress.per_second
    );
    if matches!(progress.state, RunState::Ended(_)) {
        return line;
    }
    if let Some(remaining) = progress.remaining {
        line.push_str(&format!(", {} s left", remaining.as_secs()));
    }
    add_reason(&mut line, progress);
    line
}

fn add_reason(line: &mut String, progress: &RunProgress) {
    if let Some(reason) = &progress.transport.reason {
        line.push_str(&format!(" ({reason})"));
    }
}

fn finish(global: &Global, ended: Result<RunSummary, RunError>) -> Result<Exit, Failure> {
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
    if summary.run.is_empty() {
        note("The plan changes nothing; no run was made.");
    }
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
