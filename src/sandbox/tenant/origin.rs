//! A mailbox as the seed makes it, before anybody changed it.

use super::{Tenant, purpose};
use crate::sandbox::seed::{mix, uuid};

/// `RecipientTypeDetails`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Kind {
    User,
    Shared,
    Room,
    Equipment,
    Scheduling,
    Linked,
    Discovery,
}

impl Kind {
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::User => "UserMailbox",
            Self::Shared => "SharedMailbox",
            Self::Room => "RoomMailbox",
            Self::Equipment => "EquipmentMailbox",
            Self::Scheduling => "SchedulingMailbox",
            Self::Linked => "LinkedMailbox",
            Self::Discovery => "DiscoveryMailbox",
        }
    }

    /// Types whose Exchange attributes can be handed over (facts/exchange section 3.1).
    pub fn can_be_cloud_managed(self) -> bool {
        matches!(self, Self::User | Self::Shared | Self::Room | Self::Equipment)
    }
}

const PURPOSES: [&str; 10] = [
    "Info",
    "Invoices",
    "Support",
    "Careers",
    "Press",
    "Orders",
    "Returns",
    "Legal",
    "Facilities",
    "Travel",
];
const DEPARTMENTS: [&str; 8] = [
    "Sales",
    "Finance",
    "IT",
    "HR",
    "Plant 2",
    "Logistics",
    "R&D",
    "Board",
];
const CITIES: [&str; 8] = [
    "Berlin", "Paris", "Oslo", "Austin", "Madrid", "Osaka", "Pune", "Zürich",
];
const THINGS: [&str; 6] = [
    "Projector",
    "Pool Car",
    "Camera",
    "Forklift",
    "Laptop Cart",
    "Van",
];

/// What is decided about a mailbox without making any text.
#[derive(Clone, Copy)]
pub(in crate::sandbox) struct Traits {
    pub kind: Kind,
    pub dir_synced: bool,
    pub cloud_managed: bool,
    /// The mailbox is being moved between databases, which refuses a handover.
    pub moving: bool,
    /// Object-level authority of the user in Graph.
    pub user_cloud_managed: bool,
    /// Booleans of this row arrive as text (facts/exchange section 1.4).
    pub texts_for_booleans: bool,
    pub number: u64,
}

impl Traits {
    pub fn of(seed: u64, index: u32) -> Self {
        let number = mix(seed, index.into(), purpose::TRAITS);
        let kind = match number % 1000 {
            0..850 => Kind::User,
            850..930 => Kind::Shared,
            930..970 => Kind::Room,
            970..990 => Kind::Equipment,
            990..994 => Kind::Scheduling,
            994..998 => Kind::Linked,
            _ => Kind::Discovery,
        };
        let share = (number >> 16) % 1000;
        let cloud_only = share < 60 || matches!(kind, Kind::Scheduling | Kind::Discovery);
        Self {
            kind,
            dir_synced: !cloud_only,
            cloud_managed: !cloud_only && kind.can_be_cloud_managed() && index % 331 == 7,
            moving: index % 419 == 29,
            // Once the whole user is handed over it is no longer synchronized (facts/exchange section 3.1); a few
            // are still on their way.
            user_cloud_managed: (cloud_only && share < 4) || index % 1009 == 500,
            texts_for_booleans: (number >> 32).is_multiple_of(5),
            number,
        }
    }

    /// The same mailbox with everything out of the way that keeps it from being handed over.
    pub fn eligible(self) -> Self {
        Self {
            kind: match self.kind.can_be_cloud_managed() {
                true => self.kind,
                false => Kind::User,
            },
            dir_synced: true,
            cloud_managed: false,
            moving: false,
            user_cloud_managed: false,
            ..self
        }
    }
}

/// One mailbox as the seed makes it.
pub(in crate::sandbox) struct Row {
    pub index: u32,
    pub traits: Traits,
    pub alias: String,
    pub display_name: String,
    pub mail_domain: &'static str,
    pub user_principal_name: String,
}

impl Row {
    pub fn new(tenant: &Tenant, index: u32) -> Self {
        let traits = tenant.traits(index);
        let number = traits.number >> 40;
        let pick = |list: &[&'static str], shift: u32| list[(number >> shift) as usize % list.len()];
        let (alias, shown) = match traits.kind {
            Kind::User | Kind::Linked => {
                // Some people share a display name with their neighbour in the list.
                let person = if index % 211 == 3 { index - 1 } else { index };
                let ((given, _), (family, _), _) = tenant.names.person(person);
                let shown = if number.is_multiple_of(4) {
                    format!("{family}, {given}")
                } else {
                    format!("{given} {family}")
                };
                (tenant.names.alias(index), shown)
            }
            Kind::Shared => {
                let (task, department) = (pick(&PURPOSES, 0), pick(&DEPARTMENTS, 8));
                (
                    format!("{}-{index}", task.to_ascii_lowercase()),
                    format!("{task} {department}"),
                )
            }
            Kind::Room => {
                let city = pick(&CITIES, 0);
                (
                    format!("room-{index}"),
                    format!("{city} Room {}.{:02}", number % 7 + 1, (number >> 4) % 40 + 1),
                )
            }
            Kind::Equipment => (
                format!("equipment-{index}"),
                format!("{} {}", pick(&THINGS, 0), (number >> 8) % 90 + 1),
            ),
            Kind::Scheduling => (
                format!("bookings-{index}"),
                format!("Bookings {}", pick(&DEPARTMENTS, 0)),
            ),
            Kind::Discovery => (
                format!("discovery-{index}"),
                "Discovery Search Mailbox".to_owned(),
            ),
        };
        let display_name = if index % 97 == 13 {
            tenant
                .names
                .hostile((index / 97) as usize)
                .map_or(shown, str::to_owned)
        } else {
            shown
        };
        let mail_domain = if number % 10 < 8 {
            "contoso.com"
        } else {
            "fabrikam.com"
        };
        let user_principal_name = match (traits.number >> 24) % 16 {
            0 => format!("u{index:06}@contoso.com"),
            1 | 2 => format!("{alias}@contoso.com"),
            _ => format!("{alias}@{mail_domain}"),
        };
        Self {
            index,
            traits,
            alias,
            display_name,
            mail_domain,
            user_principal_name,
        }
    }

    pub fn primary_address(&self) -> String {
        format!("{}@{}", self.alias, self.mail_domain)
    }

    /// Proxy addresses, the primary first.
    pub fn addresses(&self, tenant: &Tenant) -> Vec<String> {
        let number = self.traits.number >> 44;
        let alias = &self.alias;
        let mut addresses = vec![format!("SMTP:{}", self.primary_address())];
        if !number.is_multiple_of(40) {
            addresses.push(format!("smtp:{alias}@contoso.mail.onmicrosoft.com"));
        }
        addresses.push(format!("smtp:{alias}@contoso.onmicrosoft.com"));
        if number.is_multiple_of(3) {
            addresses.push(format!("smtp:mail-{}@contoso.com", self.index));
        }
        if number.is_multiple_of(11) {
            addresses.push(format!("smtp:former-{}@fabrikam.com", self.index));
        }
        if self.traits.dir_synced {
            addresses.push(format!("x500:{}", self.on_premises_dn(tenant)));
        }
        if self.traits.kind == Kind::User {
            addresses.push(format!("SIP:{}", self.user_principal_name));
            if number.is_multiple_of(2) {
                let site = uuid(tenant.seed, self.index, purpose::SITE);
                addresses.push(format!("SPO:SPO_{site}@SPO_{}", tenant.id));
            }
        }
        addresses
    }

    fn on_premises_dn(&self, tenant: &Tenant) -> String {
        let tail = tenant.number(self.index, purpose::SITE) >> 40;
        format!(
            "/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn={}{tail:06x}",
            self.alias
        )
    }

    pub fn legacy_exchange_dn(&self, tenant: &Tenant) -> String {
        let tail = uuid(tenant.seed, self.index, purpose::GUID).simple();
        format!(
            "/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn={tail}-{}",
            self.alias
        )
    }

    /// `<forest database of the region>`, as distinguished names of Exchange Online look.
    pub fn distinguished_name(&self) -> String {
        format!(
            "CN={},OU=contoso.onmicrosoft.com,OU=Microsoft Exchange Hosted Organizations,DC=EURPR01A001,DC=PROD,DC=OUTLOOK,DC=COM",
            self.alias
        )
    }

    /// Seconds since 1970: some day between 2016 and 2024.
    pub fn created_at(&self, tenant: &Tenant) -> i64 {
        1_451_606_400 + (tenant.number(self.index, purpose::CREATED) % 283_000_000) as i64
    }

    /// Seconds since 1970: some day between January 2025 and November 2026.
    pub fn changed_at(&self, tenant: &Tenant) -> i64 {
        1_735_689_600 + (tenant.number(self.index, purpose::CHANGED) % 59_000_000) as i64
    }
}
