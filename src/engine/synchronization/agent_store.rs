//! The memory of agents on disk: `agents.json`. The service forgets an agent ten days after its last sign of life
//! (facts/graph section 0, finding 3); this file does not.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::tenant_folder::TenantFolder;
use crate::{
    domain::synchronization::{AgentMemory, AgentRecord},
    journal::write_private,
};

const FILE: &str = "agents.json";
/// Name and version of the file format.
const FORMAT: &str = "handover-agents/1";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    format: String,
    agents: BTreeMap<String, AgentRecord>,
}

/// The memory as read.
#[derive(Debug, Default)]
pub struct LoadedAgents {
    /// Every agent ever seen.
    pub memory: AgentMemory,
    /// Where a file went that could not be understood; it is begun anew.
    pub set_aside: Option<PathBuf>,
}

/// Where the agents of one tenant are remembered.
#[derive(Clone, Debug)]
pub struct AgentStore {
    folder: TenantFolder,
}

impl AgentStore {
    /// Of this tenant. Touches no file.
    pub fn of(data_dir: &Path, tenant_id: &str) -> Self {
        Self {
            folder: TenantFolder::of(data_dir, tenant_id),
        }
    }

    /// Reads the memory. A file that can't be understood is set aside, never overwritten.
    pub fn load(&self) -> io::Result<LoadedAgents> {
        let Some(bytes) = self.folder.read(FILE)? else {
            return Ok(LoadedAgents::default());
        };
        match parse(&bytes) {
            Some(memory) => Ok(LoadedAgents {
                memory,
                set_aside: None,
            }),
            None => Ok(LoadedAgents {
                memory: AgentMemory::default(),
                set_aside: Some(self.folder.set_aside(FILE, Timestamp::now())?),
            }),
        }
    }

    /// Writes the memory, whole or not at all. What another process saw since is taken in, not overwritten.
    pub fn save(&self, memory: &AgentMemory) -> io::Result<()> {
        self.folder.exclusively(FILE, || {
            let mut all = memory.clone();
            if let Some(bytes) = self.folder.read(FILE)? {
                match parse(&bytes) {
                    Some(on_disk) => merge(&mut all, on_disk),
                    None => {
                        self.folder.set_aside(FILE, Timestamp::now())?;
                    }
                }
            }
            let mut bytes = serde_json::to_vec_pretty(&Stored {
                format: FORMAT.to_owned(),
                agents: all.agents,
            })?;
            bytes.push(b'\n');
            write_private(&self.folder.file(FILE), &bytes)
        })
    }
}

fn parse(bytes: &[u8]) -> Option<AgentMemory> {
    let stored: Stored = serde_json::from_slice(bytes).ok()?;
    (stored.format == FORMAT).then_some(AgentMemory {
        agents: stored.agents,
    })
}

/// Takes in what another process wrote: of each agent the later reading, and the earliest first sight.
fn merge(memory: &mut AgentMemory, other: AgentMemory) {
    for (id, theirs) in other.agents {
        match memory.agents.entry(id) {
            Entry::Vacant(place) => {
                place.insert(theirs);
            }
            Entry::Occupied(mut place) => {
                let ours = place.get_mut();
                let first_seen = ours.first_seen.min(theirs.first_seen);
                let last_active = ours.last_active.max(theirs.last_active);
                if theirs.last_seen > ours.last_seen {
                    *ours = theirs;
                }
                ours.first_seen = first_seen;
                ours.last_active = last_active;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::synchronization::{Agent, AgentStatus, Sighting};

    fn sighting(id: &str) -> Sighting {
        Sighting {
            agent: Agent {
                id: id.to_owned(),
                machine_name: format!("{id}.contoso.com"),
                external_ip: "203.0.113.1".to_owned(),
                status: AgentStatus::Active,
                publishing_types: Vec::new(),
                groups: Vec::new(),
            },
            group_names: Vec::new(),
            domains: Vec::new(),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn agents_survive_a_restart_and_two_processes_lose_none() {
        let folder = tempfile::tempdir().unwrap();
        let store = AgentStore::of(folder.path(), "../../Tenant");
        let mut one = store.load().unwrap().memory;
        let mut two = store.load().unwrap().memory;
        one.observe(vec![sighting("a")], at(0));
        two.observe(vec![sighting("b")], at(10));
        store.save(&one).unwrap();
        store.save(&two).unwrap();
        two.observe(vec![sighting("a"), sighting("b")], at(20));
        store.save(&two).unwrap();
        let all = store.load().unwrap().memory;
        assert_eq!(all.agents.len(), 2);
        assert_eq!(all.agents["a"].first_seen, at(0));
        assert_eq!(all.agents["a"].last_seen, at(20));
        let written = folder.path().join("synchronization/______tenant/agents.json");
        assert!(written.exists(), "no name leaves the data folder");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(written).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = AgentStore::of(folder.path(), "t");
        let mut memory = AgentMemory::default();
        memory.observe(vec![sighting("a")], at(0));
        store.save(&memory).unwrap();
        let path = folder.path().join("synchronization/t/agents.json");
        let whole = std::fs::read(&path).unwrap();
        let half = &whole[..whole.len() / 2];
        std::fs::write(&path, half).unwrap();
        let loaded = store.load().unwrap();
        assert!(loaded.memory.agents.is_empty());
        assert_eq!(std::fs::read(loaded.set_aside.unwrap()).unwrap(), half);
        assert!(!path.exists());
        store.save(&memory).unwrap();
        assert_eq!(store.load().unwrap().memory, memory);
    }
}
