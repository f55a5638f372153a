//! A configuration: a service principal with jobs and secrets (facts/graph sections 2.2 and 2.5).

use serde_json::{Value, json};
use uuid::Uuid;

use super::clock::{self, SECOND, Ticks};
use super::job::Job;

/// A new value shows only after this time: the service copies secrets about.
const REPLICATION: Ticks = SECOND / 2;
/// What counts where nothing is set.
const DEFAULT_THRESHOLD: i64 = 500;

/// Names of secrets (facts/graph section 2.5).
const KEYS: [&str; 45] = [
    "None",
    "UserName",
    "Password",
    "SecretToken",
    "AppKey",
    "BaseAddress",
    "ClientIdentifier",
    "ClientSecret",
    "SingleSignOnType",
    "Sandbox",
    "Url",
    "Domain",
    "ConsumerKey",
    "ConsumerSecret",
    "TokenKey",
    "TokenExpiration",
    "Oauth2AccessToken",
    "Oauth2AccessTokenCreationTime",
    "Oauth2RefreshToken",
    "SyncAll",
    "InstanceName",
    "Oauth2ClientId",
    "Oauth2ClientSecret",
    "CompanyId",
    "UpdateKeyOnSoftDelete",
    "SynchronizationSchedule",
    "SystemOfRecord",
    "SandboxName",
    "EnforceDomain",
    "SyncNotificationSettings",
    "SkipOutOfScopeDeletions",
    "Oauth2AuthorizationCode",
    "Oauth2RedirectUri",
    "ApplicationTemplateIdentifier",
    "Oauth2TokenExchangeUri",
    "Oauth2AuthorizationUri",
    "AuthenticationType",
    "Server",
    "PerformInboundEntitlementGrants",
    "HardDeletesEnabled",
    "SyncAgentCompatibilityKey",
    "SyncAgentADContainer",
    "ValidateDomain",
    "TestReferences",
    "ConnectionString",
];

pub(super) const NOTIFICATION: &str = "SyncNotificationSettings";

/// Secrets by key, in the order they were put.
pub(in crate::sandbox) type Secrets = Vec<(String, String)>;

/// One configuration.
pub(in crate::sandbox) struct Configuration {
    pub id: Uuid,
    pub app_id: Uuid,
    pub application_object: Uuid,
    pub display_name: String,
    pub application_template: String,
    pub created: Ticks,
    /// Not to be found before this time.
    pub visible: Ticks,
    pub jobs: Vec<Job>,
    pub secrets: Secrets,
    /// What was there before the last change, until the time it is over.
    stale: Option<(Ticks, Secrets)>,
    pub secret_writes: u64,
}

impl Configuration {
    pub fn new(ids: [Uuid; 3], display_name: &str, application_template: &str, now: Ticks) -> Self {
        let [id, app_id, application_object] = ids;
        Self {
            id,
            app_id,
            application_object,
            display_name: display_name.to_owned(),
            application_template: application_template.to_owned(),
            created: now,
            visible: now,
            jobs: Vec::new(),
            secrets: Vec::new(),
            stale: None,
            secret_writes: 0,
        }
    }

    /// The secrets as a reader sees them now.
    pub fn seen_secrets(&self, now: Ticks) -> &Secrets {
        match &self.stale {
            Some((until, old)) if now < *until => old,
            _ => &self.secrets,
        }
    }

    pub fn secret(&self, key: &str) -> Option<&str> {
        self.secrets
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value.as_str())
    }

    /// Replaces all secrets, or says which code the refusal has. An empty value deletes its key.
    pub fn put_secrets(&mut self, body: &Value, now: Ticks) -> Result<(), &'static str> {
        let pairs = body["value"].as_array().ok_or("InvalidRequest")?;
        let mut secrets = Secrets::new();
        for pair in pairs {
            let key = pair["key"]
                .as_str()
                .filter(|key| !key.is_empty() && KEYS.contains(key));
            let key = key.ok_or("InvalidSecretKey")?;
            let value = pair["value"].as_str().ok_or("InvalidRequest")?;
            if key == NOTIFICATION && !is_notification(value) {
                return Err("InvalidNotificationSettings");
            }
            secrets.retain(|(known, _)| known != key);
            if !value.is_empty() {
                secrets.push((key.to_owned(), value.to_owned()));
            }
        }
        let old = std::mem::replace(&mut self.secrets, secrets);
        self.stale = Some((now + REPLICATION, old));
        self.secret_writes += 1;
        Ok(())
    }

    /// The domain that its agents serve.
    pub fn domain(&self) -> Option<String> {
        let value: Value = serde_json::from_str(self.secret("Domain")?).ok()?;
        value["domain"].as_str().map(str::to_owned)
    }

    /// How many deletes hold a run back; nothing when the threshold is off. Of N, N - 1 get through.
    pub fn delete_threshold(&self) -> Option<i64> {
        let settings: Value = self
            .secret(NOTIFICATION)
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let enabled = settings["DeleteThresholdEnabled"].as_bool().unwrap_or(true);
        enabled.then(|| {
            settings["DeleteThresholdValue"]
                .as_i64()
                .unwrap_or(DEFAULT_THRESHOLD)
        })
    }

    /// `servicePrincipal`, as far as anybody asks.
    pub fn json(&self) -> Value {
        json!({
            "id": self.id,
            "accountEnabled": true,
            "appDisplayName": self.display_name,
            "appId": self.app_id,
            "applicationTemplateId": self.application_template,
            "createdDateTime": clock::whole_text(self.created),
            "displayName": self.display_name,
            "homepage": "https://account.activedirectory.windowsazure.com:444/applications/default.aspx?metadata=AD2AADProvisioning|ISV9.1|primary|z",
            "servicePrincipalNames": [self.app_id],
            "servicePrincipalType": "Application",
            "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
        })
    }

    /// `application`, as an instantiation returns it.
    pub fn application_json(&self) -> Value {
        json!({
            "id": self.application_object,
            "appId": self.app_id,
            "applicationTemplateId": self.application_template,
            "createdDateTime": clock::whole_text(self.created),
            "displayName": self.display_name,
            "identifierUris": [],
            "signInAudience": "AzureADMyOrg",
        })
    }
}

/// `""` is refused, `"{}"` is not, and stays (facts/graph section 2.5).
fn is_notification(text: &str) -> bool {
    matches!(serde_json::from_str::<Value>(text), Ok(Value::Object(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration() -> Configuration {
        Configuration::new([Uuid::nil(); 3], "contoso.com", "t", 0)
    }

    fn put(
        configuration: &mut Configuration,
        pairs: &[(&str, &str)],
        now: Ticks,
    ) -> Result<(), &'static str> {
        let pairs: Vec<Value> = pairs
            .iter()
            .map(|(key, value)| json!({ "key": key, "value": value }))
            .collect();
        configuration.put_secrets(&json!({ "value": pairs }), now)
    }

    #[test]
    fn one_put_replaces_all_secrets_after_a_while() {
        let mut it = configuration();
        put(
            &mut it,
            &[("Domain", "{\"domain\":\"contoso.com\"}"), ("Password", "x")],
            0,
        )
        .unwrap();
        assert_eq!(it.seen_secrets(REPLICATION).len(), 2);
        put(&mut it, &[("AppKey", "y"), ("Url", "")], SECOND).unwrap();
        assert_eq!(it.seen_secrets(SECOND).len(), 2);
        assert_eq!(
            it.seen_secrets(SECOND + REPLICATION),
            &[("AppKey".to_owned(), "y".to_owned())]
        );
        assert_eq!(it.domain(), None);
    }

    #[test]
    fn notification_settings_are_odd() {
        let mut it = configuration();
        assert_eq!(
            put(&mut it, &[(NOTIFICATION, "")], 0),
            Err("InvalidNotificationSettings")
        );
        assert_eq!(put(&mut it, &[("Pass", "x")], 0), Err("InvalidSecretKey"));
        assert_eq!(it.delete_threshold(), Some(500));
        put(&mut it, &[(NOTIFICATION, "{}")], 0).unwrap();
        assert_eq!(
            (it.secret(NOTIFICATION), it.delete_threshold()),
            (Some("{}"), Some(500))
        );
        put(
            &mut it,
            &[(NOTIFICATION, "{\"DeleteThresholdEnabled\":false}")],
            0,
        )
        .unwrap();
        assert_eq!(it.delete_threshold(), None);
        put(&mut it, &[(NOTIFICATION, "{\"DeleteThresholdValue\":17}")], 0).unwrap();
        assert_eq!(it.delete_threshold(), Some(17));
    }
}
