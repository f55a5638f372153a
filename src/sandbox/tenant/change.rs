//! What callers changed: the only thing kept per mailbox.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

/// What was changed in one mailbox. Absent members are as the seed made them.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct Change {
    pub cloud_managed: Option<bool>,
    /// The whole list, prefixes included.
    pub addresses: Option<Vec<String>>,
    /// Other attributes by their wire name.
    pub attributes: BTreeMap<&'static str, Value>,
    /// Last change, seconds since 1970.
    pub changed_at: Option<i64>,
    /// `Set-Mailbox` calls of the flag that reached this mailbox, refused ones included.
    pub set_calls: u64,
    /// Object-level authority set over Graph.
    pub user_cloud_managed: Option<bool>,
}

/// All changes of the tenant.
#[derive(Default)]
pub(in crate::sandbox) struct Changes {
    mailboxes: HashMap<u32, Change>,
    /// Owners of addresses that no seed made, prefix included, lower case.
    pub added: HashMap<String, u32>,
    /// Mailboxes whose flag is true now.
    pub cloud_managed: usize,
    /// Sum of `set_calls`.
    pub set_calls: u64,
    /// Flag writes that were carried out although the mailbox already was in the target state.
    pub redundant: u64,
    /// Members of the organization configuration that were switched.
    pub cloud_by_default: bool,
}

impl Changes {
    pub fn of(&self, index: u32) -> Option<&Change> {
        if self.mailboxes.is_empty() {
            None
        } else {
            self.mailboxes.get(&index)
        }
    }

    pub fn edit(&mut self, index: u32) -> &mut Change {
        self.mailboxes.entry(index).or_default()
    }

    /// Counts a flag call that reached a mailbox.
    pub fn count_call(&mut self, index: u32) {
        self.edit(index).set_calls += 1;
        self.set_calls += 1;
    }

    /// Mailboxes that flag calls reached, and how many.
    pub fn calls(&self) -> impl Iterator<Item = (u32, u64)> {
        let calls = self
            .mailboxes
            .iter()
            .map(|(index, change)| (*index, change.set_calls));
        calls.filter(|(_, calls)| *calls > 0)
    }

    /// Sets the flag of a mailbox whose flag was `before`.
    pub fn set_flag(&mut self, index: u32, before: bool, flag: bool, now: i64) {
        let change = self.edit(index);
        change.cloud_managed = Some(flag);
        change.changed_at = Some(now);
        self.cloud_managed = self.cloud_managed + usize::from(flag) - usize::from(before);
    }
}
