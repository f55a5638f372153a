//! The values that each side of a row holds, made comparable as texts.

use serde_json::Value;

use super::table::{CompareRule, Mapping};
use crate::domain::{CloudAttributes, Directory, DirectoryObject, primary_of, text::clean_to, tolerant_flag};

/// What one side says about an attribute: its values as text; nothing when not known.
pub(super) type Side = Option<Vec<String>>;

/// Several values on one line, safe to draw.
pub(super) fn shown(values: &[String]) -> String {
    clean_to(&values.join("; "), 500).into_owned()
}

/// The cloud's values of a row's property, empty texts left out; nothing when the property was not read.
pub(super) fn cloud_side(row: &Mapping, cloud: &CloudAttributes) -> Side {
    let value = match (row.rule, cloud.0.get(row.cloud)) {
        // The list tells the primary more reliably than the property beside it.
        (CompareRule::PrimaryAddress, beside) => {
            let primary = primary_of(&cloud.texts("EmailAddresses"));
            return match (primary, beside) {
                (Some(primary), _) => Some(vec![primary]),
                (None, Some(beside)) => Some(texts(beside).iter().map(|text| text.to_lowercase()).collect()),
                (None, None) => None,
            };
        }
        (_, value) => value?,
    };
    let values = texts(value);
    Some(match row.rule {
        CompareRule::Flag => tolerant_flag(Some(value))
            .filter(|flag| *flag)
            .map(|flag| vec![flag.to_string()])
            .unwrap_or_default(),
        CompareRule::OtherAddresses => values
            .into_iter()
            .filter(|entry| !entry.starts_with("SMTP:"))
            .collect(),
        CompareRule::Guid => values
            .into_iter()
            .filter(|text| uuid::Uuid::try_parse(text.trim()).map_or(true, |guid| !guid.is_nil()))
            .collect(),
        _ => values,
    })
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        other => vec![other.to_string()],
    }
}

/// The directory's values of a row's attribute; nothing when it was not asked for or is cut.
pub(super) fn directory_side(
    row: &Mapping,
    object: &DirectoryObject,
    directory: Option<&dyn Directory>,
) -> Side {
    let asked = directory.is_none_or(|directory| directory.carries(row.directory));
    if !asked || object.is_incomplete(row.directory) {
        return None;
    }
    let values: Vec<String> = object
        .texts(row.directory)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect();
    Some(match row.rule {
        CompareRule::PrimaryAddress => {
            let entries: Vec<&str> = values.iter().map(String::as_str).collect();
            primary_of(&entries).into_iter().collect()
        }
        CompareRule::OtherAddresses => values
            .into_iter()
            .filter(|entry| !entry.starts_with("SMTP:"))
            .collect(),
        CompareRule::Flag => values
            .into_iter()
            .map(|text| text.to_lowercase())
            .filter(|text| text == "true")
            .collect(),
        CompareRule::Guid => object
            .guid(row.directory)
            .filter(|guid| !guid.is_nil())
            .map(|guid| guid.to_string())
            .into_iter()
            .collect(),
        CompareRule::RecipientType => values.iter().map(|number| recipient_type_name(number)).collect(),
        _ => values,
    })
}

/// Name of `msExchRecipientTypeDetails` (facts/exchange section 6.5); unknown numbers stay numbers.
fn recipient_type_name(number: &str) -> String {
    match number.trim() {
        "1" => "UserMailbox",
        "2" => "LinkedMailbox",
        "4" => "SharedMailbox",
        "16" => "RoomMailbox",
        "32" => "EquipmentMailbox",
        "128" => "MailUser",
        "2147483648" => "RemoteUserMailbox",
        "8589934592" => "RemoteRoomMailbox",
        "17179869184" => "RemoteEquipmentMailbox",
        "34359738368" => "RemoteSharedMailbox",
        other => other,
    }
    .to_owned()
}
