//! Who lives in the domains: people and groups, computed from the tenant's rows.

use uuid::Uuid;

use crate::sandbox::seed::{index_of, mix, uuid};
use crate::sandbox::tenant::{Tenant, purpose as mailbox};

/// Series of identifiers of Cloud Sync.
pub(super) mod purpose {
    pub const PERSON_GUID: u64 = 0x5C01;
    pub const GROUP: u64 = 0x5C02;
    pub const AGENT: u64 = 0x5C03;
    pub const AGENT_GROUP: u64 = 0x5C04;
    pub const RESOURCE: u64 = 0x5C05;
    pub const PRINCIPAL: u64 = 0x5C06;
    pub const APPLICATION: u64 = 0x5C07;
    pub const JOB: u64 = 0x5C08;
    pub const ACTIVITY: u64 = 0x5C09;
    pub const CYCLE: u64 = 0x5C0A;
    pub const LOG: u64 = 0x5C0B;
    pub const CHANGE: u64 = 0x5C0C;
    pub const AUDIT: u64 = 0x5C0D;
    pub const DIRECTORY: u64 = 0x5C0E;
    pub const SECRET: u64 = 0x5C0F;
    pub const DICE: u64 = 0x5C10;
    pub const UNIT: u64 = 0x5C11;
}

/// Organizational units; the last two stay outside where a configuration names its containers.
const UNITS: [&str; 4] = ["OU=Staff", "OU=Ops\\, North", "OU=Plant 2", "OU=Contractors"];
/// The units that a configuration with containers includes.
pub(super) const INCLUDED_UNITS: [&str; 2] = [UNITS[0], UNITS[1]];
/// Groups of the tenant.
const GROUPS: u32 = 40;
/// Calls up to which every changed mailbox is looked at, and the size of the sample otherwise.
const FEW_CALLS: u64 = 2_000;
const SAMPLE: u32 = 300;
/// So many people at least, however few mailboxes there are.
const FEWEST: u32 = 200;

/// Somebody, as both directories know them.
pub(super) struct Person {
    pub index: u32,
    pub name: String,
    pub alias: String,
    pub upn: String,
    pub dn: String,
    /// objectGUID in Active Directory.
    pub guid: Uuid,
    /// Id in Entra ID.
    pub object_id: Uuid,
}

/// Everybody.
pub(super) struct Population<'a> {
    pub tenant: &'a Tenant,
    pub domains: &'a [String],
}

/// The distinguished name of a domain.
pub(super) fn root(domain: &str) -> String {
    let parts: Vec<String> = domain.split('.').map(|part| format!("DC={part}")).collect();
    parts.join(",")
}

impl Population<'_> {
    pub fn size(&self) -> u32 {
        self.tenant.count.max(FEWEST)
    }

    /// How many people a domain has.
    pub fn of_domain(&self, domain: &str) -> u32 {
        let domains = self.domains.len().max(1) as u32;
        let at = self.domains.iter().position(|known| known == domain);
        at.map_or(0, |at| (self.size() + domains - 1 - at as u32) / domains)
    }

    pub fn domain_of(&self, index: u32) -> &str {
        let at = index as usize % self.domains.len().max(1);
        self.domains.get(at).map_or("contoso.com", String::as_str)
    }

    /// The nth person of a domain, counted round.
    pub fn nth_of(&self, domain: &str, nth: u64) -> u32 {
        let domains = self.domains.len().max(1) as u32;
        let at = self.domains.iter().position(|known| known == domain).unwrap_or(0);
        let many = u64::from(self.of_domain(domain).max(1));
        (nth % many) as u32 * domains + at as u32
    }

    pub fn person(&self, index: u32) -> Person {
        let row = self.tenant.row(index);
        let seed = self.tenant.seed;
        let unit = UNITS[mix(seed, index.into(), purpose::UNIT) as usize % UNITS.len()];
        let dn = format!("CN={},{unit},{}", row.alias, root(self.domain_of(index)));
        Person {
            index,
            name: row.display_name,
            alias: row.alias,
            upn: row.user_principal_name,
            dn,
            guid: uuid(seed, index, purpose::PERSON_GUID),
            object_id: self.tenant.object_id(index),
        }
    }

    /// The person of a distinguished name.
    pub fn by_dn(&self, dn: &str) -> Option<Person> {
        let alias = dn.split(',').next()?.split_once('=')?.1.trim().to_lowercase();
        let named = self.tenant.names.index_of_alias(&alias);
        let numbered = alias
            .rsplit_once('-')
            .and_then(|(_, digits)| digits.parse::<u32>().ok());
        [named, numbered]
            .into_iter()
            .flatten()
            .filter(|index| *index < self.size())
            .map(|index| self.person(index))
            .find(|person| person.dn.eq_ignore_ascii_case(dn.trim()))
    }

    /// The person of an id, plain or as `User_<id>`.
    pub fn by_id(&self, id: &str) -> Option<Person> {
        let id = Uuid::try_parse(id.strip_prefix("User_").unwrap_or(id)).ok()?;
        let index = index_of(self.tenant.seed, id, mailbox::OBJECT)?;
        (index < self.size()).then(|| self.person(index))
    }

    /// The group of an id, plain or as `Group_<id>`.
    pub fn group_by_id(&self, id: &str) -> Option<u32> {
        let id = Uuid::try_parse(id.strip_prefix("Group_").unwrap_or(id)).ok()?;
        index_of(self.tenant.seed, id, purpose::GROUP).filter(|index| *index < GROUPS)
    }

    pub fn group_id(&self, index: u32) -> Uuid {
        uuid(self.tenant.seed, index % GROUPS, purpose::GROUP)
    }

    pub fn groups(&self) -> u32 {
        GROUPS
    }

    /// Whether the Exchange attributes of a person are mastered in the cloud: the real state of the mailbox.
    pub fn is_cloud_managed(&self, index: u32) -> bool {
        let row = self.tenant.row(index);
        if index >= self.tenant.count {
            return row.traits.cloud_managed;
        }
        self.tenant.view(&row, &self.tenant.read()).is_cloud_managed()
    }

    /// Some people whose attributes are mastered in the cloud, in the order of the tenant. When few were changed, all
    /// of these are among the candidates; when many were, a sample is enough and the others are not looked at.
    pub fn cloud_managed(&self) -> Vec<u32> {
        let count = self.tenant.count;
        let mut found: Vec<u32> = (0..count).skip(7).step_by(331).take(20).collect();
        let changes = self.tenant.read();
        if changes.set_calls <= FEW_CALLS {
            found.extend(changes.calls().map(|(index, _)| index));
        } else {
            found.extend((0..SAMPLE).map(|nth| (u64::from(nth) * 7919 % u64::from(count.max(1))) as u32));
        }
        drop(changes);
        found.sort_unstable();
        found.dedup();
        found.retain(|index| *index < count && self.is_cloud_managed(*index));
        found.truncate(64);
        found
    }

    pub fn is_synchronized(&self, index: u32) -> bool {
        self.tenant.row(index).traits.dir_synced
    }

    /// Whether a person can't be provisioned because the other side knows two of them. Always the same people.
    pub fn is_ambiguous(&self, index: u32) -> bool {
        mix(self.tenant.seed, index.into(), purpose::DICE) % 23 == 5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_lead_back_to_their_person() {
        let tenant = Tenant::new(5, 300, 0);
        let domains = ["contoso.com".to_owned(), "fabrikam.com".to_owned()];
        let population = Population {
            tenant: &tenant,
            domains: &domains,
        };
        for index in 0..300 {
            let person = population.person(index);
            assert_eq!(
                population.by_dn(&person.dn).unwrap().index,
                index,
                "{}",
                person.dn
            );
            assert_eq!(
                population
                    .by_id(&format!("User_{}", person.object_id))
                    .unwrap()
                    .index,
                index
            );
            assert!(person.dn.ends_with(&root(population.domain_of(index))));
        }
        assert!(population.by_dn("CN=nobody,DC=contoso,DC=com").is_none());
        assert_eq!(
            population.group_by_id(&population.group_id(7).to_string()),
            Some(7)
        );
        for nth in [0, 7, 149, 150, 999] {
            let index = population.nth_of("fabrikam.com", nth);
            assert_eq!(population.domain_of(index), "fabrikam.com");
        }
        assert_eq!(
            population.of_domain("contoso.com") + population.of_domain("fabrikam.com"),
            300
        );
    }
}
