//! Provisioning objects now, one after the other, at most five in ten seconds (facts/graph section 3.3).

use super::{Draft, SteeringError, Way, jobs, outcome};
use crate::{
    domain::{
        ErrorClass, ServiceError,
        synchronization::{JobKind, OnDemandOutcome, OnDemandSubject},
    },
    engine::synchronization::{
        ActionOutcome, ActionPlan, ActionProgress, Answer, SynchronizationAction as Action,
        pacer::Pacer,
        schema_view::first_rule,
        subjects::{looks_like_id, looks_like_name},
    },
};

pub(super) async fn prepare(mut draft: Draft<'_>) -> Result<ActionPlan, SteeringError> {
    let Action::ProvisionOnDemand {
        configuration,
        job,
        subjects,
    } = draft.plan.action.clone()
    else {
        return Err(SteeringError::impossible("this action provisions nothing"));
    };
    let read = draft.service.job(&configuration, &job).await?;
    let kind = read.kind();
    if subjects.is_empty() {
        return Err(SteeringError::impossible("no object was given"));
    }
    if kind == JobKind::PasswordHash {
        return Err(SteeringError::impossible(
            "password hashes can't be provisioned on demand; choose the job that provisions the users",
        ));
    }
    for subject in &subjects {
        fits(&kind, subject)?;
    }
    draft.plan.count = subjects.len() as u64;
    draft.say(format!(
        "Provision {} now with job {}:",
        match subjects.len() {
            1 => "one object".to_owned(),
            many => format!("{many} objects"),
        },
        jobs::name(&read)
    ));
    for subject in subjects.iter().take(10) {
        draft.say(format!("  {}", subject.object_id));
    }
    if subjects.len() > 10 {
        draft.say(format!("  and {} more", subjects.len() - 10));
    }
    draft.warn("Microsoft's documents disagree whether scoping filters count here: an object out of scope may be provisioned.");
    if subjects.len() > 5 {
        draft.warn(format!(
            "Five go in ten seconds at most, so this takes at least {} seconds.",
            (subjects.len() - 1) / 5 * 10
        ));
    }
    draft.plan.before = Some(read);
    Ok(draft.plan)
}

fn fits(kind: &JobKind, subject: &OnDemandSubject) -> Result<(), SteeringError> {
    let id = &subject.object_id;
    let (good, wanted) = match kind {
        JobKind::Provisioning => (
            looks_like_name(id),
            "a distinguished name, since this job reads Active Directory",
        ),
        JobKind::GroupProvisioning
        | JobKind::ExchangeAttributeWriteback
        | JobKind::ExchangeHybridWriteback => {
            (looks_like_id(id), "an object id, since this job reads Entra ID")
        }
        _ => (true, ""),
    };
    if good {
        return Ok(());
    }
    Err(SteeringError::impossible(format!(
        "`{id}` does not fit: this takes {wanted}"
    )))
}

pub(super) async fn carry_out(way: &Way<'_>) -> Result<ActionOutcome, SteeringError> {
    let Action::ProvisionOnDemand {
        configuration,
        job,
        subjects,
    } = &way.plan.action
    else {
        return Err(SteeringError::impossible("this action provisions nothing"));
    };
    let kind = JobKind::of(
        job,
        way.plan
            .before
            .as_ref()
            .and_then(|before| before.template_id.as_deref()),
    );
    let schema = way.service.schema(configuration, job).await?;
    let rule = first_rule(&schema).ok_or_else(|| {
        SteeringError::impossible(
            "the schema of this job names no rule, so nothing can be provisioned on demand",
        )
    })?;
    let at = Place {
        configuration,
        job,
        rule: &rule,
    };
    let mut pacer = Pacer::of_provisioning();
    let mut provisioned: Vec<(OnDemandSubject, Result<OnDemandOutcome, ServiceError>)> = Vec::new();
    let mut found = Vec::new();
    for subject in subjects {
        if way.cancel.run_until_cancelled(pacer.wait()).await.is_none() || way.cancel.is_cancelled() {
            found.push(format!(
                "Cancelled: {} objects were not tried.",
                subjects.len() - provisioned.len()
            ));
            break;
        }
        let answer = one(way, &at, &kind, subject, &mut pacer).await;
        let progress = ActionProgress::Provisioned {
            subject: subject.clone(),
            outcome: answer.clone(),
            done: provisioned.len() as u64 + 1,
            of: subjects.len() as u64,
        };
        let _ = way.progress.send(progress).await;
        let stop = answer
            .as_ref()
            .err()
            .filter(|error| error.class.stops_a_run())
            .map(ToString::to_string);
        provisioned.push((subject.clone(), answer));
        if let Some(reason) = stop {
            found.push(format!(
                "{} objects were not tried, since they would fail the same way: {reason}",
                subjects.len() - provisioned.len()
            ));
            break;
        }
    }
    let good = provisioned
        .iter()
        .filter(|(_, answer)| answer.as_ref().is_ok_and(OnDemandOutcome::is_good))
        .count();
    let doubtful = provisioned
        .iter()
        .filter(|(_, answer)| {
            answer
                .as_ref()
                .is_err_and(|error| error.class == ErrorClass::Lost)
        })
        .count();
    found.insert(0, in_step(good, subjects.len()));
    if doubtful > 0 {
        found.push(format!(
            "The answers for {doubtful} were lost; the provisioning log tells what became of them."
        ));
    }
    let confirmed = match (good == subjects.len(), doubtful) {
        (true, _) => Some(true),
        (false, 0) => Some(false),
        (false, _) => None,
    };
    Ok(ActionOutcome {
        provisioned,
        ..outcome(found, confirmed)
    })
}

struct Place<'a> {
    configuration: &'a str,
    job: &'a str,
    rule: &'a str,
}

/// One object. The writeback of Exchange attributes names users as `User_<id>` in newer documents and by their plain id in
/// older ones (facts/graph section 3.3): the newer form first, the other only after a clear refusal.
async fn one(
    way: &Way<'_>,
    at: &Place<'_>,
    kind: &JobKind,
    subject: &OnDemandSubject,
    pacer: &mut Pacer,
) -> Result<OnDemandOutcome, ServiceError> {
    // Not an async closure: its future would not be `Send`, and a screen carries actions out in a task of its own.
    fn send<'s>(
        way: &'s Way<'_>,
        at: &'s Place<'_>,
        subject: &'s OnDemandSubject,
    ) -> Answer<'s, OnDemandOutcome> {
        way.service
            .provision_on_demand(at.configuration, at.job, at.rule, subject)
    }
    if *kind != JobKind::ExchangeAttributeWriteback || subject.object_id.contains('_') {
        return send(way, at, subject).await;
    }
    let prefixed = OnDemandSubject {
        object_id: format!("User_{}", subject.object_id),
        object_type: "User".to_owned(),
    };
    match send(way, at, &prefixed).await {
        Err(error) if matches!(error.class, ErrorClass::Rejected | ErrorClass::NotFound) => {
            pacer.wait().await;
            send(way, at, subject).await
        }
        answer => answer,
    }
}

/// How many of some objects are in step now.
fn in_step(good: usize, all: usize) -> String {
    match (good, all) {
        (1, 1) => "The object is in step.".to_owned(),
        (0, 1) => "The object is not in step.".to_owned(),
        (good, all) if good == all => format!("All {all} objects are in step."),
        (good, all) => format!("{good} of {all} objects are in step, {} not.", all - good),
    }
}
