//! `/onPremisesPublishingProfiles/provisioning` (facts/graph section 1): beta, and delegated sign-in only.

use serde_json::Value;
use uuid::Uuid;

use super::permission::{READ_AGENTS, RESOURCES, UPDATER, WRITE_AGENTS};
use super::routes::Context;
use crate::sandbox::reply::Reply;

type Answer = Result<Reply, Box<Reply>>;

/// Answers everything below the profile; `names` are in lower case, `raw` are as they came.
pub(super) fn route(context: &mut Context, names: &[&str], raw: &[&str]) -> Reply {
    context.sync.asks.agents += 1;
    answer(context, names, raw).unwrap_or_else(|reply| *reply)
}

fn answer(context: &mut Context, names: &[&str], raw: &[&str]) -> Answer {
    let read = context.method == "GET";
    match (context.method, names) {
        ("GET", [] | ["agents"] | ["agents", _] | ["agentgroups"] | ["agentgroups", _]) => {
            context.needs(&READ_AGENTS)?;
        }
        ("PATCH", [] | ["hybridagentupdaterconfiguration"]) => context.needs(&UPDATER)?,
        (_, ["publishedresources", ..]) => context.needs(&RESOURCES)?,
        _ => context.needs(&WRITE_AGENTS)?,
    }
    let (expand, now) = (context.expand(), context.now);
    let topology = &context.sync.topology;
    Ok(match (context.method, names) {
        ("GET", []) => context.entity(
            200,
            "onPremisesPublishingProfiles/$entity",
            topology.profile_json(&expand, now),
        ),
        ("PATCH", []) => {
            let body = context.json()?;
            set_updater(context, &body["hybridAgentUpdaterConfiguration"])?
        }
        ("PATCH", ["hybridagentupdaterconfiguration"]) => {
            let body = context.json()?;
            set_updater(context, &body)?
        }
        ("GET", ["agents"]) => {
            let rows = topology
                .listed(now)
                .map(|agent| topology.agent_json(agent, &expand, now));
            context.list(
                "onPremisesPublishingProfiles('provisioning')/agents",
                rows.collect(),
            )
        }
        ("GET", ["agents", _]) => {
            let agent = topology
                .agent(raw[1], now)
                .ok_or_else(|| context.not_found(raw[1]))?;
            context.entity(
                200,
                "onPremisesPublishingProfiles('provisioning')/agents/$entity",
                topology.agent_json(agent, &expand, now),
            )
        }
        ("GET", ["agentgroups"]) => {
            let rows = topology
                .groups
                .iter()
                .map(|group| topology.group_json(group, &expand, now));
            context.list(
                "onPremisesPublishingProfiles('provisioning')/agentGroups",
                rows.collect(),
            )
        }
        ("GET", ["agentgroups", _]) => {
            let group = topology.group(raw[1]).ok_or_else(|| context.not_found(raw[1]))?;
            context.entity(200, GROUP, topology.group_json(group, &expand, now))
        }
        ("GET", ["publishedresources"]) => {
            let rows = topology
                .resources
                .iter()
                .map(|it| topology.resource_json(it, &expand));
            context.list(
                "onPremisesPublishingProfiles('provisioning')/publishedResources",
                rows.collect(),
            )
        }
        ("GET", ["publishedresources", _]) => {
            let it = topology
                .resource(raw[1])
                .ok_or_else(|| context.not_found(raw[1]))?;
            context.entity(200, RESOURCE, topology.resource_json(it, &expand))
        }
        ("POST", ["agentgroups"]) => {
            let name = display_name(context)?;
            let seed = context.seed();
            let id = context.sync.topology.add_group(seed, &name).id.to_string();
            let topology = &context.sync.topology;
            let group = topology.group(&id).ok_or_else(|| context.not_found(&id))?;
            context.entity(201, GROUP, topology.group_json(group, &expand, now))
        }
        ("PATCH", ["agentgroups", _]) => {
            let name = display_name(context)?;
            group_mut(context, raw[1])?.display_name = name;
            context.done()
        }
        ("DELETE", ["agentgroups", _]) => {
            let group = group_mut(context, raw[1])?;
            if group.is_default {
                return Err(Box::new(context.refuse(
                    400,
                    "BadRequest",
                    "The default group can't be deleted.",
                )));
            }
            let id = group.id;
            context.sync.topology.groups.retain(|known| known.id != id);
            context.done()
        }
        ("POST", ["agents", _, "agentgroups", "$ref"]) => {
            let group = reference(context, "agentgroups")?;
            assign(context, raw[1], &group, true)?
        }
        ("POST", ["agentgroups", _, "agents", "$ref"]) => {
            let agent = reference(context, "agents")?;
            assign(context, &agent, raw[1], true)?
        }
        ("DELETE", ["agents", _, "agentgroups", _, "$ref"]) => assign(context, raw[1], raw[3], false)?,
        ("DELETE", ["agentgroups", _, "agents", _, "$ref"]) => assign(context, raw[3], raw[1], false)?,
        ("POST", ["publishedresources"]) => {
            let name = display_name(context)?;
            let body = context.json()?;
            let resource = body["resourceName"].as_str().unwrap_or(&name);
            let seed = context.seed();
            let id = context
                .sync
                .topology
                .add_resource(seed, &name, resource)
                .to_string();
            let topology = &context.sync.topology;
            let it = topology.resource(&id).ok_or_else(|| context.not_found(&id))?;
            context.entity(201, RESOURCE, topology.resource_json(it, &expand))
        }
        ("DELETE", ["publishedresources", _]) => {
            let id = topology
                .resource(raw[1])
                .ok_or_else(|| context.not_found(raw[1]))?
                .id;
            context.sync.topology.resources.retain(|known| known.id != id);
            context.done()
        }
        ("POST", ["publishedresources", _, "agentgroups", "$ref"]) => {
            let group = reference(context, "agentgroups")?;
            let id = topology_resource(context, raw[1])?;
            let group = group_mut(context, &group)?;
            if !group.resources.contains(&id) {
                group.resources.push(id);
            }
            context.done()
        }
        ("DELETE", ["publishedresources", _, "agentgroups", _, "$ref"]) => {
            let id = topology_resource(context, raw[1])?;
            group_mut(context, raw[3])?.resources.retain(|known| *known != id);
            context.done()
        }
        _ if read => context.refuse(400, "BadRequest", "Resource not found for the segment."),
        _ => context.not_allowed(),
    })
}

const GROUP: &str = "onPremisesPublishingProfiles('provisioning')/agentGroups/$entity";
const RESOURCE: &str = "onPremisesPublishingProfiles('provisioning')/publishedResources/$entity";

fn topology_resource(context: &Context, id: &str) -> Result<Uuid, Box<Reply>> {
    let found = context.sync.topology.resource(id);
    found
        .map(|it| it.id)
        .ok_or_else(|| Box::new(context.not_found(id)))
}

fn group_mut<'a>(
    context: &'a mut Context,
    id: &str,
) -> Result<&'a mut super::topology::AgentGroup, Box<Reply>> {
    if context.sync.topology.group(id).is_none() {
        return Err(Box::new(context.not_found(id)));
    }
    let missing = Box::new(Reply::new(404, Vec::new()));
    context.sync.topology.group_mut(id).ok_or(missing)
}

fn display_name(context: &Context) -> Result<String, Box<Reply>> {
    let body = context.json()?;
    body["displayName"]
        .as_str()
        .filter(|name| !name.trim().is_empty())
        .map(str::to_owned)
        .ok_or_else(|| {
            Box::new(context.refuse(
                400,
                "BadRequest",
                "A value is required for property 'displayName'.",
            ))
        })
}

/// The id at the end of `@odata.id`, which must lead into a collection of this profile.
fn reference(context: &Context, collection: &str) -> Result<String, Box<Reply>> {
    let body = context.json()?;
    let link = body["@odata.id"].as_str().unwrap_or_default();
    let mut parts = link.rsplit('/');
    let (id, of) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if !of.eq_ignore_ascii_case(collection) || id.is_empty() {
        let text = "A valid '@odata.id' must be given.";
        return Err(Box::new(context.refuse(400, "BadRequest", text)));
    }
    Ok(id.to_owned())
}

/// Puts an agent into a group or takes it out.
fn assign(context: &mut Context, agent: &str, group: &str, member: bool) -> Answer {
    let now = context.now;
    let agent = match context.sync.topology.agent(agent, now) {
        Some(agent) => agent.id,
        None => return Err(Box::new(context.not_found(agent))),
    };
    let group = group_mut(context, group)?;
    group.agents.retain(|known| *known != agent);
    if member {
        group.agents.push(agent);
    }
    Ok(context.done())
}

/// Sets members of `hybridAgentUpdaterConfiguration`, after a look at their types.
fn set_updater(context: &mut Context, given: &Value) -> Answer {
    let time_of_day = |value: &Value| {
        value.is_null()
            || value
                .as_str()
                .is_some_and(|text| text.get(..8).unwrap_or(text).parse::<jiff::civil::Time>().is_ok())
    };
    let fits = given.as_object().is_some_and(|members| {
        !members.is_empty()
            && members.iter().all(|(name, value)| match name.as_str() {
                "allowUpdateConfigurationOverride" => value.is_boolean(),
                "deferUpdateDateTime" => {
                    value.is_null()
                        || value
                            .as_str()
                            .is_some_and(|text| super::clock::parse(text).is_some())
                }
                "updateWindow" => {
                    value.is_null()
                        || value.as_object().is_some_and(|window| {
                            window.iter().all(|(name, value)| {
                                matches!(name.as_str(), "updateWindowStartTime" | "updateWindowEndTime")
                                    && time_of_day(value)
                            })
                        })
                }
                name => name.starts_with('@'),
            })
    });
    if !fits {
        let text = "The value of 'hybridAgentUpdaterConfiguration' is not valid.";
        return Err(Box::new(context.refuse(400, "BadRequest", text)));
    }
    for (name, value) in given.as_object().into_iter().flatten() {
        if !name.starts_with('@') {
            context.sync.topology.updater[name.as_str()] = value.clone();
        }
    }
    Ok(context.done())
}
