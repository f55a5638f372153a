//! Values in the lines of `reg.exe query` (facts/connect section 5.3).

use super::reply::hexadecimal;
use crate::domain::registry::RegistryData;

/// Between name, type and data.
const GAP: &str = "    ";

/// Types as they are printed.
const TYPES: [(&str, u32); 8] = [
    ("REG_NONE", 0),
    ("REG_SZ", 1),
    ("REG_EXPAND_SZ", 2),
    ("REG_BINARY", 3),
    ("REG_DWORD", 4),
    ("REG_DWORD_BIG_ENDIAN", 5),
    ("REG_MULTI_SZ", 7),
    ("REG_QWORD", 11),
];

/// Name and data of every value line; `None` for data that can not be read. Other lines (the key, empty ones) are passed
/// over. The default value's name is localised and in parentheses, so `(…)` reads as the empty name.
pub(super) fn values(lines: &[String]) -> Vec<(String, Option<RegistryData>)> {
    lines.iter().filter_map(|line| value(line)).collect()
}

fn value(line: &str) -> Option<(String, Option<RegistryData>)> {
    let line = line.strip_prefix(GAP)?;
    // Names may hold blanks, also several: the type's word decides.
    let (name, kind, data) = line.match_indices("    REG_").find_map(|(at, _)| {
        let behind = &line[at + GAP.len()..];
        let word = behind.split(' ').next().unwrap_or_default();
        let (_, number) = TYPES.iter().find(|(known, _)| *known == word)?;
        let data = behind[word.len()..].strip_prefix(GAP).unwrap_or_default();
        Some((&line[..at], *number, data))
    })?;
    let name = if name.starts_with('(') && name.ends_with(')') {
        ""
    } else {
        name
    };
    let number = || u64::from_str_radix(data.trim().strip_prefix("0x")?, 16).ok();
    let bytes = || hexadecimal(data.trim());
    let data = match kind {
        1 => Some(RegistryData::Text(data.to_owned())),
        2 => Some(RegistryData::ExpandableText(data.to_owned())),
        3 => bytes().map(RegistryData::Binary),
        4 => number()
            .and_then(|number| u32::try_from(number).ok())
            .map(RegistryData::Dword),
        7 if data.is_empty() => Some(RegistryData::Texts(Vec::new())),
        7 => Some(RegistryData::Texts(
            data.split("\\0").map(str::to_owned).collect(),
        )),
        11 => number().map(RegistryData::Qword),
        other => bytes().map(|bytes| RegistryData::Other(other, bytes)),
    };
    Some((name.to_owned(), data))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_of_every_type() {
        for (line, name, data) in [
            (
                "    Enabled    REG_DWORD    0xffffffff",
                "Enabled",
                Some(RegistryData::Dword(u32::MAX)),
            ),
            (
                "    A name    with gaps    REG_SZ    some    text",
                "A name    with gaps",
                Some(RegistryData::Text("some    text".into())),
            ),
            (
                "    (Standard)    REG_SZ    ",
                "",
                Some(RegistryData::Text(String::new())),
            ),
            (
                "    Empty    REG_SZ",
                "Empty",
                Some(RegistryData::Text(String::new())),
            ),
            (
                r"    Functions    REG_MULTI_SZ    TLS_A\0TLS_B",
                "Functions",
                Some(RegistryData::Texts(vec!["TLS_A".into(), "TLS_B".into()])),
            ),
            (
                "    B    REG_BINARY    00FF",
                "B",
                Some(RegistryData::Binary(vec![0, 255])),
            ),
            ("    Q    REG_QWORD    0x10", "Q", Some(RegistryData::Qword(16))),
            ("    N    REG_NONE    ", "N", Some(RegistryData::Other(0, vec![]))),
            ("    D    REG_DWORD    one", "D", None),
        ] {
            assert_eq!(value(line), Some((name.to_owned(), data)), "{line}");
        }
        for line in [
            "",
            "HKEY_LOCAL_MACHINE\\SOFTWARE",
            "    no type here",
            "    X    REG_ODD    1",
        ] {
            assert_eq!(value(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_taken(line in "( {0,6}|REG_[A-Z_]{1,9}|\\PC{0,5}){0,8}") {
            let _ = value(&line);
        }
    }
}
