//! A mailbox as a plan describes it, from its full attributes.

use jiff::Timestamp;

use crate::domain::{
    CloudAttributes, Finding, ObjectId, PlanItem, RecipientType, SourceOfAuthority, table::MailboxRow,
    text::clean_to,
};

/// Longest text of a mailbox that a plan keeps, in characters; no real name or address is longer.
const LONGEST: usize = 400;

/// The few texts of a mailbox that a plan needs, cleaned.
pub(crate) struct Described {
    pub(crate) id: ObjectId,
    pub(crate) display_name: String,
    user_principal_name: String,
    pub(crate) primary_smtp_address: String,
    alias: String,
    recipient_type: RecipientType,
    dir_synced: Option<bool>,
    authority: SourceOfAuthority,
    when_changed: Option<Timestamp>,
}

impl Described {
    /// From the attributes; nothing when they hold no usable object id.
    pub(crate) fn of(cloud: &CloudAttributes) -> Option<Self> {
        let id: ObjectId = cloud.text("ExternalDirectoryObjectId")?.parse().ok()?;
        (!id.0.is_nil()).then(|| Self::with_id(id, cloud))
    }

    /// From the attributes of a mailbox that was asked for by its id.
    pub(crate) fn with_id(id: ObjectId, cloud: &CloudAttributes) -> Self {
        let text = |name| clean_to(cloud.text(name).unwrap_or_default(), LONGEST).into_owned();
        Self {
            id,
            display_name: text("DisplayName"),
            user_principal_name: text("UserPrincipalName"),
            primary_smtp_address: text("PrimarySmtpAddress"),
            alias: text("Alias"),
            recipient_type: RecipientType::from_wire(&text("RecipientTypeDetails")),
            dir_synced: cloud.flag("IsDirSynced"),
            authority: cloud.authority(),
            when_changed: cloud.text("WhenChangedUTC").and_then(|time| time.parse().ok()),
        }
    }

    /// A mailbox of which nothing but the id is known.
    pub(crate) fn unknown(id: ObjectId) -> Self {
        Self::with_id(id, &CloudAttributes::default())
    }

    /// As the filter language sees it.
    pub(crate) fn row(&self) -> MailboxRow<'_> {
        MailboxRow {
            id: self.id,
            display_name: &self.display_name,
            user_principal_name: &self.user_principal_name,
            primary_smtp_address: &self.primary_smtp_address,
            alias: &self.alias,
            recipient_type: &self.recipient_type,
            dir_synced: self.dir_synced,
            authority: self.authority,
            when_changed: self.when_changed,
        }
    }

    /// As a plan keeps it.
    pub(crate) fn item(self, findings: Vec<Finding>) -> PlanItem {
        PlanItem {
            id: self.id,
            display_name: self.display_name,
            primary_smtp_address: self.primary_smtp_address,
            findings,
        }
    }
}
