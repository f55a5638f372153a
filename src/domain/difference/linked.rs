//! Attributes that name other recipients: the cloud by a name, the directory by a link.

use std::collections::BTreeSet;

use super::compare::DifferenceClass;
use crate::domain::{Directory, DirectoryObject};

/// The cloud shows a recipient under its name, alias, address or id; the directory links it by distinguished name. They
/// are equal when each name of the cloud belongs to one linked object. What can't be resolved is unknown, not changed.
pub(super) fn linked(
    cloud: &[String],
    links: &[String],
    directory: Option<&dyn Directory>,
) -> DifferenceClass {
    match (cloud.is_empty(), links.is_empty()) {
        (true, true) => return DifferenceClass::Equal,
        (false, true) => return DifferenceClass::CloudOnly,
        (true, false) => return DifferenceClass::DirectoryOnly,
        (false, false) if cloud.len() != links.len() => return DifferenceClass::Changed,
        (false, false) => {}
    }
    let mut open: Vec<BTreeSet<String>> = links
        .iter()
        .map(|link| names_of(link, directory.and_then(|directory| directory.by_name(link))))
        .collect();
    for name in cloud {
        let name = name.to_lowercase();
        match open.iter().position(|names| names.contains(&name)) {
            Some(at) => drop(open.swap_remove(at)),
            None => return DifferenceClass::Unknown,
        }
    }
    DifferenceClass::Equal
}

/// Every name under which the cloud may show a linked object, lower case.
fn names_of(link: &str, object: Option<&DirectoryObject>) -> BTreeSet<String> {
    let mut names = BTreeSet::from([link.to_lowercase()]);
    names.extend(leaf_name(link).map(|leaf| leaf.to_lowercase()));
    if let Some(object) = object {
        names.extend(object.smtp_addresses());
        names.extend(object.anchor().map(|guid| guid.to_string()));
        for attribute in [
            "mailNickname",
            "userPrincipalName",
            "displayName",
            "legacyExchangeDN",
        ] {
            names.extend(object.text(attribute).map(str::to_lowercase));
        }
    }
    names
}

/// The value of the first part of a distinguished name, escapes of single characters resolved.
fn leaf_name(name: &str) -> Option<String> {
    let (_, rest) = name.split_once('=')?;
    let mut leaf = String::new();
    let mut characters = rest.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => leaf.extend(characters.next()),
            ',' => break,
            other => leaf.push(other),
        }
    }
    Some(leaf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_comma_belongs_to_the_name() {
        assert_eq!(leaf_name("CN=Doe\\, Jo,OU=x").as_deref(), Some("Doe, Jo"));
        assert_eq!(leaf_name("no name"), None);
    }
}
