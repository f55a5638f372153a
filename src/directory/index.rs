//! Finds objects by anchor, sign-in name, address and distinguished name.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use uuid::Uuid;

use crate::domain::{CloudAttributes, DirectoryMatch, DirectoryObject};

/// An object without any of these can't belong to a mailbox and is not kept.
pub(super) const RECIPIENT_ATTRIBUTES: &[&str] = &[
    "mail",
    "proxyAddresses",
    "mailNickname",
    "targetAddress",
    "userPrincipalName",
    "msExchMailboxGuid",
];

/// What a key stands for; keys of different kinds never meet.
#[derive(Clone, Copy, Hash)]
enum Key {
    ConsistencyGuid,
    ObjectGuid,
    SignInName,
    Address,
    Name,
}

/// Sorted hashes of all keys with the position of their object: sixteen bytes each, checked against the object on use.
#[derive(Default)]
pub(super) struct Index(Vec<(u64, u32)>);

impl Index {
    pub(super) fn new(objects: &[DirectoryObject]) -> Self {
        let mut keys = Vec::with_capacity(objects.len() * 5);
        for (object, position) in objects.iter().zip(0u32..) {
            let mut add = |kind, value: &str| keys.push((hash(kind, value), position));
            add(Key::Name, &object.name().to_lowercase());
            if let Some(guid) = object.guid("mS-DS-ConsistencyGuid") {
                add(Key::ConsistencyGuid, &guid.to_string());
            }
            if let Some(guid) = object.guid("objectGUID") {
                add(Key::ObjectGuid, &guid.to_string());
            }
            if let Some(name) = object.text("userPrincipalName") {
                add(Key::SignInName, &name.to_lowercase());
            }
            for address in object.smtp_addresses() {
                add(Key::Address, &address);
            }
        }
        keys.sort_unstable();
        keys.dedup();
        keys.shrink_to_fit();
        Self(keys)
    }

    /// The object of a distinguished name; nothing when there is none or more than one.
    pub(super) fn by_name<'a>(
        &self,
        objects: &'a [DirectoryObject],
        name: &str,
    ) -> Option<&'a DirectoryObject> {
        let name = name.to_lowercase();
        match self
            .candidates(objects, Key::Name, &name, |object| {
                object.name().to_lowercase() == name
            })
            .as_slice()
        {
            [at] => objects.get(*at as usize),
            _ => None,
        }
    }

    /// The object of a mailbox: the anchor decides when the cloud has one; else the sign-in name, the primary address,
    /// any address. An object anchored to another cloud user is never taken.
    pub(super) fn find<'a>(
        &self,
        objects: &'a [DirectoryObject],
        cloud: &CloudAttributes,
    ) -> DirectoryMatch<'a> {
        let anchor = cloud.text("ImmutableId").and_then(anchor_of);
        if let Some(anchor) = anchor {
            let text = anchor.to_string();
            let by_anchor = [
                (Key::ConsistencyGuid, "mS-DS-ConsistencyGuid"),
                (Key::ObjectGuid, "objectGUID"),
            ];
            for (kind, attribute) in by_anchor {
                let mut found = self.candidates(objects, kind, &text, |object| {
                    object.guid(attribute) == Some(anchor)
                });
                // An object that was re-anchored is not meant by its own GUID any more.
                found.retain(|at| {
                    objects
                        .get(*at as usize)
                        .is_some_and(|object| object.anchor() == Some(anchor))
                });
                if let Some(outcome) = decided(objects, &found) {
                    return outcome;
                }
            }
        }
        let foreign = |object: &DirectoryObject| {
            let own = object.guid("mS-DS-ConsistencyGuid");
            anchor.is_some() && own.is_some() && own != anchor
        };
        if let Some(name) = cloud.text("UserPrincipalName").map(str::to_lowercase) {
            let found = self.candidates(objects, Key::SignInName, &name, |object| {
                !foreign(object)
                    && object
                        .text("userPrincipalName")
                        .is_some_and(|own| own.to_lowercase() == name)
            });
            if let Some(outcome) = decided(objects, &found) {
                return outcome;
            }
        }
        let mut addresses: Vec<String> = cloud
            .text("PrimarySmtpAddress")
            .map(str::to_lowercase)
            .into_iter()
            .collect();
        let by_address = |address: &String| {
            self.candidates(objects, Key::Address, address, |object| {
                !foreign(object) && object.smtp_addresses().any(|own| own == *address)
            })
        };
        for address in &addresses {
            if let Some(outcome) = decided(objects, &by_address(address)) {
                return outcome;
            }
        }
        addresses.extend(
            cloud
                .texts("EmailAddresses")
                .iter()
                .filter_map(|entry| entry.split_once(':'))
                .filter(|(prefix, _)| prefix.eq_ignore_ascii_case("smtp"))
                .map(|(_, address)| address.to_lowercase()),
        );
        let mut found: Vec<u32> = addresses.iter().flat_map(by_address).collect();
        found.sort_unstable();
        found.dedup();
        decided(objects, &found).unwrap_or(DirectoryMatch::Missing)
    }

    fn candidates(
        &self,
        objects: &[DirectoryObject],
        kind: Key,
        value: &str,
        really: impl Fn(&DirectoryObject) -> bool,
    ) -> Vec<u32> {
        let wanted = hash(kind, value);
        let start = self.0.partition_point(|(key, _)| *key < wanted);
        self.0
            .iter()
            .skip(start)
            .take_while(|(key, _)| *key == wanted)
            .map(|(_, position)| *position)
            .filter(|position| objects.get(*position as usize).is_some_and(&really))
            .collect()
    }
}

fn decided<'a>(objects: &'a [DirectoryObject], found: &[u32]) -> Option<DirectoryMatch<'a>> {
    match found {
        [] => None,
        [at] => objects.get(*at as usize).map(DirectoryMatch::Found),
        several => Some(DirectoryMatch::Ambiguous(several.len())),
    }
}

fn hash(kind: Key, value: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (kind, value).hash(&mut hasher);
    hasher.finish()
}

/// The GUID behind an `ImmutableId`: base64 of its sixteen bytes. Other anchors are not GUIDs and identify nothing here.
fn anchor_of(immutable_id: &str) -> Option<Uuid> {
    let bytes = STANDARD.decode(immutable_id.trim()).ok()?;
    Some(Uuid::from_bytes_le(bytes.try_into().ok()?))
}
