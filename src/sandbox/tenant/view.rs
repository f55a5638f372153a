//! A mailbox as it is now, and how it looks as JSON (facts/exchange section 1.4).

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::Value;

use super::property::{PROPERTIES, Selection, Source as S, position};
use super::{Change, Kind, Row, Tenant, purpose};
use crate::sandbox::seed::{mix, uuid};

/// One value on its way out.
pub(in crate::sandbox) enum Field<'a> {
    Null,
    Bool(bool),
    Number(i64),
    Text(Cow<'a, str>),
    Texts(Vec<String>),
    /// Seconds since 1970.
    Time(i64),
    Changed(&'a Value),
}

/// A mailbox as it is now.
pub(in crate::sandbox) struct View<'a> {
    pub tenant: &'a Tenant,
    pub row: &'a Row,
    pub change: Option<&'a Change>,
}

impl View<'_> {
    pub fn is_cloud_managed(&self) -> bool {
        self.change
            .and_then(|change| change.cloud_managed)
            .unwrap_or(self.row.traits.cloud_managed)
    }

    pub fn is_user_cloud_managed(&self) -> bool {
        self.change
            .and_then(|change| change.user_cloud_managed)
            .unwrap_or(self.row.traits.user_cloud_managed)
    }

    /// Proxy addresses, prefixes included.
    pub fn addresses(&self) -> Vec<String> {
        match self.change.and_then(|change| change.addresses.as_ref()) {
            Some(addresses) => addresses.clone(),
            None => self.row.addresses(self.tenant),
        }
    }

    pub fn primary_address(&self) -> String {
        match self.change.and_then(|change| change.addresses.as_ref()) {
            Some(addresses) => addresses
                .iter()
                .find_map(|address| address.strip_prefix("SMTP:"))
                .unwrap_or_default()
                .to_owned(),
            None => self.row.primary_address(),
        }
    }

    pub fn changed_at(&self) -> i64 {
        self.change
            .and_then(|change| change.changed_at)
            .unwrap_or_else(|| self.row.changed_at(self.tenant))
    }

    /// A text property by name.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.field(position(name)?) {
            Field::Text(text) => Some(text.into_owned()),
            Field::Changed(Value::String(text)) => Some(text.clone()),
            _ => None,
        }
    }

    /// The value at a place in [`PROPERTIES`].
    pub fn field(&self, at: usize) -> Field<'_> {
        let (name, source) = PROPERTIES[at];
        if let Some(value) = self.change.and_then(|change| change.attributes.get(name)) {
            return Field::Changed(value);
        }
        let (row, traits, tenant) = (self.row, &self.row.traits, self.tenant);
        let id = |purpose| Field::Text(uuid(tenant.seed, row.index, purpose).to_string().into());
        // One bit of chance in `of`, different for every `which`.
        let one_in = |of: u64, which: u64| mix(traits.number, which, of).is_multiple_of(of);
        let hold = || traits.kind == Kind::User && one_in(35, 1);
        let archive = || traits.kind == Kind::User && one_in(6, 2);
        let forwards = || one_in(60, 3);
        match source {
            S::ObjectId => id(purpose::OBJECT),
            S::Guid => id(purpose::GUID),
            S::ExchangeGuid => id(purpose::EXCHANGE_GUID),
            S::ArchiveGuid if archive() => id(purpose::ARCHIVE),
            S::ArchiveGuid => Field::Text("00000000-0000-0000-0000-000000000000".into()),
            S::UserPrincipalName => Field::Text(row.user_principal_name.as_str().into()),
            S::ImmutableId if traits.dir_synced => {
                let anchor = uuid(tenant.seed, row.index, purpose::PERSON);
                Field::Text(BASE64_STANDARD.encode(anchor.to_bytes_le()).into())
            }
            S::ImmutableId => Field::Text("".into()),
            S::DistinguishedName => Field::Text(row.distinguished_name().into()),
            S::LegacyExchangeDn => Field::Text(row.legacy_exchange_dn(tenant).into()),
            S::Alias => Field::Text(row.alias.as_str().into()),
            S::DisplayName => Field::Text(row.display_name.as_str().into()),
            S::Addresses => Field::Texts(self.addresses()),
            S::Primary => Field::Text(self.primary_address().into()),
            S::Type => Field::Text(traits.kind.wire_name().into()),
            S::ResourceType => match traits.kind {
                Kind::Room => Field::Text("Room".into()),
                Kind::Equipment => Field::Text("Equipment".into()),
                _ => Field::Null,
            },
            S::ResourceCapacity if traits.kind == Kind::Room => {
                Field::Number((mix(traits.number, 4, 0) % 30 + 2) as i64)
            }
            S::ResourceCapacity => Field::Null,
            S::DirSynced => Field::Bool(traits.dir_synced),
            S::CloudManaged => Field::Bool(self.is_cloud_managed()),
            S::Changed => Field::Time(self.changed_at()),
            S::Created => Field::Time(row.created_at(tenant)),
            S::Moving if traits.moving => Field::Text("InProgress".into()),
            S::Moving if one_in(9, 5) => Field::Text("Completed".into()),
            S::Moving => Field::Text("None".into()),
            S::Hidden => Field::Bool(traits.kind == Kind::Discovery || one_in(30, 6)),
            S::ForwardingSmtp if forwards() => {
                Field::Text(format!("smtp:{}@partner.example.net", row.alias).into())
            }
            S::ForwardingSmtp => Field::Null,
            S::DeliverAndForward => Field::Bool(forwards()),
            S::Hold => Field::Bool(hold()),
            S::HoldDate if hold() => Field::Time(row.created_at(tenant) + 31_000_000),
            S::HoldDate => Field::Null,
            S::HoldOwner => Field::Text(if hold() { "legal@contoso.com" } else { "" }.into()),
            S::RemoteType if traits.dir_synced => Field::Text(
                if one_in(2, 7) {
                    "Migrated"
                } else {
                    "ProvisionMailbox"
                }
                .into(),
            ),
            S::RemoteType => Field::Text("None".into()),
            S::Archive => Field::Text(if archive() { "Active" } else { "None" }.into()),
            S::Custom(1) => Field::Text(format!("CC-{:04}", mix(traits.number, 8, 0) % 900 + 100).into()),
            S::Custom(2) if one_in(2, 9) => {
                Field::Text(["Internal", "External", "Contractor"][traits.number as usize % 3].into())
            }
            S::Custom(10) if one_in(12, 10) => Field::Text(" spaces around = kept ".into()),
            S::Custom(15) if one_in(20, 11) => Field::Text("{\"licence\":\"E5\",\"wave\":3}".into()),
            S::Custom(_) => Field::Text("".into()),
            S::ExtensionCustom(1) if one_in(10, 12) => {
                Field::Texts(vec!["Project X".into(), "Project Ä".into()])
            }
            S::ExtensionCustom(_) | S::Empty => Field::Texts(Vec::new()),
            S::Constant(text) => Field::Text(text.into()),
            S::No => Field::Bool(false),
            S::Yes => Field::Bool(true),
            S::Null => Field::Null,
        }
    }

    /// Appends the mailbox as a JSON object. `hide_flag` leaves the flag out (every other time: as null).
    pub fn write_json(&self, out: &mut Vec<u8>, selection: &Selection, hide_flag: bool) {
        out.push(b'{');
        let mut first = true;
        for at in &selection.0 {
            let (name, source) = PROPERTIES[*at];
            let mut field = self.field(*at);
            if hide_flag && matches!(source, S::CloudManaged) {
                if self.row.index.is_multiple_of(2) {
                    continue;
                }
                field = Field::Null;
            }
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            write_field(out, name, &field, self.row.traits.texts_for_booleans);
        }
        out.push(b'}');
    }
}

fn write_field(out: &mut Vec<u8>, name: &str, field: &Field<'_>, texts_for_booleans: bool) {
    let annotation = match field {
        Field::Texts(_) | Field::Changed(Value::Array(_)) => Some("@odata.type\":\"#Collection(String)\",\""),
        Field::Time(_) => Some("@data.type\":\"System.DateTime\",\""),
        _ => None,
    };
    out.push(b'"');
    if let Some(annotation) = annotation {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(annotation.as_bytes());
    }
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    match field {
        Field::Null => out.extend_from_slice(b"null"),
        Field::Bool(flag) | Field::Changed(Value::Bool(flag)) => {
            out.extend_from_slice(match (flag, texts_for_booleans) {
                (true, false) => b"true",
                (false, false) => b"false",
                (true, true) => b"\"True\"",
                (false, true) => b"\"False\"",
            })
        }
        Field::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Field::Text(text) => write_json_text(out, text),
        Field::Texts(texts) => {
            out.push(b'[');
            for (at, text) in texts.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_json_text(out, text);
            }
            out.push(b']');
        }
        Field::Time(seconds) => {
            out.push(b'"');
            out.extend_from_slice(time_text(*seconds).as_bytes());
            out.push(b'"');
        }
        Field::Changed(value) => out.extend_from_slice(value.to_string().as_bytes()),
    }
}

/// RFC 3339 in UTC.
pub(in crate::sandbox) fn time_text(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_string()
}

/// Appends a text with quotes, escaped as JSON asks.
pub(in crate::sandbox) fn write_json_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut plain_from = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte >= 0x20 && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[plain_from..at]);
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
        plain_from = at + 1;
    }
    out.extend_from_slice(&bytes[plain_from..]);
    out.push(b'"');
}
