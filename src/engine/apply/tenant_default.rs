//! Switching the tenant-wide default for new mailboxes (facts/exchange section 3.3): the same order as for a mailbox,
//! with the organisation in its place.

use std::sync::Arc;

use tokio::time::sleep;

use super::{
    Run,
    batch::{LOOKS, REWRITES, given_up},
    ending::{WorkEnd, stop_sentence},
    look::may_pass,
    reporter::Reporter,
    run::Halt,
};
use crate::{
    domain::{ErrorClass, ServiceError},
    engine::{MailboxService, Organization, RunControl, RunEnd, RunState, Steering},
    journal::{Outcome, Record, Settlement, Subject},
};

/// Writes and proves the default. `intended` says that this run announced the write before. Pause and cancel act between
/// attempts.
pub(in crate::engine) async fn switch<S: MailboxService>(
    run: &Arc<Run<S>>,
    intended: bool,
    control: &RunControl,
) -> WorkEnd {
    let reporter = Reporter::start(run);
    {
        let mut board = run.board();
        board.enter(RunState::Running);
        board.started(1);
    }
    let outcome = write_and_prove(run, intended, control).await;
    run.board().ended(1);
    drop(reporter);
    match outcome {
        Ok(Some(settlement)) => {
            let recorded = run
                .record(Vec::new(), Vec::new(), vec![settlement], Record::Outcome)
                .await;
            end(run, recorded)
        }
        Ok(None) => Ok(RunEnd::Interrupted),
        Err(halt) => end(run, Err(halt)),
    }
}

/// Reads the default that an interruption left open and settles it where that tells; switches nothing.
pub(in crate::engine) async fn settle<S: MailboxService>(run: &Arc<Run<S>>, giving_up: bool) -> WorkEnd {
    let target = run.plan.content.change.target();
    let settled = |outcome| Settlement::new(Subject::Organization, outcome);
    let settlement = match look(run).await {
        Ok(now) if now.cloud_by_default == Some(target.flag()) => {
            settled(Outcome::Done).with_note("proven after an interruption")
        }
        Ok(now) if giving_up && now.cloud_by_default.is_some() => {
            settled(Outcome::Failed).with_error(given_up())
        }
        Err(error) if giving_up => settled(Outcome::Unknown).with_error(error),
        Ok(_) | Err(_) => return Ok(RunEnd::Complete),
    };
    let recorded = run
        .record(Vec::new(), Vec::new(), vec![settlement], Record::Settled)
        .await;
    end(run, recorded)
}

/// Waits while the run is paused. False means that it was cancelled.
async fn may_go_on<S: MailboxService>(run: &Arc<Run<S>>, control: &RunControl) -> Result<bool, Halt> {
    let mut steering = control.subscribe();
    let mut paused = false;
    loop {
        let wanted = *steering.borrow_and_update();
        let record = match wanted {
            Steering::Cancel => return Ok(false),
            Steering::Run if !paused => return Ok(true),
            Steering::Pause if paused => None,
            Steering::Pause => Some((RunState::Paused, Record::Paused)),
            Steering::Run => Some((
                RunState::Running,
                Record::Resumed {
                    who: None,
                    process: std::process::id(),
                },
            )),
        };
        if let Some((state, record)) = record {
            paused = state == RunState::Paused;
            run.board().enter(state);
            run.record(Vec::new(), vec![record], Vec::new(), Record::Outcome)
                .await?;
            continue;
        }
        // The handle lives as long as this call, so a closed channel can't be; treat it as no more wishes.
        if steering.changed().await.is_err() {
            return Ok(true);
        }
    }
}

fn end<S: MailboxService>(run: &Arc<Run<S>>, outcome: Result<(), Halt>) -> WorkEnd {
    match outcome {
        Ok(()) => Ok(RunEnd::Complete),
        Err(Halt::Service(error)) => Ok(RunEnd::Stopped(stop_sentence(&error))),
        Err(Halt::Record(error)) => Err(run.record_error(error)),
    }
}

/// Nothing when it was cancelled.
async fn write_and_prove<S: MailboxService>(
    run: &Arc<Run<S>>,
    intended: bool,
    control: &RunControl,
) -> Result<Option<Settlement>, Halt> {
    let target = run.plan.content.change.target();
    let in_target = |organization: &Organization| organization.cloud_by_default == Some(target.flag());
    let settled = |outcome| Settlement::new(Subject::Organization, outcome);

    let before = look(run).await.map_err(Halt::Service)?;
    if in_target(&before) {
        return Ok(Some(settled(if intended {
            Outcome::Done
        } else {
            Outcome::AlreadyThere
        })));
    }
    let mut last: Option<ServiceError> = None;
    for attempt in 1..=1 + REWRITES {
        if !may_go_on(run, control).await? {
            return Ok(None);
        }
        let intent = Record::Intent {
            subject: Subject::Organization,
            attempt,
            snapshot: None,
            before: before.cloud_by_default,
        };
        run.record(Vec::new(), vec![intent], Vec::new(), Record::Outcome)
            .await?;
        let answer = run.service.set_tenant_default(target).await.err();
        // The last look decides whether it is sent again: a switch that can't be read back is not sent blindly.
        let mut unread = None;
        for wait in LOOKS {
            sleep(wait).await;
            unread = match look(run).await {
                Ok(now) if in_target(&now) => {
                    let done = settled(Outcome::Done);
                    return Ok(Some(match answer {
                        Some(error) => done.with_note(format!(
                            "the change was made although the service answered: {}",
                            error.message
                        )),
                        None => done,
                    }));
                }
                Ok(now) if now.cloud_by_default.is_some() => None,
                Ok(_) => Some(ServiceError::new(
                    ErrorClass::Malformed,
                    "the service answered without the tenant-wide default",
                )),
                Err(error) => Some(error),
            };
            if let Some(error) = answer.as_ref().filter(|error| error.class.stops_a_run()) {
                return Err(Halt::Service(error.clone()));
            }
        }
        if let Some(error) = unread {
            return Ok(Some(settled(Outcome::Unknown).with_error(error)));
        }
        if let Some(error) = answer.as_ref().filter(|error| !may_pass(error.class)) {
            return Ok(Some(settled(Outcome::Failed).with_error(error.clone())));
        }
        last = answer.or(last);
    }
    let error = last.unwrap_or_else(|| {
        ServiceError::new(
            ErrorClass::Transient,
            "the service accepts the new default, but it does not show",
        )
        .with_advice("Resume the run later; it reads the default again before anything else")
    });
    Ok(Some(settled(Outcome::Unknown).with_error(error)))
}

async fn look<S: MailboxService>(run: &Arc<Run<S>>) -> Result<Organization, ServiceError> {
    let mut answer = run.service.organization().await;
    for wait in LOOKS {
        match &answer {
            Err(error) if may_pass(error.class) => {
                sleep(wait).await;
                answer = run.service.organization().await;
            }
            _ => break,
        }
    }
    answer
}
