//! Properties of a mailbox: their names and where their values come from (facts/exchange section 6.4).

/// Where a value comes from.
#[derive(Clone, Copy)]
pub(in crate::sandbox) enum Source {
    ObjectId,
    Guid,
    ExchangeGuid,
    ArchiveGuid,
    UserPrincipalName,
    ImmutableId,
    DistinguishedName,
    LegacyExchangeDn,
    Alias,
    DisplayName,
    Addresses,
    Primary,
    Type,
    ResourceType,
    ResourceCapacity,
    DirSynced,
    CloudManaged,
    Changed,
    Created,
    Moving,
    Hidden,
    ForwardingSmtp,
    DeliverAndForward,
    Hold,
    HoldDate,
    HoldOwner,
    RemoteType,
    Archive,
    Custom(u8),
    ExtensionCustom(u8),
    Constant(&'static str),
    No,
    Yes,
    Empty,
    Null,
}

use Source as S;

/// Every property of a full read, in the order it is written.
pub(in crate::sandbox) const PROPERTIES: &[(&str, Source)] = &[
    ("ExternalDirectoryObjectId", S::ObjectId),
    ("Guid", S::Guid),
    ("ExchangeGuid", S::ExchangeGuid),
    ("ArchiveGuid", S::ArchiveGuid),
    ("Identity", S::Alias),
    ("Name", S::Alias),
    ("Alias", S::Alias),
    ("DisplayName", S::DisplayName),
    ("UserPrincipalName", S::UserPrincipalName),
    ("ImmutableId", S::ImmutableId),
    ("DistinguishedName", S::DistinguishedName),
    ("LegacyExchangeDN", S::LegacyExchangeDn),
    (
        "OrganizationId",
        S::Constant(
            "EURPR01A001.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/contoso.onmicrosoft.com - EURPR01A001.PROD.OUTLOOK.COM/ConfigurationUnits/contoso.onmicrosoft.com/Configuration",
        ),
    ),
    ("EmailAddresses", S::Addresses),
    ("PrimarySmtpAddress", S::Primary),
    ("WindowsEmailAddress", S::Primary),
    ("EmailAddressPolicyEnabled", S::No),
    ("PoliciesIncluded", S::Empty),
    (
        "PoliciesExcluded",
        S::Constant("{26491cfc-9e50-4857-861b-0cb8df22b5d7}"),
    ),
    ("RemoteRecipientType", S::RemoteType),
    ("RecipientTypeDetails", S::Type),
    ("ResourceType", S::ResourceType),
    ("ResourceCapacity", S::ResourceCapacity),
    ("ResourceCustom", S::Empty),
    ("HiddenFromAddressListsEnabled", S::Hidden),
    ("AddressBookPolicy", S::Null),
    ("CustomAttribute1", S::Custom(1)),
    ("CustomAttribute2", S::Custom(2)),
    ("CustomAttribute3", S::Custom(3)),
    ("CustomAttribute4", S::Custom(4)),
    ("CustomAttribute5", S::Custom(5)),
    ("CustomAttribute6", S::Custom(6)),
    ("CustomAttribute7", S::Custom(7)),
    ("CustomAttribute8", S::Custom(8)),
    ("CustomAttribute9", S::Custom(9)),
    ("CustomAttribute10", S::Custom(10)),
    ("CustomAttribute11", S::Custom(11)),
    ("CustomAttribute12", S::Custom(12)),
    ("CustomAttribute13", S::Custom(13)),
    ("CustomAttribute14", S::Custom(14)),
    ("CustomAttribute15", S::Custom(15)),
    ("ExtensionCustomAttribute1", S::ExtensionCustom(1)),
    ("ExtensionCustomAttribute2", S::ExtensionCustom(2)),
    ("ExtensionCustomAttribute3", S::ExtensionCustom(3)),
    ("ExtensionCustomAttribute4", S::ExtensionCustom(4)),
    ("ExtensionCustomAttribute5", S::ExtensionCustom(5)),
    ("ForwardingAddress", S::Null),
    ("ForwardingSmtpAddress", S::ForwardingSmtp),
    ("DeliverToMailboxAndForward", S::DeliverAndForward),
    ("AcceptMessagesOnlyFrom", S::Empty),
    ("AcceptMessagesOnlyFromDLMembers", S::Empty),
    ("AcceptMessagesOnlyFromSendersOrMembers", S::Empty),
    ("RejectMessagesFrom", S::Empty),
    ("RejectMessagesFromDLMembers", S::Empty),
    ("RejectMessagesFromSendersOrMembers", S::Empty),
    ("RequireSenderAuthenticationEnabled", S::No),
    ("GrantSendOnBehalfTo", S::Empty),
    ("BypassModerationFromSendersOrMembers", S::Empty),
    ("ModerationEnabled", S::No),
    ("ModeratedBy", S::Empty),
    ("SendModerationNotifications", S::Constant("Always")),
    ("MailTip", S::Null),
    ("MailTipTranslations", S::Empty),
    ("MaxSendSize", S::Constant("35 MB (36,700,160 bytes)")),
    ("MaxReceiveSize", S::Constant("36 MB (37,748,736 bytes)")),
    ("MessageCopyForSentAsEnabled", S::No),
    ("MessageCopyForSendOnBehalfEnabled", S::No),
    ("LitigationHoldEnabled", S::Hold),
    ("LitigationHoldDate", S::HoldDate),
    ("LitigationHoldOwner", S::HoldOwner),
    ("LitigationHoldDuration", S::Constant("Unlimited")),
    ("InPlaceHolds", S::Empty),
    ("RetentionHoldEnabled", S::No),
    ("StartDateForRetentionHold", S::Null),
    ("EndDateForRetentionHold", S::Null),
    ("RetentionComment", S::Constant("")),
    ("RetentionUrl", S::Constant("")),
    ("RetentionPolicy", S::Constant("Default MRM Policy")),
    ("AuditEnabled", S::Yes),
    ("AuditLogAgeLimit", S::Constant("90.00:00:00")),
    (
        "AuditAdmin",
        S::Constant("Update,MoveToDeletedItems,SoftDelete,HardDelete,SendAs,SendOnBehalf,Create"),
    ),
    (
        "AuditDelegate",
        S::Constant("Update,SoftDelete,HardDelete,SendAs,Create"),
    ),
    (
        "AuditOwner",
        S::Constant("Update,MoveToDeletedItems,SoftDelete,HardDelete"),
    ),
    ("ArchiveName", S::Empty),
    ("ArchiveStatus", S::Archive),
    ("ArchiveState", S::Archive),
    ("IsDirSynced", S::DirSynced),
    ("IsExchangeCloudManaged", S::CloudManaged),
    ("WhenChangedUTC", S::Changed),
    ("WhenChanged", S::Changed),
    ("WhenCreatedUTC", S::Created),
    ("WhenCreated", S::Created),
    ("MailboxMoveStatus", S::Moving),
];

/// Where a property stands in [`PROPERTIES`]; letter case does not matter.
pub(in crate::sandbox) fn position(name: &str) -> Option<usize> {
    PROPERTIES
        .iter()
        .position(|(known, _)| known.eq_ignore_ascii_case(name))
}

/// Which properties an answer holds.
pub(in crate::sandbox) struct Selection(pub(super) Vec<usize>);

impl Selection {
    /// All of them.
    pub fn all() -> Self {
        Self((0..PROPERTIES.len()).collect())
    }

    /// The named ones and the names nobody knows.
    pub fn named(list: &str) -> (Self, Vec<String>) {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match position(name) {
                Some(at) if !known.contains(&at) => known.push(at),
                Some(_) => {}
                None => unknown.push(name.to_owned()),
            }
        }
        known.sort_unstable();
        (Self(known), unknown)
    }
}
