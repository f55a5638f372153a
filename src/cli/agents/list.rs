//! `handover agents list` and `domains`.

use serde::Serialize;
use serde_json::json;

use super::{arguments::ListArguments, refused};
use crate::{
    cli::{
        Exit, Failure, Output,
        arguments::Global,
        note,
        output::{member, minute},
        runtime,
        synchronization::{Line, PersonArguments, Tenant, event, stream},
        table::Column,
    },
    domain::{
        ErrorClass, ServiceError,
        synchronization::{AgentRecord, AgentTopology, DomainHealth, RECOMMENDED_AGENTS, ServedDomain},
    },
    engine::synchronization::{
        Notice, WatchEvent, application, observe_agents, remembered_agents, watch::Focus,
    },
};
use jiff::Timestamp;

/// An agent as the verb shows it (design section 2).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AgentRow<'a> {
    id: &'a str,
    machine_name: &'a str,
    external_ip: &'a str,
    status: &'a str,
    groups: &'a [String],
    domains: &'a [String],
    first_seen: Timestamp,
    last_seen: Timestamp,
    last_active: Option<Timestamp>,
    silent_since: Option<Timestamp>,
}

impl<'a> From<&'a AgentRecord> for AgentRow<'a> {
    fn from(record: &'a AgentRecord) -> Self {
        Self {
            id: &record.agent.id,
            machine_name: &record.agent.machine_name,
            external_ip: &record.agent.external_ip,
            status: record.presence().word(),
            groups: &record.group_names,
            domains: &record.domains,
            first_seen: record.first_seen,
            last_seen: record.last_seen,
            last_active: record.last_active,
            silent_since: record.silent_since,
        }
    }
}

/// What a table has room for: the columns people look at.
const COLUMNS: &[Column] = &[
    Column::growing("agent", 20, |row| member(row, "machineName")),
    Column::fixed("status", 8, |row| member(row, "status")),
    Column::fixed("address", 15, |row| member(row, "externalIp")),
    Column::fixed("silent since", 17, |row| match member(row, "silentSince") {
        none if none.is_empty() => "-".to_owned(),
        _ => minute(row, "/silentSince"),
    }),
    Column::growing("domains", 12, |row| member(row, "domains")),
    Column::fixed("last listed", 17, |row| minute(row, "/lastSeen")),
];
const DOMAIN_COLUMNS: &[Column] = &[
    Column::growing("domain", 20, |row| member(row, "domain")),
    Column::fixed("live", 4, |row| member(row, "live")),
    Column::fixed("health", 6, |row| member(row, "health")),
    Column::growing("agents", 20, |row| member(row, "agents")),
];

/// Lists agents: those that live and those that are remembered.
pub fn list(global: &Global, arguments: &ListArguments) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let as_person = arguments.person.as_person;
        let tenant = Tenant::open_for_people(global, as_person).await?;
        if arguments.watch {
            return stream(global, &tenant, Focus::Agents, lines).await;
        }
        let mut output = Output::new(global.output).columns(COLUMNS);
        match topology(&tenant).await {
            Ok(topology) => {
                let (seen, told) = observe_agents(&tenant.data_dir, &tenant.id, topology, Timestamp::now())?;
                tell(&told);
                for record in &seen.records {
                    output.row(&AgentRow::from(record))?;
                }
                for domain in &seen.domains {
                    if let Some(line) = complaint(domain) {
                        note(&line);
                    }
                }
                output.finish()?;
                Ok(Exit::Done)
            }
            Err(error) if error.class == ErrorClass::Permission => {
                let records = remembered_agents(&tenant.data_dir, &tenant.id)?;
                if !records.is_empty() {
                    note("This is what is remembered from earlier readings; it may be out of date.");
                }
                for record in &records {
                    output.row(&AgentRow::from(record))?;
                }
                output.finish()?;
                Err(refused(error, as_person))
            }
            Err(error) => Err(error.into()),
        }
    })
}

/// The agents, groups and domains. An application's sign-in is not asked: the answer is known.
pub(super) async fn topology(tenant: &Tenant) -> Result<AgentTopology, ServiceError> {
    if tenant.service.is_application() == Some(true) {
        return Err(application());
    }
    tenant.service.agent_topology().await
}

fn tell(notices: &[Notice]) {
    for notice in notices {
        note(&notice.text);
    }
}

fn complaint(domain: &ServedDomain) -> Option<String> {
    match domain.health() {
        DomainHealth::Good => None,
        DomainHealth::None => Some(format!(
            "alarm: no live agent serves {}: nothing of it is synchronized.",
            domain.domain
        )),
        DomainHealth::Single => Some(format!(
            "warning: one live agent serves {}: its failure stops synchronization.",
            domain.domain
        )),
        DomainHealth::BelowRecommended => Some(format!(
            "{} live agents serve {}; {RECOMMENDED_AGENTS} are recommended.",
            domain.live, domain.domain
        )),
    }
}

/// Lists domains with the number of live agents.
pub fn domains(global: &Global, person: &PersonArguments) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let tenant = Tenant::open_for_people(global, person.as_person).await?;
        let topology = topology(&tenant)
            .await
            .map_err(|error| refused(error, person.as_person))?;
        let (seen, told) = observe_agents(&tenant.data_dir, &tenant.id, topology, Timestamp::now())?;
        tell(&told);
        let mut output = Output::new(global.output).columns(DOMAIN_COLUMNS);
        let mut exit = Exit::Done;
        for domain in &seen.domains {
            if domain.health() >= DomainHealth::Single {
                exit = Exit::Findings;
            }
            output.row(&domain_row(domain, &seen.records))?;
        }
        output.finish()?;
        Ok(exit)
    })
}

fn domain_row(domain: &ServedDomain, records: &[AgentRecord]) -> serde_json::Value {
    let agents: Vec<&str> = records
        .iter()
        .filter(|record| domain.agents.contains(&record.agent.id))
        .map(|record| record.agent.machine_name.as_str())
        .collect();
    json!({
        "domain": domain.domain,
        "live": domain.live,
        "health": domain.health().word(),
        "agents": agents,
    })
}

/// Lines of a watch: one per agent and one per domain, when they change.
fn lines(told: &WatchEvent) -> Vec<Line> {
    let WatchEvent::Agents(seen) = told else {
        return Vec::new();
    };
    let mut lines: Vec<Line> = seen
        .records
        .iter()
        .map(|record| {
            let object = event(
                "agent",
                serde_json::to_value(AgentRow::from(record)).unwrap_or_default(),
            );
            Line {
                subject: format!("agent {}", record.agent.id),
                text: format!(
                    "agent {} is {}, groups: {}, domains: {}",
                    record.agent.machine_name,
                    record.presence().word(),
                    joined(&record.group_names),
                    joined(&record.domains)
                ),
                record: object,
            }
        })
        .collect();
    lines.extend(seen.domains.iter().map(|domain| {
        let object = event("domain", domain_row(domain, &seen.records));
        Line {
            subject: format!("domain {}", domain.domain),
            text: format!(
                "domain {}: {} live agents, {}",
                domain.domain,
                domain.live,
                domain.health().word()
            ),
            record: object,
        }
    }));
    lines
}

fn joined(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
