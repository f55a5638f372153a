//! The organisation as Graph knows it (facts/graph section 6).

use jiff::Timestamp;
use serde_json::Value;

use super::{GraphClient, place::Place, subject::ORGANIZATION};
use crate::domain::{
    ErrorClass, ServiceError,
    wire::{Moment, Wire, member, wire},
};

wire! {
    /// The organisation.
    pub(super) struct OrganizationAnswer = "organization" {
        display_name: Option<String> = "displayName",
        sync_enabled: Option<bool> = "onPremisesSyncEnabled",
        last_sync: Moment = "onPremisesLastSyncDateTime",
        domains: Vec<DomainAnswer> = "verifiedDomains",
    }
}

wire! {
    /// One of its domains.
    pub(super) struct DomainAnswer = "verifiedDomain" {
        name: Option<String> = "name",
        is_default: bool = "isDefault",
    }
}

/// What Graph says about the organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphOrganization {
    /// Display name, cleaned.
    pub display_name: Option<String>,
    /// The domain marked as default.
    pub default_domain: Option<String>,
    /// `onPremisesSyncEnabled`: null means never on.
    pub sync_enabled: Option<bool>,
    /// `onPremisesLastSyncDateTime`.
    pub last_sync: Option<Timestamp>,
}

impl GraphClient {
    /// Reads the organisation; needs `Organization.Read.All`.
    pub async fn organization(&self) -> Result<GraphOrganization, ServiceError> {
        let wanted = "id,displayName,onPremisesSyncEnabled,onPremisesLastSyncDateTime,verifiedDomains";
        let place = Place::v1("organization").with("$select", wanted);
        let answer = self.get_value(&place, "organization", &ORGANIZATION).await?;
        answer
            .get("value")
            .and_then(Value::as_array)
            .and_then(|rows| rows.first())
            .map(read)
            .ok_or_else(|| ServiceError::new(ErrorClass::Malformed, "Graph named no organisation"))
    }
}

pub(super) fn read(row: &Value) -> GraphOrganization {
    let answer = OrganizationAnswer::of(Some(row));
    GraphOrganization {
        display_name: answer.display_name,
        default_domain: answer
            .domains
            .into_iter()
            .find(|domain| domain.is_default)
            .and_then(|domain| domain.name),
        sync_enabled: match member(row, "onPremisesSyncEnabled") {
            // Null: this tenant was never synchronized.
            Some(Value::Null) => Some(false),
            _ => answer.sync_enabled,
        },
        last_sync: answer.last_sync.0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_means_never_synchronized() {
        let found = read(
            &json!({"displayName": "Contoso", "onPremisesSyncEnabled": null, "onPremisesLastSyncDateTime": "0001-01-01T00:00:00Z",
            "verifiedDomains": [{"name": "a.b", "isDefault": false}, {"name": "contoso.com", "isDefault": true}]}),
        );
        assert_eq!(found.sync_enabled, Some(false));
        assert_eq!(found.last_sync, None);
        assert_eq!(found.default_domain.as_deref(), Some("contoso.com"));
        assert_eq!(read(&json!({})).sync_enabled, None);
    }
}
