//! Why a run can't be taken back, for people.

use crate::domain::{Overwrite, PlanError, PlanItem, ServiceError, count::counted};

/// Why a run can't be taken back. Nothing was written anywhere.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// Values of the cloud are not in the directory.
    #[error(
        "{} of {} would be overwritten: not in Active Directory. Write to the directory first (Set-RemoteMailbox), wait a \
         sync cycle and try again with a fresh export; or accept the loss of exactly {}",
        counted(*.values as usize, "value", "values"),
        counted(*.mailboxes as usize, "mailbox", "mailboxes"),
        counted(*.values as usize, "value", "values")
    )]
    UnwrittenDifferences {
        /// Mailboxes with at least one such value.
        mailboxes: u64,
        /// Values that would be lost.
        values: u64,
        /// Each of them.
        overwrites: Vec<Overwrite>,
    },
    /// The loss was accepted for another number of values.
    #[error(
        "the loss of {} was accepted, but {} of {} would be overwritten now. Look again and accept exactly {values}",
        counted(*.accepted as usize, "value", "values"),
        counted(*.values as usize, "value", "values"),
        counted(*.mailboxes as usize, "mailbox", "mailboxes")
    )]
    OtherLoss {
        /// The number accepted.
        accepted: u64,
        /// Mailboxes with at least one such value.
        mailboxes: u64,
        /// Values that would be lost.
        values: u64,
        /// Each of them.
        overwrites: Vec<Overwrite>,
    },
    /// The run's addresses were edited again since.
    #[error(
        "the addresses of {0} were changed again after this run. Taking the run back would undo that too; edit the addresses instead"
    )]
    EditedSince(String),
    /// No mailbox of the run can be taken back.
    #[error(
        "the run has nothing to take back: {already_there} mailboxes are back already, {} can't go back{}",
        .blocked.len(),
        first_reason(.blocked)
    )]
    Nothing {
        /// Mailboxes that are back already.
        already_there: u64,
        /// Mailboxes that can't go back, with the reasons.
        blocked: Vec<PlanItem>,
    },
    /// A run that switches the tenant-wide default has no mailboxes.
    #[error("this run switched the tenant-wide default. Plan the opposite switch instead")]
    TenantDefault,
    /// The service failed in a way that would be the same for every mailbox.
    #[error("the mailboxes can't be read: {0}")]
    Service(ServiceError),
    /// The caller gave up.
    #[error("cancelled; nothing was changed")]
    Cancelled,
    /// The plan can't be sealed.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

fn first_reason(blocked: &[PlanItem]) -> String {
    blocked
        .iter()
        .flat_map(|item| &item.findings)
        .next()
        .map(|finding| format!(" (the first: {})", finding.text))
        .unwrap_or_default()
}
