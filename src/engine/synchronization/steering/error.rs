//! Why an action was not carried out.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::domain::ServiceError;

/// Why an action can't be planned or was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SteeringError {
    /// This process must not write.
    #[error(
        "this profile is read-only; nothing was changed. Give `--write`, or unlock writing in the cockpit, to lift that for this process"
    )]
    ReadOnly,
    /// The phrase was not typed.
    #[error("this needs a confirmation; nothing was changed. Type exactly: {phrase}")]
    NotConfirmed {
        /// What must be typed.
        phrase: String,
    },
    /// More objects than the policy allows.
    #[error(
        "{count} objects are more than the policy allows at once ({limit}, `max_changes`); nothing was changed"
    )]
    TooMany {
        /// How many.
        count: u64,
        /// `max_changes`.
        limit: u64,
    },
    /// The plan is old.
    #[error(
        "this was planned at {made}, more than an hour ago; nothing was changed. Look again and confirm anew"
    )]
    Stale {
        /// When it was made.
        made: Timestamp,
    },
    /// What the plan was made for is not there any more.
    #[error("{what} changed since it was looked at; nothing was changed: {}", difference.join("; "))]
    Changed {
        /// What.
        what: String,
        /// How, one line each.
        difference: Vec<String>,
    },
    /// It makes no sense, or there is nothing to do.
    #[error("{0}")]
    Impossible(String),
    /// The service failed or refused.
    #[error("{0}")]
    Service(#[from] ServiceError),
    /// Nothing is done without a record.
    #[error("the audit trail {} can't be written: {reason}. Nothing was changed", path.display())]
    Audit {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
}

impl SteeringError {
    /// Something that makes no sense.
    pub(super) fn impossible(text: impl Into<String>) -> Self {
        Self::Impossible(text.into())
    }
}
