//! Compares one mailbox with its directory object, row by row, each by the row's rule.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    linked::linked,
    side::{Side, cloud_side, directory_side, shown},
    table::{CompareRule, Loss, MAPPING, Mapping},
};
use crate::domain::{
    CloudAttributes, Directory, DirectoryMatch, DirectoryObject, ObjectId, Overwrite, Severity,
    compare_addresses, directory_time,
};

/// How the two sides of an attribute stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceClass {
    /// The same by the row's rule.
    Equal,
    /// Only the cloud has a value.
    CloudOnly,
    /// Only the directory has a value.
    #[serde(rename = "ad-only")]
    DirectoryOnly,
    /// Both have a value, and they differ.
    Changed,
    /// The cloud has more, but only what it adds by itself.
    CloudNoise,
    /// One side is not known, or the two can't be compared.
    Unknown,
}

impl DifferenceClass {
    /// The word shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::CloudOnly => "cloud-only",
            Self::DirectoryOnly => "ad-only",
            Self::Changed => "changed",
            Self::CloudNoise => "cloud-noise",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the two sides are known to differ.
    pub fn differs(self) -> bool {
        matches!(self, Self::CloudOnly | Self::DirectoryOnly | Self::Changed)
    }
}

/// One attribute, compared. Texts are cleaned and cut to 500 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Attribute in Active Directory.
    pub directory_attribute: &'static str,
    /// Property in Exchange Online.
    pub cloud_attribute: &'static str,
    /// How the two stand.
    pub class: DifferenceClass,
    /// Whether Entra Cloud Sync writes the attribute back.
    pub written_back: bool,
    /// How much it weighs before the handover; `info` when the two sides do not differ.
    pub severity: Severity,
    /// Whether the cloud's value would be lost by going back on-premises now, for certain or as far as is known.
    pub would_be_lost: bool,
    /// The cloud's value; empty when it has none.
    pub cloud: String,
    /// The directory's value; nothing when it is not known.
    pub directory: Option<String>,
}

struct Verdict {
    class: DifferenceClass,
    cloud: Vec<String>,
    directory: Side,
}

/// Compares a mailbox with what the directory says about it. Rows where both sides are known to be empty are left out;
/// without a directory object every row with a value in the cloud is `unknown`.
///
/// `directory` resolves distinguished names and tells which attributes it was asked for at all.
pub fn differences(
    cloud: &CloudAttributes,
    found: &DirectoryMatch<'_>,
    directory: Option<&dyn Directory>,
) -> Vec<Difference> {
    MAPPING
        .iter()
        .filter_map(|row| {
            let verdict = match found.object() {
                Some(object) => compare(row, cloud, object, directory),
                None => Verdict {
                    class: DifferenceClass::Unknown,
                    cloud: cloud_side(row, cloud).unwrap_or_default(),
                    directory: None,
                },
            };
            let nothing = verdict.cloud.is_empty() && verdict.directory.as_ref().is_none_or(Vec::is_empty);
            (!nothing).then(|| difference(row, verdict, found.object().is_some()))
        })
        .collect()
}

/// The differences whose cloud values would be lost by going back now, in the form a plan keeps them.
pub fn overwrites(id: ObjectId, primary: &str, differences: &[Difference]) -> Vec<Overwrite> {
    differences
        .iter()
        .filter(|difference| difference.would_be_lost)
        .map(|difference| Overwrite {
            id,
            primary_smtp_address: primary.to_owned(),
            attribute: difference.cloud_attribute.to_owned(),
            directory_attribute: difference.directory_attribute.to_owned(),
            cloud: difference.cloud.clone(),
            directory: difference.directory.clone(),
        })
        .collect()
}

fn difference(row: &Mapping, verdict: Verdict, has_object: bool) -> Difference {
    let has_directory_value = verdict
        .directory
        .as_ref()
        .is_some_and(|values| !values.is_empty());
    let lost = match row.loss {
        // A value the directory was not asked about may be overwritten like any other.
        Loss::Always if verdict.class == DifferenceClass::Unknown => {
            has_object && verdict.directory.is_none() && !verdict.cloud.is_empty()
        }
        Loss::Always => verdict.class.differs(),
        Loss::WhenDirectoryHasValue => verdict.class.differs() && has_directory_value,
        Loss::Never => false,
    };
    // A GUID that only the cloud has is normal: Enable-RemoteMailbox does not set it.
    let weighs = verdict.class.differs()
        && !(row.rule == CompareRule::Guid && verdict.class != DifferenceClass::Changed);
    Difference {
        directory_attribute: row.directory,
        cloud_attribute: row.cloud,
        class: verdict.class,
        written_back: row.is_written_back(),
        severity: if weighs { row.severity } else { Severity::Info },
        would_be_lost: lost,
        cloud: shown(&verdict.cloud),
        directory: verdict.directory.as_deref().map(shown),
    }
}

fn compare(
    row: &Mapping,
    cloud: &CloudAttributes,
    object: &DirectoryObject,
    directory: Option<&dyn Directory>,
) -> Verdict {
    let cloud_values = cloud_side(row, cloud);
    let directory_values = directory_side(row, object, directory);
    let (Some(left), Some(right)) = (&cloud_values, &directory_values) else {
        return Verdict {
            class: DifferenceClass::Unknown,
            cloud: cloud_values.unwrap_or_default(),
            directory: directory_values,
        };
    };
    let class = match row.rule {
        CompareRule::OtherAddresses => other_addresses(cloud, object),
        CompareRule::PrimaryAddress | CompareRule::IgnoreCase => sets(&lower(left), &lower(right)),
        CompareRule::Mail => {
            let primary: Vec<String> = cloud
                .text("PrimarySmtpAddress")
                .map(str::to_lowercase)
                .into_iter()
                .collect();
            match sets(&lower(left), &lower(right)) {
                DifferenceClass::Equal if !primary.is_empty() => sets(&primary, &lower(right)),
                class => class,
            }
        }
        CompareRule::SingleAddress => sets(&without_prefix(left), &without_prefix(right)),
        CompareRule::LegacyName => legacy_name(left, right, cloud),
        CompareRule::TargetAddress => {
            return Verdict {
                class: target_address(left, right),
                // The whole list says nothing here; the row is about the target.
                cloud: Vec::new(),
                directory: directory_values,
            };
        }
        CompareRule::Recipients => linked(left, right, directory),
        CompareRule::Guid => sets(&lower(left), &lower(right)),
        CompareRule::Time => sets(&times(left), &times(right)),
        CompareRule::RecipientType => {
            let expected: Vec<String> = left
                .iter()
                .map(|name| format!("Remote{name}").to_lowercase())
                .collect();
            sets(&expected, &lower(right))
        }
        CompareRule::Exact | CompareRule::ExactSet | CompareRule::Flag => sets(left, right),
        CompareRule::Loose => match sets(&lower(left), &lower(right)) {
            DifferenceClass::Changed => DifferenceClass::Unknown,
            class => class,
        },
    };
    Verdict {
        class,
        cloud: cloud_values.unwrap_or_default(),
        directory: directory_values,
    }
}

fn sets(cloud: &[String], directory: &[String]) -> DifferenceClass {
    let cloud: BTreeSet<&String> = cloud.iter().collect();
    let directory: BTreeSet<&String> = directory.iter().collect();
    match (cloud.is_empty(), directory.is_empty()) {
        _ if cloud == directory => DifferenceClass::Equal,
        (false, true) => DifferenceClass::CloudOnly,
        (true, false) => DifferenceClass::DirectoryOnly,
        _ => DifferenceClass::Changed,
    }
}

fn lower(values: &[String]) -> Vec<String> {
    values.iter().map(|value| value.to_lowercase()).collect()
}

fn without_prefix(values: &[String]) -> Vec<String> {
    values
        .iter()
        .map(|value| {
            let value = value.to_lowercase();
            value.strip_prefix("smtp:").map(str::to_owned).unwrap_or(value)
        })
        .collect()
}

fn times(values: &[String]) -> Vec<String> {
    values
        .iter()
        .map(|value| directory_time(value).map_or_else(|| value.clone(), |time| time.to_string()))
        .collect()
}

fn other_addresses(cloud: &CloudAttributes, object: &DirectoryObject) -> DifferenceClass {
    let directory: Vec<&str> = object.texts("proxyAddresses").collect();
    let comparison = compare_addresses(&cloud.texts("EmailAddresses"), &directory);
    // A primary that the other side lacks is the primary's row, not this one's.
    let secondary = |list: &[String]| list.iter().any(|entry| !entry.starts_with("SMTP:"));
    match (
        secondary(&comparison.only_first),
        secondary(&comparison.only_second),
    ) {
        (true, true) => DifferenceClass::Changed,
        (true, false) => DifferenceClass::CloudOnly,
        (false, true) => DifferenceClass::DirectoryOnly,
        (false, false) if !comparison.noise.is_empty() => DifferenceClass::CloudNoise,
        (false, false) => DifferenceClass::Equal,
    }
}

/// Different names are normal; what matters is that the directory's name still reaches the mailbox.
fn legacy_name(cloud_name: &[String], directory: &[String], cloud: &CloudAttributes) -> DifferenceClass {
    let Some(name) = directory.first().map(|name| name.to_lowercase()) else {
        return if cloud_name.is_empty() {
            DifferenceClass::Equal
        } else {
            DifferenceClass::CloudNoise
        };
    };
    let kept = lower(cloud_name).contains(&name)
        || cloud
            .texts("EmailAddresses")
            .iter()
            .any(|entry| entry.to_lowercase().strip_prefix("x500:") == Some(name.as_str()));
    if kept {
        DifferenceClass::Equal
    } else {
        DifferenceClass::Changed
    }
}

fn target_address(addresses: &[String], directory: &[String]) -> DifferenceClass {
    let reachable = without_prefix(addresses);
    let targets = without_prefix(directory);
    if targets.iter().all(|target| reachable.contains(target)) {
        DifferenceClass::Equal
    } else {
        DifferenceClass::DirectoryOnly
    }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
