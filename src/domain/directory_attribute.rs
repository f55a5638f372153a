//! The Active Directory attributes Handover looks at (facts/exchange section 6.5), as a table.

/// What the values of an attribute are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Text.
    Text,
    /// Bytes without a meaning of their own, such as a certificate.
    Binary,
    /// Sixteen bytes of a GUID, the first three groups little-endian.
    Guid,
    /// Distinguished name of another object.
    Name,
    /// Point in time, in the GeneralizedTime form of LDAP.
    Time,
    /// Whole number.
    Number,
    /// TRUE or FALSE.
    Flag,
}

impl ValueKind {
    /// Whether LDAP carries the values as bytes.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Binary | Self::Guid)
    }
}

/// One attribute of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryAttribute {
    /// Name as Active Directory spells it.
    pub name: &'static str,
    /// What its values are.
    pub kind: ValueKind,
    /// Whether it can have several values.
    pub several: bool,
}

const fn one(name: &'static str, kind: ValueKind) -> DirectoryAttribute {
    DirectoryAttribute {
        name,
        kind,
        several: false,
    }
}

const fn many(name: &'static str, kind: ValueKind) -> DirectoryAttribute {
    DirectoryAttribute {
        name,
        kind,
        several: true,
    }
}

use ValueKind::{Binary, Flag, Guid, Name, Number, Text, Time};

/// Every attribute that is read from a directory; all others are skipped. The position is the attribute's number inside
/// a [`super::DirectoryObject`].
pub const DIRECTORY_ATTRIBUTES: &[DirectoryAttribute] = &[
    many("objectClass", Text),
    one("objectGUID", Guid),
    one("mS-DS-ConsistencyGuid", Guid),
    one("objectSid", Binary),
    one("sAMAccountName", Text),
    one("userPrincipalName", Text),
    one("displayName", Text),
    one("whenChanged", Time),
    one("uSNChanged", Number),
    one("mail", Text),
    one("mailNickname", Text),
    many("proxyAddresses", Text),
    one("targetAddress", Text),
    one("legacyExchangeDN", Text),
    many("showInAddressBook", Name),
    one("msExchHideFromAddressLists", Flag),
    one("extensionAttribute1", Text),
    one("extensionAttribute2", Text),
    one("extensionAttribute3", Text),
    one("extensionAttribute4", Text),
    one("extensionAttribute5", Text),
    one("extensionAttribute6", Text),
    one("extensionAttribute7", Text),
    one("extensionAttribute8", Text),
    one("extensionAttribute9", Text),
    one("extensionAttribute10", Text),
    one("extensionAttribute11", Text),
    one("extensionAttribute12", Text),
    one("extensionAttribute13", Text),
    one("extensionAttribute14", Text),
    one("extensionAttribute15", Text),
    one("msExchExtensionAttribute16", Text),
    one("msExchExtensionAttribute17", Text),
    one("msExchExtensionAttribute18", Text),
    one("msExchExtensionAttribute19", Text),
    one("msExchExtensionAttribute20", Text),
    one("msExchExtensionAttribute21", Text),
    one("msExchExtensionAttribute22", Text),
    one("msExchExtensionAttribute23", Text),
    one("msExchExtensionAttribute24", Text),
    one("msExchExtensionAttribute25", Text),
    one("msExchExtensionAttribute26", Text),
    one("msExchExtensionAttribute27", Text),
    one("msExchExtensionAttribute28", Text),
    one("msExchExtensionAttribute29", Text),
    one("msExchExtensionAttribute30", Text),
    one("msExchExtensionAttribute31", Text),
    one("msExchExtensionAttribute32", Text),
    one("msExchExtensionAttribute33", Text),
    one("msExchExtensionAttribute34", Text),
    one("msExchExtensionAttribute35", Text),
    one("msExchExtensionAttribute36", Text),
    one("msExchExtensionAttribute37", Text),
    one("msExchExtensionAttribute38", Text),
    one("msExchExtensionAttribute39", Text),
    one("msExchExtensionAttribute40", Text),
    one("msExchExtensionAttribute41", Text),
    one("msExchExtensionAttribute42", Text),
    one("msExchExtensionAttribute43", Text),
    one("msExchExtensionAttribute44", Text),
    one("msExchExtensionAttribute45", Text),
    many("msExchExtensionCustomAttribute1", Text),
    many("msExchExtensionCustomAttribute2", Text),
    many("msExchExtensionCustomAttribute3", Text),
    many("msExchExtensionCustomAttribute4", Text),
    many("msExchExtensionCustomAttribute5", Text),
    one("msExchMailboxGuid", Guid),
    one("msExchArchiveGUID", Guid),
    many("msExchArchiveName", Text),
    one("msExchArchiveStatus", Number),
    one("msExchRecipientTypeDetails", Number),
    one("msExchRecipientDisplayType", Number),
    one("msExchRemoteRecipientType", Number),
    one("msExchVersion", Number),
    many("msExchPoliciesIncluded", Text),
    many("msExchPoliciesExcluded", Text),
    many("msExchUMDtmfMap", Text),
    one("altRecipient", Name),
    one("deliverAndRedirect", Flag),
    one("msExchGenericForwardingAddress", Text),
    many("authOrig", Name),
    many("unauthOrig", Name),
    many("dLMemSubmitPerms", Name),
    many("dLMemRejectPerms", Name),
    one("msExchRequireAuthToSendTo", Flag),
    many("publicDelegates", Name),
    many("msExchDelegateListLink", Name),
    one("msExchEnableModeration", Flag),
    many("msExchModeratedByLink", Name),
    one("msExchModerationFlags", Number),
    many("msExchBypassModerationLink", Name),
    many("msExchSenderHintTranslations", Text),
    one("msExchLitigationHoldDate", Time),
    one("msExchLitigationHoldOwner", Text),
    one("msExchELCMailboxFlags", Number),
    one("msExchELCExpirySuspensionStart", Time),
    one("msExchELCExpirySuspensionEnd", Time),
    one("msExchRetentionComment", Text),
    one("msExchRetentionURL", Text),
    many("msExchUserHoldPolicies", Text),
    one("msExchMailboxAuditEnable", Flag),
    one("msExchMailboxAuditLogAgeLimit", Number),
    one("msExchAuditAdmin", Number),
    one("msExchAuditDelegate", Number),
    one("msExchAuditDelegateAdmin", Number),
    one("msExchAuditOwner", Number),
    one("msExchBypassAudit", Flag),
    many("msExchResourceMetaData", Text),
    many("msExchResourceSearchProperties", Text),
    one("msExchResourceCapacity", Number),
    one("msExchResourceDisplay", Text),
    one("msExchSafeSendersHash", Binary),
    one("msExchSafeRecipientsHash", Binary),
    one("msExchBlockedSendersHash", Binary),
    one("msExchAssistantName", Text),
    many("userCertificate", Binary),
    many("userSMIMECertificate", Binary),
    one("msExchTeamMailboxExpiration", Time),
    many("msExchTeamMailboxOwners", Name),
    one("msExchTeamMailboxSharePointUrl", Text),
    one("msExchTeamMailboxSharePointLinkedBy", Name),
    many("msExchTeamMailboxShowInClientList", Name),
];

/// The number of an attribute, whatever its letter case; nothing for attributes outside the table.
pub fn attribute_number(name: &str) -> Option<u8> {
    static NUMBERS: std::sync::LazyLock<std::collections::HashMap<String, u8>> =
        std::sync::LazyLock::new(|| {
            DIRECTORY_ATTRIBUTES
                .iter()
                .zip(0u8..)
                .map(|(attribute, number)| (attribute.name.to_ascii_lowercase(), number))
                .collect()
        });
    // Longer names than any in the table need no copy to be looked up.
    (name.len() <= 64)
        .then(|| NUMBERS.get(&name.to_ascii_lowercase()).copied())
        .flatten()
}

/// The attribute of that name, whatever its letter case.
pub fn directory_attribute(name: &str) -> Option<&'static DirectoryAttribute> {
    attribute_number(name).and_then(|number| DIRECTORY_ATTRIBUTES.get(usize::from(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_in_any_case() {
        assert!(DIRECTORY_ATTRIBUTES.len() < 256);
        for (position, attribute) in DIRECTORY_ATTRIBUTES.iter().enumerate() {
            let number = attribute_number(&attribute.name.to_uppercase()).map(usize::from);
            assert_eq!(number, Some(position), "{}", attribute.name);
        }
        assert_eq!(attribute_number("thumbnailPhoto"), None);
    }

    #[test]
    fn guids_are_binary() {
        let guid = directory_attribute("objectguid").unwrap();
        assert!(guid.kind.is_binary());
        assert!(!directory_attribute("mail").unwrap().kind.is_binary());
    }
}
