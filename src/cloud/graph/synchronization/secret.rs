//! The secrets of a configuration (facts/graph section 2.5).
//!
//! There is no way to change one alone: all are read, one is replaced, all are written, and read again until the change
//! shows. Untouched ones are written back as the very text they came in. They live in memory only, as [`SecretString`];
//! what leaves this module are the two of the allow-list that are no secrets: domain and notification settings.

use std::sync::Arc;

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use super::{SynchronizationClient, address::secrets_of, subject::JOBS};
use crate::{
    cloud::{
        graph::{client::Manner, error::malformed},
        transport::Body,
    },
    domain::{
        ErrorClass, ServiceError,
        synchronization::NotificationSettings,
        text,
        wire::{Wire, member, wire},
    },
};

const DOMAIN: &str = "Domain";
const NOTIFICATION: &str = "SyncNotificationSettings";
/// Keys whose values may be empty without meaning that the service hides them.
const OPEN: [&str; 5] = [
    DOMAIN,
    NOTIFICATION,
    "AppKey",
    "SyncAll",
    "SkipOutOfScopeDeletions",
];

wire! {
    /// A secret; read through this only under the keys of the allow-list.
    pub(super) struct SecretAnswer = "synchronizationSecretKeyStringValuePair" {
        key: String = "key",
        value: Option<String> = "value",
    }
}

/// One secret: its key, and the text of the whole pair as it came.
struct Pair {
    key: String,
    text: SecretString,
}

/// All of them.
struct Secrets(Vec<Pair>);

impl Secrets {
    /// From an answer. Errors never quote it.
    fn read(body: &[u8]) -> Result<Self, ServiceError> {
        #[derive(Deserialize)]
        struct List<'a> {
            #[serde(borrow, default)]
            value: Option<Vec<&'a RawValue>>,
        }
        #[derive(Deserialize)]
        struct Key {
            #[serde(alias = "Key")]
            key: Value,
        }
        let unreadable =
            || malformed("the answer of Graph about the settings of a configuration can't be read");
        let list: List<'_> = serde_json::from_slice(body).map_err(|_| unreadable())?;
        let pairs = list
            .value
            .unwrap_or_default()
            .into_iter()
            .map(|raw| {
                let key: Key = serde_json::from_str(raw.get()).map_err(|_| unreadable())?;
                Ok(Pair {
                    key: key
                        .key
                        .as_str()
                        .map_or_else(|| key.key.to_string(), str::to_owned),
                    text: SecretString::from(raw.get()),
                })
            })
            .collect::<Result<_, ServiceError>>()?;
        Ok(Self(pairs))
    }

    /// The value under a key of the allow-list.
    fn open_value(&self, key: &str) -> Option<String> {
        debug_assert!(OPEN.contains(&key));
        let pair = self.0.iter().find(|pair| pair.key.eq_ignore_ascii_case(key))?;
        let value: Value = serde_json::from_str(pair.text.expose_secret()).ok()?;
        let answer = SecretAnswer::read(&value)?;
        answer.value.filter(|_| answer.key.eq_ignore_ascii_case(key))
    }

    /// The keys whose values look as if the service hid them: writing them back would destroy them.
    fn hidden(&self) -> Vec<String> {
        self.0
            .iter()
            .filter(|pair| !OPEN.iter().any(|open| open.eq_ignore_ascii_case(&pair.key)))
            .filter(|pair| {
                let value: Option<Value> = serde_json::from_str(pair.text.expose_secret()).ok();
                match value.as_ref().and_then(|value| member(value, "value")) {
                    None | Some(Value::Null) => true,
                    Some(Value::String(text)) => {
                        text.chars().all(|character| matches!(character, '*' | '•' | ' '))
                    }
                    Some(_) => false,
                }
            })
            .map(|pair| text::clean_to(&pair.key, 40).into_owned())
            .collect()
    }

    /// The body that writes all of them with one replaced, or added.
    fn with(&self, key: &str, value: &str) -> SecretString {
        let replaced = json!({"key": key, "value": value}).to_string();
        let mut texts: Vec<&str> = self
            .0
            .iter()
            .filter(|pair| !pair.key.eq_ignore_ascii_case(key))
            .map(|pair| pair.text.expose_secret())
            .collect();
        texts.push(&replaced);
        SecretString::from(format!("{{\"value\":[{}]}}", texts.join(",")))
    }
}

/// The settings in a value; nothing for one that sets nothing.
fn settings_of(value: &str) -> Option<NotificationSettings> {
    let value: Value = serde_json::from_str(value).ok()?;
    if value.as_object()?.is_empty() {
        return None;
    }
    let usual = NotificationSettings::default();
    let flag = |name: &str| member(&value, name).and_then(bool::read);
    Some(NotificationSettings {
        notify: flag("Enabled").unwrap_or(usual.notify),
        recipients: String::of(member(&value, "Recipients")),
        threshold_enabled: flag("DeleteThresholdEnabled").unwrap_or(usual.threshold_enabled),
        threshold: member(&value, "DeleteThresholdValue")
            .and_then(i64::read)
            .and_then(|threshold| u32::try_from(threshold).ok())
            .unwrap_or(usual.threshold),
    })
}

/// A value with the settings in it; members that are not known here stay.
fn value_with(before: Option<&str>, settings: &NotificationSettings) -> String {
    let mut members: Map<String, Value> = before
        .and_then(|before| serde_json::from_str(before).ok())
        .unwrap_or_default();
    for (name, value) in [
        ("Enabled", json!(settings.notify)),
        ("Recipients", json!(settings.recipients)),
        ("DeleteThresholdEnabled", json!(settings.threshold_enabled)),
        ("DeleteThresholdValue", json!(settings.threshold)),
    ] {
        let name = members
            .keys()
            .find(|known| known.eq_ignore_ascii_case(name))
            .cloned()
            .unwrap_or_else(|| name.to_owned());
        members.insert(name, value);
    }
    Value::Object(members).to_string()
}

/// Whether two values say the same; as JSON where they are JSON.
fn same(one: &str, other: &str) -> bool {
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    one == other || json(one).is_some_and(|one| Some(one) == json(other))
}

impl SynchronizationClient {
    /// The threshold of accidental deletions and its recipients; nothing when they were never set.
    pub async fn notification_settings(
        &self,
        configuration: &str,
    ) -> Result<Option<NotificationSettings>, ServiceError> {
        let secrets = self.secrets(configuration).await?;
        Ok(secrets
            .open_value(NOTIFICATION)
            .and_then(|value| settings_of(&value)))
    }

    /// Sets them; needs `Synchronization.ReadWrite.All`.
    pub async fn set_notification_settings(
        &self,
        configuration: &str,
        settings: &NotificationSettings,
    ) -> Result<(), ServiceError> {
        let secrets = self.secrets(configuration).await?;
        let value = value_with(secrets.open_value(NOTIFICATION).as_deref(), settings);
        self.set_secret(configuration, &secrets, NOTIFICATION, &value)
            .await
    }

    /// Names the domain of a configuration.
    pub async fn set_domain(&self, configuration: &str, domain: &str) -> Result<(), ServiceError> {
        let secrets = self.secrets(configuration).await?;
        let value = json!({ "domain": domain }).to_string();
        self.set_secret(configuration, &secrets, DOMAIN, &value).await
    }

    async fn secrets(&self, configuration: &str) -> Result<Secrets, ServiceError> {
        let place = secrets_of(configuration)?;
        let body = self
            .graph
            .get_bytes(&place, "settings of configuration", &JOBS, &Manner::default())
            .await?;
        Secrets::read(&body)
    }

    /// Writes all with one changed and reads again until it shows.
    async fn set_secret(
        &self,
        configuration: &str,
        secrets: &Secrets,
        key: &str,
        value: &str,
    ) -> Result<(), ServiceError> {
        let hidden = secrets.hidden();
        if !hidden.is_empty() {
            return Err(ServiceError::new(
                ErrorClass::Unsupported,
                format!(
                    "the service hides the value of {}; writing the settings back would destroy it, so nothing was written",
                    hidden.join(", ")
                ),
            )
            .with_advice("Change this setting in the portal."));
        }
        let place = secrets_of(configuration)?;
        let body = Body::Json(Arc::from(secrets.with(key, value).expose_secret().as_bytes()));
        let written = self
            .graph
            .write(
                Method::PUT,
                &place,
                body,
                "write settings of configuration",
                &JOBS,
                &Manner::default(),
            )
            .await;
        // A write in doubt is settled by what is read, like any other.
        let doubt = match written {
            Ok(_) => None,
            Err(error) if error.class == ErrorClass::Lost => Some(error),
            Err(error) => return Err(error),
        };
        for look in 0..self.patience.looks {
            if look > 0 {
                tokio::time::sleep(self.patience.between).await;
            }
            match self.secrets(configuration).await {
                Ok(now) if now.open_value(key).is_some_and(|now| same(&now, value)) => return Ok(()),
                // What stands in the way of looking may pass.
                Ok(_) => {}
                Err(error) if error.class.stops_a_run() => return Err(error),
                Err(_) => {}
            }
        }
        Err(doubt.unwrap_or_else(|| {
            ServiceError::new(
                ErrorClass::Lost,
                "the settings were written, but the service still shows the old ones",
            )
            .with_advice("Read them again in some minutes before you write anew.")
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"@odata.context":"x","value":[
        {"key":"AppKey","value":"{\"appKeyScenario\":\"AD2AADProvisioning\"}"},
        {"value":"p\u0041ss \/ w\u00f6rd", "key":"Password" , "extra":1.50},
        {"key":"SyncNotificationSettings","value":"{\"Enabled\":\"True\",\"recipients\":\"a@b.c\",\"DeleteThresholdValue\":\"17\",\"New\":[1]}"}]}"#;

    #[test]
    fn untouched_secrets_keep_every_byte() {
        let secrets = Secrets::read(BODY).unwrap();
        let body = secrets.with(DOMAIN, "{\"domain\":\"contoso.com\"}");
        let body = body.expose_secret();
        assert!(body.contains(r#"{"value":"p\u0041ss \/ w\u00f6rd", "key":"Password" , "extra":1.50}"#));
        let parsed: Value = serde_json::from_str(body).unwrap();
        assert_eq!(parsed["value"].as_array().unwrap().len(), 4);
        assert_eq!(
            parsed["value"][3],
            json!({"key": "Domain", "value": "{\"domain\":\"contoso.com\"}"})
        );
        assert!(secrets.hidden().is_empty());
    }

    #[test]
    fn settings_are_read_tolerantly_and_merged() {
        let secrets = Secrets::read(BODY).unwrap();
        let before = secrets.open_value(NOTIFICATION).unwrap();
        let mut settings = settings_of(&before).unwrap();
        assert_eq!(
            (
                settings.notify,
                settings.threshold_enabled,
                settings.threshold,
                settings.recipients.as_str()
            ),
            (true, true, 17, "a@b.c")
        );
        settings.threshold = 50;
        let value: Value = serde_json::from_str(&value_with(Some(&before), &settings)).unwrap();
        assert_eq!(
            value,
            json!({"Enabled": true, "recipients": "a@b.c", "DeleteThresholdValue": 50, "New": [1], "DeleteThresholdEnabled": true})
        );
        assert_eq!(settings_of("{}"), None);
        assert_eq!(settings_of(""), None);
        assert_eq!(settings_of(&value_with(None, &settings)), Some(settings));
    }

    #[test]
    fn hidden_values_are_noticed() {
        for value in ["null", "\"\"", "\"*****\""] {
            let body = format!(
                "{{\"value\":[{{\"key\":\"Password\",\"value\":{value}}},{{\"key\":\"Domain\",\"value\":{value}}}]}}"
            );
            let secrets = Secrets::read(body.as_bytes()).unwrap();
            assert_eq!(secrets.hidden(), ["Password"], "{value}");
        }
    }

    #[test]
    fn errors_quote_nothing() {
        for body in [
            &b"{\"value\":[{\"value\":\"hunter2\"}]}"[..],
            b"hunter2",
            b"{\"value\":\"hunter2\"}",
        ] {
            let Err(error) = Secrets::read(body) else {
                panic!("{body:?} was read");
            };
            assert!(!format!("{error:?}").contains("hunter2"));
        }
        assert!(Secrets::read(b"{}").unwrap().0.is_empty());
    }

    #[test]
    fn values_are_compared_as_json() {
        assert!(same("{\"a\": 1, \"b\": 2}", "{\"b\":2,\"a\":1}"));
        assert!(!same("{\"a\":1}", "{\"a\":2}"));
        assert!(same("plain", "plain"));
    }
}
