//! Schemas: read, replaced whole, discovered (facts/graph section 4).

use handover::sandbox::CloudSyncSize;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{Job, Stage, inner, quiet};

const WRITEBACK: &str = "Entra2ADExchangeOnlineAttributeWriteback";

async fn bytes(stage: &Stage, job: &Job) -> Vec<u8> {
    let path = format!("v1.0/{}/schema", job.path());
    let answer = stage.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap().to_vec()
}

async fn put(stage: &Stage, job: &Job, body: Vec<u8>) -> u16 {
    let request = stage.request(Method::PUT, &format!("v1.0/{}/schema", job.path()));
    let request = request.header("content-type", "application/json");
    request.body(body).send().await.unwrap().status().as_u16()
}

fn mappings(schema: &Value) -> Vec<String> {
    let list = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
        .as_array()
        .unwrap();
    list.iter()
        .map(|mapping| mapping["targetAttributeName"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn schemas_are_long_and_hold_more_than_is_documented() {
    for (size, least) in [(CloudSyncSize::Demo, 100_000), (CloudSyncSize::Full, 600_000)] {
        let stage = Stage::start(size, false).await;
        let job = stage.job("AD2AADProvisioning", "contoso.com").await;
        let raw = bytes(&stage, &job).await;
        assert!(raw.len() > least, "{}", raw.len());
        let schema: Value = serde_json::from_slice(&raw).unwrap();
        let rule = &schema["synchronizationRules"][0];
        assert_eq!((&schema["id"], &rule["id"]), (&json!(job.id), &json!(job.rule)));
        assert!(schema["version"].as_str().unwrap().starts_with("Date:"));
        let defaults = rule["metadata"]
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["key"] == "defaultSourceObjectMappings")
            .unwrap();
        let numeric: Value = serde_json::from_str(defaults["value"].as_str().unwrap()).unwrap();
        assert!(numeric[0]["AttributeMappings"][0]["FlowTypes"].is_number());
        assert!(String::from_utf8(raw).unwrap().contains("source@sandbox.origin"));
    }
}

#[tokio::test]
async fn a_schema_is_replaced_whole_and_kept_byte_by_byte() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "contoso.com").await;
    let before = String::from_utf8(bytes(&stage, &job).await).unwrap();
    let rules = |text: &str| text[text.find("\"synchronizationRules\"").unwrap()..].to_owned();
    assert_eq!(put(&stage, &job, before.clone().into_bytes()).await, 204);
    let after = String::from_utf8(bytes(&stage, &job).await).unwrap();
    assert_eq!(rules(&before), rules(&after));
    let version = |text: &str| serde_json::from_str::<Value>(text).unwrap()["version"].clone();
    assert_ne!(version(&before), version(&after));
    // What is left out is gone.
    let small = json!({"synchronizationRules": [{"id": job.rule, "name": "AD2AADProvisioning", "objectMappings": []}]});
    assert_eq!(put(&stage, &job, small.to_string().into_bytes()).await, 204);
    assert!(bytes(&stage, &job).await.len() < 1000);
    assert_eq!(put(&stage, &job, b"{}".to_vec()).await, 400);
    let (status, body) = stage
        .put(
            &format!("v1.0/{}/schema", job.path()),
            json!({"synchronizationRules": 7}),
        )
        .await;
    assert_eq!(
        (status.as_u16(), inner(&body)["code"].as_str()),
        (400, Some("InvalidSchema"))
    );
    assert_eq!(
        stage
            .patch(&format!("v1.0/{}/schema", job.path()), json!({}))
            .await
            .0,
        405
    );
    assert_eq!(stage.delete(&format!("v1.0/{}/schema", job.path())).await.0, 204);
    assert_eq!(
        rules(&before),
        rules(&String::from_utf8(bytes(&stage, &job).await).unwrap())
    );
}

#[tokio::test]
async fn an_old_writeback_lacks_mail_and_has_something_to_lose() {
    let stage = quiet().await;
    let old = stage.job(WRITEBACK, "contoso.com").await;
    let new = stage.job(WRITEBACK, "fabrikam.com").await;
    let read = async |job: &Job| -> Value { serde_json::from_slice(&bytes(&stage, job).await).unwrap() };
    let (old_schema, new_schema) = (read(&old).await, read(&new).await);
    assert!(!mappings(&old_schema).contains(&"mail".to_owned()));
    assert!(mappings(&old_schema).contains(&"info".to_owned()));
    assert_eq!(
        (mappings(&old_schema).len(), mappings(&new_schema).len()),
        (24, 24)
    );
    assert!(mappings(&new_schema).contains(&"mail".to_owned()));
    let rule = &old_schema["synchronizationRules"][0];
    assert_eq!(
        rule["containerFilter"]["includedContainers"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(rule["objectMappings"][0]["scope"]["groups"][0]["name"], "Pilot");
    assert!(
        old_schema["version"]
            .as_str()
            .unwrap()
            .starts_with("Date:2026-05-20")
    );
    // Adding the one mapping keeps the others.
    let mut wanted = old_schema.clone();
    let mail = new_schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        (&mail["source"]["name"], &mail["targetAttributeName"]),
        (&json!("Mail"), &json!("mail"))
    );
    wanted["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
        .as_array_mut()
        .unwrap()
        .push(mail);
    assert_eq!(put(&stage, &old, wanted.to_string().into_bytes()).await, 204);
    let now = read(&old).await;
    assert_eq!(mappings(&now).len(), 25);
    assert_eq!(
        now["synchronizationRules"][0]["containerFilter"],
        rule["containerFilter"]
    );
    assert_eq!(stage.truth().await["writes"][&old.id]["schema"], 1);
}

#[tokio::test]
async fn scope_of_the_schema_is_what_counts() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "contoso.com").await;
    let subjects = stage
        .lab
        .control(&format!("synchronization/jobs/{}/subjects", job.id))
        .await;
    assert_eq!(subjects["outOfScope"], json!([]));
    let mut schema: Value = serde_json::from_slice(&bytes(&stage, &job).await).unwrap();
    schema["synchronizationRules"][0]["containerFilter"]["includedContainers"] =
        json!(["OU=Staff,DC=contoso,DC=com"]);
    assert_eq!(put(&stage, &job, schema.to_string().into_bytes()).await, 204);
    let subjects = stage
        .lab
        .control(&format!("synchronization/jobs/{}/subjects", job.id))
        .await;
    let all = |list: &str, inside: bool| {
        subjects[list]
            .as_array()
            .unwrap()
            .iter()
            .all(|dn| dn.as_str().unwrap().contains(",OU=Staff,") == inside)
    };
    assert!(all("inScope", true) && all("outOfScope", false) && subjects["outOfScope"] != json!([]));
    schema["synchronizationRules"][0]["groupFilter"]["includedGroups"] =
        json!(["CN=Pilot,DC=contoso,DC=com"]);
    assert_eq!(put(&stage, &job, schema.to_string().into_bytes()).await, 400);
}

#[tokio::test]
async fn somebody_else_may_change_a_schema_between_read_and_write() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "contoso.com").await;
    let read = async || -> Value { serde_json::from_slice(&bytes(&stage, &job).await).unwrap() };
    let before = read().await;
    stage.order(&format!("jobs/{}/schema", job.id), "").await;
    let after = read().await;
    assert_ne!(before["version"], after["version"]);
    assert_ne!(
        before["synchronizationRules"][0]["objectMappings"][0]["name"],
        after["synchronizationRules"][0]["objectMappings"][0]["name"]
    );
}

#[tokio::test]
async fn a_directory_is_discovered() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "contoso.com").await;
    let schema = stage
        .read(&format!("v1.0/{}/schema?$expand=directories", job.path()))
        .await;
    let directory = schema["directories"]
        .as_array()
        .unwrap()
        .iter()
        .find(|directory| directory["name"] == "Active Directory")
        .unwrap();
    let path = format!(
        "v1.0/{}/schema/directories/{}/discover",
        job.path(),
        directory["id"].as_str().unwrap()
    );
    let (status, found) = stage.post(&path, json!({})).await;
    assert_eq!(status, 200);
    let user = found["objects"]
        .as_array()
        .unwrap()
        .iter()
        .find(|object| object["name"] == "user")
        .unwrap();
    assert!(
        user["attributes"]
            .as_array()
            .unwrap()
            .iter()
            .any(|attribute| attribute["name"] == "mailNickName")
    );
    let operators = stage
        .rows(&format!("v1.0/{}/schema/filterOperators", job.path()))
        .await;
    assert!(operators.iter().any(|operator| operator["id"] == "REGEX MATCH"));
}
