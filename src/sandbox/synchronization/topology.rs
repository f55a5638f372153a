//! Provisioning agents, their groups and the domains they serve (facts/graph section 1).

use serde_json::{Value, json};
use uuid::Uuid;

use super::clock::{SECOND, Ticks};
use super::directory::purpose;
use crate::sandbox::seed::uuid;

/// A silent agent is called inactive after this time (an hour at the real service), and forgotten after the other
/// (about ten days).
pub(super) const INACTIVE_AFTER: Ticks = 30 * SECOND;
pub(super) const FORGOTTEN_AFTER: Ticks = 180 * SECOND;

/// How an agent looks from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Standing {
    Active,
    Inactive,
    Vanished,
}

impl Standing {
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Vanished => "vanished",
        }
    }
}

/// `onPremisesAgent`.
pub(in crate::sandbox) struct Agent {
    pub id: Uuid,
    pub number: u32,
    pub machine_name: String,
    pub external_ip: String,
    /// Since when nothing was heard of it.
    pub silent: Option<Ticks>,
}

impl Agent {
    pub fn standing(&self, now: Ticks) -> Standing {
        match self.silent.map(|since| now - since) {
            Some(silence) if silence >= FORGOTTEN_AFTER => Standing::Vanished,
            Some(silence) if silence >= INACTIVE_AFTER => Standing::Inactive,
            _ => Standing::Active,
        }
    }

    fn json(&self, now: Ticks) -> Value {
        // Documents write `Active`, live answers `active`; here every other agent is one of them.
        let status = match self.standing(now) {
            Standing::Active if self.number.is_multiple_of(2) => "Active",
            standing => standing.word(),
        };
        json!({
            "id": self.id,
            "machineName": self.machine_name,
            "externalIp": self.external_ip,
            "status": status,
            "supportedPublishingTypes": ["provisioning"],
        })
    }
}

/// `onPremisesAgentGroup`.
pub(in crate::sandbox) struct AgentGroup {
    pub id: Uuid,
    pub display_name: String,
    pub is_default: bool,
    pub agents: Vec<Uuid>,
    pub resources: Vec<Uuid>,
}

impl AgentGroup {
    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "displayName": self.display_name,
            "publishingType": "provisioning",
            "isDefault": self.is_default,
        })
    }
}

/// `publishedResource`: a domain.
pub(in crate::sandbox) struct Resource {
    pub id: Uuid,
    pub display_name: String,
    pub resource_name: String,
}

impl Resource {
    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "displayName": self.display_name,
            "resourceName": self.resource_name,
            "publishingType": "provisioning",
        })
    }
}

/// Which expansions a request asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Expand(Vec<String>);

impl Expand {
    pub fn parse(text: &str) -> Self {
        Self(
            text.split(',')
                .map(|name| name.trim().to_ascii_lowercase())
                .collect(),
        )
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|known| known == "*" || known == name)
    }
}

/// Everything about agents.
#[derive(Default)]
pub(in crate::sandbox) struct Topology {
    pub agents: Vec<Agent>,
    pub groups: Vec<AgentGroup>,
    pub resources: Vec<Resource>,
    /// `hybridAgentUpdaterConfiguration` as it was set.
    pub updater: Value,
    made: u32,
}

impl Topology {
    pub fn new() -> Self {
        Self {
            updater: json!({
                "allowUpdateConfigurationOverride": false,
                "deferUpdateDateTime": null,
                "updateWindow": {
                    "updateWindowStartTime": "02:00:00.0000000",
                    "updateWindowEndTime": "05:00:00.0000000",
                },
            }),
            ..Self::default()
        }
    }

    /// An identifier nobody has.
    fn next_id(&mut self, seed: u64, purpose: u64) -> Uuid {
        self.made += 1;
        uuid(seed, self.made, purpose)
    }

    pub fn add_agent(&mut self, seed: u64, machine_name: String) -> Uuid {
        let id = self.next_id(seed, purpose::AGENT);
        let number = self.agents.len() as u32;
        self.agents.push(Agent {
            id,
            number,
            machine_name,
            external_ip: format!("203.0.113.{}", 10 + number % 200),
            silent: None,
        });
        id
    }

    pub fn add_group(&mut self, seed: u64, display_name: &str) -> &mut AgentGroup {
        let id = self.next_id(seed, purpose::AGENT_GROUP);
        self.groups.push(AgentGroup {
            id,
            display_name: display_name.to_owned(),
            is_default: false,
            agents: Vec::new(),
            resources: Vec::new(),
        });
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    pub fn add_resource(&mut self, seed: u64, display_name: &str, resource_name: &str) -> Uuid {
        let id = self.next_id(seed, purpose::RESOURCE);
        self.resources.push(Resource {
            id,
            display_name: display_name.to_owned(),
            resource_name: resource_name.to_owned(),
        });
        id
    }

    pub fn agent(&self, id: &str, now: Ticks) -> Option<&Agent> {
        let id = Uuid::try_parse(id).ok()?;
        self.listed(now).find(|agent| agent.id == id)
    }

    pub fn agent_mut(&mut self, id: &str) -> Option<&mut Agent> {
        let id = Uuid::try_parse(id).ok()?;
        self.agents.iter_mut().find(|agent| agent.id == id)
    }

    pub fn group(&self, id: &str) -> Option<&AgentGroup> {
        let id = Uuid::try_parse(id).ok()?;
        self.groups.iter().find(|group| group.id == id)
    }

    pub fn group_mut(&mut self, id: &str) -> Option<&mut AgentGroup> {
        let id = Uuid::try_parse(id).ok()?;
        self.groups.iter_mut().find(|group| group.id == id)
    }

    pub fn resource(&self, id: &str) -> Option<&Resource> {
        let id = Uuid::try_parse(id).ok()?;
        self.resources.iter().find(|resource| resource.id == id)
    }

    /// Agents the service still knows.
    pub fn listed(&self, now: Ticks) -> impl Iterator<Item = &Agent> {
        self.agents
            .iter()
            .filter(move |agent| agent.standing(now) != Standing::Vanished)
    }

    /// Agents of a domain: resource, its groups, their agents. Nothing when nobody published the domain.
    fn serving(&self, domain: &str) -> Option<Vec<&Agent>> {
        let resource = self
            .resources
            .iter()
            .find(|resource| resource.resource_name.eq_ignore_ascii_case(domain))?;
        let groups = || {
            self.groups
                .iter()
                .filter(|group| group.resources.contains(&resource.id))
        };
        let serves = |agent: &&Agent| groups().any(|group| group.agents.contains(&agent.id));
        Some(self.agents.iter().filter(serves).collect())
    }

    /// Why nothing can be done in a domain, by the code the service would give (facts/connect section 8).
    pub fn trouble(&self, domain: Option<&str>, now: Ticks) -> Option<&'static str> {
        let Some(agents) = domain.and_then(|domain| self.serving(domain)) else {
            return Some("HybridIdentityServiceInvalidResource");
        };
        let known = agents
            .iter()
            .any(|agent| agent.standing(now) != Standing::Vanished);
        if !known {
            return Some("HybridIdentityServiceNoAgentsAssigned");
        }
        let listening = agents.iter().any(|agent| agent.silent.is_none());
        (!listening).then_some("HybridIdentityServiceNoActiveAgents")
    }

    /// The domains an agent serves.
    pub fn domains_of(&self, agent: &Agent) -> Vec<&str> {
        self.resources
            .iter()
            .filter(|resource| {
                self.groups
                    .iter()
                    .any(|group| group.resources.contains(&resource.id) && group.agents.contains(&agent.id))
            })
            .map(|resource| resource.resource_name.as_str())
            .collect()
    }

    pub fn agent_json(&self, agent: &Agent, expand: &Expand, now: Ticks) -> Value {
        let mut json = agent.json(now);
        if expand.has("agentgroups") {
            let groups = self
                .groups
                .iter()
                .filter(|group| group.agents.contains(&agent.id));
            // Seen from an agent, no group is the default one: trust the list of groups (facts/graph section 1).
            json["agentGroups"] = groups
                .map(|group| {
                    let mut json = group.json();
                    json["isDefault"] = false.into();
                    json
                })
                .collect();
        }
        json
    }

    pub fn group_json(&self, group: &AgentGroup, expand: &Expand, now: Ticks) -> Value {
        let mut json = group.json();
        if expand.has("agents") {
            let members = self.listed(now).filter(|agent| group.agents.contains(&agent.id));
            json["agents"] = members.map(|agent| agent.json(now)).collect();
        }
        if expand.has("publishedresources") {
            let resources = self
                .resources
                .iter()
                .filter(|resource| group.resources.contains(&resource.id));
            json["publishedResources"] = resources.map(Resource::json).collect();
        }
        json
    }

    pub fn resource_json(&self, resource: &Resource, expand: &Expand) -> Value {
        let mut json = resource.json();
        if expand.has("agentgroups") {
            let groups = self
                .groups
                .iter()
                .filter(|group| group.resources.contains(&resource.id));
            json["agentGroups"] = groups.map(AgentGroup::json).collect();
        }
        json
    }

    /// `onPremisesPublishingProfile`.
    pub fn profile_json(&self, expand: &Expand, now: Ticks) -> Value {
        let none = Expand::default();
        let mut json = json!({
            "id": "provisioning",
            "hybridAgentUpdaterConfiguration": self.updater,
            "isDefaultAccessEnabled": false,
            "isEnabled": true,
        });
        if expand.has("agents") {
            json["agents"] = self
                .listed(now)
                .map(|agent| self.agent_json(agent, &none, now))
                .collect();
        }
        if expand.has("agentgroups") {
            json["agentGroups"] = self
                .groups
                .iter()
                .map(|group| self.group_json(group, &none, now))
                .collect();
        }
        if expand.has("publishedresources") {
            json["publishedResources"] = self.resources.iter().map(Resource::json).collect();
        }
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_ends_in_oblivion_and_trouble_has_three_names() {
        let mut topology = Topology::new();
        let agent = topology.add_agent(1, "SYNC01".to_owned());
        let resource = topology.add_resource(1, "contoso.com", "contoso.com");
        topology.add_group(1, "Group").resources.push(resource);
        let trouble = |topology: &Topology, at| topology.trouble(Some("Contoso.com"), at);
        assert_eq!(
            topology.trouble(Some("other.com"), 0),
            Some("HybridIdentityServiceInvalidResource")
        );
        assert_eq!(
            topology.trouble(None, 0),
            Some("HybridIdentityServiceInvalidResource")
        );
        assert_eq!(
            trouble(&topology, 0),
            Some("HybridIdentityServiceNoAgentsAssigned")
        );
        topology.groups[0].agents.push(agent);
        assert_eq!(trouble(&topology, 0), None);
        topology.agents[0].silent = Some(0);
        assert_eq!(trouble(&topology, 1), Some("HybridIdentityServiceNoActiveAgents"));
        assert_eq!(topology.agents[0].standing(INACTIVE_AFTER - 1), Standing::Active);
        assert_eq!(topology.agents[0].standing(INACTIVE_AFTER), Standing::Inactive);
        assert_eq!(topology.listed(FORGOTTEN_AFTER).count(), 0);
        assert_eq!(
            trouble(&topology, FORGOTTEN_AFTER),
            Some("HybridIdentityServiceNoAgentsAssigned")
        );
    }
}
