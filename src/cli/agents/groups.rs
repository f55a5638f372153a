//! `handover agents groups` and `group`.

use serde_json::json;

use super::{arguments::GroupVerb, list::topology, refused};
use crate::{
    cli::{
        Exit, Failure, Output,
        arguments::Global,
        output::member,
        runtime,
        synchronization::{ConfirmArguments, PersonArguments, Tenant, act, report},
        table::Column,
    },
    domain::synchronization::AgentTopology,
    engine::synchronization::SynchronizationAction as Action,
};

const COLUMNS: &[Column] = &[
    Column::growing("group", 30, |row| member(row, "displayName")),
    Column::fixed("use", 7, |row| {
        match row["isDefault"].as_bool() {
            Some(true) => "default",
            _ => "own",
        }
        .to_owned()
    }),
    Column::growing("domains", 14, |row| member(row, "domains")),
    Column::growing("agents", 16, |row| member(row, "agents")),
    Column::fixed("id", 36, |row| member(row, "id")),
];

/// Lists groups with their agents and domains.
pub fn list(global: &Global, person: &PersonArguments) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let tenant = Tenant::open_for_people(global, person.as_person).await?;
        let topology = topology(&tenant)
            .await
            .map_err(|error| refused(error, person.as_person))?;
        let mut output = Output::new(global.output).columns(COLUMNS);
        for group in &topology.groups {
            let agents: Vec<&str> = topology
                .agents
                .iter()
                .filter(|agent| group.agents.contains(&agent.id) || agent.groups.contains(&group.id))
                .map(|agent| agent.machine_name.as_str())
                .collect();
            let domains: Vec<&str> = topology
                .resources
                .iter()
                .filter(|resource| group.resources.contains(&resource.id))
                .map(|resource| resource.domain.as_str())
                .collect();
            output.row(&json!({
                "displayName": group.display_name,
                "isDefault": group.is_default,
                "agents": agents,
                "domains": domains,
                "id": group.id,
            }))?;
        }
        output.finish()?;
        Ok(Exit::Done)
    })
}

/// Changes a group.
pub fn change(global: &Global, verb: &GroupVerb) -> Result<Exit, Failure> {
    let (person, confirm) = common(verb);
    confirm.permit(global)?;
    runtime()?.block_on(async {
        let tenant = Tenant::open_for_people(global, person.as_person).await?;
        let topology = topology(&tenant)
            .await
            .map_err(|error| refused(error, person.as_person))?;
        let group = |name: &str| group_id(&topology, name);
        let agent = |name: &str| agent_id(&topology, name);
        let action = match verb {
            GroupVerb::Create { name, .. } => Action::CreateAgentGroup { name: name.clone() },
            GroupVerb::Rename { group: old, name, .. } => Action::RenameAgentGroup {
                group: group(old)?,
                name: name.clone(),
            },
            GroupVerb::Delete { group: name, .. } => Action::DeleteAgentGroup { group: group(name)? },
            GroupVerb::Assign {
                agent: one,
                group: into,
                ..
            } => Action::AssignAgent {
                agent: agent(one)?,
                group: group(into)?,
            },
            GroupVerb::Unassign {
                agent: one,
                group: out_of,
                ..
            } => Action::UnassignAgent {
                agent: agent(one)?,
                group: group(out_of)?,
            },
        };
        let outcome = act(global, &tenant, confirm, action).await?;
        report(global, outcome.as_ref())
    })
}

fn common(verb: &GroupVerb) -> (&PersonArguments, &ConfirmArguments) {
    match verb {
        GroupVerb::Create { person, confirm, .. }
        | GroupVerb::Rename { person, confirm, .. }
        | GroupVerb::Delete { person, confirm, .. }
        | GroupVerb::Assign { person, confirm, .. }
        | GroupVerb::Unassign { person, confirm, .. } => (person, confirm),
    }
}

fn group_id(topology: &AgentTopology, name: &str) -> Result<String, Failure> {
    let names = topology
        .groups
        .iter()
        .map(|group| (group.id.as_str(), group.display_name.as_str()));
    by_name("agent group", "handover agents groups", name, names)
}

fn agent_id(topology: &AgentTopology, name: &str) -> Result<String, Failure> {
    let names = topology
        .agents
        .iter()
        .map(|agent| (agent.id.as_str(), agent.machine_name.as_str()));
    by_name("agent", "handover agents list", name, names)
}

/// The id of what is named by id, or by a name that fits one only.
fn by_name<'a>(
    what: &str,
    verb: &str,
    name: &str,
    known: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<String, Failure> {
    let mut fitting = Vec::new();
    for (id, known) in known {
        if id.eq_ignore_ascii_case(name) {
            return Ok(id.to_owned());
        }
        if known.to_lowercase() == name.to_lowercase() {
            fitting.push(id.to_owned());
        }
    }
    match fitting.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Failure::usage(format!("there is no {what} called `{name}`"))
            .advise(format!("`{verb}` lists them."))),
        many => Err(Failure::usage(format!(
            "{} of the {what}s are called `{name}`; use an id: {}",
            many.len(),
            many.join(", ")
        ))),
    }
}
