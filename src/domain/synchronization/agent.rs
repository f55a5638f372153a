//! Provisioning agents, their groups and the domains they serve (facts/graph section 1).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::word::words;

/// Live agents per domain that Microsoft recommends (facts/graph section 1, health rules).
pub const RECOMMENDED_AGENTS: usize = 3;

words! {
    /// `agentStatus`.
    AgentStatus {
        /// It reported within the last hour or so.
        Active = "active",
        /// It has been silent for about an hour or more.
        Inactive = "inactive",
    }
}

/// `onPremisesAgent`. Graph knows neither its version nor when it was last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agent {
    /// Opaque id.
    pub id: String,
    /// Name of its host, cleaned.
    pub machine_name: String,
    /// The address the service sees, cleaned.
    pub external_ip: String,
    /// Whether it lives.
    pub status: AgentStatus,
    /// What it can do, as the service calls it, such as `provisioning`; unknown words are kept.
    pub publishing_types: Vec<String>,
    /// Ids of the groups it is in.
    pub groups: Vec<String>,
}

/// `onPremisesAgentGroup`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentGroup {
    /// Opaque id.
    pub id: String,
    /// Name, cleaned.
    pub display_name: String,
    /// The tenant's default group. Trusted only from the list of groups (facts/graph section 1, topology).
    pub is_default: bool,
    /// Ids of its agents.
    pub agents: Vec<String>,
    /// Ids of the resources it serves.
    pub resources: Vec<String>,
}

/// `publishedResource`: for Cloud Sync one Active Directory domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedResource {
    /// Opaque id.
    pub id: String,
    /// `resourceName`: the domain's full name, cleaned.
    pub domain: String,
}

/// The time of day in which agents may update themselves, in the agent's own zone, as the service writes it
/// (`02:00:00.0000000`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateWindow {
    /// From.
    pub start: String,
    /// To.
    pub end: String,
}

/// `hybridAgentUpdaterConfiguration`. What counts first: override, then defer, then window, then at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdaterConfiguration {
    /// Whether agents may be configured otherwise on their host.
    pub allow_override: bool,
    /// No update before this time.
    pub defer_until: Option<Timestamp>,
    /// The daily window.
    pub window: Option<UpdateWindow>,
}

/// Everything about agents, read together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentTopology {
    /// The agents the service lists now.
    pub agents: Vec<Agent>,
    /// The groups.
    pub groups: Vec<AgentGroup>,
    /// The domains.
    pub resources: Vec<PublishedResource>,
    /// When agents update themselves; nothing when the service did not say.
    pub updater: Option<UpdaterConfiguration>,
}

/// How well a domain is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DomainHealth {
    /// As many live agents as recommended, or more.
    Good,
    /// Two: works, below the recommendation.
    BelowRecommended,
    /// One: the next failure stops synchronization.
    Single,
    /// None: nothing is synchronized.
    None,
}

impl DomainHealth {
    /// From the number of live agents.
    pub fn of(live: usize) -> Self {
        match live {
            0 => Self::None,
            1 => Self::Single,
            live if live < RECOMMENDED_AGENTS => Self::BelowRecommended,
            _ => Self::Good,
        }
    }

    /// One word for a table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::BelowRecommended => "few",
            Self::Single => "single",
            Self::None => "none",
        }
    }
}

/// A domain and the agents that serve it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedDomain {
    /// Full name of the domain.
    pub domain: String,
    /// Ids of the agents, each once.
    pub agents: Vec<String>,
    /// How many of them live.
    pub live: usize,
}

impl ServedDomain {
    /// How well it is served.
    pub fn health(&self) -> DomainHealth {
        DomainHealth::of(self.live)
    }
}

/// Which agents serve which domain: resource, its groups, their agents. Sorted by domain.
pub fn served_domains(topology: &AgentTopology) -> Vec<ServedDomain> {
    let mut domains: Vec<ServedDomain> = topology
        .resources
        .iter()
        .map(|resource| {
            let in_groups = |agent: &&Agent| {
                topology
                    .groups
                    .iter()
                    .filter(|group| group.resources.contains(&resource.id))
                    .any(|group| group.agents.contains(&agent.id) || agent.groups.contains(&group.id))
            };
            let agents: Vec<&Agent> = topology.agents.iter().filter(in_groups).collect();
            ServedDomain {
                domain: resource.domain.clone(),
                live: agents
                    .iter()
                    .filter(|agent| agent.status == AgentStatus::Active)
                    .count(),
                agents: agents.into_iter().map(|agent| agent.id.clone()).collect(),
            }
        })
        .collect();
    domains.sort_by(|left, right| left.domain.cmp(&right.domain));
    domains
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_case_and_unknown_ones_are_kept() {
        assert_eq!(AgentStatus::from_word("Active"), AgentStatus::Active);
        assert_eq!(AgentStatus::from_word("as\u{1b}leep").word(), "asleep");
    }

    #[test]
    fn a_domain_counts_each_live_agent_once() {
        let agent = |id: &str, status| Agent {
            id: id.to_owned(),
            machine_name: id.to_owned(),
            external_ip: String::new(),
            status,
            publishing_types: Vec::new(),
            groups: vec!["g1".to_owned(), "g2".to_owned()],
        };
        let group = |id: &str| AgentGroup {
            id: id.to_owned(),
            display_name: id.to_owned(),
            is_default: false,
            agents: vec!["a".to_owned()],
            resources: vec!["r".to_owned()],
        };
        let topology = AgentTopology {
            agents: vec![agent("a", AgentStatus::Active), agent("b", AgentStatus::Inactive)],
            groups: vec![group("g1"), group("g2")],
            resources: vec![PublishedResource {
                id: "r".to_owned(),
                domain: "contoso.com".to_owned(),
            }],
            updater: None,
        };
        let served = served_domains(&topology);
        assert_eq!((served[0].live, served[0].agents.len()), (1, 2));
        assert_eq!(served[0].health(), DomainHealth::Single);
        assert_eq!(
            [0, 1, 2, 3, 9].map(DomainHealth::of),
            [
                DomainHealth::None,
                DomainHealth::Single,
                DomainHealth::BelowRecommended,
                DomainHealth::Good,
                DomainHealth::Good
            ]
        );
    }
}
