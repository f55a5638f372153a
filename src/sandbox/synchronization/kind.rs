//! The five kinds of jobs (facts/graph section 2.1).

use super::clock::{SECOND, Ticks};

/// What a job is called by on the wire, and how it behaves here.
pub(in crate::sandbox) struct Kind {
    /// Prefix of job ids and id of the job template.
    pub template: &'static str,
    /// `applicationTemplateId` of the service principals it lives in.
    pub application: &'static str,
    /// Id of the one synchronization rule.
    pub rule: &'static str,
    pub source_system: &'static str,
    pub target_system: &'static str,
    /// Object types in entry counts.
    pub entry: &'static str,
    /// Whether objects come from Active Directory, so that distinguished names are their ids on demand.
    pub from_directory: bool,
    /// Whether groups are provisioned, not users.
    pub groups: bool,
    /// Time between two beginnings, give or take a tenth. The stated interval is another one on purpose.
    pub cadence: Ticks,
}

pub(super) const DIRECTORY: &str = "Active Directory";
pub(super) const ENTRA: &str = "Microsoft Entra ID";

/// AD to Entra, Entra to AD, Exchange Online to AD.
pub(super) const TO_ENTRA: &str = "1a4721b3-e57f-4451-ae87-ef078703ec94";
pub(super) const TO_DIRECTORY: &str = "fb81332f-3eca-4ecf-a939-4278e501d330";
pub(super) const EXCHANGE_ATTRIBUTES: &str = "3b99513e-0cee-4291-aea8-84356239fb82";

pub(super) const PROVISIONING: usize = 0;
pub(super) const PASSWORD_HASH: usize = 1;
pub(super) const HYBRID_WRITEBACK: usize = 2;
pub(super) const GROUPS: usize = 3;
pub(super) const ATTRIBUTE_WRITEBACK: usize = 4;

/// Every kind.
pub(in crate::sandbox) static KINDS: [Kind; 5] = [
    Kind {
        template: "AD2AADProvisioning",
        application: TO_ENTRA,
        rule: "6c409270-f78a-4bc6-af23-7cf3ab6482fe",
        source_system: DIRECTORY,
        target_system: ENTRA,
        entry: "user to User",
        from_directory: true,
        groups: false,
        cadence: 25 * SECOND,
    },
    Kind {
        template: "AD2AADPasswordHash",
        application: TO_ENTRA,
        rule: "f2a17c0d-93b4-4f0b-8d7e-50c2a94be631",
        source_system: DIRECTORY,
        target_system: ENTRA,
        entry: "user to User",
        from_directory: true,
        groups: false,
        cadence: 20 * SECOND,
    },
    Kind {
        template: "AAD2ADExchangeHybridWriteback",
        application: TO_ENTRA,
        rule: "0d5e1c84-6a3f-4b92-b7c8-2fe19a605d37",
        source_system: ENTRA,
        target_system: DIRECTORY,
        entry: "User to user",
        from_directory: false,
        groups: false,
        cadence: 40 * SECOND,
    },
    Kind {
        template: "AAD2ADGroupProvisioning",
        application: TO_DIRECTORY,
        rule: "b8e64f21-7d05-4c9a-9e13-c40a5d7f8126#V2",
        source_system: ENTRA,
        target_system: DIRECTORY,
        entry: "Group to group",
        from_directory: false,
        groups: true,
        cadence: 35 * SECOND,
    },
    Kind {
        template: "Entra2ADExchangeOnlineAttributeWriteback",
        application: EXCHANGE_ATTRIBUTES,
        rule: "41c97ab0-2e8d-4d56-a1f4-9b03e87c6d52",
        source_system: ENTRA,
        target_system: DIRECTORY,
        entry: "User to user",
        from_directory: false,
        groups: false,
        cadence: 30 * SECOND,
    },
];

impl Kind {
    /// Whether it is the one at a place of [`KINDS`].
    pub fn is(&self, place: usize) -> bool {
        KINDS[place].template == self.template
    }
}

/// The kind of a job template.
pub(super) fn named(template: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.template == template)
}
