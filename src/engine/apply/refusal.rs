//! Every reason not to begin. All of them come before anything is written to the tenant.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use super::ApplyRequest;
use crate::{
    domain::{Change, ObjectId, Plan, Policy, ServiceError, Severity, Target, TenantName},
    engine::runs::{self, Unfinished},
    journal::{JournalError, LockHolder, RunFolder},
};

/// A plan ages: what it was checked against changes (facts/exchange section 6.2, the 24-hour rule).
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);
/// Clocks of two machines may differ this much.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
/// Disk space per mailbox: a full snapshot with both sides, an intent and an outcome.
const BYTES_PER_MAILBOX: u64 = 12 * 1024;
/// Disk space a run needs whatever its size.
const BYTES_PER_RUN: u64 = 1024 * 1024;

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

/// Everything that can be decided from the request alone.
pub(super) fn check_request(request: &ApplyRequest) -> Result<(), Refusal> {
    let content = &request.plan.content;
    let planned = content.items.len() as u64;
    check_writable(request.policy.read_only, request.write_enabled)?;

    let parsed = Plan::parse(&request.plan_bytes).map_err(|error| Refusal::PlanChanged(error.to_string()))?;
    if parsed != request.plan {
        return Err(Refusal::PlanChanged(
            "the plan file is not the plan that was confirmed. Look at it again".into(),
        ));
    }
    if is_stale(&request.plan, request.now) {
        return Err(Refusal::Stale {
            made: content.created_at,
        });
    }
    if content.created_at.duration_since(request.now) > CLOCK_TOLERANCE {
        return Err(Refusal::FromTheFuture {
            made: content.created_at,
            now: request.now,
        });
    }
    check_shape(&request.plan)?;
    let blocks = content
        .run_findings
        .iter()
        .chain(content.items.iter().flat_map(|item| &item.findings));
    if let Some(finding) = blocks
        .into_iter()
        .find(|finding| finding.severity == Severity::Block)
    {
        return Err(Refusal::Blocked(finding.text.clone()));
    }
    if content.change.target() == Target::OnPremises
        && !content.overwrites.is_empty()
        && !content.loss_accepted
    {
        return Err(Refusal::LossNotAccepted(content.overwrites.len()));
    }
    let max_changes = request.policy.max_changes as u64;
    if max_changes > 0 && planned > max_changes {
        return Err(Refusal::TooMany {
            planned,
            limit: max_changes,
        });
    }
    match request.expect_count {
        Some(expected) if expected != planned => Err(Refusal::Count { planned, expected }),
        None if planned > request.policy.confirm_above as u64 => Err(Refusal::Unconfirmed {
            planned,
            limit: request.policy.confirm_above as u64,
        }),
        _ => Ok(()),
    }
}

/// Whether this process may write.
pub(crate) fn check_writable(read_only: bool, write_enabled: bool) -> Result<(), Refusal> {
    if read_only && !write_enabled {
        return Err(Refusal::ReadOnly);
    }
    Ok(())
}

/// Whether plan and sign-in belong together.
pub(crate) fn check_tenant(planned: &TenantName, signed_in: &TenantName) -> Result<(), Refusal> {
    if planned.id.eq_ignore_ascii_case(&signed_in.id) {
        return Ok(());
    }
    let name = |tenant: &TenantName| format!("{} ({})", tenant.domain, tenant.id);
    Err(Refusal::OtherTenant {
        planned: name(planned),
        signed_in: name(signed_in),
    })
}

/// What holds for every plan Handover makes; the hash is no signature, so it is checked again.
fn check_shape(plan: &Plan) -> Result<(), Refusal> {
    let items = &plan.content.items;
    let malformed = |text: String| Err(Refusal::PlanMalformed(text));
    match &plan.content.change {
        Change::SetTenantDefault { .. } if !items.is_empty() => {
            return malformed("it switches the tenant-wide default and names mailboxes".into());
        }
        Change::SetAddresses { .. } if items.len() != 1 => {
            return malformed("it edits addresses and does not name exactly one mailbox".into());
        }
        Change::SetAddresses { after, .. }
            if after
                .iter()
                .filter(|address| address.starts_with("SMTP:"))
                .count()
                != 1 =>
        {
            return malformed("the new addresses do not have exactly one primary (`SMTP:`)".into());
        }
        _ => {}
    }
    let mut seen: HashSet<ObjectId> = HashSet::with_capacity(items.len());
    match items.iter().find(|item| !seen.insert(item.id)) {
        Some(twice) => malformed(format!("it names mailbox {} twice", twice.id)),
        None => Ok(()),
    }
}

/// What earlier runs say. Needs the tenant lock.
pub(super) fn check_history(request: &ApplyRequest) -> Result<(), RunError> {
    let content = &request.plan.content;
    let unfinished = runs::unfinished(&request.data_dir, &content.tenant.id)?;
    if let Some(Unfinished::Damaged { run, folder, reason }) = unfinished
        .iter()
        .find(|run| matches!(run, Unfinished::Damaged { .. }))
    {
        return Err(Refusal::DamagedRun {
            run: run.clone(),
            folder: folder.clone(),
            reason: reason.clone(),
        }
        .into());
    }
    let open = |run: &String| unfinished.iter().any(|unfinished| unfinished.run() == run);
    for folder in RunFolder::list(&request.data_dir)? {
        // A folder that can't be read and may be of this tenant is refused above.
        if let Ok(manifest) = folder.manifest()
            && manifest.plan == request.plan.sha256
        {
            return Err(Refusal::AlreadyApplied {
                finished: !open(&manifest.run),
                run: manifest.run,
            }
            .into());
        }
    }
    // Taking a run back is one way to end it.
    match unfinished
        .iter()
        .find(|run| Some(run.run()) != content.undo_of.as_deref())
    {
        Some(other) => Err(Refusal::OpenRun {
            run: other.run().to_owned(),
        }
        .into()),
        None => Ok(()),
    }
}

/// Whether a plan is too old to write what nobody looked at since.
pub(crate) fn is_stale(plan: &Plan, now: Timestamp) -> bool {
    now.duration_since(plan.content.created_at) > MAX_AGE
}

/// Whether a resume may write so many more mailboxes.
pub(crate) fn check_rest(run: &str, left: u64, policy: &Policy) -> Result<(), Refusal> {
    let limit = policy.max_changes as u64;
    if limit > 0 && left > limit {
        return Err(Refusal::TooManyLeft {
            run: run.to_owned(),
            left,
            limit,
        });
    }
    Ok(())
}

/// Whether the disk has room for the record.
pub(super) fn check_space(request: &ApplyRequest) -> Result<(), RunError> {
    let needed = request.plan_bytes.len() as u64 + BYTES_PER_RUN + request.subjects() * BYTES_PER_MAILBOX;
    // Where the file system does not say, the run may begin: a full disk stops it safely.
    let Ok(available) = request.storage.available(&request.data_dir) else {
        return Ok(());
    };
    if available < needed {
        return Err(Refusal::Space {
            needed,
            available,
            folder: request.data_dir.display().to_string(),
        }
        .into());
    }
    Ok(())
}
