//! The cmdlets Handover runs, as the wire wants them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::domain::{ObjectId, Target};

/// One cmdlet call. Made by the functions below only: what isn't here is never run.
#[derive(Clone, Debug, PartialEq)]
pub struct Cmdlet {
    name: &'static str,
    parameters: Map<String, Value>,
}

/// Which mailboxes a list holds, filtered by the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailboxFilter {
    /// Only objects synchronized from Active Directory.
    pub dir_synced_only: bool,
    /// Only mailboxes changed after this time.
    pub changed_since: Option<Timestamp>,
}

impl MailboxFilter {
    /// The filter in the language of `-Filter`, or nothing for all mailboxes. Literals instead of `$true`: the module
    /// translates those before it sends them, and nobody has seen the service do it (facts/exchange section 1.2).
    fn text(self) -> Option<String> {
        let synced = self.dir_synced_only.then(|| "IsDirSynced -eq 'True'".to_owned());
        let changed = self
            .changed_since
            .map(|time| format!("WhenChangedUTC -gt '{}'", time.strftime("%Y-%m-%dT%H:%M:%SZ")));
        match (synced, changed) {
            (Some(synced), Some(changed)) => Some(format!("({synced}) -and ({changed})")),
            (synced, changed) => synced.or(changed),
        }
    }
}

impl Cmdlet {
    fn new(name: &'static str, parameters: Value) -> Self {
        Self {
            name,
            parameters: match parameters {
                Value::Object(parameters) => parameters,
                _ => Map::new(),
            },
        }
    }

    /// All mailboxes that pass the filter. `ResultSize` and the page size header are both needed to get whole pages
    /// (facts/exchange section 1.5).
    pub(super) fn list_mailboxes(filter: MailboxFilter) -> Self {
        let mut cmdlet = Self::new("Get-Mailbox", json!({"ResultSize": "Unlimited"}));
        if let Some(text) = filter.text() {
            cmdlet.parameters.insert("Filter".to_owned(), Value::String(text));
        }
        cmdlet
    }

    /// One mailbox, whichever comes first: to learn what `$select` accepts.
    pub(super) fn any_mailbox() -> Self {
        Self::new("Get-Mailbox", json!({"ResultSize": 1}))
    }

    /// One mailbox by its object id.
    pub(super) fn get_mailbox(id: ObjectId) -> Self {
        Self::new("Get-Mailbox", json!({"Identity": id.to_string()}))
    }

    /// `Set-Mailbox -IsExchangeCloudManaged`, alone in its call (facts/exchange section 3).
    pub fn set_authority(id: ObjectId, target: Target) -> Self {
        Self::new(
            "Set-Mailbox",
            json!({"Identity": id.to_string(), "IsExchangeCloudManaged": target.flag()}),
        )
    }

    /// `Set-Mailbox -EmailAddresses` with the whole list.
    pub fn set_addresses(id: ObjectId, addresses: &[String]) -> Self {
        Self::new(
            "Set-Mailbox",
            json!({"Identity": id.to_string(), "EmailAddresses": addresses}),
        )
    }

    /// `Get-OrganizationConfig`.
    pub(super) fn organization_config() -> Self {
        Self::new("Get-OrganizationConfig", json!({}))
    }

    /// `Get-AcceptedDomain`.
    pub(super) fn accepted_domains() -> Self {
        Self::new("Get-AcceptedDomain", json!({}))
    }

    /// The switch for who owns new mailboxes; two switches, each sent as true (facts/exchange section 3.3).
    pub(super) fn set_tenant_default(target: Target) -> Self {
        let switch = match target {
            Target::Cloud => "ExchangeAttributesCloudManagedByDefault",
            Target::OnPremises => "ExchangeAttributesServerManagedByDefault",
        };
        Self::new("Set-OrganizationConfig", json!({ switch: true }))
    }

    /// The name, for headers and the call log.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// The body of `InvokeCommand`. `Parameters` is an object even when empty.
    pub(super) fn body(&self) -> Value {
        json!({"CmdletInput": {"CmdletName": self.name, "Parameters": self.parameters}})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_use_literals() {
        let synced = MailboxFilter {
            dir_synced_only: true,
            changed_since: None,
        };
        assert_eq!(synced.text().as_deref(), Some("IsDirSynced -eq 'True'"));
        let both = MailboxFilter {
            changed_since: Some("2026-11-01T10:00:00.5Z".parse().unwrap()),
            ..synced
        };
        assert_eq!(
            both.text().as_deref(),
            Some("(IsDirSynced -eq 'True') -and (WhenChangedUTC -gt '2026-11-01T10:00:00Z')")
        );
        assert_eq!(MailboxFilter::default().text(), None);
    }

    #[test]
    fn the_flag_travels_alone() {
        let id = "0f6f5b1e-0000-4000-8000-000000000001".parse().unwrap();
        assert_eq!(
            Cmdlet::set_authority(id, Target::Cloud).body().to_string(),
            r#"{"CmdletInput":{"CmdletName":"Set-Mailbox","Parameters":{"Identity":"0f6f5b1e-0000-4000-8000-000000000001","IsExchangeCloudManaged":true}}}"#
        );
        assert_eq!(
            Cmdlet::accepted_domains().body()["CmdletInput"]["Parameters"],
            json!({})
        );
    }
}
