//! Keys and values as one source told them, and what that source covers.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use super::{KeyPath, RegistryData};

/// A value and the name it was written under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryValue {
    /// Its name, in the letter case of the source; empty for a key's default value.
    pub name: String,
    /// What it holds.
    pub data: RegistryData,
}

/// What is known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<'image> {
    /// It is there.
    Found(&'image RegistryValue),
    /// The source looked there, and it is missing.
    Missing,
    /// It is there, but what the source wrote of it could not be read.
    Unreadable,
    /// The source does not speak of that key at all: an export of another key, or one cut short.
    NotCovered,
    /// The source could not look: access was denied.
    Denied,
}

/// What a source told of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Found(RegistryValue),
    Missing,
    Unreadable,
}

/// How much of a key a source told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Extent {
    /// Only single values.
    Named,
    /// All of its values.
    Values,
    /// All of its values and all keys below.
    Tree,
}

/// One key of an image; its values by their names in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    extent: Extent,
    values: BTreeMap<String, Told>,
}

/// Keys and values as one source told them, and what that source covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryImage {
    keys: BTreeMap<KeyPath, Key>,
    /// Keys that the source says are not there, nor anything below them.
    absent: BTreeSet<KeyPath>,
    denied: BTreeSet<KeyPath>,
}

impl RegistryImage {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The source speaks of this key and all below it.
    pub fn cover(&mut self, path: &KeyPath) {
        self.exists(path, Extent::Tree);
    }

    /// The source shows all values of this key, but not the keys below it.
    pub fn cover_values(&mut self, path: &KeyPath) {
        self.exists(path, Extent::Values);
    }

    /// The source names this key, without a word on what it holds.
    pub fn name_key(&mut self, path: &KeyPath) {
        self.exists(path, Extent::Named);
    }

    /// A value of a covered key; the last one of the same name wins, as on import. Gives back what stood there before.
    pub fn set(&mut self, path: &KeyPath, name: &str, data: RegistryData) -> Option<RegistryData> {
        self.cover(path);
        self.know(path, name, Some(data))
    }

    /// The source says this value of a covered key is not there.
    pub fn remove(&mut self, path: &KeyPath, name: &str) {
        self.cover(path);
        self.know(path, name, None);
    }

    /// The source tells this one value, or that it is missing, and nothing else of its key. Gives back what stood there
    /// before.
    pub fn know(&mut self, path: &KeyPath, name: &str, data: Option<RegistryData>) -> Option<RegistryData> {
        if data.is_some() {
            self.create_key(path);
        } else if !self.keys.contains_key(path) && self.key_exists(path) == Some(false) {
            return None;
        }
        let key = self.keys.entry(path.clone()).or_insert_with(|| Key {
            extent: Extent::Named,
            values: BTreeMap::new(),
        });
        let folded = name.to_lowercase();
        let before = match data {
            Some(data) => {
                let name = name.to_owned();
                key.values
                    .insert(folded, Told::Found(RegistryValue { name, data }))
            }
            // Where all values are known, one that is not there need not be remembered.
            None if key.extent > Extent::Named => key.values.remove(&folded),
            None => key.values.insert(folded, Told::Missing),
        };
        match before? {
            Told::Found(value) => Some(value.data),
            Told::Missing | Told::Unreadable => None,
        }
    }

    /// The source has this value, but what it wrote of it could not be read.
    pub fn set_unreadable(&mut self, path: &KeyPath, name: &str) {
        self.exists(path, Extent::Named);
        if let Some(key) = self.keys.get_mut(path) {
            key.values.insert(name.to_lowercase(), Told::Unreadable);
        }
    }

    /// The source says this key is not there, nor anything below it.
    pub fn remove_key(&mut self, path: &KeyPath) {
        self.keys.remove(path);
        let (low, high) = path.folded_range_below();
        let below = (Bound::Included(low.as_str()), Bound::Excluded(high.as_str()));
        while let Some(key) = self
            .keys
            .range::<str, _>(below)
            .next()
            .map(|(key, _)| key.clone())
        {
            self.keys.remove(&key);
        }
        if self.key_exists(path).is_none() {
            self.absent.insert(path.clone());
        }
    }

    /// The source was not allowed to look at this key.
    pub fn deny(&mut self, path: &KeyPath) {
        self.denied.insert(path.clone());
    }

    /// What is known of a value. A key counts as covered if it, or a key above it, was shown whole by the source: an export
    /// writes the key it was asked for and everything below.
    pub fn lookup(&self, path: &KeyPath, name: &str) -> Lookup<'_> {
        let key = self.keys.get(path);
        match key.and_then(|key| key.values.get(&name.to_lowercase())) {
            Some(Told::Found(value)) => return Lookup::Found(value),
            Some(Told::Missing) => return Lookup::Missing,
            Some(Told::Unreadable) => return Lookup::Unreadable,
            None => {}
        }
        if is_within_one_of(path, &self.denied) {
            return Lookup::Denied;
        }
        match key {
            Some(key) if key.extent > Extent::Named => Lookup::Missing,
            None if self.key_exists(path) == Some(false) => Lookup::Missing,
            Some(_) | None => Lookup::NotCovered,
        }
    }

    /// What a value holds, where it is known.
    pub fn data(&self, path: &KeyPath, name: &str) -> Option<&RegistryData> {
        match self.lookup(path, name) {
            Lookup::Found(value) => Some(&value.data),
            Lookup::Missing | Lookup::Unreadable | Lookup::NotCovered | Lookup::Denied => None,
        }
    }

    /// Whether the source showed this very key.
    pub fn has_key(&self, path: &KeyPath) -> bool {
        self.keys.contains_key(path)
    }

    /// Whether a key is there, shown itself or by a key below it; `None` where the source does not tell.
    pub fn key_exists(&self, path: &KeyPath) -> Option<bool> {
        let (low, high) = path.folded_range_below();
        let below = (Bound::Included(low.as_str()), Bound::Excluded(high.as_str()));
        if self.keys.get(path).is_some_and(Key::is_there) {
            return Some(true);
        }
        if self.keys.range::<str, _>(below).any(|(_, key)| key.is_there()) {
            return Some(true);
        }
        let gone = is_within_one_of(path, &self.absent);
        let shown_above = || {
            path.folded_ancestors()
                .filter(|above| above.contains('\\'))
                .any(|above| self.keys.get(above).is_some_and(|key| key.extent == Extent::Tree))
        };
        (gone || shown_above()).then_some(false)
    }

    /// Every key that was shown, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &KeyPath> {
        self.keys.keys()
    }

    /// The values of one key, sorted by name.
    pub fn values_of(&self, path: &KeyPath) -> impl Iterator<Item = &RegistryValue> {
        self.keys.get(path).into_iter().flat_map(Key::found)
    }

    /// Every value with its key, sorted by key and name.
    pub fn values(&self) -> impl Iterator<Item = (&KeyPath, &RegistryValue)> {
        self.keys
            .iter()
            .flat_map(|(path, key)| key.found().map(move |value| (path, value)))
    }

    /// Nothing was read at all.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.absent.is_empty() && self.denied.is_empty()
    }

    /// Makes a key that is missing.
    pub(super) fn create_key(&mut self, path: &KeyPath) {
        self.exists(path, Extent::Named);
    }

    /// The key is there, and at least this much of it is told.
    fn exists(&mut self, path: &KeyPath, extent: Extent) {
        if let Some(key) = self.keys.get_mut(path) {
            if extent > key.extent {
                key.extent = extent;
                key.values.retain(|_, told| *told != Told::Missing);
            }
            return;
        }
        // Of a key that was known not to be there everything is known, since it begins empty.
        let extent = match self.key_exists(path) {
            Some(false) => Extent::Tree,
            Some(true) | None => extent,
        };
        if !self.absent.is_empty() {
            self.revive(path);
        }
        self.keys.insert(
            path.clone(),
            Key {
                extent,
                values: BTreeMap::new(),
            },
        );
    }

    /// A key below one that was gone is there: those in between were made with it, and hold nothing else.
    fn revive(&mut self, path: &KeyPath) {
        let gone: Vec<KeyPath> = path
            .folded_ancestors()
            .filter_map(|above| self.absent.get(above).cloned())
            .collect();
        let Some(highest) = gone.first().cloned() else {
            self.absent.remove(path);
            return;
        };
        for key in &gone {
            self.absent.remove(key);
        }
        self.absent.remove(path);
        let mut above = path.parent();
        while let Some(key) = above.filter(|key| key.is_within(&highest)) {
            above = key.parent();
            self.keys.entry(key).or_insert_with(|| Key {
                extent: Extent::Tree,
                values: BTreeMap::new(),
            });
        }
    }
}

impl Key {
    /// False for a key of which only missing values were told: it may be missing itself.
    fn is_there(&self) -> bool {
        self.extent > Extent::Named
            || self.values.is_empty()
            || self.values.values().any(|told| *told != Told::Missing)
    }

    fn found(&self) -> impl Iterator<Item = &RegistryValue> {
        self.values.values().filter_map(|told| match told {
            Told::Found(value) => Some(value),
            Told::Missing | Told::Unreadable => None,
        })
    }
}

fn is_within_one_of(path: &KeyPath, keys: &BTreeSet<KeyPath>) -> bool {
    !keys.is_empty() && (keys.contains(path) || path.folded_ancestors().any(|above| keys.contains(above)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::registry::RegistryEdit;

    fn dword(number: u32) -> RegistryData {
        RegistryData::Dword(number)
    }

    #[test]
    fn missing_is_told_from_not_covered() {
        let mut image = RegistryImage::new();
        let schannel = KeyPath::new(r"HKLM\SYSTEM\SCHANNEL");
        let client = KeyPath::new(r"HKLM\SYSTEM\SCHANNEL\Protocols\TLS 1.2\Client");
        assert_eq!(image.lookup(&client, "Enabled"), Lookup::NotCovered);
        image.cover(&schannel);
        assert_eq!(image.lookup(&client, "Enabled"), Lookup::Missing);
        image.set(&client, "Enabled", dword(1));
        assert_eq!(image.data(&client, "ENABLED"), Some(&dword(1)));
        image.remove_key(&schannel);
        assert_eq!(image.lookup(&client, "Enabled"), Lookup::Missing);
        let other = KeyPath::new(r"HKLM\SOFTWARE\Other");
        assert_eq!(image.lookup(&other, "x"), Lookup::NotCovered);
        image.deny(&other);
        assert_eq!(image.lookup(&other, "x"), Lookup::Denied);
        image.set_unreadable(&other, "x");
        assert_eq!(image.lookup(&other, "X"), Lookup::Unreadable);
    }

    #[test]
    fn a_single_value_says_nothing_of_its_neighbours() {
        let mut image = RegistryImage::new();
        let key = KeyPath::new(r"HKLM\SOFTWARE\A");
        image.know(&key, "missing", None);
        assert_eq!(image.key_exists(&key), None);
        image.know(&key, "there", Some(dword(1)));
        assert_eq!(image.lookup(&key, "missing"), Lookup::Missing);
        assert_eq!(image.lookup(&key, "other"), Lookup::NotCovered);
        assert_eq!(image.lookup(&key.child("B"), "x"), Lookup::NotCovered);
        assert_eq!(image.key_exists(&key), Some(true));
        image.cover_values(&key);
        assert_eq!(image.lookup(&key, "other"), Lookup::Missing);
        assert_eq!(image.lookup(&key.child("B"), "x"), Lookup::NotCovered);
    }

    #[test]
    fn a_key_made_anew_holds_nothing_else() {
        let mut image = RegistryImage::new();
        let key = KeyPath::new(r"HKLM\SOFTWARE\A");
        let below = KeyPath::new(r"HKLM\SOFTWARE\A\B\C");
        image.set(&below, "x", dword(1));
        image.remove_key(&key);
        assert_eq!(image.lookup(&below, "x"), Lookup::Missing);
        image.set(&below, "y", dword(2));
        assert_eq!(image.lookup(&below, "x"), Lookup::Missing);
        assert_eq!(image.lookup(&key, "z"), Lookup::Missing);
        assert_eq!(image.key_exists(&key.child("B")), Some(true));
        assert_eq!(image.key_exists(&key.child("D")), Some(false));
    }

    #[test]
    fn a_change_and_its_reverse_leave_no_trace() {
        let mut image = RegistryImage::new();
        let above = KeyPath::new(r"HKLM\SYSTEM\Protocols");
        image.cover(&above);
        let before = image.clone();
        let made = above.child("TLS 1.2");
        let key = made.child("Client");
        for edit in [
            RegistryEdit::SetValue {
                key: key.clone(),
                name: "Enabled".to_owned(),
                data: dword(1),
            },
            RegistryEdit::DeleteValue {
                key: key.clone(),
                name: "enabled".to_owned(),
            },
        ] {
            image.apply(&edit);
            assert_eq!(image.key_exists(&made), Some(true));
        }
        image.apply(&RegistryEdit::DeleteKey(key));
        image.apply(&RegistryEdit::DeleteKey(made));
        assert_eq!(image, before);
    }
}
