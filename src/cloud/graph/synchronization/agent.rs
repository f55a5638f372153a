//! Agents, their groups, the domains they serve, the updater (facts/graph section 1). Beta only, people only.

use jiff::{Timestamp, civil::Time};
use reqwest::Method;
use serde_json::{Value, json};

use super::{SynchronizationClient, address::provisioning_profile, subject::AGENTS};
use crate::{
    cloud::{
        graph::{
            body::body,
            client::Manner,
            error::malformed,
            place::{Place, Version},
        },
        transport::Body,
    },
    domain::{
        ErrorClass, ServiceError,
        synchronization::{
            Agent, AgentGroup, AgentStatus, AgentTopology, PublishedResource, UpdateWindow,
            UpdaterConfiguration,
        },
        text,
        wire::{Moment, Wire, member, wire},
    },
};

wire! {
    /// The profile of provisioning agents.
    pub(super) struct ProfileAnswer = "onPremisesPublishingProfile" {
        updater: Option<UpdaterAnswer> = "hybridAgentUpdaterConfiguration",
        resources: Vec<ResourceAnswer> = "publishedResources",
    }
}

wire! {
    /// When agents update themselves.
    pub(super) struct UpdaterAnswer = "hybridAgentUpdaterConfiguration" {
        allow_override: bool = "allowUpdateConfigurationOverride",
        defer_until: Moment = "deferUpdateDateTime",
        window: Option<WindowAnswer> = "updateWindow",
    }
}

wire! {
    /// A time of day.
    pub(super) struct WindowAnswer = "updateWindow" {
        start: String = "updateWindowStartTime",
        end: String = "updateWindowEndTime",
    }
}

wire! {
    /// An agent.
    pub(super) struct AgentAnswer = "onPremisesAgent" {
        id: String = "id",
        machine_name: String = "machineName",
        external_ip: String = "externalIp",
        status: AgentStatus = "status",
        publishing_types: Vec<String> = "supportedPublishingTypes",
        groups: Vec<GroupMember> = "agentGroups",
    }
}

wire! {
    /// A group inside an agent: its `isDefault` is not to be trusted (facts/graph section 1, topology).
    pub(super) struct GroupMember = "onPremisesAgentGroup" {
        id: String = "id",
    }
}

wire! {
    /// A group.
    pub(super) struct GroupAnswer = "onPremisesAgentGroup" {
        id: String = "id",
        display_name: String = "displayName",
        is_default: bool = "isDefault",
        publishing_type: String = "publishingType",
        agents: Vec<AgentMember> = "agents",
        resources: Vec<ResourceAnswer> = "publishedResources",
    }
}

wire! {
    /// An agent inside a group.
    pub(super) struct AgentMember = "onPremisesAgent" {
        id: String = "id",
    }
}

wire! {
    /// A domain.
    pub(super) struct ResourceAnswer = "publishedResource" {
        id: String = "id",
        display_name: String = "displayName",
        resource_name: Option<String> = "resourceName",
        publishing_type: String = "publishingType",
    }
}

body! {
    /// Creates or renames a group.
    pub(super) struct GroupName = "onPremisesAgentGroup" {
        display_name: String = "displayName",
    }
}

body! {
    /// Changes the profile.
    pub(super) struct ProfileChange = "onPremisesPublishingProfile" {
        updater: UpdaterChange = "hybridAgentUpdaterConfiguration",
    }
}

body! {
    /// Changes the updater.
    pub(super) struct UpdaterChange = "hybridAgentUpdaterConfiguration" {
        allow_override: bool = "allowUpdateConfigurationOverride",
        defer_until: Option<Timestamp> = "deferUpdateDateTime",
        window: Option<WindowChange> = "updateWindow",
    }
}

body! {
    /// Changes the window.
    pub(super) struct WindowChange = "updateWindow" {
        start: String = "updateWindowStartTime",
        end: String = "updateWindowEndTime",
    }
}

/// Other kinds of publishing share the profile's types; a word that is not said is no reason to hide anything.
fn is_provisioning(publishing_type: &str) -> bool {
    publishing_type.is_empty() || publishing_type.eq_ignore_ascii_case("provisioning")
}

/// Puts together what the three readings say.
fn topology(agents: &[Value], groups: &[Value], profile: Option<&Value>) -> AgentTopology {
    let profile = profile.and_then(ProfileAnswer::read);
    let agents: Vec<AgentAnswer> = agents.iter().filter_map(AgentAnswer::read).collect();
    let groups: Vec<GroupAnswer> = groups.iter().filter_map(GroupAnswer::read).collect();
    let (updater, listed) = match profile {
        Some(profile) => (profile.updater, profile.resources),
        None => (None, Vec::new()),
    };
    let mut resources: Vec<PublishedResource> = Vec::new();
    let all = listed
        .iter()
        .chain(groups.iter().flat_map(|group| &group.resources));
    for resource in all.filter(|resource| is_provisioning(&resource.publishing_type)) {
        if !resource.id.is_empty() && !resources.iter().any(|known| known.id == resource.id) {
            resources.push(PublishedResource {
                id: resource.id.clone(),
                domain: resource
                    .resource_name
                    .clone()
                    .unwrap_or_else(|| resource.display_name.clone()),
            });
        }
    }
    AgentTopology {
        agents: agents
            .into_iter()
            .filter(|agent| !agent.id.is_empty())
            .map(|agent| Agent {
                groups: ids(agent.groups.into_iter().map(|group| group.id)),
                id: agent.id,
                machine_name: agent.machine_name,
                external_ip: agent.external_ip,
                status: agent.status,
                publishing_types: agent.publishing_types,
            })
            .collect(),
        groups: groups
            .into_iter()
            .filter(|group| !group.id.is_empty() && is_provisioning(&group.publishing_type))
            .map(|group| AgentGroup {
                agents: ids(group.agents.into_iter().map(|agent| agent.id)),
                resources: ids(group.resources.into_iter().map(|resource| resource.id)),
                id: group.id,
                display_name: group.display_name,
                is_default: group.is_default,
            })
            .collect(),
        resources,
        updater: updater.map(|updater| UpdaterConfiguration {
            allow_override: updater.allow_override,
            defer_until: updater.defer_until.0,
            window: updater.window.map(|window| UpdateWindow {
                start: window.start,
                end: window.end,
            }),
        }),
    }
}

fn ids(ids: impl Iterator<Item = String>) -> Vec<String> {
    ids.filter(|id| !id.is_empty()).collect()
}

/// A time of day as the service takes it (`Edm.TimeOfDay`), from any usual spelling.
fn time_of_day(time: &str) -> Result<String, ServiceError> {
    let read: Result<Time, _> = time.trim().parse();
    let time = read.map_err(|_| {
        ServiceError::new(
            ErrorClass::Rejected,
            format!("`{}` is no time of day", text::clean_to(time, 40)),
        )
        .with_advice("Write it as hours and minutes, such as 02:00.")
    })?;
    Ok(format!("{}.0000000", time.strftime("%H:%M:%S")))
}

impl SynchronizationClient {
    /// Agents, groups, domains and the updater, read together; needs `Policy.Read.HybridAuthentication`, delegated.
    pub async fn agent_topology(&self) -> Result<AgentTopology, ServiceError> {
        let places = [
            provisioning_profile()
                .then("agents")
                .with("$expand", "agentGroups"),
            provisioning_profile()
                .then("agentGroups")
                .with("$expand", "agents,publishedResources"),
            provisioning_profile().with("$expand", "publishedResources"),
        ];
        let parts = self
            .graph
            .read_parts(Version::Beta, &places, "agents and groups", &AGENTS)
            .await?;
        let Ok([agents, groups, profile]) = <[_; 3]>::try_from(parts) else {
            return Err(malformed("Graph did not answer every part of a batch"));
        };
        let agents = self.graph.rest(agents?, "agents", &AGENTS).await?;
        let groups = self.graph.rest(groups?, "agent groups", &AGENTS).await?;
        // The profile adds the updater and domains without a group: without it the rest still holds.
        Ok(topology(&agents, &groups, profile.ok().as_ref()))
    }

    /// Creates an agent group; its id. Needs `Policy.ReadWrite.HybridAuthentication`, as everything below.
    pub async fn create_agent_group(&self, name: &str) -> Result<String, ServiceError> {
        let body = GroupName {
            display_name: name.to_owned(),
        };
        let place = provisioning_profile().then("agentGroups");
        let created = self
            .graph
            .post(&place, Some(body.json()?), "create agent group", &AGENTS)
            .await?;
        member(&created, "id").and_then(String::read).ok_or_else(|| {
            ServiceError::new(ErrorClass::Lost, "Graph did not say which group it created")
                .with_advice("The group was created. Read the agents again.")
        })
    }

    /// Renames an agent group.
    pub async fn rename_agent_group(&self, group: &str, name: &str) -> Result<(), ServiceError> {
        let body = GroupName {
            display_name: name.to_owned(),
        };
        let place = provisioning_profile().then("agentGroups").id(group)?;
        self.change(Method::PATCH, &place, Some(body.json()?), "rename agent group")
            .await
    }

    /// Deletes an agent group.
    pub async fn delete_agent_group(&self, group: &str) -> Result<(), ServiceError> {
        let place = provisioning_profile().then("agentGroups").id(group)?;
        self.change(Method::DELETE, &place, None, "delete agent group")
            .await
    }

    /// Puts an agent into a group. The body is an OData reference; its shape is inferred (facts/graph section 1).
    pub async fn assign_agent(&self, agent: &str, group: &str) -> Result<(), ServiceError> {
        let target = self
            .graph
            .url(&provisioning_profile().then("agentGroups").id(group)?)?;
        let body = json!({ "@odata.id": target.as_str() }).to_string().into_bytes();
        let place = provisioning_profile()
            .then("agents")
            .id(agent)?
            .then("agentGroups/$ref");
        self.change(Method::POST, &place, Some(body), "assign agent to group")
            .await
    }

    /// Takes an agent out of a group.
    pub async fn unassign_agent(&self, agent: &str, group: &str) -> Result<(), ServiceError> {
        let place = provisioning_profile()
            .then("agents")
            .id(agent)?
            .then("agentGroups")
            .id(group)?
            .then("$ref");
        self.change(Method::DELETE, &place, None, "take agent out of group")
            .await
    }

    /// Sets when agents update themselves; needs `Directory.ReadWrite.All`.
    pub async fn set_updater(&self, updater: &UpdaterConfiguration) -> Result<(), ServiceError> {
        let window = match &updater.window {
            Some(window) => Some(WindowChange {
                start: time_of_day(&window.start)?,
                end: time_of_day(&window.end)?,
            }),
            None => None,
        };
        let body = ProfileChange {
            updater: UpdaterChange {
                allow_override: updater.allow_override,
                defer_until: updater.defer_until,
                window,
            },
        };
        self.change(
            Method::PATCH,
            &provisioning_profile(),
            Some(body.json()?),
            "set updater of agents",
        )
        .await
    }

    async fn change(
        &self,
        method: Method,
        place: &Place,
        body: Option<Vec<u8>>,
        operation: &str,
    ) -> Result<(), ServiceError> {
        let body = body.map_or(Body::Empty, |bytes| Body::Json(bytes.into()));
        self.graph
            .write(method, place, body, operation, &AGENTS, &Manner::default())
            .await
            .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_written_as_the_service_takes_them() {
        for (given, expected) in [
            ("02:00", "02:00:00.0000000"),
            ("02:00:00.0000000", "02:00:00.0000000"),
            ("23:59:30", "23:59:30.0000000"),
        ] {
            assert_eq!(time_of_day(given).unwrap(), expected);
        }
        for nonsense in ["", "25:00", "two"] {
            assert_eq!(time_of_day(nonsense).unwrap_err().class, ErrorClass::Rejected);
        }
    }

    #[test]
    fn domains_come_from_the_profile_and_from_groups_each_once() {
        let groups = [
            json!({"id": "g", "displayName": "G", "publishingType": "Provisioning",
            "publishedResources": [{"id": "r1", "resourceName": "a.b"}, {"id": "r2", "displayName": "c.d"}]}),
            json!({"id": "other", "publishingType": "applicationProxy"}),
        ];
        let profile = json!({"hybridAgentUpdaterConfiguration": null,
            "publishedResources": [{"id": "r1", "resourceName": "a.b"}, {"id": "r3", "resourceName": "e.f"}]});
        let agents = [
            json!({"id": "a", "status": "Active", "agentGroups": [{"id": "g", "isDefault": false}]}),
            json!(7),
        ];
        let found = topology(&agents, &groups, Some(&profile));
        let domains: Vec<&str> = found
            .resources
            .iter()
            .map(|resource| resource.domain.as_str())
            .collect();
        assert_eq!(domains, ["a.b", "e.f", "c.d"]);
        assert_eq!((found.agents.len(), found.groups.len()), (1, 1));
        assert_eq!(found.agents[0].groups, ["g"]);
        assert_eq!(found.updater, None);
    }
}
