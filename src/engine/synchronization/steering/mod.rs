//! Doing things to Cloud Sync: first a plan to look at, then carried out, recorded and read again.

mod agents;
mod audit;
mod error;
mod jobs;
mod provision;
mod settings;
mod writeback;

use std::{future::Future, path::Path, time::Duration};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::audit::Trail;
use super::{
    ActionOutcome, ActionPlan, ActionProgress, SynchronizationAction as Action, SynchronizationService,
};
use crate::domain::{ErrorClass, Policy, ServiceError, synchronization::SynchronizationJob};

pub use error::SteeringError;

/// A plan is for now: what it was made from changes.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(1);
/// Pauses between readings after an action: the service takes a while to show it.
const PATIENCE: [Duration; 6] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(3),
    Duration::from_secs(5),
    Duration::from_secs(8),
    Duration::from_secs(12),
];

/// Checks an action against the present state and says what it will do. Changes nothing. `tenant` is the name by which
/// the administrator knows the tenant: it becomes part of what must be typed.
pub async fn prepare(
    service: &dyn SynchronizationService,
    tenant: &str,
    action: Action,
) -> Result<ActionPlan, SteeringError> {
    let draft = Draft {
        plan: ActionPlan {
            tenant: tenant.to_owned(),
            summary: Vec::new(),
            warnings: Vec::new(),
            danger: false,
            phrase: String::new(),
            count: 1,
            before: None,
            made_at: Timestamp::now(),
            schema: None,
            action: action.clone(),
        },
        service,
    };
    let mut plan = match &action {
        Action::Start { .. } | Action::Pause { .. } | Action::Restart { .. } => jobs::prepare(draft).await?,
        Action::ProvisionOnDemand { .. } => provision::prepare(draft).await?,
        Action::SetNotification { .. } | Action::DisableDeletePrevention => settings::prepare(draft).await?,
        Action::CreateAgentGroup { .. }
        | Action::RenameAgentGroup { .. }
        | Action::DeleteAgentGroup { .. }
        | Action::AssignAgent { .. }
        | Action::UnassignAgent { .. }
        | Action::SetUpdater { .. } => agents::prepare(draft).await?,
        Action::AddMailMapping { .. } | Action::CreateAttributeWriteback { .. } => {
            writeback::prepare(draft).await?
        }
    };
    plan.phrase = if plan.count > 1 {
        format!("{tenant} {}", plan.count)
    } else {
        tenant.to_owned()
    };
    Ok(plan)
}

/// A plan that is being made.
struct Draft<'a> {
    plan: ActionPlan,
    service: &'a dyn SynchronizationService,
}

impl Draft<'_> {
    fn say(&mut self, line: impl Into<String>) {
        self.plan.summary.push(line.into());
    }

    fn warn(&mut self, line: impl Into<String>) {
        self.plan.warnings.push(line.into());
    }
}

impl ActionPlan {
    /// Whether [`ActionPlan::phrase`] must be typed under this policy.
    pub fn must_be_typed(&self, policy: &Policy) -> bool {
        self.danger || usize::try_from(self.count).unwrap_or(usize::MAX) > policy.confirm_above
    }
}

/// Carries actions out.
#[derive(Clone, Copy)]
pub struct Carrier<'a> {
    /// Cloud Sync of the tenant.
    pub service: &'a dyn SynchronizationService,
    /// What this process may do.
    pub policy: &'a Policy,
    /// Folder for the audit trail.
    pub data_dir: &'a Path,
    /// Tenant id from the token: names the audit trail.
    pub tenant_id: &'a str,
    /// Who does it.
    pub who: &'a str,
}

impl Carrier<'_> {
    /// Carries out a plan. `confirmed` is what was typed. Refuses when read-only, when the phrase was not typed, and when
    /// what the plan was made for has changed since. Nothing is sent twice after a doubtful answer: what came of it is
    /// read, never assumed. Cancelling ends it between objects and steps.
    ///
    /// Boxed, because a task of its own must be sure that it may change threads.
    pub fn carry_out<'a>(
        &'a self,
        plan: &'a ActionPlan,
        confirmed: &'a str,
        progress: mpsc::Sender<ActionProgress>,
        cancel: CancellationToken,
    ) -> BoxFuture<'a, Result<ActionOutcome, SteeringError>> {
        Box::pin(self.carry_out_confirmed(plan, confirmed, progress, cancel))
    }

    async fn carry_out_confirmed(
        &self,
        plan: &ActionPlan,
        confirmed: &str,
        progress: mpsc::Sender<ActionProgress>,
        cancel: CancellationToken,
    ) -> Result<ActionOutcome, SteeringError> {
        self.permit(plan, confirmed)?;
        self.still_as_planned(plan).await?;
        if cancel.is_cancelled() {
            return Err(ServiceError::new(ErrorClass::Cancelled, "cancelled; nothing was changed").into());
        }
        let trail = Trail::begin(self, plan).await?;
        let way = Way {
            service: self.service,
            plan,
            trail: &trail,
            progress: &progress,
            cancel: &cancel,
        };
        let mut ended = match &plan.action {
            Action::Start { .. } | Action::Pause { .. } | Action::Restart { .. } => {
                jobs::carry_out(&way).await
            }
            Action::ProvisionOnDemand { .. } => provision::carry_out(&way).await,
            Action::SetNotification { .. } | Action::DisableDeletePrevention => {
                settings::carry_out(&way).await
            }
            Action::CreateAgentGroup { .. }
            | Action::RenameAgentGroup { .. }
            | Action::DeleteAgentGroup { .. }
            | Action::AssignAgent { .. }
            | Action::UnassignAgent { .. }
            | Action::SetUpdater { .. } => agents::carry_out(&way).await,
            Action::AddMailMapping { .. } | Action::CreateAttributeWriteback { .. } => {
                writeback::carry_out(&way).await
            }
        };
        if let Err(error) = trail.end(&ended).await
            && let Ok(outcome) = &mut ended
        {
            // It is done: a full disk must not hide that.
            outcome.found.push(format!(
                "It was done, but its outcome could not be recorded: {error}"
            ));
        }
        ended
    }

    fn permit(&self, plan: &ActionPlan, confirmed: &str) -> Result<(), SteeringError> {
        if self.policy.read_only {
            return Err(SteeringError::ReadOnly);
        }
        let limit = self.policy.max_changes as u64;
        if limit > 0 && plan.count > limit {
            return Err(SteeringError::TooMany {
                count: plan.count,
                limit,
            });
        }
        if plan.must_be_typed(self.policy) && confirmed.trim() != plan.phrase {
            return Err(SteeringError::NotConfirmed {
                phrase: plan.phrase.clone(),
            });
        }
        if Timestamp::now().duration_since(plan.made_at).abs() > MAX_AGE {
            return Err(SteeringError::Stale { made: plan.made_at });
        }
        Ok(())
    }

    /// Whether the job is where the plan saw it. That it ran since is no change.
    async fn still_as_planned(&self, plan: &ActionPlan) -> Result<(), SteeringError> {
        let (Some(before), Some((configuration, job))) = (&plan.before, plan.action.job()) else {
            return Ok(());
        };
        let now = self.service.job(configuration, job).await?;
        let difference = moved(before, &now);
        if difference.is_empty() {
            return Ok(());
        }
        Err(SteeringError::Changed {
            what: "the job".to_owned(),
            difference,
        })
    }
}

/// What changed of a job that a decision rests on.
fn moved(before: &SynchronizationJob, now: &SynchronizationJob) -> Vec<String> {
    let quarantine = |job: &SynchronizationJob| {
        job.status.quarantine.as_ref().map_or_else(
            || "no quarantine".to_owned(),
            |quarantine| format!("quarantine {}", quarantine.reason.word()),
        )
    };
    [
        (
            format!("state {}", before.status.code.word()),
            format!("state {}", now.status.code.word()),
        ),
        (
            format!("schedule {}", before.schedule.state.word()),
            format!("schedule {}", now.schedule.state.word()),
        ),
        (quarantine(before), quarantine(now)),
    ]
    .into_iter()
    .filter(|(was, is)| was != is)
    .map(|(was, is)| format!("was {was}, is {is}"))
    .collect()
}

/// What an action that is being carried out has at hand.
struct Way<'a> {
    service: &'a dyn SynchronizationService,
    plan: &'a ActionPlan,
    trail: &'a Trail<'a>,
    progress: &'a mpsc::Sender<ActionProgress>,
    cancel: &'a CancellationToken,
}

impl Way<'_> {
    /// Tells a step; nobody has to listen.
    async fn tell(&self, step: impl Into<String>) {
        let _ = self.progress.send(ActionProgress::Step(step.into())).await;
    }

    /// Reads again until it is as wanted, or patience ends. What was read last, and whether it was as wanted.
    async fn read_until<T, F>(
        &self,
        read: impl Fn() -> F,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<(T, bool), ServiceError>
    where
        F: Future<Output = Result<T, ServiceError>>,
    {
        let mut pauses = PATIENCE.iter();
        loop {
            let answer = read().await;
            let pause = pauses.next();
            match answer {
                Ok(value) if wanted(&value) => return Ok((value, true)),
                Ok(value) if pause.is_none() => return Ok((value, false)),
                Err(error) if pause.is_none() || error.class.stops_a_run() => return Err(error),
                Ok(value) if self.rest(pause).await => return Ok((value, false)),
                Err(error) if self.rest(pause).await => return Err(error),
                _ => {}
            }
        }
    }

    /// Waits; whether it was cancelled meanwhile.
    async fn rest(&self, pause: Option<&Duration>) -> bool {
        let pause = pause.copied().unwrap_or_default();
        tokio::select! {
            () = self.cancel.cancelled() => true,
            () = tokio::time::sleep(pause) => false,
        }
    }
}

/// What a call that writes came to: done, or lost, so that only a reading can tell.
fn lost<T>(answer: Result<T, ServiceError>, found: &mut Vec<String>) -> Result<Option<T>, SteeringError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.class == ErrorClass::Lost => {
            found.push(
                "The answer was lost; what follows was read afterwards, nothing was sent again.".to_owned(),
            );
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// An outcome from what was found.
fn outcome(found: Vec<String>, confirmed: Option<bool>) -> ActionOutcome {
    ActionOutcome {
        found,
        confirmed,
        provisioned: Vec::new(),
        created: Vec::new(),
    }
}

/// An outcome whose state could not be read again.
fn unread(mut found: Vec<String>, error: &ServiceError) -> ActionOutcome {
    found.push(format!(
        "It was sent, but could not be read again: {error} Look at it before doing anything else."
    ));
    outcome(found, None)
}
