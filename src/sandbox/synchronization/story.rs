//! What happens by itself, so that there is something to see within a minute.

use super::clock::{SECOND, Ticks};
use super::directory::Population;
use super::kind::PROVISIONING;
use super::{CloudSync, topology::Topology};
use crate::sandbox::tenant::Tenant;

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The last agent of the first domain is never heard of again.
    LoseOne,
    /// All agents of the second domain fall silent.
    SilenceSecond,
    /// They come back; what fell into quarantine stays there until somebody restarts it.
    ReviveSecond,
    /// More people vanish from the first domain than its threshold lets through.
    RemovePeople,
}

/// Seconds after the start.
const STORY: [(Ticks, Event); 4] = [
    (8 * SECOND, Event::LoseOne),
    (15 * SECOND, Event::SilenceSecond),
    (20 * SECOND, Event::RemovePeople),
    (120 * SECOND, Event::ReviveSecond),
];
/// How many people vanish; the threshold is 10.
const REMOVED: usize = 14;

/// The story from a moment on.
pub(super) fn from(now: Ticks) -> Vec<(Ticks, Event)> {
    STORY.iter().map(|(after, event)| (now + after, *event)).collect()
}

fn of_domain(topology: &Topology, place: usize) -> Vec<usize> {
    let Some(domain) = topology
        .resources
        .get(place)
        .map(|resource| &resource.resource_name)
    else {
        return Vec::new();
    };
    let serves =
        |(_, agent): &(usize, &super::topology::Agent)| topology.domains_of(agent).contains(&domain.as_str());
    let agents = topology.agents.iter().enumerate().filter(serves);
    agents.map(|(at, _)| at).collect()
}

/// Lets something happen.
pub(super) fn happen(sync: &mut CloudSync, tenant: &Tenant, at: Ticks, event: Event) {
    let silence = |topology: &mut Topology, agents: &[usize], since: Option<Ticks>| {
        for agent in agents {
            topology.agents[*agent].silent = since;
        }
    };
    match event {
        Event::LoseOne => {
            let last = of_domain(&sync.topology, 0).into_iter().next_back();
            silence(&mut sync.topology, last.as_slice(), Some(at));
        }
        Event::SilenceSecond => {
            let agents = of_domain(&sync.topology, 1);
            silence(&mut sync.topology, &agents, Some(at));
        }
        Event::ReviveSecond => {
            let agents = of_domain(&sync.topology, 1);
            silence(&mut sync.topology, &agents, None);
        }
        Event::RemovePeople => remove(sync, tenant, 0, 0, REMOVED),
    }
}

/// Lets people vanish from the source of a job.
pub(super) fn remove(sync: &mut CloudSync, tenant: &Tenant, place: usize, job: usize, many: usize) {
    let domains = sync.domains.clone();
    let people = Population {
        tenant,
        domains: &domains,
    };
    let Some(it) = sync.configurations.get_mut(place) else {
        return;
    };
    let domain = it.domain().unwrap_or_default();
    let Some(job) = it.jobs.get_mut(job).filter(|job| job.kind().is(PROVISIONING)) else {
        return;
    };
    let known = job.pending_deletes.len() as u64 + job.deleted.unsigned_abs();
    let size = u64::from(people.of_domain(&domain));
    let more = (known..size).take(many).map(|nth| people.nth_of(&domain, nth));
    job.pending_deletes.extend(more);
    job.staged = false;
}
