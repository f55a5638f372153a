//! Which people a job provisions.

use serde_json::Value;

use super::directory::{Person, Population};
use super::job::Job;
use super::kind::{ATTRIBUTE_WRITEBACK, HYBRID_WRITEBACK};

/// The scope of a job as its schema states it now.
pub(super) struct Scope {
    containers: Vec<String>,
    groups: Vec<String>,
}

impl Scope {
    pub fn of(job: &Job) -> Self {
        let Some(schema) = job.schema.as_deref() else {
            return Self {
                containers: job.containers.clone(),
                groups: Vec::new(),
            };
        };
        let schema: Value = serde_json::from_slice(schema).unwrap_or_default();
        let list = |pointer: &str| -> Vec<String> {
            schema
                .pointer(pointer)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        Self {
            containers: list("/synchronizationRules/0/containerFilter/includedContainers"),
            groups: list("/synchronizationRules/0/groupFilter/includedGroups"),
        }
    }

    /// Containers take their whole subtree; every third person is in any scoping group.
    fn holds(&self, person: &Person) -> bool {
        let dn = person.dn.to_lowercase();
        let inside = |container: &String| dn.ends_with(&format!(",{}", container.trim().to_lowercase()));
        let by_container = self.containers.is_empty() || self.containers.iter().any(inside);
        by_container && (self.groups.is_empty() || person.index.is_multiple_of(3))
    }

    /// Whether a job takes a person up.
    pub fn takes(&self, job: &Job, person: &Person, people: &Population) -> bool {
        let kind = job.kind();
        let eligible = if kind.is(ATTRIBUTE_WRITEBACK) {
            people.is_synchronized(person.index) && people.is_cloud_managed(person.index)
        } else if kind.is(HYBRID_WRITEBACK) {
            people.is_synchronized(person.index)
        } else {
            true
        };
        eligible && self.holds(person)
    }
}

/// Whether a group is assigned to its job.
pub(super) fn takes_group(index: u32) -> bool {
    index.is_multiple_of(2)
}
