//! Why a run was not begun, or could not go on, for people.

use jiff::Timestamp;

use crate::{
    domain::ServiceError,
    journal::{JournalError, LockHolder, RunFolder},
};

/// Why a run was not begun. Exit code 5.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// This process must not write.
    #[error(
        "this profile is read-only; nothing was written. Give `--write`, or unlock writing in the cockpit, to lift that for this process"
    )]
    ReadOnly,
    /// The plan file is not what was planned.
    #[error("{0}")]
    PlanChanged(String),
    /// The plan says something no plan of Handover says.
    #[error("the plan can't be applied: {0}. Make a new plan")]
    PlanMalformed(String),
    /// The plan belongs to another tenant.
    #[error(
        "the plan is for tenant {planned} and this sign-in is for {signed_in}. Choose the other profile or make a new plan"
    )]
    OtherTenant {
        /// Domain and id in the plan.
        planned: String,
        /// Domain and id of the sign-in.
        signed_in: String,
    },
    /// Older than a day.
    #[error(
        "the plan was made at {made}, more than 24 hours ago; mailboxes have changed since. Make a new plan"
    )]
    Stale {
        /// When it was made.
        made: Timestamp,
    },
    /// From the future.
    #[error(
        "the plan was made at {made}, but this machine's clock says {now}. Set the clock right or make a new plan"
    )]
    FromTheFuture {
        /// When it was made.
        made: Timestamp,
        /// The clock of this machine.
        now: Timestamp,
    },
    /// The same plan has a run already.
    #[error("{}", applied_text(run, *finished))]
    AlreadyApplied {
        /// That run.
        run: String,
        /// Whether it is closed.
        finished: bool,
    },
    /// Another run of the tenant was interrupted.
    #[error(
        "run {run} in this tenant was interrupted and is not finished. Finish it first: `handover mailboxes resume {run} --write`; \
         or give it up: the same with `--abandon`"
    )]
    OpenRun {
        /// That run.
        run: String,
    },
    /// The record of a run can't be read, so nobody knows whether it is finished.
    #[error(
        "the record of run {run} can't be read, so it is unknown whether it is finished: {reason}. Keep it as evidence: move the \
         folder {folder} to another place, then try again"
    )]
    DamagedRun {
        /// That run.
        run: String,
        /// Its folder.
        folder: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The run to be resumed was given up.
    #[error("run {run} was given up and can't be resumed. Make a new plan for what is left")]
    Abandoned {
        /// That run.
        run: String,
    },
    /// The run to be resumed has more left than the policy allows.
    #[error(
        "run {run} has {left} mailboxes left and the policy allows {limit} per run (`max_changes`). Raise the limit; or give the \
         run up with `handover mailboxes resume {run} --write --abandon` and make a smaller plan"
    )]
    TooManyLeft {
        /// That run.
        run: String,
        /// Mailboxes it has not touched.
        left: u64,
        /// `max_changes` of the policy.
        limit: u64,
    },
    /// The plan of the run to be resumed is older than a day.
    #[error(
        "the plan of run {run} was made at {made}, more than 24 hours ago. What the interruption left open was read again; the other \
         {left} were not written, because they may have changed since. Give the run up with `handover mailboxes resume {run} \
         --write --abandon` and make a new plan, or write them all the same with `--stale-ok`"
    )]
    StaleRest {
        /// That run.
        run: String,
        /// When its plan was made.
        made: Timestamp,
        /// Mailboxes that were not written.
        left: u64,
    },
    /// Another process writes in the tenant.
    #[error("another run writes to this tenant: {0}. Wait for it or end it first")]
    Locked(LockHolder),
    /// The number of mailboxes is not the one expected.
    #[error("the plan changes {planned} mailboxes, not {expected} as expected. Look at the plan again")]
    Count {
        /// In the plan.
        planned: u64,
        /// Expected.
        expected: u64,
    },
    /// So many mailboxes need their number typed.
    #[error(
        "the plan changes {planned} mailboxes; above {limit} the number has to be confirmed. Give `--expect-count {planned}`"
    )]
    Unconfirmed {
        /// In the plan.
        planned: u64,
        /// `confirm_above` of the policy.
        limit: u64,
    },
    /// More than the policy allows.
    #[error(
        "the plan changes {planned} mailboxes and the policy allows {limit} per run (`max_changes`). Make a smaller plan"
    )]
    TooMany {
        /// In the plan.
        planned: u64,
        /// `max_changes` of the policy.
        limit: u64,
    },
    /// A check found something that must be put right first.
    #[error("a check of the plan forbids it: {0}. Put that right and make a new plan")]
    Blocked(String),
    /// Going back on-premises would lose values nobody accepted to lose.
    #[error(
        "the directory would overwrite {0} values. Write them to the directory first, or make a plan in which this loss is accepted"
    )]
    LossNotAccepted(usize),
    /// Too little disk space for the record.
    #[error(
        "the record of this run needs about {needed} bytes and {available} are free in {folder}. Free some space or choose another data folder"
    )]
    Space {
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        available: u64,
        /// The data folder.
        folder: String,
    },
}

fn applied_text(run: &str, finished: bool) -> String {
    if finished {
        format!("this plan was applied already, as run {run}. `handover runs show {run}` tells how it ended")
    } else {
        format!(
            "this plan was begun already, as run {run}. Finish that: `handover mailboxes resume {run} --write`"
        )
    }
}

/// Why a run did not begin or could not go on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RunError {
    /// Refused before anything was written. Exit code 5.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The service failed before anything was written.
    #[error("{0}")]
    Service(ServiceError),
    /// The record can't be read or kept. A run that had begun stopped at once and can be resumed. Exit code 75 then.
    #[error("{}{source}", .run.as_ref().map(|run| format!("run {run} stopped: ")).unwrap_or_default())]
    Record {
        /// The run, once it has a name.
        run: Option<String>,
        /// What happened.
        source: JournalError,
    },
    /// A part of this program ended unexpectedly; the run can be resumed.
    #[error("a part of the run ended unexpectedly ({0}). The run can be resumed")]
    Interrupted(String),
}

impl RunError {
    /// The record of a run that exists can't be read or kept.
    pub(crate) fn begun(folder: &RunFolder, source: JournalError) -> Self {
        match source {
            JournalError::Locked(holder) => Self::Refused(Refusal::Locked(holder)),
            source => Self::Record {
                run: Some(folder.name().to_owned()),
                source,
            },
        }
    }

    pub(crate) fn interrupted(error: tokio::task::JoinError) -> Self {
        Self::Interrupted(error.to_string())
    }
}

impl From<JournalError> for RunError {
    fn from(source: JournalError) -> Self {
        match source {
            JournalError::Locked(holder) => Self::Refused(Refusal::Locked(holder)),
            source => Self::Record { run: None, source },
        }
    }
}
