//! One mailbox in full.

use crate::domain::CloudAttributes;

/// One mailbox in full.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MailboxDetails {
    /// Its cloud side.
    pub cloud: CloudAttributes,
    /// Its directory side, attribute and value as text, in export order; nothing when no export is loaded or it is not
    /// in it.
    pub directory: Option<Vec<(String, String)>>,
    /// What differs between the two sides.
    pub differences: Vec<DifferenceRow>,
}

/// One attribute that was compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DifferenceRow {
    /// Exchange Online attribute.
    pub attribute: String,
    /// The class word: `equal`, `cloud-only`, `ad-only`, `changed`, `cloud-noise`, `unknown`.
    pub class: String,
    /// The cloud's value as text.
    pub cloud: String,
    /// The directory's value as text; nothing when it is not known.
    pub directory: Option<String>,
}
