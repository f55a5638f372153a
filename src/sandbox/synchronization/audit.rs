//! The directory audit: who changed which configuration (facts/graph section 5.2; names of activities not verified).

use serde_json::{Value, json};
use uuid::Uuid;

use super::clock::{self, Ticks};
use super::directory::purpose;
use super::filter::{Field, Kind, Operation as Op, Row, Value as Found};
use super::log::Initiator;
use crate::sandbox::seed::uuid;

pub(super) const ADD: &str = "Add provisioning configuration";
pub(super) const DELETE: &str = "Delete provisioning configuration";
pub(super) const START: &str = "Enable/start provisioning";
pub(super) const PAUSE: &str = "Disable/pause provisioning";
pub(super) const RESTART: &str = "Enable/restart provisioning";
pub(super) const SCHEMA: &str = "Update attribute mappings or scope";
pub(super) const SECRETS: &str = "Update provisioning setting or credentials";
pub(super) const ON_DEMAND: &str = "Provision on demand";

/// What can be filtered.
pub(super) const FIELDS: &[Field] = &[
    Field(
        "activityDateTime",
        Kind::Time,
        &[Op::Equal, Op::Greater, Op::Less, Op::AtLeast, Op::AtMost],
    ),
    Field("loggedByService", Kind::Text, &[Op::Equal]),
    Field("category", Kind::Text, &[Op::Equal]),
    Field("activityDisplayName", Kind::Text, &[Op::Equal, Op::StartsWith]),
    Field("correlationId", Kind::Text, &[Op::Equal]),
    Field("id", Kind::Text, &[Op::Equal]),
    Field("targetResources/id", Kind::Text, &[Op::Any]),
];

/// One entry.
pub(in crate::sandbox) struct Audit {
    pub at: Ticks,
    pub number: u32,
    pub service: &'static str,
    pub category: &'static str,
    pub activity: &'static str,
    pub by: Initiator,
    /// Id and name of what was changed.
    pub target: (Uuid, String),
    /// Name, old and new value of what was changed about it.
    pub modified: Option<(&'static str, String, String)>,
}

/// All entries, the oldest first.
#[derive(Default)]
pub(in crate::sandbox) struct Audits {
    pub entries: Vec<Audit>,
}

impl Audits {
    /// Writes that a configuration was changed.
    pub fn write(
        &mut self,
        at: Ticks,
        activity: &'static str,
        by: Initiator,
        target: (Uuid, String),
        modified: Option<(&'static str, String, String)>,
    ) {
        let number = self.entries.len() as u32 + 1;
        self.entries.push(Audit {
            at,
            number,
            service: "Account Provisioning",
            category: "ProvisioningManagement",
            activity,
            by,
            target,
            modified,
        });
    }

    /// Writes something that is no business of Cloud Sync.
    pub fn write_other(&mut self, at: Ticks, activity: &'static str, target: (Uuid, String)) {
        let number = self.entries.len() as u32 + 1;
        self.entries.push(Audit {
            at,
            number,
            service: "Core Directory",
            category: "GroupManagement",
            activity,
            by: Initiator::User,
            target,
            modified: None,
        });
    }
}

impl Audit {
    fn id(&self, seed: u64) -> String {
        format!(
            "Directory_{}_{}",
            uuid(seed, self.number, purpose::AUDIT),
            self.number
        )
    }

    fn correlation(&self, seed: u64) -> Uuid {
        uuid(seed, self.number, purpose::ACTIVITY + 0x100)
    }

    pub fn json(&self, seed: u64) -> Value {
        let by = match &self.by {
            Initiator::Application(client) => json!({
                "user": null,
                "app": { "appId": client, "displayName": "Sandbox application", "servicePrincipalId": null, "servicePrincipalName": null },
            }),
            _ => json!({
                "app": null,
                "user": { "id": uuid(seed, 3, crate::sandbox::tenant::purpose::CLIENT), "displayName": null, "userPrincipalName": "admin@contoso.onmicrosoft.com", "ipAddress": "198.51.100.7" },
            }),
        };
        let (target, name) = &self.target;
        let modified: Vec<Value> = self
            .modified
            .iter()
            // Values are JSON inside a string, as everywhere in this log.
            .map(|(name, old, new)| json!({ "displayName": name, "oldValue": json!(old).to_string(), "newValue": json!(new).to_string() }))
            .collect();
        json!({
            "id": self.id(seed),
            "category": self.category,
            "correlationId": self.correlation(seed),
            "result": "success",
            "resultReason": "",
            "activityDisplayName": self.activity,
            "activityDateTime": clock::text(self.at),
            "loggedByService": self.service,
            "operationType": "Update",
            "initiatedBy": by,
            "targetResources": [{
                "id": target,
                "displayName": name,
                "type": "ServicePrincipal",
                "userPrincipalName": null,
                "groupType": null,
                "modifiedProperties": modified,
            }],
            "additionalDetails": [],
        })
    }
}

/// An entry as filters see it.
pub(super) struct Seen<'a>(pub &'a Audit, pub u64);

impl Row for Seen<'_> {
    fn value(&self, field: &str) -> Found {
        let Self(audit, seed) = self;
        match field {
            "activityDateTime" => Found::Number(audit.at),
            "loggedByService" => Found::Text(audit.service.to_owned()),
            "category" => Found::Text(audit.category.to_owned()),
            "activityDisplayName" => Found::Text(audit.activity.to_owned()),
            "correlationId" => Found::Text(audit.correlation(*seed).to_string()),
            "targetResources/id" => Found::Text(audit.target.0.to_string()),
            _ => Found::Text(audit.id(*seed)),
        }
    }
}
