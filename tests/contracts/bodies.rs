//! Every body the client sends, as it leaves.

use handover::domain::synchronization::{
    NotificationSettings, OnDemandSubject, RESTART_CHOICES, TEMPLATES, UpdateWindow, UpdaterConfiguration,
};
use serde_json::{Value, json};

use crate::{
    csdl::{descriptions, folder},
    desk::{Asked, Desk, Said, fine, nothing},
    routes::{SECRETS, route_of},
};

const ID: &str = "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb";

/// Good answers to everything, so that every request leaves.
fn obliging(_: usize, asked: &Asked) -> Said {
    let Some(route) = route_of(&asked.method, &asked.path) else {
        panic!("{} {} is in no table", asked.method, asked.path);
    };
    if asked.is("GET", "synchronization/secrets") {
        let notification = json!({"Enabled": true, "Recipients": "", "DeleteThresholdEnabled": true, "DeleteThresholdValue": 500});
        return fine(&json!({"value": [
            {"key": "Domain", "value": "{\"domain\":\"contoso.com\"}"},
            {"key": "SyncNotificationSettings", "value": notification.to_string()},
        ]}));
    }
    if asked.is("POST", "provisionOnDemand") {
        return fine(&json!({"key": "{\"result\":\"Success\"}", "value": "{}"}));
    }
    if asked.is("POST", "instantiate") {
        return fine(&json!({"servicePrincipal": {"id": ID}}));
    }
    match route.answer {
        "-" => nothing(),
        list if list.starts_with("Collection(") => fine(&json!({"value": [{"id": ID}]})),
        _ => fine(&json!({"id": ID})),
    }
}

#[tokio::test]
async fn everything_that_is_sent_is_as_described() {
    let desk = Desk::start(obliging).await;
    let client = desk.client(false);
    let job = "AD2AADProvisioning.t.j";
    client.agent_topology().await.unwrap();
    client.create_agent_group("a \"group\"").await.unwrap();
    client.rename_agent_group("g", "another").await.unwrap();
    client.delete_agent_group("g").await.unwrap();
    client.assign_agent("a", "g").await.unwrap();
    client.unassign_agent("a", "g").await.unwrap();
    let updater = |window| UpdaterConfiguration {
        allow_override: true,
        defer_until: Some("2026-12-01T00:00:00Z".parse().unwrap()),
        window,
    };
    let window = UpdateWindow {
        start: "01:00".to_owned(),
        end: "04:30:00".to_owned(),
    };
    client.set_updater(&updater(Some(window))).await.unwrap();
    client.set_updater(&updater(None)).await.unwrap();
    client
        .set_updater(&UpdaterConfiguration::default())
        .await
        .unwrap();
    client.configurations().await.unwrap();
    client.jobs(ID).await.unwrap();
    client.start(ID, job).await.unwrap();
    client.pause(ID, job).await.unwrap();
    for choice in RESTART_CHOICES {
        client.restart(ID, job, choice.scope).await.unwrap();
    }
    let subject = OnDemandSubject {
        object_id: "CN=Ada,OU=Staff,DC=contoso,DC=example".to_owned(),
        object_type: "user".to_owned(),
    };
    client
        .provision_on_demand(ID, job, "rule#V2", &subject)
        .await
        .unwrap();
    let settings = NotificationSettings::default();
    client.set_notification_settings(ID, &settings).await.unwrap();
    client.set_domain(ID, "contoso.com").await.unwrap();
    client.disable_delete_prevention().await.unwrap();
    client.instantiate(TEMPLATES[2].id, "contoso.com").await.unwrap();
    client
        .create_job(ID, "Entra2ADExchangeOnlineAttributeWriteback")
        .await
        .unwrap();
    if let Some(samples) = folder("samples") {
        let schema = std::fs::read(samples.join("schema-ou.json")).unwrap();
        client.replace_schema(ID, job, schema).await.unwrap();
    }

    let mut bodies = 0;
    for asked in desk
        .asked()
        .iter()
        .filter(|asked| !asked.path.ends_with("/$batch"))
    {
        let route = route_of(&asked.method, &asked.path).unwrap();
        let here = format!("{} {}", asked.method, asked.path);
        match route.body {
            "-" => assert!(asked.body.is_empty(), "{here}"),
            "&" => {
                let expected = format!(
                    "{}/beta/onPremisesPublishingProfiles/provisioning/agentGroups/g",
                    desk.root()
                );
                assert_eq!(asked.json(), json!({ "@odata.id": expected }), "{here}");
            }
            official => {
                let body = asked.json();
                assert!(body.is_object(), "{here}");
                let value = if official == SECRETS {
                    body["value"].clone()
                } else {
                    body
                };
                let versions: &[&str] = if route.version() == "beta" {
                    &["beta"]
                } else {
                    &["v1.0", "beta"]
                };
                for version in versions {
                    for file in descriptions(version).into_iter().flatten() {
                        let problems = file.problems(official, &value);
                        assert!(problems.is_empty(), "{here} against {}: {problems:#?}", file.file);
                        bodies += 1;
                    }
                }
            }
        }
    }
    assert!(bodies > 40 || folder("graph").is_none(), "{bodies}");
    samples_of_requests_are_what_is_sent(&desk.asked());
}

/// The sample requests, member by member: what differs is only what the test chose otherwise.
fn samples_of_requests_are_what_is_sent(asked: &[Asked]) {
    let Some(samples) = folder("samples") else { return };
    let sample = |name: &str| -> Value {
        serde_json::from_slice(&std::fs::read(samples.join(name)).unwrap()).unwrap()
    };
    let sent = |method: &str, end: &str| -> Vec<Value> {
        asked
            .iter()
            .filter(|asked| asked.is(method, end))
            .map(Asked::json)
            .collect()
    };
    assert!(sent("POST", "/restart").contains(&sample("restart-allow-deletes.json")));
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let (on_demand, expected) = (
        &sent("POST", "/provisionOnDemand")[0],
        sample("pod-request-ad.json"),
    );
    assert_eq!(
        on_demand["parameters"][0]["subjects"],
        expected["parameters"][0]["subjects"]
    );
    assert_eq!(
        names(&on_demand["parameters"][0]),
        names(&expected["parameters"][0])
    );
    let (updater, expected) = (
        &sent("PATCH", "/provisioning")[0],
        sample("publishingProfile-updater.patch.json"),
    );
    let part = "hybridAgentUpdaterConfiguration";
    assert_eq!(names(&updater[part]), names(&expected[part]));
    assert_eq!(
        updater[part]["deferUpdateDateTime"],
        expected[part]["deferUpdateDateTime"]
    );
    assert_eq!(
        updater[part]["updateWindow"]["updateWindowStartTime"],
        "01:00:00.0000000"
    );
    let (secrets, expected) = (&sent("PUT", "/secrets")[0], sample("secrets-put.json"));
    let inside = |value: &Value| -> Value { serde_json::from_str(value["value"].as_str().unwrap()).unwrap() };
    assert_eq!(
        names(&inside(&secrets["value"][1])),
        names(&inside(&expected["value"][1]))
    );
}
