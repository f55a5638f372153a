//! What was edited in the cloud between a snapshot and now.

use std::collections::BTreeSet;

use super::{
    side::{cloud_side, shown},
    table::{CompareRule, Loss, MAPPING, Mapping},
};
use crate::domain::{CloudAttributes, ProxyAddress};

/// One attribute that has another value in the cloud than a snapshot says. Texts are cleaned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudEdit {
    /// Property in Exchange Online.
    pub cloud_attribute: &'static str,
    /// Attribute in Active Directory.
    pub directory_attribute: &'static str,
    /// Value in the snapshot; nothing when the snapshot lacks the attribute.
    pub before: Option<String>,
    /// Value now.
    pub now: String,
}

/// The attributes that Active Directory feeds and that were edited since the snapshot. An attribute that is not known
/// now is left out; one that the snapshot lacks counts as edited when it has a value, because its old value is not known.
pub fn edits_since(before: &CloudAttributes, now: &CloudAttributes) -> Vec<CloudEdit> {
    MAPPING
        .iter()
        .filter(|row| row.loss != Loss::Never)
        .filter_map(|row| {
            let current = cloud_side(row, now)?;
            let earlier = cloud_side(row, before);
            let same = match &earlier {
                Some(earlier) => comparable(row, earlier) == comparable(row, &current),
                None => current.is_empty(),
            };
            (!same).then(|| CloudEdit {
                cloud_attribute: row.cloud,
                directory_attribute: row.directory,
                before: earlier.as_deref().map(shown),
                now: shown(&current),
            })
        })
        .collect()
}

fn comparable(row: &Mapping, values: &[String]) -> BTreeSet<String> {
    let noise = |value: &String| {
        row.rule == CompareRule::OtherAddresses
            && value
                .parse::<ProxyAddress>()
                .is_ok_and(|address| address.is_cloud_noise())
    };
    let exact = matches!(row.rule, CompareRule::Exact | CompareRule::ExactSet);
    values
        .iter()
        .filter(|value| !noise(value))
        .map(|value| {
            if exact {
                value.clone()
            } else {
                value.to_lowercase()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn attributes(value: serde_json::Value) -> CloudAttributes {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn edits_are_found_and_noise_is_not() {
        let before = attributes(json!({
            "EmailAddresses": ["SMTP:a@x.y", "smtp:b@x.y"], "CustomAttribute1": "old", "Alias": "A",
            "HiddenFromAddressListsEnabled": "False", "ModeratedBy": []
        }));
        let now = attributes(json!({
            "EmailAddresses": ["smtp:B@x.y", "SMTP:a@x.y", "SPO:SPO_1", "smtp:a@t.onmicrosoft.com"],
            "CustomAttribute1": "new\u{1b}", "Alias": "a", "HiddenFromAddressListsEnabled": false, "MailTip": "x"
        }));
        let edits = edits_since(&before, &now);
        assert_eq!(edits.len(), 1, "{edits:?}");
        assert_eq!(edits[0].directory_attribute, "extensionAttribute1");
        assert_eq!(
            (edits[0].before.as_deref(), edits[0].now.as_str()),
            (Some("old"), "new")
        );
    }

    #[test]
    fn a_removed_value_and_one_the_snapshot_lacks_are_edits() {
        let before = attributes(json!({ "CustomAttribute1": "old" }));
        let now = attributes(json!({ "CustomAttribute1": null, "CustomAttribute2": "new" }));
        let edits = edits_since(&before, &now);
        assert_eq!(edits.len(), 2);
        assert_eq!(edits[0].now, "");
        assert_eq!(edits[1].before, None);
    }
}
