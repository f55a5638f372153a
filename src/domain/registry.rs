//! Values of the Windows registry, from whichever source they were read: this machine, a file, another host.

use std::{collections::BTreeMap, fmt};

/// Spellings of a hive at the start of a path, and the one kept. PowerShell writes `HKLM:\`, files the long name.
const HIVES: [(&str, &str); 10] = [
    ("HKEY_LOCAL_MACHINE", "HKLM"),
    ("HKLM", "HKLM"),
    ("HKEY_CURRENT_USER", "HKCU"),
    ("HKCU", "HKCU"),
    ("HKEY_CLASSES_ROOT", "HKCR"),
    ("HKCR", "HKCR"),
    ("HKEY_USERS", "HKU"),
    ("HKU", "HKU"),
    ("HKEY_CURRENT_CONFIG", "HKCC"),
    ("HKCC", "HKCC"),
];

/// The long name of a hive, as registry files want it.
const LONG_HIVES: [(&str, &str); 5] = [
    ("HKLM", "HKEY_LOCAL_MACHINE"),
    ("HKCU", "HKEY_CURRENT_USER"),
    ("HKCR", "HKEY_CLASSES_ROOT"),
    ("HKU", "HKEY_USERS"),
    ("HKCC", "HKEY_CURRENT_CONFIG"),
];

/// Where a key lies: hive and folders, compared without regard to letter case as Windows does.
#[derive(Clone, Debug)]
pub struct KeyPath {
    shown: String,
    folded: String,
}

impl KeyPath {
    /// Reads a path in any of the usual spellings: `HKEY_LOCAL_MACHINE\…`, `HKLM:\…`, `Registry::HKLM\…`, with or without
    /// the backslashes doubled that Markdown leaves behind (facts/connect section 5.3).
    ///
    /// A path without a known hive is kept as it is; it will match nothing.
    pub fn new(path: &str) -> Self {
        let path = path.trim();
        let path = path
            .get(..10)
            .filter(|start| start.eq_ignore_ascii_case("registry::"))
            .map_or(path, |_| &path[10..]);
        let mut parts = path.split('\\').filter(|part| !part.is_empty());
        let first = parts.next().unwrap_or_default().trim_end_matches(':');
        let hive = HIVES
            .iter()
            .find(|(spelling, _)| spelling.eq_ignore_ascii_case(first))
            .map_or(first, |(_, short)| short);
        let mut shown = hive.to_owned();
        for part in parts {
            shown.push('\\');
            shown.push_str(part);
        }
        let folded = shown.to_lowercase();
        Self { shown, folded }
    }

    /// With the short name of the hive: `HKLM\SYSTEM\…`.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// With the hive's long name, as registry files and `reg query` write it: `HKEY_LOCAL_MACHINE\SYSTEM\…`.
    pub fn long(&self) -> String {
        let (hive, rest) = self.shown.split_once('\\').unwrap_or((&self.shown, ""));
        let long = LONG_HIVES
            .iter()
            .find(|(short, _)| *short == hive)
            .map_or(hive, |(_, long)| long);
        if rest.is_empty() {
            long.to_owned()
        } else {
            format!("{long}\\{rest}")
        }
    }

    /// As PowerShell's drives write it: `HKLM:\SYSTEM\…`.
    pub fn drive(&self) -> String {
        match self.shown.split_once('\\') {
            Some((hive, rest)) => format!("{hive}:\\{rest}"),
            None => format!("{}:\\", self.shown),
        }
    }

    /// The key above, unless this is a hive.
    pub fn parent(&self) -> Option<Self> {
        let (above, _) = self.shown.rsplit_once('\\')?;
        Some(Self {
            shown: above.to_owned(),
            folded: above.to_lowercase(),
        })
    }

    /// Whether `self` is `other` or lies below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.folded
            .strip_prefix(&other.folded)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
    }
}

impl PartialEq for KeyPath {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for KeyPath {}

impl PartialOrd for KeyPath {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for KeyPath {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded.cmp(&other.folded)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shown)
    }
}

/// What a value holds, with its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryData {
    /// `REG_DWORD`.
    Dword(u32),
    /// `REG_QWORD`.
    Qword(u64),
    /// `REG_SZ`.
    Text(String),
    /// `REG_EXPAND_SZ`, its variables not expanded.
    ExpandableText(String),
    /// `REG_MULTI_SZ`.
    Texts(Vec<String>),
    /// `REG_BINARY`.
    Binary(Vec<u8>),
    /// Any other type, or bytes that do not fit theirs: the type's number and the bytes as they are.
    Other(u32, Vec<u8>),
}

impl RegistryData {
    /// The name of the type as Windows tools print it; unknown numbers read `REG_TYPE_n`.
    pub fn type_name(&self) -> String {
        match self {
            Self::Dword(_) => "REG_DWORD".to_owned(),
            Self::Qword(_) => "REG_QWORD".to_owned(),
            Self::Text(_) => "REG_SZ".to_owned(),
            Self::ExpandableText(_) => "REG_EXPAND_SZ".to_owned(),
            Self::Texts(_) => "REG_MULTI_SZ".to_owned(),
            Self::Binary(_) => "REG_BINARY".to_owned(),
            Self::Other(0, _) => "REG_NONE".to_owned(),
            Self::Other(4, _) => "REG_DWORD".to_owned(),
            Self::Other(number, _) => format!("REG_TYPE_{number}"),
        }
    }
}

impl fmt::Display for RegistryData {
    /// In one line, as a reader expects it: numbers in decimal and, above nine, in hexadecimal beside it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dword(number) if *number > 9 => write!(out, "{number} (0x{number:x})"),
            Self::Dword(number) => write!(out, "{number}"),
            Self::Qword(number) if *number > 9 => write!(out, "{number} (0x{number:x})"),
            Self::Qword(number) => write!(out, "{number}"),
            Self::Text(text) | Self::ExpandableText(text) => write!(out, "\"{text}\""),
            Self::Texts(texts) => out.write_str(&texts.join(", ")),
            Self::Binary(bytes) | Self::Other(_, bytes) => {
                for (index, byte) in bytes.iter().take(16).enumerate() {
                    write!(out, "{}{byte:02x}", if index == 0 { "" } else { " " })?;
                }
                if bytes.len() > 16 {
                    write!(out, " … ({} bytes)", bytes.len())?;
                }
                Ok(())
            }
        }
    }
}

/// A value and the name it was written under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryValue {
    /// Its name, in the letter case of the source; empty for a key's default value.
    pub name: String,
    /// What it holds.
    pub data: RegistryData,
}

/// One key of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Key {
    values: BTreeMap<String, RegistryValue>,
}

/// What is known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<'image> {
    /// It is there.
    Found(&'image RegistryValue),
    /// The source looked there, and it is missing.
    Missing,
    /// The source does not speak of that key at all: an export of another key, or one cut short.
    NotCovered,
    /// The source could not look: access was denied.
    Denied,
}

/// Keys and values as one source told them, and what that source covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryImage {
    keys: BTreeMap<KeyPath, Key>,
    /// Keys that the source says are not there.
    absent: Vec<KeyPath>,
    denied: Vec<KeyPath>,
}

impl RegistryImage {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The source speaks of this key and all below it.
    pub fn cover(&mut self, path: &KeyPath) {
        self.absent.retain(|gone| !path.is_within(gone));
        self.keys.entry(path.clone()).or_default();
    }

    /// A value; the last one of the same name wins, as on import.
    pub fn set(&mut self, path: &KeyPath, name: &str, data: RegistryData) {
        self.cover(path);
        let key = self.keys.entry(path.clone()).or_default();
        let value = RegistryValue {
            name: name.to_owned(),
            data,
        };
        key.values.insert(name.to_lowercase(), value);
    }

    /// The source says this value is not there.
    pub fn remove(&mut self, path: &KeyPath, name: &str) {
        self.cover(path);
        if let Some(key) = self.keys.get_mut(path) {
            key.values.remove(&name.to_lowercase());
        }
    }

    /// The source says this key is not there, nor anything below it.
    pub fn remove_key(&mut self, path: &KeyPath) {
        self.keys.retain(|known, _| !known.is_within(path));
        self.absent.push(path.clone());
    }

    /// The source was not allowed to look at this key.
    pub fn deny(&mut self, path: &KeyPath) {
        self.denied.push(path.clone());
    }

    /// What is known of a value. A key counts as covered if it, or a key above it, was named by the source: an export
    /// writes the key it was asked for and everything below.
    pub fn lookup(&self, path: &KeyPath, name: &str) -> Lookup<'_> {
        if let Some(value) = self
            .keys
            .get(path)
            .and_then(|key| key.values.get(&name.to_lowercase()))
        {
            return Lookup::Found(value);
        }
        if self.denied.iter().any(|denied| path.is_within(denied)) {
            return Lookup::Denied;
        }
        if self.has_key(path) || self.absent.iter().any(|gone| path.is_within(gone)) {
            return Lookup::Missing;
        }
        let mut above = path.parent();
        while let Some(key) = above {
            if key.as_str().contains('\\') && self.keys.contains_key(&key) {
                return Lookup::Missing;
            }
            above = key.parent();
        }
        Lookup::NotCovered
    }

    /// What a value holds, where it is known.
    pub fn data(&self, path: &KeyPath, name: &str) -> Option<&RegistryData> {
        match self.lookup(path, name) {
            Lookup::Found(value) => Some(&value.data),
            Lookup::Missing | Lookup::NotCovered | Lookup::Denied => None,
        }
    }

    /// Whether the source showed this very key.
    pub fn has_key(&self, path: &KeyPath) -> bool {
        self.keys.contains_key(path)
    }

    /// Every value with its key, sorted by key and name.
    pub fn values(&self) -> impl Iterator<Item = (&KeyPath, &RegistryValue)> {
        self.keys
            .iter()
            .flat_map(|(path, key)| key.values.values().map(move |value| (path, value)))
    }

    /// Nothing was read at all.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.absent.is_empty() && self.denied.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_path_is_one_key() {
        let key = KeyPath::new(r"HKLM\SOFTWARE\Microsoft\.NETFramework\v4.0.30319");
        for spelling in [
            r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\.NETFramework\v4.0.30319",
            r"hkey_local_machine\software\microsoft\.netframework\V4.0.30319\",
            r"HKLM:\SOFTWARE\Microsoft\.NETFramework\v4.0.30319",
            r"HKLM:\SOFTWARE\Microsoft\\.NETFramework\v4.0.30319",
            r"Registry::HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\.NETFramework\v4.0.30319",
        ] {
            assert_eq!(KeyPath::new(spelling), key, "{spelling}");
        }
        assert_eq!(
            key.long(),
            r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\.NETFramework\v4.0.30319"
        );
        assert_eq!(key.drive(), r"HKLM:\SOFTWARE\Microsoft\.NETFramework\v4.0.30319");
    }

    #[test]
    fn missing_is_told_from_not_covered() {
        let mut image = RegistryImage::new();
        let schannel = KeyPath::new(r"HKLM\SYSTEM\SCHANNEL");
        let client = KeyPath::new(r"HKLM\SYSTEM\SCHANNEL\Protocols\TLS 1.2\Client");
        assert_eq!(image.lookup(&client, "Enabled"), Lookup::NotCovered);
        image.cover(&schannel);
        assert_eq!(image.lookup(&client, "Enabled"), Lookup::Missing);
        image.set(&client, "Enabled", RegistryData::Dword(1));
        assert_eq!(image.data(&client, "ENABLED"), Some(&RegistryData::Dword(1)));
        image.remove_key(&schannel);
        assert_eq!(image.lookup(&client, "Enabled"), Lookup::Missing);
        let other = KeyPath::new(r"HKLM\SOFTWARE\Other");
        assert_eq!(image.lookup(&other, "x"), Lookup::NotCovered);
        image.deny(&other);
        assert_eq!(image.lookup(&other, "x"), Lookup::Denied);
    }
}
