//! Which properties each kind of read asks for, and which ones the tenant turned out not to know.

use std::sync::{Mutex, PoisonError};

/// Identity, without which a row is of no use; never left out.
pub(super) const IDENTITY: &str = "ExternalDirectoryObjectId";

/// What the inventory shows.
pub(super) const INVENTORY: &[&str] = &[
    IDENTITY,
    "DisplayName",
    "UserPrincipalName",
    "PrimarySmtpAddress",
    "Alias",
    "RecipientTypeDetails",
    "IsDirSynced",
    "IsExchangeCloudManaged",
    "WhenChangedUTC",
];

/// What proves a write.
pub(super) const PROOF: &[&str] = &[
    IDENTITY,
    "IsExchangeCloudManaged",
    "IsDirSynced",
    "EmailAddresses",
    "WhenChangedUTC",
];

/// What a snapshot keeps (facts/exchange section 6.4), in the order of that section; `DisplayName` is for people.
pub(super) const SNAPSHOT: &[&str] = &[
    IDENTITY,
    "Guid",
    "ExchangeGuid",
    "ArchiveGuid",
    "DisplayName",
    "UserPrincipalName",
    "ImmutableId",
    "DistinguishedName",
    "LegacyExchangeDN",
    "OrganizationId",
    "EmailAddresses",
    "PrimarySmtpAddress",
    "WindowsEmailAddress",
    "Alias",
    "EmailAddressPolicyEnabled",
    "PoliciesIncluded",
    "PoliciesExcluded",
    "RemoteRecipientType",
    "RecipientTypeDetails",
    "ResourceType",
    "ResourceCapacity",
    "ResourceCustom",
    "HiddenFromAddressListsEnabled",
    "AddressBookPolicy",
    "CustomAttribute1",
    "CustomAttribute2",
    "CustomAttribute3",
    "CustomAttribute4",
    "CustomAttribute5",
    "CustomAttribute6",
    "CustomAttribute7",
    "CustomAttribute8",
    "CustomAttribute9",
    "CustomAttribute10",
    "CustomAttribute11",
    "CustomAttribute12",
    "CustomAttribute13",
    "CustomAttribute14",
    "CustomAttribute15",
    "ExtensionCustomAttribute1",
    "ExtensionCustomAttribute2",
    "ExtensionCustomAttribute3",
    "ExtensionCustomAttribute4",
    "ExtensionCustomAttribute5",
    "ForwardingAddress",
    "ForwardingSmtpAddress",
    "DeliverToMailboxAndForward",
    "AcceptMessagesOnlyFrom",
    "AcceptMessagesOnlyFromDLMembers",
    "AcceptMessagesOnlyFromSendersOrMembers",
    "RejectMessagesFrom",
    "RejectMessagesFromDLMembers",
    "RejectMessagesFromSendersOrMembers",
    "RequireSenderAuthenticationEnabled",
    "GrantSendOnBehalfTo",
    "BypassModerationFromSendersOrMembers",
    "ModerationEnabled",
    "ModeratedBy",
    "SendModerationNotifications",
    "MailTip",
    "MailTipTranslations",
    "MaxSendSize",
    "MaxReceiveSize",
    "MessageCopyForSentAsEnabled",
    "MessageCopyForSendOnBehalfEnabled",
    "LitigationHoldEnabled",
    "LitigationHoldDate",
    "LitigationHoldOwner",
    "LitigationHoldDuration",
    "InPlaceHolds",
    "RetentionHoldEnabled",
    "StartDateForRetentionHold",
    "EndDateForRetentionHold",
    "RetentionComment",
    "RetentionUrl",
    "RetentionPolicy",
    "AuditEnabled",
    "AuditLogAgeLimit",
    "AuditAdmin",
    "AuditDelegate",
    "AuditOwner",
    "ArchiveName",
    "ArchiveStatus",
    "ArchiveState",
    "IsDirSynced",
    "IsExchangeCloudManaged",
    "WhenChangedUTC",
    "WhenCreatedUTC",
    "MailboxMoveStatus",
];

/// The properties the tenant rejected, found once and left out from then on.
#[derive(Debug, Default)]
pub(super) struct Dropped {
    names: Mutex<Vec<String>>,
    /// Held while looking for offenders; true once that was done.
    pub(super) looked: tokio::sync::Mutex<bool>,
}

impl Dropped {
    /// The names left out.
    pub(super) fn names(&self) -> Vec<String> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Leaves out more names.
    pub(super) fn add(&self, names: &[&str]) {
        let mut dropped = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        for name in names {
            if !dropped.iter().any(|known| known == name) {
                dropped.push((*name).to_owned());
            }
        }
    }

    /// The `$select` of `names` without those left out.
    pub(super) fn select(&self, names: &[&str]) -> String {
        let dropped = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let kept: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| !dropped.iter().any(|known| known == name))
            .collect();
        kept.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_twice_and_none_is_odd() {
        for names in [INVENTORY, PROOF, SNAPSHOT] {
            assert_eq!(names[0], IDENTITY);
            for (index, name) in names.iter().enumerate() {
                assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name}");
                assert!(!names[..index].contains(name), "{name}");
            }
        }
        for name in PROOF.iter().chain(INVENTORY) {
            assert!(SNAPSHOT.contains(name), "{name}");
        }
    }

    #[test]
    fn dropped_names_leave_the_select() {
        let dropped = Dropped::default();
        dropped.add(&["Alias", "Alias"]);
        assert_eq!(dropped.names(), ["Alias"]);
        assert_eq!(
            dropped.select(&[IDENTITY, "Alias", "Guid"]),
            "ExternalDirectoryObjectId,Guid"
        );
    }
}
