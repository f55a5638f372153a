//! One action on Cloud Sync, from the look at the present state to what was found afterwards.

use std::sync::Arc;

use crate::{
    domain::{
        ServiceError,
        synchronization::{OnDemandOutcome, OnDemandSubject},
    },
    engine::synchronization::{ActionPlan, SynchronizationAction},
    tui::{action::Action as UserAction, job::JobId, msg::Failure, widget::Scroll},
};

/// What came of one object.
pub type Settled = (OnDemandSubject, Result<OnDemandOutcome, ServiceError>);

/// The screen of one action.
#[derive(Clone, Debug)]
pub struct SteeringScreen {
    /// What is done, in a few words.
    pub what: String,
    /// The job at work, or the last one.
    pub job: JobId,
    /// The plan; nothing while it is being made.
    pub plan: Option<Arc<ActionPlan>>,
    /// Where it stands.
    pub phase: SteeringPhase,
    /// What was told on the way.
    pub steps: Vec<String>,
    /// Objects that were provisioned, in order.
    pub settled: Vec<Arc<Settled>>,
    /// First visible line, or the object with the cursor.
    pub scroll: Scroll,
}

/// Where an action stands.
#[derive(Clone, Debug, PartialEq)]
pub enum SteeringPhase {
    /// The present state is being looked at; nothing is changed.
    Preparing,
    /// The plan waits for a confirmation.
    Planned,
    /// It is being carried out.
    Working,
    /// It is over.
    Ended {
        /// What was found afterwards.
        found: Vec<String>,
        /// Whether it is as wanted; nothing when that can't be seen.
        confirmed: Option<bool>,
    },
    /// It was refused or failed.
    Failed(Failure),
}

impl SteeringScreen {
    /// A screen that waits for the plan.
    pub fn new(job: JobId, what: String) -> Self {
        Self {
            what,
            job,
            plan: None,
            phase: SteeringPhase::Preparing,
            steps: Vec::new(),
            settled: Vec::new(),
            scroll: Scroll::default(),
        }
    }

    /// The word for where it stands.
    pub fn word(&self) -> &'static str {
        match &self.phase {
            SteeringPhase::Preparing => "looking",
            SteeringPhase::Planned => "not confirmed",
            SteeringPhase::Working => "at work",
            SteeringPhase::Ended { confirmed, .. } => match confirmed {
                Some(true) => "done",
                Some(false) => "not as wanted",
                None => "sent, outcome not visible",
            },
            SteeringPhase::Failed(failure) if failure.cancelled => "cancelled",
            SteeringPhase::Failed(_) => "failed",
        }
    }

    /// Whether it shows a list of objects, of which one has the cursor, rather than lines.
    pub fn is_list(&self) -> bool {
        let over_one = self.plan.as_ref().is_some_and(|plan| {
            matches!(&plan.action, SynchronizationAction::ProvisionOnDemand { subjects, .. } if subjects.len() > 1)
        });
        over_one && !matches!(self.phase, SteeringPhase::Preparing | SteeringPhase::Planned)
    }

    /// Whether the hint bar speaks of an action now.
    pub fn offers(&self, action: UserAction) -> bool {
        match action {
            UserAction::Apply | UserAction::Unlock => matches!(self.phase, SteeringPhase::Planned),
            UserAction::CancelAction => matches!(self.phase, SteeringPhase::Working),
            UserAction::Accept => self.is_list(),
            _ => true,
        }
    }

    /// The object with the cursor.
    pub fn selected(&self) -> Option<&Arc<Settled>> {
        self.is_list()
            .then(|| self.settled.get(self.scroll.cursor))
            .flatten()
    }
}

/// What came of one object of many, in full.
#[derive(Clone, Debug)]
pub struct TimelineScreen {
    /// The object and what came of it.
    pub settled: Arc<Settled>,
    /// First visible line.
    pub scroll: Scroll,
}

/// What an action does, in a few words.
pub fn action_words(action: &SynchronizationAction) -> String {
    use SynchronizationAction as Action;
    match action {
        Action::Start { .. } => "start job".to_owned(),
        Action::Pause { .. } => "pause job".to_owned(),
        Action::Restart { choice, .. } => format!("restart job: {choice}"),
        Action::ProvisionOnDemand { subjects, .. } => match subjects.len() {
            1 => "provision one object now".to_owned(),
            many => format!("provision {many} objects now"),
        },
        Action::SetNotification { .. } => "threshold and recipients".to_owned(),
        Action::DisableDeletePrevention => "tenant's delete prevention off".to_owned(),
        Action::CreateAgentGroup { name } => format!("create agent group {name}"),
        Action::RenameAgentGroup { name, .. } => format!("rename agent group to {name}"),
        Action::DeleteAgentGroup { .. } => "delete agent group".to_owned(),
        Action::AssignAgent { .. } => "put agent into group".to_owned(),
        Action::UnassignAgent { .. } => "take agent out of group".to_owned(),
        Action::SetUpdater { .. } => "agent updates".to_owned(),
        Action::AddMailMapping { .. } => "add mapping Mail -> mail".to_owned(),
        Action::CreateAttributeWriteback { domain } => format!("write Exchange attributes back to {domain}"),
    }
}
