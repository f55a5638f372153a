//! The mapping between Active Directory and Exchange Online, as data (facts/exchange section 6.6).

use crate::domain::Severity;

/// How the two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareRule {
    /// The address behind `SMTP:`, letter case aside.
    PrimaryAddress,
    /// All other addresses as a set, letter case aside; what the cloud adds by itself is noise.
    OtherAddresses,
    /// Text, letter case aside; must also be the primary address.
    Mail,
    /// Text, letter case aside.
    IgnoreCase,
    /// The directory's legacy name must be the cloud's or one of its X500 addresses.
    LegacyName,
    /// The directory's target must be one of the cloud's addresses.
    TargetAddress,
    /// Text, exact; empty and absent are the same, blanks count.
    Exact,
    /// Texts as a set, exact.
    ExactSet,
    /// True or false; absent is false.
    Flag,
    /// One e-mail address with or without prefix, letter case aside.
    SingleAddress,
    /// Distinguished names against the names the cloud shows, as sets.
    Recipients,
    /// The number of a remote mailbox type against the type's name.
    RecipientType,
    /// Sixteen bytes against the text of a GUID; all zero is absent.
    Guid,
    /// A point in time in two notations.
    Time,
    /// Text or number; the two sides may write the same value in different ways, so unequal means unknown.
    Loose,
}

/// What the next sync cycle does to the cloud's value once the mailbox is back on-premises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The directory's value replaces it, also when the directory has none.
    Always,
    /// The directory's value replaces it when there is one.
    WhenDirectoryHasValue,
    /// It stays.
    Never,
}

/// One row of the mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Attribute in Active Directory.
    pub directory: &'static str,
    /// Property in Exchange Online.
    pub cloud: &'static str,
    /// How they are compared.
    pub rule: CompareRule,
    /// How much a difference weighs before the handover.
    pub severity: Severity,
    /// What going back does.
    pub loss: Loss,
}

impl Mapping {
    /// Whether Entra Cloud Sync writes the attribute back to Active Directory.
    pub fn is_written_back(&self) -> bool {
        WRITTEN_BACK
            .iter()
            .any(|name| name.eq_ignore_ascii_case(self.directory))
    }
}

/// The 24 attributes that Entra Cloud Sync writes back for cloud-managed mailboxes (facts/exchange section 3.2).
pub const WRITTEN_BACK: &[&str] = &[
    "extensionAttribute1",
    "extensionAttribute2",
    "extensionAttribute3",
    "extensionAttribute4",
    "extensionAttribute5",
    "extensionAttribute6",
    "extensionAttribute7",
    "extensionAttribute8",
    "extensionAttribute9",
    "extensionAttribute10",
    "extensionAttribute11",
    "extensionAttribute12",
    "extensionAttribute13",
    "extensionAttribute14",
    "extensionAttribute15",
    "msExchExtensionCustomAttribute1",
    "msExchExtensionCustomAttribute2",
    "msExchExtensionCustomAttribute3",
    "msExchExtensionCustomAttribute4",
    "msExchExtensionCustomAttribute5",
    "msExchRecipientDisplayType",
    "msExchRecipientTypeDetails",
    "proxyAddresses",
    "mail",
];

const fn row(
    directory: &'static str,
    cloud: &'static str,
    rule: CompareRule,
    severity: Severity,
    loss: Loss,
) -> Mapping {
    Mapping {
        directory,
        cloud,
        rule,
        severity,
        loss,
    }
}

use CompareRule::{
    Exact, ExactSet, Flag, Guid, IgnoreCase, LegacyName, Loose, Mail, OtherAddresses, PrimaryAddress,
    RecipientType, Recipients, SingleAddress, TargetAddress, Time,
};
use Loss::{Always, Never, WhenDirectoryHasValue as WhenSet};
use Severity::{Block, Info, Warn};

/// Every pair of attributes that is compared, in the order shown.
pub const MAPPING: &[Mapping] = &[
    row(
        "proxyAddresses",
        "PrimarySmtpAddress",
        PrimaryAddress,
        Block,
        Always,
    ),
    row("proxyAddresses", "EmailAddresses", OtherAddresses, Warn, Always),
    row("mail", "WindowsEmailAddress", Mail, Warn, Always),
    row("mailNickname", "Alias", IgnoreCase, Warn, Always),
    row("legacyExchangeDN", "LegacyExchangeDN", LegacyName, Warn, Never),
    row("targetAddress", "EmailAddresses", TargetAddress, Warn, Never),
    row("extensionAttribute1", "CustomAttribute1", Exact, Warn, Always),
    row("extensionAttribute2", "CustomAttribute2", Exact, Warn, Always),
    row("extensionAttribute3", "CustomAttribute3", Exact, Warn, Always),
    row("extensionAttribute4", "CustomAttribute4", Exact, Warn, Always),
    row("extensionAttribute5", "CustomAttribute5", Exact, Warn, Always),
    row("extensionAttribute6", "CustomAttribute6", Exact, Warn, Always),
    row("extensionAttribute7", "CustomAttribute7", Exact, Warn, Always),
    row("extensionAttribute8", "CustomAttribute8", Exact, Warn, Always),
    row("extensionAttribute9", "CustomAttribute9", Exact, Warn, Always),
    row("extensionAttribute10", "CustomAttribute10", Exact, Warn, Always),
    row("extensionAttribute11", "CustomAttribute11", Exact, Warn, Always),
    row("extensionAttribute12", "CustomAttribute12", Exact, Warn, Always),
    row("extensionAttribute13", "CustomAttribute13", Exact, Warn, Always),
    row("extensionAttribute14", "CustomAttribute14", Exact, Warn, Always),
    row("extensionAttribute15", "CustomAttribute15", Exact, Warn, Always),
    row(
        "msExchExtensionCustomAttribute1",
        "ExtensionCustomAttribute1",
        ExactSet,
        Warn,
        Always,
    ),
    row(
        "msExchExtensionCustomAttribute2",
        "ExtensionCustomAttribute2",
        ExactSet,
        Warn,
        Always,
    ),
    row(
        "msExchExtensionCustomAttribute3",
        "ExtensionCustomAttribute3",
        ExactSet,
        Warn,
        Always,
    ),
    row(
        "msExchExtensionCustomAttribute4",
        "ExtensionCustomAttribute4",
        ExactSet,
        Warn,
        Always,
    ),
    row(
        "msExchExtensionCustomAttribute5",
        "ExtensionCustomAttribute5",
        ExactSet,
        Warn,
        Always,
    ),
    row(
        "msExchHideFromAddressLists",
        "HiddenFromAddressListsEnabled",
        Flag,
        Warn,
        Always,
    ),
    row("altRecipient", "ForwardingAddress", Recipients, Warn, Always),
    row(
        "deliverAndRedirect",
        "DeliverToMailboxAndForward",
        Flag,
        Warn,
        Always,
    ),
    row(
        "msExchGenericForwardingAddress",
        "ForwardingSmtpAddress",
        SingleAddress,
        Warn,
        Always,
    ),
    row("authOrig", "AcceptMessagesOnlyFrom", Recipients, Warn, Always),
    row(
        "dLMemSubmitPerms",
        "AcceptMessagesOnlyFromDLMembers",
        Recipients,
        Warn,
        Always,
    ),
    row("unauthOrig", "RejectMessagesFrom", Recipients, Warn, Always),
    row(
        "dLMemRejectPerms",
        "RejectMessagesFromDLMembers",
        Recipients,
        Warn,
        Always,
    ),
    row("publicDelegates", "GrantSendOnBehalfTo", Recipients, Info, Always),
    row(
        "msExchRequireAuthToSendTo",
        "RequireSenderAuthenticationEnabled",
        Flag,
        Warn,
        Always,
    ),
    row("msExchEnableModeration", "ModerationEnabled", Flag, Warn, Always),
    row("msExchModeratedByLink", "ModeratedBy", Recipients, Warn, Always),
    row(
        "msExchBypassModerationLink",
        "BypassModerationFromSendersOrMembers",
        Recipients,
        Info,
        Always,
    ),
    row(
        "msExchRecipientTypeDetails",
        "RecipientTypeDetails",
        RecipientType,
        Warn,
        Never,
    ),
    row("msExchMailboxGuid", "ExchangeGuid", Guid, Block, Never),
    row("msExchArchiveGUID", "ArchiveGuid", Guid, Block, Never),
    row("msExchArchiveName", "ArchiveName", ExactSet, Info, WhenSet),
    row(
        "msExchLitigationHoldDate",
        "LitigationHoldDate",
        Time,
        Info,
        WhenSet,
    ),
    row(
        "msExchLitigationHoldOwner",
        "LitigationHoldOwner",
        Loose,
        Info,
        WhenSet,
    ),
    row(
        "msExchELCExpirySuspensionStart",
        "StartDateForRetentionHold",
        Time,
        Info,
        WhenSet,
    ),
    row(
        "msExchELCExpirySuspensionEnd",
        "EndDateForRetentionHold",
        Time,
        Info,
        WhenSet,
    ),
    row("msExchRetentionComment", "RetentionComment", Exact, Info, WhenSet),
    row("msExchRetentionURL", "RetentionUrl", Exact, Info, WhenSet),
    row("msExchUserHoldPolicies", "InPlaceHolds", Loose, Info, WhenSet),
    row("msExchMailboxAuditEnable", "AuditEnabled", Flag, Info, WhenSet),
    row(
        "msExchMailboxAuditLogAgeLimit",
        "AuditLogAgeLimit",
        Loose,
        Info,
        WhenSet,
    ),
    row(
        "msExchSenderHintTranslations",
        "MailTipTranslations",
        Loose,
        Info,
        WhenSet,
    ),
    row("msExchResourceCapacity", "ResourceCapacity", Loose, Info, WhenSet),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::directory_attribute;

    #[test]
    fn every_row_names_a_known_directory_attribute() {
        for row in MAPPING {
            let known = directory_attribute(row.directory).unwrap();
            assert_eq!(known.name, row.directory, "spelled as Active Directory does");
        }
        assert_eq!(WRITTEN_BACK.len(), 24);
        assert!(
            WRITTEN_BACK
                .iter()
                .all(|name| directory_attribute(name).is_some())
        );
    }

    #[test]
    fn what_is_not_written_back_says_so() {
        let written = |cloud: &str| {
            MAPPING
                .iter()
                .find(|row| row.cloud == cloud)
                .unwrap()
                .is_written_back()
        };
        assert!(written("CustomAttribute15") && written("WindowsEmailAddress") && written("EmailAddresses"));
        assert!(!written("HiddenFromAddressListsEnabled") && !written("ForwardingAddress"));
    }
}
