//! What is asked of Cloud Sync beyond watching it: actions as plans, carried out once confirmed.

use std::sync::Arc;

use crate::{
    engine::synchronization::{ActionPlan, SynchronizationAction},
    tui::job::JobId,
};

/// One thing to do to Cloud Sync.
#[derive(Clone, Debug, PartialEq)]
pub enum SteeringEffect {
    /// Check an action against the present state; changes nothing. Ends with `Prepared`.
    Prepare {
        /// The job.
        job: JobId,
        /// What is wanted.
        action: Box<SynchronizationAction>,
    },
    /// Carry out a confirmed plan. Progress as `Progress`; ends with `Ended`. Cancelling ends it between steps.
    CarryOut {
        /// The job.
        job: JobId,
        /// The plan.
        plan: Arc<ActionPlan>,
        /// What was typed; empty when buttons were enough. The engine decides whether that is enough.
        confirmed: String,
    },
    /// Read which objects a file names. Ends with `Subjects`.
    ReadSubjects {
        /// The job.
        job: JobId,
        /// The file, as typed.
        path: String,
        /// The kind of object its lines name, such as `user`.
        object_type: String,
    },
    /// Read the threshold of accidental deletions and its recipients. Ends with `Notification`.
    ReadNotification {
        /// The job.
        job: JobId,
        /// Id of the configuration.
        configuration: String,
    },
}
