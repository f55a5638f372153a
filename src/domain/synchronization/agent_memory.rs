//! What Handover itself remembers of agents. The service forgets an agent about ten days after its last sign of life and
//! never says when that was (facts/graph section 0, finding 3).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::agent::{Agent, AgentStatus};

/// One agent, as seen over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentRecord {
    /// The agent as last listed.
    pub agent: Agent,
    /// Names of its groups as last listed.
    pub group_names: Vec<String>,
    /// Domains it served as last listed.
    pub domains: Vec<String>,
    /// When Handover first saw it listed.
    pub first_seen: Timestamp,
    /// When Handover last saw it listed, whatever its status.
    pub last_seen: Timestamp,
    /// When Handover last saw it active; nothing when never.
    pub last_active: Option<Timestamp>,
    /// When it was first found not listed, or not active, any more; nothing while it is active.
    pub silent_since: Option<Timestamp>,
    /// Whether the service listed it at the latest reading.
    pub listed: bool,
}

/// What to say about an agent (design section 2, `agents list`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgentPresence {
    /// Listed as active.
    Active,
    /// Listed, but not as active.
    Inactive,
    /// Was listed once, is no longer.
    Vanished,
}

impl AgentPresence {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Vanished => "vanished",
        }
    }
}

impl AgentRecord {
    /// How it is.
    pub fn presence(&self) -> AgentPresence {
        match (self.listed, &self.agent.status) {
            (false, _) => AgentPresence::Vanished,
            (true, AgentStatus::Active) => AgentPresence::Active,
            (true, _) => AgentPresence::Inactive,
        }
    }
}

/// Every agent ever seen in one tenant, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentMemory {
    /// The agents.
    pub agents: BTreeMap<String, AgentRecord>,
}

/// What one reading says about one agent.
pub struct Sighting {
    /// The agent.
    pub agent: Agent,
    /// Names of its groups.
    pub group_names: Vec<String>,
    /// Domains it serves.
    pub domains: Vec<String>,
}

impl AgentMemory {
    /// Takes in one whole reading; the agents whose presence changed, with what it was before (nothing: never seen).
    pub fn observe(
        &mut self,
        seen: Vec<Sighting>,
        now: Timestamp,
    ) -> Vec<(String, Option<AgentPresence>, AgentPresence)> {
        let before: BTreeMap<String, AgentPresence> = self
            .agents
            .iter()
            .map(|(id, record)| (id.clone(), record.presence()))
            .collect();
        for record in self.agents.values_mut() {
            record.listed = false;
        }
        for sighting in seen {
            let active = sighting.agent.status == AgentStatus::Active;
            let record = self
                .agents
                .entry(sighting.agent.id.clone())
                .or_insert_with(|| AgentRecord {
                    agent: sighting.agent.clone(),
                    group_names: Vec::new(),
                    domains: Vec::new(),
                    first_seen: now,
                    last_seen: now,
                    last_active: None,
                    silent_since: None,
                    listed: true,
                });
            record.agent = sighting.agent;
            record.group_names = sighting.group_names;
            record.domains = sighting.domains;
            record.listed = true;
            // A clock that jumped back must not shorten what is known.
            record.last_seen = record.last_seen.max(now);
            if active {
                record.last_active = Some(record.last_active.map_or(now, |last| last.max(now)));
                record.silent_since = None;
            }
        }
        for record in self.agents.values_mut() {
            if record.presence() != AgentPresence::Active && record.silent_since.is_none() {
                record.silent_since = Some(now);
            }
        }
        self.agents
            .iter()
            .filter_map(|(id, record)| {
                let was = before.get(id).copied();
                let is = record.presence();
                (was != Some(is)).then(|| (id.clone(), was, is))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(id: &str, status: AgentStatus) -> Sighting {
        Sighting {
            agent: Agent {
                id: id.to_owned(),
                machine_name: format!("{id}.contoso.com"),
                external_ip: "203.0.113.1".to_owned(),
                status,
                publishing_types: vec!["provisioning".to_owned()],
                groups: Vec::new(),
            },
            group_names: vec!["G".to_owned()],
            domains: vec!["contoso.com".to_owned()],
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn an_agent_that_is_no_longer_listed_is_kept_as_vanished() {
        let mut memory = AgentMemory::default();
        let new = memory.observe(vec![sighting("a", AgentStatus::Active)], at(0));
        assert_eq!(new, [("a".to_owned(), None, AgentPresence::Active)]);
        assert!(
            memory
                .observe(vec![sighting("a", AgentStatus::Active)], at(60))
                .is_empty()
        );
        let silent = memory.observe(vec![sighting("a", AgentStatus::Inactive)], at(120));
        assert_eq!(
            silent,
            [(
                "a".to_owned(),
                Some(AgentPresence::Active),
                AgentPresence::Inactive
            )]
        );
        let gone = memory.observe(Vec::new(), at(180));
        assert_eq!(
            gone,
            [(
                "a".to_owned(),
                Some(AgentPresence::Inactive),
                AgentPresence::Vanished
            )]
        );
        let record = &memory.agents["a"];
        assert_eq!(record.first_seen, at(0));
        assert_eq!(record.last_seen, at(120));
        assert_eq!(record.last_active, Some(at(60)));
        assert_eq!(record.silent_since, Some(at(120)));
        memory.observe(vec![sighting("a", AgentStatus::Active)], at(240));
        assert_eq!(memory.agents["a"].silent_since, None);
    }
}
