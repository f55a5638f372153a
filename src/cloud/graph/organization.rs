//! The organisation as Graph knows it (facts/graph section 6).

use jiff::Timestamp;
use serde_json::Value;

use super::GraphClient;
use crate::{
    cloud::transport::clean,
    domain::{ErrorClass, ServiceError, tolerant_flag},
};

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
        let query = "$select=id,displayName,onPremisesSyncEnabled,onPremisesLastSyncDateTime,verifiedDomains";
        let answer = self.get(&["organization"], query, "organization").await?;
        answer
            .get("value")
            .and_then(Value::as_array)
            .and_then(|rows| rows.first())
            .map(read)
            .ok_or_else(|| ServiceError::new(ErrorClass::Malformed, "Graph named no organisation"))
    }
}

pub(super) fn read(row: &Value) -> GraphOrganization {
    let text = |row: &Value, name: &str| {
        let text = clean(row.get(name)?.as_str()?);
        (!text.is_empty()).then_some(text)
    };
    let domains = row.get("verifiedDomains").and_then(Value::as_array);
    GraphOrganization {
        display_name: text(row, "displayName"),
        default_domain: domains
            .into_iter()
            .flatten()
            .find(|domain| tolerant_flag(domain.get("isDefault")) == Some(true))
            .and_then(|domain| text(domain, "name")),
        sync_enabled: match row.get("onPremisesSyncEnabled") {
            // Null: this tenant was never synchronized.
            Some(Value::Null) => Some(false),
            value => tolerant_flag(value),
        },
        last_sync: row
            .get("onPremisesLastSyncDateTime")
            .and_then(Value::as_str)
            .and_then(|time| time.parse().ok())
            // The zero point of .NET stands for "never".
            .filter(|time: &Timestamp| time.as_second() > 0),
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
