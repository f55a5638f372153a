//! Agent groups and the updater.

use super::{Draft, SteeringError, Way, lost, outcome, unread};
use crate::{
    domain::{
        synchronization::{
            Agent, AgentGroup, AgentTopology, UpdateWindow, UpdaterConfiguration, served_domains,
        },
        text::clean,
    },
    engine::synchronization::{
        ActionOutcome, ActionPlan, SynchronizationAction as Action, watched_agents::application,
    },
};

/// Longest name of a group.
const LONGEST_NAME: usize = 120;

pub(super) async fn prepare(mut draft: Draft<'_>) -> Result<ActionPlan, SteeringError> {
    if draft.service.is_application() == Some(true) {
        return Err(application().into());
    }
    let before = draft.service.agent_topology().await?;
    let mut after = before.clone();
    match draft.plan.action.clone() {
        Action::CreateAgentGroup { name } => {
            free(&before, &name, None)?;
            draft.say(format!("Create the agent group {name}."));
        }
        Action::RenameAgentGroup { group, name } => {
            let known = group_of(&before, &group)?;
            free(&before, &name, Some(&group))?;
            if known.display_name == name {
                return Err(SteeringError::impossible(format!(
                    "the group is called {name} already"
                )));
            }
            draft.say(format!(
                "Rename the agent group {} to {name}.",
                known.display_name
            ));
        }
        Action::DeleteAgentGroup { group } => {
            let known = group_of(&before, &group)?;
            if known.is_default {
                return Err(SteeringError::impossible(format!(
                    "{} is the tenant's default group; the service keeps it",
                    known.display_name
                )));
            }
            draft.say(format!("Delete the agent group {}.", known.display_name));
            let members = members(&before, known);
            if !members.is_empty() {
                draft.warn(format!("It holds agents: {}.", members.join(", ")));
            }
            after.groups.retain(|other| other.id != group);
        }
        Action::AssignAgent { agent, group } => {
            let (known, into) = (agent_of(&before, &agent)?, group_of(&before, &group)?);
            if is_member(known, into) {
                return Err(SteeringError::impossible(format!(
                    "{} is in {} already",
                    known.machine_name, into.display_name
                )));
            }
            draft.say(format!(
                "Put agent {} into group {}.",
                known.machine_name, into.display_name
            ));
        }
        Action::UnassignAgent { agent, group } => {
            let (known, out_of) = (agent_of(&before, &agent)?, group_of(&before, &group)?);
            if !is_member(known, out_of) {
                return Err(SteeringError::impossible(format!(
                    "{} is not in {}",
                    known.machine_name, out_of.display_name
                )));
            }
            draft.say(format!(
                "Take agent {} out of group {}.",
                known.machine_name, out_of.display_name
            ));
            for other in after.groups.iter_mut().filter(|other| other.id == group) {
                other.agents.retain(|member| *member != agent);
            }
            for other in after.agents.iter_mut().filter(|other| other.id == agent) {
                other.groups.retain(|member| *member != group);
            }
        }
        Action::SetUpdater { updater } => {
            if let Some(window) = &updater.window {
                check_window(window)?;
            }
            if before.updater.as_ref() == Some(&updater) {
                return Err(SteeringError::impossible("the updater is set so already"));
            }
            draft.say("Set when agents update themselves, for all agents of the tenant.");
            draft.say(match &before.updater {
                Some(now) => format!("Now: {}.", words(now)),
                None => "Now: the service does not say.".to_owned(),
            });
            draft.say(format!("Then: {}.", words(&updater)));
            draft.say("Times are those of each agent's own zone.");
        }
        _ => return Err(SteeringError::impossible("this action is none on agents")),
    }
    // What is no longer served is the danger of all of these.
    for was in served_domains(&before) {
        let is = served_domains(&after)
            .into_iter()
            .find(|domain| domain.domain == was.domain);
        let live = is.map_or(0, |domain| domain.live);
        if live < was.live {
            draft.plan.danger |= live == 0;
            draft.warn(match live {
                0 => format!(
                    "Domain {} is then served by no live agent: nothing of it is synchronized.",
                    was.domain
                ),
                live => format!(
                    "Domain {} is then served by {live} live agents instead of {}.",
                    was.domain, was.live
                ),
            });
        }
    }
    Ok(draft.plan)
}

fn group_of<'a>(topology: &'a AgentTopology, id: &str) -> Result<&'a AgentGroup, SteeringError> {
    topology
        .groups
        .iter()
        .find(|group| group.id == id)
        .ok_or_else(|| SteeringError::impossible(format!("there is no agent group with the id {id}")))
}

fn agent_of<'a>(topology: &'a AgentTopology, id: &str) -> Result<&'a Agent, SteeringError> {
    topology
        .agents
        .iter()
        .find(|agent| agent.id == id)
        .ok_or_else(|| SteeringError::impossible(format!("the service lists no agent with the id {id}")))
}

fn is_member(agent: &Agent, group: &AgentGroup) -> bool {
    group.agents.contains(&agent.id) || agent.groups.contains(&group.id)
}

fn members(topology: &AgentTopology, group: &AgentGroup) -> Vec<String> {
    topology
        .agents
        .iter()
        .filter(|agent| is_member(agent, group))
        .map(|agent| agent.machine_name.clone())
        .collect()
}

/// Whether a group may be called so.
fn free(topology: &AgentTopology, name: &str, but: Option<&str>) -> Result<(), SteeringError> {
    if name.trim().is_empty() || clean(name) != name || name.chars().count() > LONGEST_NAME {
        return Err(SteeringError::impossible(format!(
            "an agent group needs a name of 1 to {LONGEST_NAME} visible characters"
        )));
    }
    let taken = topology.groups.iter().any(|group| {
        Some(group.id.as_str()) != but && group.display_name.to_lowercase() == name.to_lowercase()
    });
    if taken {
        return Err(SteeringError::impossible(format!(
            "there is an agent group called {name} already"
        )));
    }
    Ok(())
}

fn check_window(window: &UpdateWindow) -> Result<(), SteeringError> {
    let time = |text: &str| text.parse::<jiff::civil::Time>();
    match (time(&window.start), time(&window.end)) {
        (Ok(start), Ok(end)) if start != end => Ok(()),
        (Ok(_), Ok(_)) => Err(SteeringError::impossible(
            "the update window begins when it ends; agents could never update",
        )),
        _ => Err(SteeringError::impossible(
            "the update window takes two times of day such as 02:00 and 04:00",
        )),
    }
}

/// The updater for people.
pub(crate) fn words(updater: &UpdaterConfiguration) -> String {
    let mut parts = Vec::new();
    if updater.allow_override {
        parts.push("hosts may be set otherwise".to_owned());
    }
    if let Some(until) = updater.defer_until {
        parts.push(format!("no update before {until}"));
    }
    if let Some(window) = &updater.window {
        let short = |time: &str| time.get(..5).unwrap_or(time).to_owned();
        parts.push(format!(
            "updates from {} to {}",
            short(&window.start),
            short(&window.end)
        ));
    } else if updater.defer_until.is_none() {
        parts.push("updates at once".to_owned());
    }
    parts.join(", ")
}

pub(super) async fn carry_out(way: &Way<'_>) -> Result<ActionOutcome, SteeringError> {
    let mut found = Vec::new();
    let mut created = Vec::new();
    let service = way.service;
    match &way.plan.action {
        Action::CreateAgentGroup { name } => {
            created.extend(lost(service.create_agent_group(name).await, &mut found)?);
        }
        Action::RenameAgentGroup { group, name } => {
            lost(service.rename_agent_group(group, name).await, &mut found)?;
        }
        Action::DeleteAgentGroup { group } => {
            lost(service.delete_agent_group(group).await, &mut found)?;
        }
        Action::AssignAgent { agent, group } => {
            lost(service.assign_agent(agent, group).await, &mut found)?;
        }
        Action::UnassignAgent { agent, group } => {
            lost(service.unassign_agent(agent, group).await, &mut found)?;
        }
        Action::SetUpdater { updater } => {
            lost(service.set_updater(updater).await, &mut found)?;
        }
        _ => return Err(SteeringError::impossible("this action is none on agents")),
    }
    way.tell("Reading the agents again.").await;
    let read = way
        .read_until(
            || service.agent_topology(),
            |topology| is_done(&way.plan.action, topology),
        )
        .await;
    match read {
        Ok((topology, as_wanted)) => {
            found.push(describe(&way.plan.action, &topology));
            if let Action::CreateAgentGroup { name } = &way.plan.action
                && created.is_empty()
            {
                created.extend(
                    topology
                        .groups
                        .iter()
                        .filter(|group| group.display_name == *name)
                        .map(|group| group.id.clone()),
                );
            }
            Ok(ActionOutcome {
                created,
                ..outcome(found, Some(as_wanted))
            })
        }
        Err(error) => Ok(ActionOutcome {
            created,
            ..unread(found, &error)
        }),
    }
}

fn is_done(action: &Action, topology: &AgentTopology) -> bool {
    let member = |agent: &str, group: &str| {
        let agent = topology.agents.iter().find(|known| known.id == *agent);
        let group = topology.groups.iter().find(|known| known.id == *group);
        agent
            .zip(group)
            .is_some_and(|(agent, group)| is_member(agent, group))
    };
    match action {
        Action::CreateAgentGroup { name } => topology.groups.iter().any(|group| group.display_name == *name),
        Action::RenameAgentGroup { group, name } => topology
            .groups
            .iter()
            .any(|known| known.id == *group && known.display_name == *name),
        Action::DeleteAgentGroup { group } => !topology.groups.iter().any(|known| known.id == *group),
        Action::AssignAgent { agent, group } => member(agent, group),
        Action::UnassignAgent { agent, group } => !member(agent, group),
        Action::SetUpdater { updater } => topology
            .updater
            .as_ref()
            .is_some_and(|now| same_updater(now, updater)),
        _ => false,
    }
}

/// The service writes times with seven digits of fractions; they are compared as times.
fn same_updater(left: &UpdaterConfiguration, right: &UpdaterConfiguration) -> bool {
    let window = |updater: &UpdaterConfiguration| {
        updater.window.as_ref().map(|window| {
            (
                window.start.parse::<jiff::civil::Time>().ok(),
                window.end.parse::<jiff::civil::Time>().ok(),
            )
        })
    };
    left.allow_override == right.allow_override
        && left.defer_until == right.defer_until
        && window(left) == window(right)
}

fn describe(action: &Action, topology: &AgentTopology) -> String {
    let of_group = |id: &str| {
        topology.groups.iter().find(|group| group.id == id).map_or_else(
            || "The group is not listed.".to_owned(),
            |group| {
                let members = members(topology, group);
                let members = if members.is_empty() {
                    "no agents".to_owned()
                } else {
                    members.join(", ")
                };
                format!("Group {}: {members}.", group.display_name)
            },
        )
    };
    match action {
        Action::SetUpdater { .. } => match &topology.updater {
            Some(updater) => format!("The updater is set: {}.", words(updater)),
            None => "The service does not say how the updater is set.".to_owned(),
        },
        Action::CreateAgentGroup { name } => {
            match topology.groups.iter().find(|group| group.display_name == *name) {
                Some(_) => format!("Group {name} is there."),
                None => format!("Group {name} is not listed."),
            }
        }
        Action::RenameAgentGroup { group, .. }
        | Action::DeleteAgentGroup { group }
        | Action::AssignAgent { group, .. }
        | Action::UnassignAgent { group, .. } => of_group(group),
        _ => String::new(),
    }
}
