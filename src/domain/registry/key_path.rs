//! Where a key lies.

use std::{borrow::Borrow, fmt};

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

    /// Whether it begins with one of Windows' hives; a path without one matches nothing.
    pub fn has_hive(&self) -> bool {
        let first = self.shown.split('\\').next().unwrap_or_default();
        HIVES.iter().any(|(_, short)| *short == first)
    }

    /// The name of the key itself, without the keys above.
    pub fn leaf(&self) -> &str {
        self.shown.rsplit('\\').next().unwrap_or_default()
    }

    /// The key of that name below this one.
    pub fn child(&self, name: &str) -> Self {
        Self::new(&format!("{}\\{name}", self.shown))
    }

    /// The keys above in the form paths are compared in, hive first.
    pub(super) fn folded_ancestors(&self) -> impl Iterator<Item = &str> {
        let cuts = self.folded.match_indices('\\');
        cuts.filter_map(|(cut, _)| self.folded.get(..cut))
    }

    /// All paths below this one lie between these two, the second not included.
    pub(super) fn folded_range_below(&self) -> (String, String) {
        // `]` is the character after the backslash.
        (format!("{}\\", self.folded), format!("{}]", self.folded))
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

/// Paths are looked up by their folded form, which their order and equality are made of.
impl Borrow<str> for KeyPath {
    fn borrow(&self) -> &str {
        &self.folded
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
        assert_eq!(key.leaf(), "v4.0.30319");
        assert!(key.has_hive());
        assert!(!KeyPath::new(r"C:\Windows").has_hive());
    }
}
