//! What was read, together with what Handover knows beyond it: memory, history, advice.

use std::time::Duration;

use jiff::Timestamp;

use super::{AgentsSeen, JobSeen, Running, advice::job_advice, history::History};
use crate::domain::synchronization::{
    AgentMemory, AgentRecord, AgentTopology, JobKind, Sighting, SynchronizationJob, is_overdue,
    served_domains,
};

/// One sighting per agent, with the names of its groups and the domains it serves.
pub(super) fn sightings(topology: &AgentTopology) -> Vec<Sighting> {
    let domains = served_domains(topology);
    topology
        .agents
        .iter()
        .map(|agent| Sighting {
            agent: agent.clone(),
            group_names: topology
                .groups
                .iter()
                .filter(|group| group.agents.contains(&agent.id) || agent.groups.contains(&group.id))
                .map(|group| group.display_name.clone())
                .collect(),
            domains: domains
                .iter()
                .filter(|domain| domain.agents.contains(&agent.id))
                .map(|domain| domain.domain.clone())
                .collect(),
        })
        .collect()
}

/// Every agent ever seen, sorted by machine name.
pub fn sorted_records(memory: &AgentMemory) -> Vec<AgentRecord> {
    let mut records: Vec<AgentRecord> = memory.agents.values().cloned().collect();
    records.sort_by(|left, right| {
        (&left.agent.machine_name, &left.agent.id).cmp(&(&right.agent.machine_name, &right.agent.id))
    });
    records
}

/// A reading of agents beside the memory that took it in.
pub(super) fn agents_seen(memory: &AgentMemory, topology: AgentTopology, at: Timestamp) -> AgentsSeen {
    AgentsSeen {
        records: sorted_records(memory),
        domains: served_domains(&topology),
        topology,
        at,
    }
}

/// Whether a job runs now, as far as that can be told.
pub fn running(job: &SynchronizationJob, cadence: Option<Duration>, now: Timestamp) -> Running {
    if job.shows_progress() {
        return Running::Yes;
    }
    if !job.can_run() {
        return Running::No;
    }
    let last_end = job.status.last.as_ref().and_then(|last| last.ended);
    match (last_end, cadence) {
        (Some(end), Some(cadence)) if is_overdue(end, cadence, now) => Running::Perhaps,
        _ => Running::No,
    }
}

/// The jobs of a configuration with their history, the main one first. Notes nothing in the history.
pub fn jobs_seen(jobs: Vec<SynchronizationJob>, history: &History, now: Timestamp) -> Vec<JobSeen> {
    let mut seen: Vec<JobSeen> = jobs
        .into_iter()
        .map(|job| {
            let cadence = history.cadence(&job.id);
            JobSeen {
                history: history.points(&job.id),
                running: running(&job, cadence, now),
                advice: job_advice(&job),
                cadence,
                job,
            }
        })
        .collect();
    seen.sort_by(|left, right| {
        (rank(&left.job.kind()), &left.job.id).cmp(&(rank(&right.job.kind()), &right.job.id))
    });
    seen
}

fn rank(kind: &JobKind) -> usize {
    JobKind::KNOWN
        .iter()
        .position(|(known, _)| known == kind)
        .unwrap_or(JobKind::KNOWN.len())
}
