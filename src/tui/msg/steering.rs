//! Answers about actions on Cloud Sync.

use std::sync::Arc;

use crate::{
    domain::synchronization::{NotificationSettings, OnDemandSubject},
    engine::synchronization::{ActionOutcome, ActionPlan, ActionProgress},
    tui::job::JobId,
};

use super::Failure;

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub enum SteeringMsg {
    /// The plan is made.
    Prepared {
        /// The job.
        job: JobId,
        /// The plan, or why not.
        result: Result<Arc<ActionPlan>, Failure>,
    },
    /// A step of an action at work.
    Progress {
        /// The job.
        job: JobId,
        /// The step.
        progress: Box<ActionProgress>,
    },
    /// The action is over.
    Ended {
        /// The job.
        job: JobId,
        /// What was found afterwards, or why it was not done.
        result: Result<Box<ActionOutcome>, Failure>,
    },
    /// A file of objects was read.
    Subjects {
        /// The job.
        job: JobId,
        /// The objects, or why not.
        result: Result<Vec<OnDemandSubject>, Failure>,
    },
    /// The threshold and its recipients were read.
    Notification {
        /// The job.
        job: JobId,
        /// The settings; nothing where they were never set.
        result: Result<Option<NotificationSettings>, Failure>,
    },
}
