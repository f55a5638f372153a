//! Data of values as the formats spell it.

use encoding_rs::WINDOWS_1252;

use crate::domain::registry::{RegistryData, TYPE_NAMES};

/// One to eight hexadecimal digits, without a sign.
pub(super) fn hex_number(digits: &str) -> Option<u32> {
    let plain = (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| u32::from_str_radix(digits, 16).ok())?
}

/// Bytes of a REGEDIT4 file: its texts are in the code page of the machine that wrote it.
pub(super) fn ansi_data(number: u32, bytes: Vec<u8>) -> RegistryData {
    let text = || -> Option<String> {
        let plain = bytes.strip_suffix(&[0])?;
        (!plain.contains(&0)).then(|| WINDOWS_1252.decode_without_bom_handling(plain).0.into_owned())
    };
    let texts = || -> Option<Vec<String>> {
        let plain = bytes.strip_suffix(&[0])?;
        if plain.is_empty() {
            return Some(Vec::new());
        }
        plain
            .strip_suffix(&[0])?
            .split(|byte| *byte == 0)
            .map(|text| {
                (!text.is_empty()).then(|| WINDOWS_1252.decode_without_bom_handling(text).0.into_owned())
            })
            .collect()
    };
    let read = match number {
        1 => text().map(RegistryData::Text),
        2 => text().map(RegistryData::ExpandableText),
        7 => texts().map(RegistryData::Texts),
        _ => None,
    };
    read.unwrap_or_else(|| RegistryData::from_bytes(number, bytes))
}

/// The number of a type by its name.
pub(super) fn type_number(name: &str) -> Option<u32> {
    TYPE_NAMES
        .iter()
        .find(|(_, known)| *known == name)
        .map(|(number, _)| *number)
}

/// Data as `reg query` prints it; nothing if it does not fit the type.
pub(super) fn queried_data(number: u32, text: &str) -> Option<RegistryData> {
    let hex = |text: &str| {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.then(|| u64::from_str_radix(digits, 16).ok())?
    };
    match number {
        1 => Some(RegistryData::Text(text.to_owned())),
        2 => Some(RegistryData::ExpandableText(text.to_owned())),
        4 => hex(text.trim())
            .and_then(|number| u32::try_from(number).ok())
            .map(RegistryData::Dword),
        11 => hex(text.trim()).map(RegistryData::Qword),
        7 => {
            let texts = text.split("\\0").filter(|text| !text.is_empty());
            Some(RegistryData::Texts(texts.map(str::to_owned).collect()))
        }
        _ => packed_bytes(text.trim()).map(|bytes| RegistryData::from_bytes(number, bytes)),
    }
}

/// Two digits per byte, nothing between them.
fn packed_bytes(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs
        .iter()
        .map(|pair| {
            let digits = std::str::from_utf8(pair).ok()?;
            u8::try_from(hex_number(digits)?).ok()
        })
        .collect()
}

/// A value as Microsoft's script prints it: a number, or a text where something else is set. The outer option is empty where
/// the script says that the value is missing.
pub(super) fn scripted_data(text: &str) -> Option<RegistryData> {
    if text.eq_ignore_ascii_case("not found") {
        return None;
    }
    let number = text.parse::<u32>().ok();
    // PowerShell reads the number with a sign: all bits set is minus one.
    let number = number.or_else(|| text.parse::<i32>().ok().map(i32::cast_unsigned));
    Some(number.map_or_else(|| RegistryData::Text(text.to_owned()), RegistryData::Dword))
}
