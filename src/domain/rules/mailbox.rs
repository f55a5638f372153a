//! Checks of one mailbox (facts/exchange section 6.2).

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{SETTLING_TIME, catalog::finding};
use crate::domain::{
    CloudAttributes, Directory, DirectoryMatch, Finding, ProxyAddress, RecipientType, Severity,
    SourceOfAuthority, Target,
    difference::{CompareRule, Difference, DifferenceClass, MAPPING},
    text::{clean, clean_to},
};

/// What is known about one mailbox.
pub struct MailboxFacts<'a> {
    /// The time now.
    pub now: Timestamp,
    /// Its attributes; nothing when there is no such mailbox or reading it failed.
    pub cloud: Option<&'a CloudAttributes>,
    /// Why it could not be read; nothing together with no attributes means that it does not exist.
    pub read_problem: Option<&'a str>,
    /// What the directory says about it.
    pub found: DirectoryMatch<'a>,
    /// The directory, to tell an empty attribute from one it was not asked for.
    pub directory: Option<&'a dyn Directory>,
    /// What differs between the two.
    pub differences: &'a [Difference],
    /// Whether the whole object was handed to the cloud; nothing when unknown.
    pub object_in_cloud: Option<bool>,
    /// Whether it is on the list of mailboxes to leave out.
    pub excluded: bool,
    /// Numbers of custom attributes that groups or licence rules depend on.
    pub watched_attributes: &'a BTreeSet<u8>,
    /// Whether a snapshot stands in for the directory, so that losses are decided elsewhere.
    pub snapshot_stands_in: bool,
}

/// The condition of a rule: the clean detail of its finding, or nothing.
pub type MailboxCondition = fn(&MailboxFacts<'_>, &CloudAttributes) -> Option<String>;

/// Every mailbox check by name. `unreadable`, `not-found` and `excluded` need no attributes and come first.
pub const CHECKED_HERE: &[(&str, MailboxCondition)] = &[
    ("unreadable", |facts, _| {
        facts.read_problem.map(|text| clean(text).into_owned())
    }),
    ("not-found", |facts, _| {
        when(facts.cloud.is_none() && facts.read_problem.is_none())
    }),
    ("excluded", |facts, _| when(facts.excluded)),
    ("not-dir-synced", |_, cloud| match cloud.flag("IsDirSynced") {
        Some(true) => None,
        Some(false) => Some("IsDirSynced is false".into()),
        None => Some("the service did not say".into()),
    }),
    ("type-not-supported", |_, cloud| {
        match cloud.text("RecipientTypeDetails") {
            None => Some("mailbox of unknown type".into()),
            Some(name) => {
                let kind = RecipientType::from_wire(name);
                (!kind.can_be_handed_over()).then(|| clean_to(name, 60).into_owned())
            }
        }
    }),
    ("soft-deleted", |_, cloud| {
        let flags = [
            "IsInactiveMailbox",
            "IsSoftDeletedByRemove",
            "IsSoftDeletedByDisable",
        ];
        let deleted_name = cloud
            .text("DistinguishedName")
            .is_some_and(|name| name.to_ascii_lowercase().contains("ou=soft deleted objects"));
        flags
            .into_iter()
            .find(|flag| cloud.flag(flag) == Some(true))
            .or(deleted_name.then_some("it is among the soft-deleted objects"))
            .map(str::to_owned)
    }),
    ("move-in-progress", |_, cloud| {
        let state = cloud
            .text("MailboxMoveStatus")
            .filter(|state| !state.is_empty())?;
        let over =
            ["none", "completed", "completedwithwarning"].contains(&state.to_ascii_lowercase().as_str());
        (!over).then(|| clean_to(state, 40).into_owned())
    }),
    ("object-in-cloud", |facts, _| {
        when(facts.object_in_cloud == Some(true))
    }),
    ("authority-unknown", |_, cloud| {
        when(cloud.authority() == SourceOfAuthority::Unknown)
    }),
    ("primary-address-differs", |facts, _| {
        both_sides(facts, CompareRule::PrimaryAddress)
    }),
    ("mailbox-guid-differs", |facts, _| {
        both_sides(facts, CompareRule::Guid)
    }),
    ("recipient-type-differs", |facts, _| {
        both_sides(facts, CompareRule::RecipientType)
    }),
    ("directory-differs", |facts, _| {
        names(facts, |difference| {
            // These have rules of their own.
            let elsewhere = match rule_of(difference) {
                Some(CompareRule::TargetAddress) => true,
                Some(CompareRule::PrimaryAddress | CompareRule::Guid | CompareRule::RecipientType) => {
                    difference.class == DifferenceClass::Changed
                }
                _ => false,
            };
            difference.class.differs() && difference.severity >= Severity::Warn && !elsewhere
        })
    }),
    ("would-be-overwritten", |facts, _| {
        names(facts, |difference| difference.would_be_lost)
    }),
    ("directory-state-unknown", |facts, _| {
        if facts.snapshot_stands_in {
            return None;
        }
        match facts.found {
            DirectoryMatch::Found(_) => None,
            DirectoryMatch::Ambiguous(count) => {
                Some(format!("{count} objects of the export could belong to it"))
            }
            DirectoryMatch::Missing => Some("the export has no object for it".into()),
            DirectoryMatch::NoDirectory => Some("there is no directory export".into()),
        }
    }),
    ("not-in-directory", |facts, _| {
        when(matches!(facts.found, DirectoryMatch::Missing))
    }),
    ("ambiguous-in-directory", |facts, _| match facts.found {
        DirectoryMatch::Ambiguous(count) => Some(count.to_string()),
        _ => None,
    }),
    ("directory-changed-recently", |facts, _| {
        let changed = facts.found.object()?.time("whenChanged")?;
        (facts.now.duration_since(changed) < SETTLING_TIME).then(|| format!("{changed:.0}"))
    }),
    ("remote-type-missing", |facts, _| {
        let object = facts.found.object()?;
        let asked = facts
            .directory
            .is_none_or(|directory| directory.carries("msExchRemoteRecipientType"));
        when(asked && object.text("msExchRemoteRecipientType").is_none())
    }),
    ("no-routing-address", |_, cloud| {
        let addresses = cloud.texts("EmailAddresses");
        let routing = addresses
            .iter()
            .filter_map(|entry| entry.parse::<ProxyAddress>().ok())
            .any(|address| address.is_routing());
        when(cloud.0.contains_key("EmailAddresses") && !routing)
    }),
    ("target-address-elsewhere", |facts, _| {
        facts
            .differences
            .iter()
            .find(|difference| {
                difference.class.differs() && rule_of(difference) == Some(CompareRule::TargetAddress)
            })
            .and_then(|difference| difference.directory.clone())
    }),
    ("litigation-hold", |_, cloud| {
        when(cloud.flag("LitigationHoldEnabled") == Some(true))
    }),
    ("retention-hold", |_, cloud| {
        when(cloud.flag("RetentionHoldEnabled") == Some(true))
    }),
    ("moderation", |_, cloud| {
        when(cloud.flag("ModerationEnabled") == Some(true))
    }),
    ("forwarding", |_, cloud| {
        ["ForwardingSmtpAddress", "ForwardingAddress"]
            .into_iter()
            .find_map(|name| cloud.text(name).filter(|address| !address.is_empty()))
            .map(|address| clean_to(address, 120).into_owned())
    }),
    ("watched-attribute", |facts, cloud| {
        let set: Vec<String> = facts
            .watched_attributes
            .iter()
            .map(|number| format!("CustomAttribute{number}"))
            .filter(|name| cloud.text(name).is_some_and(|value| !value.is_empty()))
            .collect();
        (!set.is_empty()).then(|| set.join(", "))
    }),
    ("unlicensed", |_, cloud| {
        // Only fires where the service was asked for it; the snapshot attributes do not hold it.
        let user =
            cloud.text("RecipientTypeDetails").map(RecipientType::from_wire) == Some(RecipientType::User);
        when(user && cloud.flag("SKUAssigned") == Some(false))
    }),
];

/// Runs every check that applies in this direction, in the order of the table. Without attributes only the first ones
/// can find anything.
pub fn check_mailbox(facts: &MailboxFacts<'_>, target: Target) -> Vec<Finding> {
    let nothing = CloudAttributes::default();
    let known = facts.cloud.is_some();
    let cloud = facts.cloud.unwrap_or(&nothing);
    CHECKED_HERE
        .iter()
        .filter(|(name, _)| known || ["unreadable", "not-found", "excluded"].contains(name))
        .filter_map(|(name, condition)| finding(name, &condition(facts, cloud)?, target))
        .collect()
}

fn when(condition: bool) -> Option<String> {
    condition.then(String::new)
}

fn rule_of(difference: &Difference) -> Option<CompareRule> {
    MAPPING
        .iter()
        .find(|row| {
            row.cloud == difference.cloud_attribute && row.directory == difference.directory_attribute
        })
        .map(|row| row.rule)
}

/// The first difference of a kind where both sides have a value, as `cloud ..., Active Directory ...`.
fn both_sides(facts: &MailboxFacts<'_>, rule: CompareRule) -> Option<String> {
    let difference = facts.differences.iter().find(|difference| {
        difference.class == DifferenceClass::Changed && rule_of(difference) == Some(rule)
    })?;
    Some(format!(
        "cloud {}, Active Directory {}",
        difference.cloud,
        difference.directory.as_deref().unwrap_or("nothing")
    ))
}

/// Names of the differing attributes, as Exchange Online calls them.
fn names(facts: &MailboxFacts<'_>, wanted: impl Fn(&Difference) -> bool) -> Option<String> {
    let names: Vec<&str> = facts
        .differences
        .iter()
        .filter(|difference| wanted(difference))
        .map(|difference| difference.cloud_attribute)
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

#[cfg(test)]
#[path = "mailbox_tests.rs"]
mod tests;
