//! Why a plan can't be made.

use crate::domain::{PlanError, ServiceError};

/// Why a plan can't be made. Nothing was written anywhere.
#[derive(Debug, thiserror::Error)]
pub enum PlanBuildError {
    /// The service failed in a way that would be the same for every mailbox.
    #[error("the mailboxes can't be read: {0}")]
    Service(#[from] ServiceError),
    /// The caller gave up.
    #[error("planning was cancelled; nothing was changed")]
    Cancelled,
    /// Nothing was asked for.
    #[error("no mailbox is selected. Mark some, or give a filter or a list")]
    NothingSelected,
    /// The plan can't be sealed.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A part of this program ended unexpectedly.
    #[error("a part of the planning ended unexpectedly ({0}). Nothing was changed; plan again")]
    Interrupted(String),
}
