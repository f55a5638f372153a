//! A plan: what a run will change, decided before anything is written.
//!
//! Apply takes nothing but a plan (design section 1). The file holds a hash over its content, so that a plan changed by
//! hand, or cut short, is refused.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ObjectId, SourceOfAuthority};

/// Name and version of the file format.
pub const PLAN_FORMAT: &str = "handover-plan/1";

/// Where the authority goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// `IsExchangeCloudManaged` becomes true.
    Cloud,
    /// `IsExchangeCloudManaged` becomes false: the next sync cycle overwrites the cloud's values.
    OnPremises,
}

impl Target {
    /// The flag to write.
    pub fn flag(self) -> bool {
        self == Self::Cloud
    }

    /// The state a mailbox is in once the target is reached.
    pub fn authority(self) -> SourceOfAuthority {
        SourceOfAuthority::from_flag(Some(self.flag()))
    }

    /// The word of the command line and of JSON output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::OnPremises => "on-premises",
        }
    }

    /// The way back.
    pub fn opposite(self) -> Self {
        match self {
            Self::Cloud => Self::OnPremises,
            Self::OnPremises => Self::Cloud,
        }
    }
}

/// What a plan does to each of its mailboxes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    tag = "kind",
    deny_unknown_fields
)]
pub enum Change {
    /// Set `IsExchangeCloudManaged`, alone in its call (facts/exchange section 3).
    SetAuthority {
        /// Where the authority goes.
        target: Target,
    },
    /// Replace the e-mail addresses of one cloud-managed mailbox.
    SetAddresses {
        /// The addresses read when the plan was made, in service order, prefixes kept.
        before: Vec<String>,
        /// The addresses to write, in service order; exactly one has the prefix `SMTP:`.
        after: Vec<String>,
    },
    /// Switch the default for new mailboxes of the whole tenant (facts/exchange section 3.3). Has no items.
    SetTenantDefault {
        /// The side new mailboxes will belong to.
        target: Target,
    },
}

/// The kind of a change, without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// See [`Change::SetAuthority`].
    SetAuthority,
    /// See [`Change::SetAddresses`].
    SetAddresses,
    /// See [`Change::SetTenantDefault`].
    SetTenantDefault,
}

impl Change {
    /// Its kind.
    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::SetAuthority { .. } => ChangeKind::SetAuthority,
            Self::SetAddresses { .. } => ChangeKind::SetAddresses,
            Self::SetTenantDefault { .. } => ChangeKind::SetTenantDefault,
        }
    }

    /// The side the change moves to; address edits stay in the cloud.
    pub fn target(&self) -> Target {
        match self {
            Self::SetAuthority { target } | Self::SetTenantDefault { target } => *target,
            Self::SetAddresses { .. } => Target::Cloud,
        }
    }
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// The administrator should look before applying.
    Warn,
    /// The item, or the whole run, must not go ahead.
    Block,
}

/// What a rule found, about a mailbox or about the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    /// Name of the rule, stable, such as `not-dir-synced`.
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What was found, in one sentence.
    pub text: String,
}

/// Where a plan belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenantName {
    /// Tenant id from the token.
    pub id: String,
    /// Domain the administrator knows the tenant by, such as `contoso.onmicrosoft.com`.
    pub domain: String,
}

/// One mailbox of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanItem {
    /// Identity for the write.
    pub id: ObjectId,
    /// Display name when planned, cleaned.
    pub display_name: String,
    /// Primary address when planned.
    pub primary_smtp_address: String,
    /// Warnings this item carries into the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// What would be lost or must be written to the directory before a mailbox goes back on-premises
/// (facts/exchange section 6.6), one row per attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Overwrite {
    /// The mailbox.
    pub id: ObjectId,
    /// Primary address, to find it again.
    pub primary_smtp_address: String,
    /// Exchange Online attribute.
    pub attribute: String,
    /// Active Directory attribute.
    pub directory_attribute: String,
    /// The cloud's value, as text.
    pub cloud: String,
    /// The directory's value, as text; nothing when no directory was at hand.
    pub directory: Option<String>,
}

/// The decided content of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanContent {
    /// Always [`PLAN_FORMAT`].
    pub format: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it, as the token names them.
    pub created_by: String,
    /// Version of Handover.
    pub tool_version: String,
    /// The tenant it belongs to.
    pub tenant: TenantName,
    /// What it does.
    pub change: Change,
    /// Mailboxes to change, in order.
    pub items: Vec<PlanItem>,
    /// Mailboxes asked for that are in the target state already.
    pub already_there: u64,
    /// Mailboxes asked for that must not be changed, with the reasons.
    pub blocked: Vec<PlanItem>,
    /// What the run checks found.
    pub run_findings: Vec<Finding>,
    /// What can't be undone, in sentences, to be read before applying.
    pub irreversible: Vec<String>,
    /// The run this plan takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_of: Option<String>,
    /// What the directory would overwrite; filled for plans that go back on-premises.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overwrites: Vec<Overwrite>,
    /// Whether the administrator typed that this loss is accepted.
    #[serde(default)]
    pub loss_accepted: bool,
}

/// A plan file: the content and the SHA-256 of its compact JSON form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// SHA-256 over the compact JSON of `content`, lower-case hexadecimal.
    pub sha256: String,
    /// What was decided.
    pub content: PlanContent,
}

/// Why a plan file is refused.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Not JSON, cut short, or with members no plan has.
    #[error("the plan can't be read: {0}. Make a new plan")]
    Unreadable(#[from] serde_json::Error),
    /// Another format version.
    #[error("the plan has format `{0}`, this version reads `{PLAN_FORMAT}`. Make a new plan")]
    Format(String),
    /// The content is not what was hashed.
    #[error(
        "the plan was changed after it was made: its content has another hash than it states. Make a new plan"
    )]
    Changed,
}

impl Plan {
    /// Seals a content with its hash.
    pub fn seal(content: PlanContent) -> Result<Self, PlanError> {
        Ok(Self {
            sha256: hash(&content)?,
            content,
        })
    }

    /// Reads a plan file and checks its hash.
    pub fn parse(bytes: &[u8]) -> Result<Self, PlanError> {
        let plan: Self = serde_json::from_slice(bytes)?;
        if plan.content.format != PLAN_FORMAT {
            return Err(PlanError::Format(plan.content.format));
        }
        if hash(&plan.content)? != plan.sha256 {
            return Err(PlanError::Changed);
        }
        Ok(plan)
    }

    /// The bytes of the plan file: indented, so that it can be reviewed.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PlanError> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

fn hash(content: &PlanContent) -> Result<String, PlanError> {
    let bytes = serde_json::to_vec(content)?;
    Ok(Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
