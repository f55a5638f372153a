//! A mailbox as the inventory shows it, and its full cloud-side attributes as a snapshot keeps them.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ObjectId;

/// Who may edit the Exchange attributes of a mailbox: the meaning of `IsExchangeCloudManaged`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceOfAuthority {
    /// `IsExchangeCloudManaged` is true.
    Cloud,
    /// `IsExchangeCloudManaged` is false: Active Directory feeds the attributes.
    OnPremises,
    /// The service did not say, or said something else than true or false.
    #[default]
    Unknown,
}

impl SourceOfAuthority {
    /// The wire flag: true, false, or nothing when unknown.
    pub fn is_exchange_cloud_managed(self) -> Option<bool> {
        match self {
            Self::Cloud => Some(true),
            Self::OnPremises => Some(false),
            Self::Unknown => None,
        }
    }

    /// From the wire flag.
    pub fn from_flag(flag: Option<bool>) -> Self {
        match flag {
            Some(true) => Self::Cloud,
            Some(false) => Self::OnPremises,
            None => Self::Unknown,
        }
    }

    /// The word shown for this state, so that it never rests on colour alone.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::OnPremises => "on-prem",
            Self::Unknown => "unknown",
        }
    }
}

/// Reads a flag that arrives as a boolean, as the text "True" or "False", as null or not at all
/// (facts/exchange section 1.4). Anything else is unknown, never an error.
pub fn tolerant_flag(value: Option<&Value>) -> Option<bool> {
    match value {
        Some(Value::Bool(flag)) => Some(*flag),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Some(true),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// `RecipientTypeDetails` of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecipientType {
    /// A person's mailbox.
    User,
    /// A mailbox several people open.
    Shared,
    /// A room that is booked.
    Room,
    /// Equipment that is booked.
    Equipment,
    /// Any other type, under the name the service gave.
    Other(String),
}

/// Short words for further types of mailboxes, by their wire names. None of them can be handed over.
const OTHER_TYPES: [(&str, &str); 6] = [
    ("LinkedMailbox", "linked"),
    ("SchedulingMailbox", "scheduling"),
    ("DiscoveryMailbox", "discovery"),
    ("TeamMailbox", "team"),
    ("GroupMailbox", "group"),
    ("LegacyMailbox", "legacy"),
];

impl RecipientType {
    /// From the wire name, whatever its letter case.
    pub fn from_wire(name: &str) -> Self {
        let known = [Self::User, Self::Shared, Self::Room, Self::Equipment];
        known
            .into_iter()
            .find(|known| known.wire_name().eq_ignore_ascii_case(name))
            .unwrap_or_else(|| Self::Other(name.to_owned()))
    }

    /// The name on the wire.
    pub fn wire_name(&self) -> &str {
        match self {
            Self::User => "UserMailbox",
            Self::Shared => "SharedMailbox",
            Self::Room => "RoomMailbox",
            Self::Equipment => "EquipmentMailbox",
            Self::Other(name) => name,
        }
    }

    /// The short word of the table and the filter language.
    pub fn word(&self) -> &str {
        match self {
            Self::User => "user",
            Self::Shared => "shared",
            Self::Room => "room",
            Self::Equipment => "equipment",
            Self::Other(name) => OTHER_TYPES
                .iter()
                .find(|(wire_name, _)| wire_name.eq_ignore_ascii_case(name))
                .map_or(name, |(_, word)| word),
        }
    }

    /// Only these four can be handed over (facts/exchange sections 3.1 and 6.2).
    pub fn can_be_handed_over(&self) -> bool {
        !matches!(self, Self::Other(_))
    }
}

impl fmt::Display for RecipientType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.wire_name())
    }
}

/// One row of the inventory: the properties the list asks for with `$select`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Identity for every later call.
    pub id: ObjectId,
    /// Display name as the service sent it; clean it before drawing.
    pub display_name: String,
    /// Sign-in name.
    pub user_principal_name: String,
    /// Primary address without the `SMTP:` prefix.
    pub primary_smtp_address: String,
    /// Exchange alias.
    pub alias: String,
    /// User, shared, room, equipment or another type.
    pub recipient_type: RecipientType,
    /// Whether the object is synchronized from Active Directory; nothing when the service did not say.
    pub dir_synced: Option<bool>,
    /// Who may edit its Exchange attributes.
    pub authority: SourceOfAuthority,
    /// Last change in the cloud.
    pub when_changed: Option<Timestamp>,
}

impl Mailbox {
    /// Takes over what a later read of its attributes says; what that read does not hold stays as it is.
    pub fn take_over(&mut self, cloud: &CloudAttributes) {
        for (name, known) in [
            ("DisplayName", &mut self.display_name),
            ("UserPrincipalName", &mut self.user_principal_name),
            ("PrimarySmtpAddress", &mut self.primary_smtp_address),
            ("Alias", &mut self.alias),
        ] {
            if let Some(text) = cloud.text(name) {
                text.clone_into(known);
            }
        }
        if let Some(name) = cloud.text("RecipientTypeDetails") {
            self.recipient_type = RecipientType::from_wire(name);
        }
        self.dir_synced = cloud.flag("IsDirSynced").or(self.dir_synced);
        self.authority = cloud.authority();
        let changed = cloud.text("WhenChangedUTC").and_then(|time| time.parse().ok());
        self.when_changed = changed.or(self.when_changed);
    }
}

/// Full cloud-side attributes of one mailbox, JSON types and order preserved, transport annotations
/// (`@odata.*`, `*@data.type`) removed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CloudAttributes(pub Map<String, Value>);

impl CloudAttributes {
    /// The flag, read tolerantly.
    pub fn authority(&self) -> SourceOfAuthority {
        SourceOfAuthority::from_flag(tolerant_flag(self.0.get("IsExchangeCloudManaged")))
    }

    /// A text attribute; nothing when absent, null or of another type.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A boolean attribute, read tolerantly.
    pub fn flag(&self, name: &str) -> Option<bool> {
        tolerant_flag(self.0.get(name))
    }

    /// A list of texts; a single text counts as a list of one, anything else as empty.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        match self.0.get(name) {
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(text)) => vec![text],
            _ => Vec::new(),
        }
    }
}
