//! What a value holds, as words and as the bytes Windows keeps.

use std::fmt;

/// The numbers of value types and their names (Windows SDK, winnt.h).
pub const TYPE_NAMES: [(u32, &str); 12] = [
    (0, "REG_NONE"),
    (1, "REG_SZ"),
    (2, "REG_EXPAND_SZ"),
    (3, "REG_BINARY"),
    (4, "REG_DWORD"),
    (5, "REG_DWORD_BIG_ENDIAN"),
    (6, "REG_LINK"),
    (7, "REG_MULTI_SZ"),
    (8, "REG_RESOURCE_LIST"),
    (9, "REG_FULL_RESOURCE_DESCRIPTOR"),
    (10, "REG_RESOURCE_REQUIREMENTS_LIST"),
    (11, "REG_QWORD"),
];

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
    /// From the type's number and the bytes Windows keeps. What does not fit its type stays as it is, as
    /// [`RegistryData::Other`]: a text without its final zero, a number of three bytes.
    pub fn from_bytes(number: u32, bytes: Vec<u8>) -> Self {
        let fitting = match number {
            1 => single_text(&bytes).map(Self::Text),
            2 => single_text(&bytes).map(Self::ExpandableText),
            3 => return Self::Binary(bytes),
            4 => <[u8; 4]>::try_from(bytes.as_slice())
                .ok()
                .map(|four| Self::Dword(u32::from_le_bytes(four))),
            7 => several_texts(&bytes).map(Self::Texts),
            11 => <[u8; 8]>::try_from(bytes.as_slice())
                .ok()
                .map(|eight| Self::Qword(u64::from_le_bytes(eight))),
            _ => None,
        };
        fitting.unwrap_or(Self::Other(number, bytes))
    }

    /// The bytes as Windows keeps them: numbers with the lowest byte first, texts in UTF-16 with a final zero, several
    /// texts with one more zero after the last.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Dword(number) => number.to_le_bytes().to_vec(),
            Self::Qword(number) => number.to_le_bytes().to_vec(),
            Self::Text(text) | Self::ExpandableText(text) => utf16(text),
            Self::Texts(texts) => {
                let mut bytes: Vec<u8> = texts.iter().flat_map(|text| utf16(text)).collect();
                bytes.extend([0, 0]);
                bytes
            }
            Self::Binary(bytes) | Self::Other(_, bytes) => bytes.clone(),
        }
    }

    /// The number of the type, as in [`TYPE_NAMES`].
    pub fn type_number(&self) -> u32 {
        match self {
            Self::Text(_) => 1,
            Self::ExpandableText(_) => 2,
            Self::Binary(_) => 3,
            Self::Dword(_) => 4,
            Self::Texts(_) => 7,
            Self::Qword(_) => 11,
            Self::Other(number, _) => *number,
        }
    }

    /// The name of the type as Windows tools print it; unknown numbers read `REG_TYPE_n`.
    pub fn type_name(&self) -> String {
        let own = self.type_number();
        TYPE_NAMES
            .iter()
            .find(|(number, _)| *number == own)
            .map_or_else(|| format!("REG_TYPE_{own}"), |(_, name)| (*name).to_owned())
    }
}

/// In UTF-16 with the lowest byte first, and a final zero.
fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16()
        .chain([0])
        .flat_map(u16::to_le_bytes)
        .collect()
}

/// The text before the one final zero; nothing if there is none, if there are more, or if it is no UTF-16.
fn single_text(bytes: &[u8]) -> Option<String> {
    let mut units = units(bytes)?;
    (units.pop()? == 0 && !units.contains(&0)).then(|| String::from_utf16(&units).ok())?
}

fn several_texts(bytes: &[u8]) -> Option<Vec<String>> {
    let mut units = units(bytes)?;
    if units.pop()? != 0 {
        return None;
    }
    if units.is_empty() {
        return Some(Vec::new());
    }
    if units.pop()? != 0 {
        return None;
    }
    units
        .split(|unit| *unit == 0)
        .map(|text| String::from_utf16(text).ok().filter(|text| !text.is_empty()))
        .collect()
}

fn units(bytes: &[u8]) -> Option<Vec<u16>> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect())
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bytes_that_do_not_fit_their_type_stay_as_they_are() {
        for (number, bytes) in [
            (1, vec![b'a', 0]),
            (1, vec![b'a', 0, 0, 0, 0, 0]),
            (1, vec![0, 0xd8, 0, 0]),
            (4, vec![1, 0, 0]),
            (7, vec![b'a', 0, 0, 0]),
            (7, vec![]),
            (11, vec![1]),
            (99, vec![1]),
        ] {
            assert_eq!(
                RegistryData::from_bytes(number, bytes.clone()),
                RegistryData::Other(number, bytes)
            );
        }
        assert_eq!(RegistryData::Other(4, vec![1]).type_name(), "REG_DWORD");
        assert_eq!(RegistryData::Other(99, vec![1]).type_name(), "REG_TYPE_99");
    }

    proptest! {
        #[test]
        fn data_and_bytes_are_two_sides_of_one_thing(number in 0u32..14, bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            let data = RegistryData::from_bytes(number, bytes.clone());
            prop_assert_eq!(data.type_number(), number);
            prop_assert_eq!(data.bytes(), bytes);
        }
    }
}
