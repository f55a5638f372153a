//! `/directory/onPremisesSynchronization` (facts/graph section 6): delegated sign-in only.

use serde_json::{Value, json};

use super::permission::{READ_PREVENTION, WRITE_PREVENTION};
use super::routes::Context;
use crate::sandbox::reply::Reply;

/// Features and whether they are on at the start.
const FEATURES: [(&str, bool); 20] = [
    ("allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled", false),
    ("blockCloudObjectTakeoverThroughHardMatchEnabled", false),
    ("blockSoftMatchEnabled", false),
    ("bypassDirSyncOverridesEnabled", false),
    ("cloudPasswordPolicyForPasswordSyncedUsersEnabled", false),
    ("concurrentCredentialUpdateEnabled", false),
    ("concurrentOrgIdProvisioningEnabled", false),
    ("deviceWritebackEnabled", false),
    ("directoryExtensionsEnabled", false),
    ("fopeConflictResolutionEnabled", false),
    ("groupWriteBackEnabled", false),
    ("passwordSyncEnabled", true),
    ("passwordWritebackEnabled", false),
    ("quarantineUponProxyAddressesConflictEnabled", true),
    ("quarantineUponUpnConflictEnabled", true),
    ("softMatchOnUpnEnabled", true),
    ("synchronizeUpnForManagedUsersEnabled", true),
    ("unifiedGroupWritebackEnabled", false),
    ("userForcePasswordChangeOnLogonEnabled", false),
    ("userWritebackEnabled", false),
];

const KINDS: [&str; 3] = ["disabled", "enabledForCount", "enabledForPercentage"];

/// Settings of the whole tenant.
pub(in crate::sandbox) struct TenantSettings {
    prevention: String,
    threshold: i64,
    features: [bool; FEATURES.len()],
    pub writes: u64,
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            prevention: KINDS[1].to_owned(),
            threshold: 500,
            features: FEATURES.map(|(_, on)| on),
            writes: 0,
        }
    }
}

impl TenantSettings {
    /// From how many deletes on the tenant holds them back; nothing when it does not.
    pub fn delete_threshold(&self) -> Option<i64> {
        (self.prevention == KINDS[1]).then_some(self.threshold)
    }

    pub fn prevention(&self) -> &str {
        &self.prevention
    }

    fn json(&self, tenant: &str, beta: bool) -> Value {
        let mut configuration = json!({
            "accidentalDeletionPrevention": {
                "synchronizationPreventionType": self.prevention,
                "alertThreshold": self.threshold,
            },
        });
        if beta {
            configuration["anchorAttribute"] = "mS-DS-ConsistencyGuid".into();
            configuration["applicationId"] = Value::Null;
            configuration["customerRequestedSynchronizationInterval"] = Value::Null;
            configuration["synchronizationClientVersion"] = "2.5.190.0".into();
            configuration["synchronizationInterval"] = "PT30M".into();
        }
        let features: serde_json::Map<String, Value> = FEATURES
            .iter()
            .zip(self.features)
            .map(|((name, _), on)| ((*name).to_owned(), on.into()))
            .collect();
        json!({ "id": tenant, "configuration": configuration, "features": features })
    }

    /// Takes over what a body names; an error when it names something that does not exist.
    fn patch(&mut self, body: &Value) -> Result<(), &'static str> {
        let prevention = &body["configuration"]["accidentalDeletionPrevention"];
        if let Some(kind) = prevention.get("synchronizationPreventionType") {
            let kind = kind.as_str().filter(|kind| KINDS.contains(kind));
            self.prevention = kind.ok_or("synchronizationPreventionType")?.to_owned();
        }
        if let Some(threshold) = prevention.get("alertThreshold") {
            let threshold = threshold
                .as_i64()
                .filter(|threshold| i32::try_from(*threshold).is_ok());
            self.threshold = threshold.ok_or("alertThreshold")?;
        }
        for (name, value) in body["features"].as_object().into_iter().flatten() {
            let place = FEATURES
                .iter()
                .position(|(known, _)| known == name)
                .ok_or("features")?;
            self.features[place] = value.as_bool().ok_or("features")?;
        }
        self.writes += 1;
        Ok(())
    }
}

/// Answers the collection and its one item.
pub(super) fn route(context: &mut Context, names: &[&str]) -> Reply {
    context.sync.asks.on_premises_synchronization += 1;
    let needs = match (context.method, names) {
        ("GET", []) => READ_PREVENTION,
        ("GET" | "PATCH", [_]) => WRITE_PREVENTION,
        _ => return context.not_allowed(),
    };
    if let Err(reply) = context.needs(&needs) {
        return *reply;
    }
    let tenant = context.tenant().id.to_string();
    let row = context.sync.tenant.json(&tenant, context.beta);
    let Some(id) = names.first() else {
        return context.list("directory/onPremisesSynchronization", vec![row]);
    };
    if !tenant.eq_ignore_ascii_case(id) {
        return context.not_found(id);
    }
    if context.method == "GET" {
        return context.entity(200, "directory/onPremisesSynchronization/$entity", row);
    }
    let body = match context.json() {
        Ok(body) => body,
        Err(reply) => return *reply,
    };
    match context.sync.tenant.patch(&body) {
        Ok(()) => context.done(),
        Err(name) => context.unknown_property(name),
    }
}
