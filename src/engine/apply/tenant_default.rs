//! Switching the tenant-wide default for new mailboxes (facts/exchange section 3.3): the same order as for a mailbox,
//! with the organisation in its place.

use std::sync::Arc;

use tokio::time::sleep;

use super::{
    Run,
    batch::{LOOKS, REWRITES},
    look::may_pass,
    run::{Halt, WorkEnd, stop_sentence},
};
use crate::{
    domain::{ErrorClass, ServiceError},
    engine::{MailboxService, Organization, RunEnd},
    journal::{Outcome, Record, Settlement, Subject},
};

/// Writes and proves the default. `intended` says that this run announced the write before.
pub(in crate::engine) async fn switch<S: MailboxService>(run: &Arc<Run<S>>, intended: bool) -> WorkEnd {
    match write_and_prove(run, intended).await {
        Ok(settlement) => {
            let recorded = run
                .record(Vec::new(), Vec::new(), vec![settlement], Record::Outcome)
                .await;
            end(run, recorded)
        }
        Err(halt) => end(run, Err(halt)),
    }
}

fn end<S: MailboxService>(run: &Arc<Run<S>>, outcome: Result<(), Halt>) -> WorkEnd {
    match outcome {
        Ok(()) => Ok(RunEnd::Complete),
        Err(Halt::Service(error)) => Ok(RunEnd::Stopped(stop_sentence(&error))),
        Err(Halt::Record(error)) => Err(run.record_error(error)),
    }
}

async fn write_and_prove<S: MailboxService>(run: &Arc<Run<S>>, intended: bool) -> Result<Settlement, Halt> {
    let target = run.plan.content.change.target();
    let in_target = |organization: &Organization| organization.cloud_by_default == Some(target.flag());
    let settled = |outcome| Settlement::new(Subject::Organization, outcome);

    let before = look(run).await.map_err(Halt::Service)?;
    if in_target(&before) {
        return Ok(settled(if intended {
            Outcome::Done
        } else {
            Outcome::AlreadyThere
        }));
    }
    let mut last: Option<ServiceError> = None;
    for attempt in 1..=1 + REWRITES {
        let intent = Record::Intent {
            subject: Subject::Organization,
            attempt,
            snapshot: None,
            before: before.cloud_by_default,
        };
        run.record(Vec::new(), vec![intent], Vec::new(), Record::Outcome)
            .await?;
        let answer = run.service.set_tenant_default(target).await.err();
        for wait in LOOKS {
            sleep(wait).await;
            let Ok(now) = look(run).await else { continue };
            if in_target(&now) {
                let done = settled(Outcome::Done);
                return Ok(match answer {
                    Some(error) => done.with_note(format!(
                        "the change was made although the service answered: {}",
                        error.message
                    )),
                    None => done,
                });
            }
            match &answer {
                Some(error) if error.class.stops_a_run() => return Err(Halt::Service(error.clone())),
                Some(error) if !may_pass(error.class) => {
                    return Ok(settled(Outcome::Failed).with_error(error.clone()));
                }
                _ => {}
            }
        }
        // A switch that can't be read back must not be sent again blindly.
        if let Err(error) = look(run).await {
            return Ok(settled(Outcome::Unknown).with_error(error));
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
    Ok(settled(Outcome::Unknown).with_error(error))
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
