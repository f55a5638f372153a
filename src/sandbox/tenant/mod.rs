//! The tenant: rows computed from the seed, and what callers have changed since.

mod change;
mod names;
mod origin;
mod property;
mod view;

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use uuid::Uuid;

use super::seed::{index_of, mix, uuid};
pub(super) use change::{Change, Changes};
pub(super) use names::Names;
pub(super) use origin::{Kind, Row};
pub(super) use property::{PROPERTIES, Selection, position};
pub(super) use view::{Field, View, time_text, write_json_text};

/// Accepted domains: name, default, initial, domain type.
pub(super) const DOMAINS: [(&str, bool, bool, &str); 4] = [
    ("contoso.com", true, false, "Authoritative"),
    ("fabrikam.com", false, false, "Authoritative"),
    ("contoso.onmicrosoft.com", false, true, "Authoritative"),
    ("contoso.mail.onmicrosoft.com", false, false, "Authoritative"),
];

/// What an identifier is for; each purpose has its own series.
pub(super) mod purpose {
    pub const TENANT: u64 = 1;
    pub const OBJECT: u64 = 2;
    pub const GUID: u64 = 3;
    pub const EXCHANGE_GUID: u64 = 4;
    pub const ARCHIVE: u64 = 5;
    pub const CLIENT: u64 = 6;
    pub const PERSON: u64 = 7;
    pub const SECRET: u64 = 8;
    pub const TRAITS: u64 = 9;
    pub const CREATED: u64 = 10;
    pub const CHANGED: u64 = 11;
    pub const SITE: u64 = 12;
}

/// Everything true of the tenant.
pub(super) struct Tenant {
    pub seed: u64,
    pub count: u32,
    /// So many mailboxes at the top of the list can all be handed over.
    eligible_first: u32,
    pub id: Uuid,
    /// How many mailboxes are synchronized from Active Directory; never changes.
    pub dir_synced: usize,
    pub names: Names,
    changes: RwLock<Changes>,
}

impl Tenant {
    pub fn new(seed: u64, count: u32, eligible_first: u32) -> Self {
        let mut tenant = Self {
            seed,
            count,
            eligible_first,
            id: uuid(seed, 0, purpose::TENANT),
            dir_synced: 0,
            names: Names::new(seed),
            changes: RwLock::new(Changes::default()),
        };
        let mut cloud_managed = 0;
        for index in 0..count {
            let traits = tenant.traits(index);
            tenant.dir_synced += usize::from(traits.dir_synced);
            cloud_managed += usize::from(traits.cloud_managed);
        }
        tenant.write().cloud_managed = cloud_managed;
        tenant
    }

    /// What has changed, for reading. Hold it for one page at most.
    pub fn read(&self) -> RwLockReadGuard<'_, Changes> {
        self.changes.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has changed, for writing.
    pub fn write(&self) -> RwLockWriteGuard<'_, Changes> {
        self.changes.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number for one mailbox and one purpose.
    pub fn number(&self, index: u32, purpose: u64) -> u64 {
        mix(self.seed, index.into(), purpose)
    }

    fn traits(&self, index: u32) -> origin::Traits {
        let traits = origin::Traits::of(self.seed, index);
        match index < self.eligible_first {
            true => traits.eligible(),
            false => traits,
        }
    }

    pub fn row(&self, index: u32) -> Row {
        Row::new(self, index)
    }

    pub fn view<'a>(&'a self, row: &'a Row, changes: &'a Changes) -> View<'a> {
        View {
            tenant: self,
            row,
            change: changes.of(row.index),
        }
    }

    /// The mailbox an identity names: an object id, a mailbox GUID, a UPN, an address, an alias or the distinguished name.
    pub fn resolve(&self, identity: &str, changes: &Changes) -> Option<u32> {
        let identity = identity.trim();
        if let Ok(id) = Uuid::try_parse(identity) {
            return [purpose::OBJECT, purpose::GUID, purpose::EXCHANGE_GUID]
                .into_iter()
                .find_map(|purpose| index_of(self.seed, id, purpose))
                .filter(|index| *index < self.count);
        }
        let lower = identity.to_lowercase();
        if let Some(owner) = self.owner_of(&format!("smtp:{lower}"), changes) {
            return Some(owner);
        }
        let local = match lower.split_once('@') {
            Some((local, _)) => local,
            // CN=<alias>,OU=<tenant>,...
            None => lower
                .strip_prefix("cn=")
                .and_then(|rest| rest.split(',').next())
                .unwrap_or(&lower),
        };
        self.candidates(local).into_iter().find(|index| {
            let row = self.row(*index);
            let view = self.view(&row, changes);
            ["UserPrincipalName", "Alias", "DistinguishedName"]
                .iter()
                .any(|name| view.text(name).is_some_and(|text| text.to_lowercase() == lower))
        })
    }

    /// Who holds a proxy address (with its prefix, lower case), wherever it was added.
    pub fn owner_of(&self, address: &str, changes: &Changes) -> Option<u32> {
        if let Some(owner) = changes.added.get(address) {
            return Some(*owner);
        }
        let local = address.split_once(':')?.1.split('@').next()?;
        self.candidates(local).into_iter().find(|index| {
            let row = self.row(*index);
            self.view(&row, changes)
                .addresses()
                .iter()
                .any(|held| held.to_lowercase() == address)
        })
    }

    /// Rows whose generated names could contain this local part.
    fn candidates(&self, local: &str) -> Vec<u32> {
        let digits = |text: &str| text.parse::<u32>().ok();
        let mut found = Vec::new();
        found.extend(self.names.index_of_alias(local));
        found.extend(local.strip_prefix('u').and_then(digits));
        found.extend(local.rsplit_once('-').and_then(|(_, tail)| digits(tail)));
        found.retain(|index| *index < self.count);
        found
    }

    pub fn object_id(&self, index: u32) -> Uuid {
        uuid(self.seed, index, purpose::OBJECT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_the_list_can_be_handed_over_and_the_rest_stays_as_the_seed_makes_it() {
        for seed in 0..40 {
            let (plain, eased) = (Tenant::new(seed, 2_000, 0), Tenant::new(seed, 2_000, 260));
            let mut people_and_shared = 0;
            for index in 0..260 {
                let traits = eased.traits(index);
                assert!(traits.kind.can_be_cloud_managed() && traits.dir_synced);
                assert!(!traits.cloud_managed && !traits.moving && !traits.user_cloud_managed);
                people_and_shared += usize::from(matches!(traits.kind, Kind::User | Kind::Shared));
            }
            assert!(people_and_shared >= 200, "seed {seed}: {people_and_shared}");
            let hindered = (260..2_000)
                .filter(|index| {
                    let (one, other) = (plain.traits(*index), eased.traits(*index));
                    assert_eq!((one.kind, one.number), (other.kind, other.number));
                    assert_eq!((one.dir_synced, one.moving), (other.dir_synced, other.moving));
                    assert_eq!(one.cloud_managed, other.cloud_managed);
                    !other.dir_synced || other.cloud_managed || !other.kind.can_be_cloud_managed()
                })
                .count();
            assert!(hindered > 50, "seed {seed}: {hindered}");
        }
    }
}
