//! When Cloud Sync can be steered: jobs, agents, groups, and what their logs offer.

use crate::domain::synchronization::JobKind as Kind;

use super::{Enabled, no_action, signed_in, when};
use crate::tui::{
    action::Why,
    job::JobKind,
    layer::{Layer, LogKind, logged_object},
    model::{Model, TabSubject},
};

pub fn can_sign_in_beside(model: &Model) -> Enabled {
    signed_in(model)?;
    when(
        model.agents.refused_to_application(),
        "agents are not refused to this sign-in",
    )?;
    when(
        model.jobs.active_of(JobKind::SignInBeside).is_none(),
        "the sign-in is under way",
    )
}

/// Whether a job is under the cursor.
pub fn on_job(model: &Model) -> Enabled {
    signed_in(model)?;
    let job = model
        .agents
        .subject()
        .is_some_and(|subject| subject.job().is_some());
    when(job, "there is no job under the cursor")
}

/// Whether a job or a configuration is under the cursor.
pub fn on_configuration(model: &Model) -> Enabled {
    signed_in(model)?;
    let known = model
        .agents
        .subject()
        .is_some_and(|subject| subject.configuration().is_some());
    when(known, "there is no configuration under the cursor")
}

/// The job whose log is open, else the one under the cursor.
fn job_kind(model: &Model) -> Option<Kind> {
    if let Some((screen, _)) = logged_object(&model.layers) {
        return Some(
            model
                .agents
                .job(&screen.configuration, &screen.job_id)?
                .job
                .kind(),
        );
    }
    let subject = model.agents.subject()?;
    let (configuration, job) = subject.job()?;
    Some(model.agents.job(configuration, job)?.job.kind())
}

pub fn can_provision(model: &Model) -> Enabled {
    match (logged_object(&model.layers), model.layers.last()) {
        (Some(_), _) => signed_in(model)?,
        (None, Some(Layer::Logs(_) | Layer::LogEntry(_))) => {
            return Err(Why::new("this log does not tell what a job did with an object"));
        }
        (None, _) => on_job(model)?,
    }
    when(
        job_kind(model) != Some(Kind::PasswordHash),
        "password hashes can't be provisioned on demand; choose the job that provisions the users",
    )
}

pub fn can_add_mapping(model: &Model) -> Enabled {
    on_job(model)?;
    when(
        job_kind(model) == Some(Kind::ExchangeAttributeWriteback),
        "only jobs that write Exchange attributes back have this mapping",
    )
}

/// Microsoft Graph lets people change agents, and no application (facts/graph section 0).
pub fn as_person(model: &Model) -> Enabled {
    signed_in(model)?;
    when(
        !model.agents.refused_to_application(),
        "Microsoft Graph refuses this to an application's sign-in; B signs a person in beside it",
    )
}

pub fn on_agent(model: &Model) -> Enabled {
    as_person(model)?;
    let agent = matches!(model.agents.subject(), Some(TabSubject::Agent { .. }));
    when(agent, "there is no agent under the cursor")?;
    when(!model.agents.groups().is_empty(), "there is no agent group")
}

pub fn on_grouped_agent(model: &Model) -> Enabled {
    on_agent(model)?;
    let Some(TabSubject::Agent { agent }) = model.agents.subject() else {
        return Ok(());
    };
    let own = model
        .agents
        .agent(&agent)
        .is_some_and(|record| !record.agent.groups.is_empty());
    let listed = model
        .agents
        .groups()
        .iter()
        .any(|group| group.agents.contains(&agent));
    when(own || listed, "this agent is in no group")
}

pub fn on_group(model: &Model) -> Enabled {
    as_person(model)?;
    let group = matches!(model.agents.subject(), Some(TabSubject::Group { .. }));
    when(group, "there is no agent group under the cursor")
}

pub fn can_read_older(model: &Model) -> Enabled {
    match model.layers.last() {
        Some(Layer::Logs(screen)) => {
            when(screen.has_more(), "everything the service keeps was read")?;
            when(screen.reading.is_none(), "a page is being read")
        }
        _ => Err(Why::new("there is no log")),
    }
}

pub fn can_allow_deletes(model: &Model) -> Enabled {
    match model.layers.last() {
        Some(Layer::Logs(screen)) if screen.kind == LogKind::StagedDeletes => {
            when(screen.begun, "the held-back deletions are still being searched")?;
            no_action(model)
        }
        _ => Err(Why::new(
            "open the list of held-back deletions first: they are looked at before they are let through",
        )),
    }
}

pub fn can_cancel_action(model: &Model) -> Enabled {
    when(
        model.jobs.active_of(JobKind::Steer).is_some(),
        "nothing is being carried out",
    )
}

pub fn has_action(model: &Model) -> Enabled {
    when(model.steering.is_some(), "no action on Cloud Sync was begun yet")
}
