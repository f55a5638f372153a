//! An Active Directory object as a snapshot or an export holds it, and where such objects are found.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{Timestamp, civil};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use uuid::Uuid;

use super::{
    CloudAttributes,
    directory_attribute::{DIRECTORY_ATTRIBUTES, attribute_number},
};

/// One value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectoryValue<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
}

/// An object of Active Directory: its distinguished name and the attributes of
/// [`super::DIRECTORY_ATTRIBUTES`] it has.
///
/// Packed into one block of memory, because an export holds hundreds of thousands of them.
#[derive(Clone, PartialEq, Eq)]
pub struct DirectoryObject {
    name: Box<str>,
    /// Values one after the other: attribute number, kind, length in four bytes, bytes.
    packed: Box<[u8]>,
    /// Numbers of the attributes whose values are not all here.
    incomplete: Box<[u8]>,
}

const TEXT: u8 = 0;
const BINARY: u8 = 1;
const HEAD: usize = 6;

/// Collects the values of a [`DirectoryObject`].
#[derive(Debug, Default)]
pub struct DirectoryObjectBuilder {
    packed: Vec<u8>,
    incomplete: Vec<u8>,
}

impl DirectoryObjectBuilder {
    /// Adds a value; attributes outside the table and values over 4 GB are skipped.
    pub fn add(&mut self, attribute: &str, value: DirectoryValue<'_>) {
        let Some(number) = attribute_number(attribute) else {
            return;
        };
        let (kind, bytes) = match value {
            DirectoryValue::Text(text) => (TEXT, text.as_bytes()),
            DirectoryValue::Binary(bytes) => (BINARY, bytes),
        };
        let Ok(length) = u32::try_from(bytes.len()) else {
            return;
        };
        self.packed.extend([number, kind]);
        self.packed.extend(length.to_le_bytes());
        self.packed.extend(bytes);
    }

    /// Notes that the values of an attribute are not all here.
    pub fn mark_incomplete(&mut self, attribute: &str) {
        if let Some(number) = attribute_number(attribute)
            && !self.incomplete.contains(&number)
        {
            self.incomplete.push(number);
        }
    }

    /// The object of that distinguished name.
    pub fn build(self, name: &str) -> DirectoryObject {
        DirectoryObject {
            name: name.into(),
            packed: self.packed.into_boxed_slice(),
            incomplete: self.incomplete.into_boxed_slice(),
        }
    }
}

impl DirectoryObject {
    /// Distinguished name as read; clean it before drawing.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every value with its attribute's name, in the order read.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, DirectoryValue<'_>)> {
        Packed(&self.packed).filter_map(|(number, value)| {
            DIRECTORY_ATTRIBUTES
                .get(usize::from(number))
                .map(|attribute| (attribute.name, value))
        })
    }

    /// The values of an attribute, whatever the letter case of its name.
    pub fn values(&self, attribute: &str) -> impl Iterator<Item = DirectoryValue<'_>> {
        let wanted = attribute_number(attribute);
        Packed(&self.packed).filter_map(move |(number, value)| (Some(number) == wanted).then_some(value))
    }

    /// The text values of an attribute.
    pub fn texts(&self, attribute: &str) -> impl Iterator<Item = &str> {
        self.values(attribute).filter_map(|value| match value {
            DirectoryValue::Text(text) => Some(text),
            DirectoryValue::Binary(_) => None,
        })
    }

    /// The first text value of an attribute that is not empty.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.texts(attribute).find(|text| !text.is_empty())
    }

    /// TRUE or FALSE, in any letter case; nothing when absent or something else.
    pub fn flag(&self, attribute: &str) -> Option<bool> {
        self.text(attribute)
            .and_then(|text| text.to_ascii_lowercase().parse().ok())
    }

    /// A whole number; nothing when absent or something else.
    pub fn number(&self, attribute: &str) -> Option<i64> {
        self.text(attribute).and_then(|text| text.trim().parse().ok())
    }

    /// A GUID, from its sixteen bytes (little-endian groups) or from text.
    pub fn guid(&self, attribute: &str) -> Option<Uuid> {
        match self.values(attribute).next()? {
            DirectoryValue::Binary(bytes) => Some(Uuid::from_bytes_le(bytes.try_into().ok()?)),
            DirectoryValue::Text(text) => Uuid::try_parse(text.trim()).ok(),
        }
    }

    /// A point in time, from GeneralizedTime (`20261101100000.0Z`) or RFC 3339.
    pub fn time(&self, attribute: &str) -> Option<Timestamp> {
        self.text(attribute).and_then(directory_time)
    }

    /// Whether some values of the attribute are missing from this object.
    pub fn is_incomplete(&self, attribute: &str) -> bool {
        attribute_number(attribute).is_some_and(|number| self.incomplete.contains(&number))
    }

    /// Whether any attribute has values missing.
    pub fn has_incomplete(&self) -> bool {
        !self.incomplete.is_empty()
    }

    /// The anchor that binds the object to its cloud user: `mS-DS-ConsistencyGuid`, else `objectGUID`.
    pub fn anchor(&self) -> Option<Uuid> {
        self.guid("mS-DS-ConsistencyGuid")
            .or_else(|| self.guid("objectGUID"))
    }

    /// Every SMTP address, lower case and without prefix: `proxyAddresses` and `mail`. May repeat.
    pub fn smtp_addresses(&self) -> impl Iterator<Item = String> {
        self.texts("proxyAddresses")
            .filter_map(|address| {
                let (prefix, address) = address.split_once(':')?;
                prefix
                    .eq_ignore_ascii_case("smtp")
                    .then(|| address.to_lowercase())
            })
            .chain(self.texts("mail").map(str::to_lowercase))
    }
}

impl std::fmt::Debug for DirectoryObject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DirectoryObject")
            .field("name", &self.name)
            .field("values", &self.all().collect::<Vec<_>>())
            .finish()
    }
}

/// As one JSON object: `distinguishedName`, then each attribute with the list of its values, bytes as
/// `{"base64": "..."}`.
impl Serialize for DirectoryObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("distinguishedName", &*self.name)?;
        let mut done: Vec<&str> = Vec::new();
        for (attribute, _) in self.all() {
            if !done.contains(&attribute) {
                done.push(attribute);
                map.serialize_entry(attribute, &Values(self, attribute))?;
            }
        }
        map.end()
    }
}

struct Values<'a>(&'a DirectoryObject, &'a str);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for value in self.0.values(self.1) {
            match value {
                DirectoryValue::Text(text) => list.serialize_element(text)?,
                DirectoryValue::Binary(bytes) => {
                    list.serialize_element(&serde_json::json!({ "base64": STANDARD.encode(bytes) }))?;
                }
            }
        }
        list.end()
    }
}

struct Packed<'a>(&'a [u8]);

impl<'a> Iterator for Packed<'a> {
    type Item = (u8, DirectoryValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_first_chunk::<HEAD>()?;
        let [number, kind, length @ ..] = *head;
        let (bytes, rest) = rest.split_at_checked(u32::from_le_bytes(length) as usize)?;
        self.0 = rest;
        let value = match kind {
            TEXT => DirectoryValue::Text(std::str::from_utf8(bytes).unwrap_or_default()),
            _ => DirectoryValue::Binary(bytes),
        };
        Some((number, value))
    }
}

/// Reads a point in time as LDAP writes it (`20261101100000.0Z`, RFC 4517 GeneralizedTime in UTC), or as RFC 3339.
/// Forms that depend on a country or lack a zone are nothing.
pub fn directory_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let digits = text.strip_suffix(['Z', 'z'])?;
    let whole = digits.split(['.', ',']).next()?;
    if whole.len() != 14 || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| whole.get(range)?.parse::<i16>().ok();
    let small = |range| part(range).and_then(|number| i8::try_from(number).ok());
    civil::DateTime::new(
        part(0..4)?,
        small(4..6)?,
        small(6..8)?,
        small(8..10)?,
        small(10..12)?,
        small(12..14)?,
        0,
    )
    .ok()?
    .to_zoned(jiff::tz::TimeZone::UTC)
    .ok()
    .map(|time| time.timestamp())
}

/// What a directory says about a mailbox.
#[derive(Clone, Copy, Debug)]
pub enum DirectoryMatch<'a> {
    /// Exactly one object belongs to the mailbox.
    Found(&'a DirectoryObject),
    /// So many objects could belong to it.
    Ambiguous(usize),
    /// No object belongs to it.
    Missing,
    /// There is no directory to ask.
    NoDirectory,
}

impl<'a> DirectoryMatch<'a> {
    /// The object, when there is exactly one.
    pub fn object(&self) -> Option<&'a DirectoryObject> {
        match self {
            Self::Found(object) => Some(object),
            _ => None,
        }
    }
}

/// A place where Active Directory objects are found: an imported export today.
pub trait Directory: Send + Sync {
    /// The object of a mailbox: by its anchor, else by sign-in name, else by address.
    fn find(&self, cloud: &CloudAttributes) -> DirectoryMatch<'_>;

    /// The object of a distinguished name; nothing when it is not known.
    fn by_name(&self, name: &str) -> Option<&DirectoryObject>;

    /// Whether the directory was asked for this attribute at all. If not, its absence from an object says nothing.
    fn carries(&self, attribute: &str) -> bool;

    /// When the content was read from Active Directory; nothing when unknown.
    fn as_of(&self) -> Option<Timestamp>;

    /// What is wrong with the content as a whole, in sentences, cleaned.
    fn problems(&self) -> Vec<String>;
}

/// Asks the directory, if there is one.
pub fn find_in<'a>(directory: Option<&'a dyn Directory>, cloud: &CloudAttributes) -> DirectoryMatch<'a> {
    directory.map_or(DirectoryMatch::NoDirectory, |directory| directory.find(cloud))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_by_name_in_order() {
        let mut builder = DirectoryObjectBuilder::default();
        builder.add("proxyaddresses", DirectoryValue::Text("SMTP:A@x"));
        builder.add(
            "objectGUID",
            DirectoryValue::Binary(&[
                0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe, 1, 2, 3, 4, 5, 6, 7, 8,
            ]),
        );
        builder.add("PROXYADDRESSES", DirectoryValue::Text("smtp:b@x"));
        builder.add("thumbnailPhoto", DirectoryValue::Binary(b"skipped"));
        builder.add("msExchHideFromAddressLists", DirectoryValue::Text("TRUE"));
        builder.mark_incomplete("proxyAddresses");
        let object = builder.build("CN=A,DC=x");
        assert_eq!(
            object.texts("proxyAddresses").collect::<Vec<_>>(),
            ["SMTP:A@x", "smtp:b@x"]
        );
        assert_eq!(
            object.guid("objectguid").unwrap().to_string(),
            "76543210-ba98-fedc-0102-030405060708"
        );
        assert_eq!(object.anchor(), object.guid("objectGUID"));
        assert_eq!(object.flag("msexchhidefromaddresslists"), Some(true));
        assert!(object.is_incomplete("proxyAddresses"));
        assert_eq!(object.smtp_addresses().collect::<Vec<_>>(), ["a@x", "b@x"]);
        let json = serde_json::to_value(&object).unwrap();
        assert_eq!(json["proxyAddresses"][1], "smtp:b@x");
        assert_eq!(json["objectGUID"][0]["base64"], "EDJUdpi63P4BAgMEBQYHCA==");
    }

    #[test]
    fn times_of_ldap_are_read_and_local_ones_are_not_guessed() {
        let expected: Timestamp = "2026-11-01T10:00:00Z".parse().unwrap();
        assert_eq!(directory_time("20261101100000.0Z"), Some(expected));
        assert_eq!(directory_time("2026-11-01T10:00:00Z"), Some(expected));
        for text in [
            "11/01/2026 10:00:00",
            "20261301100000.0Z",
            "2026",
            "",
            "Z",
            "2026110110000äZ",
        ] {
            assert_eq!(directory_time(text), None, "{text}");
        }
    }
}
