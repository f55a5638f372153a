//! Start, pause and restart.

use super::{Draft, SteeringError, Way, lost, outcome, unread};
use crate::{
    domain::synchronization::{
        QuarantineReason, ResetScope, RestartChoice, ScheduleState, StatusCode, SynchronizationJob,
    },
    engine::synchronization::{
        ActionOutcome, ActionPlan, SynchronizationAction as Action, advice::quarantine_advice,
        logs::staged_deletes,
    },
};

/// Held-back deletions that are counted.
const MOST_DELETES: usize = 5_000;
/// Of these so many are named.
const NAMED: usize = 20;

pub(super) async fn prepare(mut draft: Draft<'_>) -> Result<ActionPlan, SteeringError> {
    let action = draft.plan.action.clone();
    let Some((configuration, id)) = action.job() else {
        return Err(SteeringError::impossible("this action is about no job"));
    };
    let job = draft.service.job(configuration, id).await?;
    let name = name(&job);
    match &action {
        Action::Start { .. } => {
            if job.schedule.state == ScheduleState::Active && job.status.code != StatusCode::Paused {
                return Err(SteeringError::impossible(format!(
                    "job {name} is started already: schedule {}, state {}",
                    job.schedule.state.word(),
                    job.status.code.word()
                )));
            }
            draft.say(format!("Start job {name} where it stopped."));
        }
        Action::Pause { .. } => {
            if job.schedule.state == ScheduleState::Paused {
                return Err(SteeringError::impossible(format!("job {name} is paused already")));
            }
            draft.say(format!("Pause job {name}."));
            draft.warn("Changes in the source wait until the job is started again; nothing that was written is taken back.");
        }
        Action::Restart { choice, .. } => {
            let choice = RestartChoice::named(choice)
                .ok_or_else(|| SteeringError::impossible(format!("there is no restart called `{choice}`")))?;
            restart(&mut draft, choice, &job, &name).await?;
        }
        _ => return Err(SteeringError::impossible("this action is none on a job")),
    }
    draft.say(format!("Now: {}.", state(&job)));
    draft.plan.before = Some(job);
    Ok(draft.plan)
}

async fn restart(
    draft: &mut Draft<'_>,
    choice: &RestartChoice,
    job: &SynchronizationJob,
    name: &str,
) -> Result<(), SteeringError> {
    draft.say(format!("Restart job {name}: {}.", choice.title));
    draft.say(choice.doc);
    draft.plan.danger = choice.danger;
    let quarantine = job.status.quarantine.as_ref();
    if choice.scope == ResetScope::QUARANTINE_STATE {
        let Some(quarantine) = quarantine else {
            return Err(SteeringError::impossible(format!(
                "job {name} is not in quarantine; there is nothing to clear"
            )));
        };
        if let Some(advice) = quarantine_advice(quarantine) {
            draft.warn(format!("{} {}", advice.meaning, advice.action));
        }
        if quarantine.reason == QuarantineReason::TooManyDeletes {
            draft.warn("The held-back deletions are held back again at the next run, unless they are gone from the source.");
        }
        return Ok(());
    }
    let entries: i64 = job.status.entries.iter().map(|entry| entry.value).sum();
    if choice.scope == ResetScope::FULL {
        draft.plan.count = u64::try_from(entries).unwrap_or(0).max(1);
        draft.warn(format!(
            "Every object is matched again ({entries} are in step now). One whose match changed may be joined to another object."
        ));
        return Ok(());
    }
    if !choice.scope.holds(ResetScope::FORCE_DELETES) {
        return Ok(());
    }
    let held_back =
        quarantine.is_some_and(|quarantine| quarantine.reason == QuarantineReason::TooManyDeletes);
    match staged_deletes(draft.service, &job.id, MOST_DELETES).await {
        Ok(entries) if entries.is_empty() && !held_back => {
            return Err(SteeringError::impossible(format!(
                "job {name} holds no deletions back: its log shows none and its quarantine has another reason"
            )));
        }
        Ok(entries) if entries.is_empty() => draft.warn(
            "The log shows none of the held-back deletions, so nobody can tell from here what would be deleted.",
        ),
        Ok(entries) => {
            let count = entries.len();
            draft.plan.count = count as u64;
            let more = if count == MOST_DELETES { "At least " } else { "" };
            draft.warn(format!("{more}{count} objects would be deleted:"));
            for entry in entries.iter().take(NAMED) {
                draft.warn(format!("  {} ({})", entry.source.display_name, entry.source.id));
            }
            if count > NAMED {
                draft.warn(format!(
                    "  and {} more; `jobs logs --staged-deletes` lists all of them",
                    count - NAMED
                ));
            }
        }
        Err(error) => draft.warn(format!(
            "The held-back deletions could not be listed, so nobody can tell from here what would be deleted: {error}"
        )),
    }
    Ok(())
}

pub(super) async fn carry_out(way: &Way<'_>) -> Result<ActionOutcome, SteeringError> {
    let Some((configuration, id)) = way.plan.action.job() else {
        return Err(SteeringError::impossible("this action is about no job"));
    };
    let mut found = Vec::new();
    let (answer, scope) = match &way.plan.action {
        Action::Start { .. } => (way.service.start(configuration, id).await, None),
        Action::Pause { .. } => (way.service.pause(configuration, id).await, None),
        Action::Restart { choice, .. } => {
            let choice = RestartChoice::named(choice)
                .ok_or_else(|| SteeringError::impossible(format!("there is no restart called `{choice}`")))?;
            let answer = way.service.restart(configuration, id, choice.scope).await;
            (answer, Some(choice.scope))
        }
        _ => return Err(SteeringError::impossible("this action is none on a job")),
    };
    let sent = lost(answer, &mut found)?.is_some();
    way.tell("Reading the job again.").await;
    let wanted = |job: &SynchronizationJob| match (&way.plan.action, scope) {
        (Action::Pause { .. }, _) => {
            job.schedule.state == ScheduleState::Paused || job.status.code == StatusCode::Paused
        }
        (_, Some(scope)) if scope.holds(ResetScope::FORCE_DELETES) => {
            job.schedule.state == ScheduleState::Active
                && job
                    .status
                    .quarantine
                    .as_ref()
                    .is_none_or(|quarantine| quarantine.reason != QuarantineReason::TooManyDeletes)
        }
        (_, scope) => {
            let cleared = scope.is_none() || job.status.quarantine.is_none();
            job.schedule.state == ScheduleState::Active && job.status.code != StatusCode::Paused && cleared
        }
    };
    let read = way
        .read_until(|| way.service.job(configuration, id), wanted)
        .await;
    let (job, as_wanted) = match read {
        Ok(read) => read,
        Err(error) => return Ok(unread(found, &error)),
    };
    found.push(format!("Job {}: {}.", name(&job), state(&job)));
    // A restart leaves no mark that tells it from none, unless it ended a quarantine.
    let visible = match scope {
        None => true,
        Some(_) => way
            .plan
            .before
            .as_ref()
            .is_some_and(|before| before.status.quarantine.is_some()),
    };
    let confirmed = match (as_wanted, sent) {
        (true, true) => Some(true),
        (true, false) if visible => Some(true),
        (true, false) => {
            found.push("Whether the restart was taken in can't be seen. Watch the next run.".to_owned());
            None
        }
        (false, _) if scope.is_some_and(|scope| scope.holds(ResetScope::FORCE_DELETES)) => {
            found
                .push("The deletions are carried out at the next run, which ends the quarantine.".to_owned());
            None
        }
        (false, _) => Some(false),
    };
    Ok(outcome(found, confirmed))
}

/// A job for people.
pub(super) fn name(job: &SynchronizationJob) -> String {
    match job.domain() {
        Some(domain) => format!("{} of {domain}", job.kind().title()),
        None => format!("{} ({})", job.kind().title(), job.id),
    }
}

/// Where a job stands, for people.
pub(super) fn state(job: &SynchronizationJob) -> String {
    let mut text = format!(
        "state {}, schedule {}",
        job.status.code.word(),
        job.schedule.state.word()
    );
    if let Some(quarantine) = &job.status.quarantine {
        text.push_str(&format!(", quarantine {}", quarantine.reason.word()));
    }
    text
}
