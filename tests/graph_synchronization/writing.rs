//! Changes: sent once, settled by reading.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use handover::domain::{
    ErrorClass,
    synchronization::{NotificationSettings, OnDemandSubject, ResetScope},
};
use serde_json::{Value, json};

use crate::desk::{Desk, Said, fine, hasty, nothing, refused};

const SP: &str = "sp";
const WRITEBACK: &str = "Entra2ADExchangeOnlineAttributeWriteback.t.j";

#[tokio::test]
async fn a_write_in_doubt_is_not_repeated() {
    // Closed without a word, and failed in the middle.
    for status in [0, 500, 503, 504] {
        let desk = Desk::start(move |_, _| Said(status, String::new(), b"{}".to_vec())).await;
        let client = desk.client(false);
        let scope = ResetScope::QUARANTINE_STATE;
        for (count, error) in [
            client.restart(SP, "j", scope).await.unwrap_err(),
            client.create_job(SP, "t").await.unwrap_err(),
            client.instantiate("t", "n").await.unwrap_err(),
            client.replace_schema(SP, "j", b"{}".to_vec()).await.unwrap_err(),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(error.class, ErrorClass::Lost, "{status} {count}");
            assert!(error.advice.unwrap().contains("Read the state again"));
        }
        assert_eq!(desk.asked().len(), 4, "{status}");
    }
}

#[tokio::test]
async fn a_write_that_was_refused_for_its_number_is_sent_again() {
    let desk = Desk::start(|number, _| match number {
        0 | 1 => Said(429, "Retry-After: 0\r\n".to_owned(), Vec::new()),
        _ => nothing(),
    })
    .await;
    desk.client(false).start(SP, "j").await.unwrap();
    assert_eq!(desk.asked().len(), 3);
    assert!(desk.asked()[2].body.is_empty());
}

#[tokio::test]
async fn the_service_that_has_spoken_leaves_no_doubt() {
    let inner = json!({"error": {"code": "HybridIdentityServiceNoActiveAgents", "message": "none listens"}})
        .to_string();
    let desk = Desk::start(move |_, _| refused(500, "UnknownError", &inner)).await;
    let subject = OnDemandSubject {
        object_id: "CN=Ada,DC=a".to_owned(),
        object_type: "user".to_owned(),
    };
    let error = desk
        .client(false)
        .provision_on_demand(SP, "j", "r", &subject)
        .await
        .unwrap_err();
    assert_eq!(
        (error.class, error.code.as_deref()),
        (ErrorClass::Rejected, Some("HybridIdentityServiceNoActiveAgents"))
    );
    assert_eq!(desk.asked().len(), 1);
}

#[tokio::test]
async fn dangerous_scopes_never_leave() {
    let desk = Desk::start(|_, _| nothing()).await;
    let error = desk
        .client(false)
        .restart(SP, "j", ResetScope::default())
        .await
        .unwrap_err();
    assert_eq!(error.class, ErrorClass::Rejected);
    assert!(desk.asked().is_empty());
}

/// A Graph with secrets that shows a change only some readings later.
struct Store {
    secrets: Mutex<Value>,
    shown: Mutex<Value>,
    delay: AtomicU32,
}

fn store(delay: u32) -> &'static Store {
    let secrets = json!([
        {"key": "Domain", "value": "{\"domain\":\"contoso.com\"}"},
        {"key": "SecretToken", "value": "hunter2", "own": 1.50},
        {"key": "SyncNotificationSettings", "value": "{\"Enabled\":true,\"Recipients\":\"a@b.c\",\"DeleteThresholdEnabled\":true,\"DeleteThresholdValue\":500,\"New\":1}"},
    ]);
    Box::leak(Box::new(Store {
        shown: Mutex::new(secrets.clone()),
        secrets: Mutex::new(secrets),
        delay: AtomicU32::new(delay),
    }))
}

impl Store {
    fn serve(&self, asked: &crate::desk::Asked) -> Said {
        if asked.method == "PUT" {
            *self.secrets.lock().unwrap() = asked.json()["value"].clone();
            return nothing();
        }
        let changed = *self.secrets.lock().unwrap() != *self.shown.lock().unwrap();
        if changed
            && self
                .delay
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                .is_err()
        {
            *self.shown.lock().unwrap() = self.secrets.lock().unwrap().clone();
        }
        fine(&json!({"value": *self.shown.lock().unwrap()}))
    }
}

#[tokio::test]
async fn secrets_are_read_merged_written_whole_and_read_back() {
    let store = store(2);
    let desk = Desk::start(|_, asked| store.serve(asked)).await;
    let (client, log) = desk.client_with(false, hasty());
    let mut settings = client.notification_settings(SP).await.unwrap().unwrap();
    assert_eq!((settings.threshold, settings.recipients.as_str()), (500, "a@b.c"));
    settings.threshold = 50;
    client.set_notification_settings(SP, &settings).await.unwrap();
    let written = store.secrets.lock().unwrap().clone();
    assert_eq!(written.as_array().unwrap().len(), 3);
    assert_eq!(
        written[1],
        json!({"key": "SecretToken", "value": "hunter2", "own": 1.50})
    );
    assert!(written[2]["value"].as_str().unwrap().contains("\"New\":1"));
    assert_eq!(
        client.notification_settings(SP).await.unwrap(),
        Some(settings.clone())
    );
    // Read, read, write, three looks, read.
    assert_eq!(desk.asked().len(), 7);
    assert!(!format!("{settings:?} {:?}", log.recent()).contains("hunter2"));
    client.set_domain(SP, "fabrikam.com").await.unwrap();
    assert!(store.secrets.lock().unwrap().to_string().contains("fabrikam.com"));
}

#[tokio::test]
async fn a_change_that_never_shows_is_not_called_done() {
    let store = store(u32::MAX);
    let desk = Desk::start(|_, asked| store.serve(asked)).await;
    let error = desk
        .client(false)
        .set_notification_settings(SP, &NotificationSettings::default())
        .await
        .unwrap_err();
    assert_eq!(error.class, ErrorClass::Lost);
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[tokio::test]
async fn hidden_secrets_are_not_destroyed() {
    let desk = Desk::start(|_, _| fine(&json!({"value": [{"key": "Password", "value": "****"}]}))).await;
    let error = desk
        .client(false)
        .set_domain(SP, "contoso.com")
        .await
        .unwrap_err();
    assert_eq!(error.class, ErrorClass::Unsupported);
    assert!(error.message.contains("Password") && desk.asked().iter().all(|asked| asked.method == "GET"));
}

#[tokio::test]
async fn a_lost_answer_to_secrets_is_settled_by_reading() {
    let store = store(0);
    let desk = Desk::start(|_, asked| {
        let answer = store.serve(asked);
        if asked.method == "PUT" {
            Said(503, String::new(), Vec::new())
        } else {
            answer
        }
    })
    .await;
    let settings = NotificationSettings::default();
    desk.client(false)
        .set_notification_settings(SP, &settings)
        .await
        .unwrap();
    assert_eq!(
        desk.asked().iter().filter(|asked| asked.method == "PUT").count(),
        1
    );
}

#[tokio::test]
async fn the_writeback_tries_both_spellings_of_a_user() {
    let id = "0f6f5b1e-0000-4000-8000-000000000001";
    let desk = Desk::start(move |_, asked| {
        let subject = asked.json()["parameters"][0]["subjects"][0].clone();
        match subject["objectId"].as_str().unwrap().starts_with("User_") {
            true => refused(400, "InvalidSubject", "no such object"),
            false => fine(&json!({"key": "{\"result\":\"Success\"}", "value": "{}"})),
        }
    })
    .await;
    let subject = OnDemandSubject {
        object_id: id.to_owned(),
        object_type: "user".to_owned(),
    };
    let outcome = desk
        .client(false)
        .provision_on_demand(SP, WRITEBACK, "r", &subject)
        .await
        .unwrap();
    assert!(outcome.is_good());
    assert_eq!(desk.asked().len(), 2);
}

#[tokio::test]
async fn a_new_configuration_is_waited_for() {
    let desk = Desk::start(|number, asked| match asked.method.as_str() {
        "POST" => fine(&json!({"application": {}, "servicePrincipal": {"objectId": "new"}})),
        _ if number < 3 => refused(404, "Request_ResourceNotFound", "not yet"),
        _ => fine(&json!({"id": "new"})),
    })
    .await;
    assert_eq!(
        desk.client(false).instantiate("t", "contoso.com").await.unwrap(),
        "new"
    );
    assert_eq!(desk.asked().len(), 4);
}

#[tokio::test]
async fn switching_the_prevention_off_keeps_its_threshold() {
    let desk = Desk::start(|_, asked| match asked.method.as_str() {
        "GET" => fine(&json!({"value": [{"id": "tenant", "configuration": {"accidentalDeletionPrevention": {"synchronizationPreventionType": "enabledForCount", "alertThreshold": 500}}}]})),
        _ => nothing(),
    })
    .await;
    desk.client(false).disable_delete_prevention().await.unwrap();
    let asked = desk.asked();
    assert_eq!(asked[1].path, "v1.0/directory/onPremisesSynchronization/tenant");
    assert_eq!(
        asked[1].json(),
        json!({"configuration": {"accidentalDeletionPrevention": {"synchronizationPreventionType": "disabled", "alertThreshold": 500}}})
    );
}
