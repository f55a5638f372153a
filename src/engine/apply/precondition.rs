//! What must hold before a run begins or goes on: checked before it writes anything to the tenant.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use super::{ApplyRequest, Refusal, RunError};
use crate::{
    domain::{Change, ObjectId, Plan, Policy, Severity, Target, TenantName},
    engine::runs::{self, Unfinished},
    journal::RunFolder,
};

/// A plan ages: what it was checked against changes (facts/exchange section 6.2, the 24-hour rule).
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);
/// Clocks of two machines may differ this much.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
/// Disk space per mailbox: a full snapshot with both sides, an intent and an outcome.
const BYTES_PER_MAILBOX: u64 = 12 * 1024;
/// Disk space a run needs whatever its size.
const BYTES_PER_RUN: u64 = 1024 * 1024;

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
