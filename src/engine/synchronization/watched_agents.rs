//! The agents' half of a watch.

use std::{io, path::Path};

use jiff::{SignedDuration, Timestamp};

use super::{
    AgentsSeen, Notice, WatchEvent,
    agent_store::AgentStore,
    notices, seen,
    watch::{Now, WatchSettings},
};
use crate::domain::{
    ErrorClass, ServiceError,
    synchronization::{AgentMemory, AgentRecord, AgentTopology, ServedDomain},
};

/// While nothing changes, when agents were last seen is written down this often.
const WRITE_DOWN: SignedDuration = SignedDuration::from_mins(5);

/// Why agents can't be read under an application's sign-in.
pub fn application() -> ServiceError {
    ServiceError::new(
        ErrorClass::Permission,
        "the service shows agents to people only, and this sign-in is an application's",
    )
    .with_advice(
        "Sign in as a person with the role Hybrid Identity Administrator: method \"device-code\" in the profile, or a second \
         profile beside this one.",
    )
}

/// Agents as one reading for a verb: taken into the memory on disk.
pub fn observe_agents(
    data_dir: &Path,
    tenant_id: &str,
    topology: AgentTopology,
    now: Timestamp,
) -> io::Result<(AgentsSeen, Vec<Notice>)> {
    let store = AgentStore::of(data_dir, tenant_id);
    let loaded = store.load()?;
    let mut told: Vec<Notice> = loaded
        .set_aside
        .iter()
        .map(|path| notices::own(now, damaged(path)))
        .collect();
    let mut memory = loaded.memory;
    let changes = memory.observe(seen::sightings(&topology), now);
    told.extend(notices::of_agents(&changes, &memory, now));
    store.save(&memory)?;
    Ok((seen::agents_seen(&memory, topology, now), told))
}

/// What is remembered of agents, sorted by machine name, without asking the service.
pub fn remembered_agents(data_dir: &Path, tenant_id: &str) -> io::Result<Vec<AgentRecord>> {
    let loaded = AgentStore::of(data_dir, tenant_id).load()?;
    Ok(seen::sorted_records(&loaded.memory))
}

fn damaged(path: &Path) -> String {
    format!(
        "The memory of agents could not be understood and was set aside as {}. Agents that vanished before now are forgotten.",
        path.display()
    )
}

/// What the watch knows of agents.
pub(super) struct WatchedAgents {
    store: AgentStore,
    now: Now,
    memory: AgentMemory,
    domains: Option<Vec<ServedDomain>>,
    opening: Option<String>,
    written: Option<Timestamp>,
    unsaved: bool,
    disk_failed: bool,
}

impl WatchedAgents {
    pub(super) async fn load(settings: &WatchSettings, now: Now) -> Self {
        let store = AgentStore::of(&settings.data_dir, &settings.tenant_id);
        let reader = store.clone();
        let loaded = on_disk(move || reader.load()).await;
        let (memory, opening) = match loaded {
            Ok(loaded) => (loaded.memory, loaded.set_aside.as_deref().map(damaged)),
            Err(error) => (
                AgentMemory::default(),
                Some(format!("The memory of agents can't be read: {error}.")),
            ),
        };
        Self {
            store,
            now,
            memory,
            domains: None,
            opening,
            written: None,
            unsaved: false,
            disk_failed: false,
        }
    }

    /// What is to be told first.
    pub(super) fn opening(&mut self) -> Option<WatchEvent> {
        let text = self.opening.take()?;
        Some(WatchEvent::Notice(notices::own((self.now)(), text)))
    }

    /// Takes in a reading; what to tell, and whether anything changed.
    pub(super) fn take_in(&mut self, topology: AgentTopology) -> (Vec<WatchEvent>, bool) {
        let at = (self.now)();
        let changes = self.memory.observe(seen::sightings(&topology), at);
        let mut told = notices::of_agents(&changes, &self.memory, at);
        let seen = seen::agents_seen(&self.memory, topology, at);
        if let Some(before) = &self.domains {
            told.extend(notices::of_domains(before, &seen.domains, at));
        }
        self.domains = Some(seen.domains.clone());
        let stale = self
            .written
            .is_none_or(|written| at.duration_since(written) >= WRITE_DOWN);
        self.unsaved |= stale || !changes.is_empty();
        let changed = !told.is_empty();
        let mut events = vec![WatchEvent::Agents(Box::new(seen))];
        events.extend(told.into_iter().map(WatchEvent::Notice));
        (events, changed)
    }

    /// Agents can't be read: what is remembered is all there is.
    pub(super) fn refused(&self, error: ServiceError) -> WatchEvent {
        WatchEvent::AgentsRefused {
            error,
            records: seen::sorted_records(&self.memory),
        }
    }

    /// Writes what is new; a failure is told once.
    pub(super) async fn save(&mut self) -> Option<WatchEvent> {
        if !self.unsaved {
            return None;
        }
        self.unsaved = false;
        let at = (self.now)();
        self.written = Some(at);
        let (store, memory) = (self.store.clone(), self.memory.clone());
        let saved = on_disk(move || store.save(&memory)).await;
        tell_once(&mut self.disk_failed, saved, at, "The memory of agents")
    }
}

/// Runs work on the disk where it holds nobody up.
pub(super) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// A failure of the disk, told when it begins.
pub(super) fn tell_once(
    failed: &mut bool,
    saved: io::Result<()>,
    at: Timestamp,
    what: &str,
) -> Option<WatchEvent> {
    let before = std::mem::replace(failed, saved.is_err());
    match saved {
        Err(error) if !before => Some(WatchEvent::Notice(notices::own(
            at,
            format!("{what} can't be written: {error}. The watch goes on without."),
        ))),
        _ => None,
    }
}
