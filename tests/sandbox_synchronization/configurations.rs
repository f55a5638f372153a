//! Service principals, secrets and how configurations come to be (facts/graph sections 2 and 6).

use std::time::Duration;

use handover::sandbox::CloudSyncSize;
use serde_json::{Value, json};

use crate::lab::{Lab, options};
use crate::stage::{EXCHANGE_ATTRIBUTES, Stage, TO_DIRECTORY, TO_ENTRA, inner, quiet};

fn by_template(template: &str) -> String {
    let select = "id,appId,displayName,accountEnabled,applicationTemplateId,createdDateTime,homepage,tags";
    format!("v1.0/servicePrincipals?$filter=applicationTemplateId eq '{template}'&$select={select}")
}

#[tokio::test]
async fn five_kinds_are_spread_over_five_configurations() {
    for (size, jobs) in [(CloudSyncSize::Demo, 8), (CloudSyncSize::Full, 15)] {
        let stage = Stage::start(size, false).await;
        let mut kinds = Vec::new();
        let mut principals = 0;
        for template in [TO_ENTRA, TO_DIRECTORY, EXCHANGE_ATTRIBUTES] {
            for principal in stage.rows(&by_template(template)).await {
                assert_eq!(principal.as_object().unwrap().len(), 8);
                principals += 1;
                let id = principal["id"].as_str().unwrap();
                let path = format!("v1.0/servicePrincipals/{id}/synchronization/jobs");
                for job in stage.rows(&path).await {
                    let prefix = job["id"].as_str().unwrap().split('.').next().unwrap().to_owned();
                    assert_eq!(job["templateId"], *prefix);
                    kinds.push(prefix);
                }
            }
        }
        assert_eq!((principals, kinds.len()), (5, jobs));
        kinds.sort();
        kinds.dedup();
        assert_eq!(kinds.len(), 5);
    }
}

#[tokio::test]
async fn the_same_seed_is_the_same_tenant() {
    let names = async |seed| {
        let lab = Lab::start(handover::sandbox::Options { seed, ..options() }).await;
        let truth = lab.control("state").await["synchronization"].clone();
        let ids = |list: &str| -> Vec<Value> {
            truth[list]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["id"].clone())
                .collect()
        };
        (ids("jobs"), ids("agents"))
    };
    let first = names(42).await;
    assert_eq!(first, names(42).await);
    assert_ne!(first, names(43).await);
}

#[tokio::test]
async fn one_put_replaces_all_secrets() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "contoso.com").await;
    let path = format!("v1.0/servicePrincipals/{}/synchronization/secrets", job.principal);
    let secrets = stage.rows(&path).await;
    let value = |key: &str| {
        secrets
            .iter()
            .find(|secret| secret["key"] == key)
            .map(|secret| secret["value"].clone())
    };
    assert_eq!(value("Domain").unwrap(), "{\"domain\":\"contoso.com\"}");
    for key in [
        "Password",
        "SecretToken",
        "ClientSecret",
        "SyncNotificationSettings",
        "AppKey",
    ] {
        assert!(
            value(key).is_some_and(|value| value.as_str().unwrap().len() > 20),
            "{key}"
        );
    }
    // An empty text deletes a key, but not this one.
    let put = |pairs: Value| stage.put(&path, json!({ "value": pairs }));
    let (status, body) = put(json!([{"key": "SyncNotificationSettings", "value": ""}])).await;
    assert_eq!(
        (status.as_u16(), inner(&body)["code"].as_str()),
        (400, Some("InvalidNotificationSettings"))
    );
    assert_eq!(stage.rows(&path).await.len(), secrets.len());
    let kept = json!([{"key": "Domain", "value": "{\"domain\":\"contoso.com\"}"}, {"key": "Url", "value": ""},
        {"key": "SyncNotificationSettings", "value": "{}"}]);
    assert_eq!(put(kept).await.0, 204);
    stage.advance(1).await;
    let left: Vec<String> = stage
        .rows(&path)
        .await
        .iter()
        .map(|secret| secret["key"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(left, ["Domain", "SyncNotificationSettings"]);
    assert_eq!(stage.truth().await["secretWrites"][&job.principal], 1);
    assert_eq!(put(json!([{"key": "NoSuchKey", "value": "x"}])).await.0, 400);
}

#[tokio::test]
async fn a_configuration_is_created_step_by_step() {
    let stage = quiet().await;
    let enable = format!("v1.0/organization/{}", stage.lab.ready().tenant_id);
    assert_eq!(
        stage
            .patch(&enable, json!({"onPremisesSyncEnabled": true}))
            .await
            .0,
        204
    );
    let (status, made) = stage
        .post(
            &format!("v1.0/applicationTemplates/{TO_ENTRA}/instantiate"),
            json!({"displayName": "contoso.com"}),
        )
        .await;
    assert_eq!(status, 201);
    let id = made["servicePrincipal"]["id"].as_str().unwrap();
    assert_eq!(made["application"]["appId"], made["servicePrincipal"]["appId"]);
    let principal = format!("v1.0/servicePrincipals/{id}");
    assert_eq!(stage.get(&principal).await.0, 404);
    stage.advance(4).await;
    assert_eq!(stage.get(&principal).await.0, 200);
    assert_eq!(stage.rows(&by_template(TO_ENTRA)).await.len(), 3);
    let templates = stage
        .rows(&format!("{principal}/synchronization/templates"))
        .await;
    assert_eq!(templates.len(), 3);
    let jobs = format!("{principal}/synchronization/jobs");
    let (status, job) = stage
        .post(&jobs, json!({"templateId": "AD2AADProvisioning"}))
        .await;
    assert_eq!(status, 201);
    assert_eq!(job["templateId"], "ADDCInPassthrough");
    assert_eq!(
        (job["status"]["code"].as_str(), job["schedule"]["state"].as_str()),
        (Some("Paused"), Some("Disabled"))
    );
    assert_eq!(
        job["status"]["steadyStateFirstAchievedTime"],
        "0001-01-01T00:00:00Z"
    );
    assert_eq!(
        stage
            .post(&jobs, json!({"templateId": "AAD2ADGroupProvisioning"}))
            .await
            .0,
        400
    );
    let listed = stage.rows(&jobs).await;
    assert_eq!(
        (listed[0]["id"].clone(), listed[0]["templateId"].as_str()),
        (job["id"].clone(), Some("AD2AADProvisioning"))
    );
    let domain = json!({"value": [{"key": "Domain", "value": "{\"domain\":\"contoso.com\"}"}]});
    assert_eq!(
        stage
            .put(&format!("{principal}/synchronization/secrets"), domain)
            .await
            .0,
        204
    );
    let path = format!("{jobs}/{}", job["id"].as_str().unwrap());
    assert_eq!(stage.post(&format!("{path}/start"), json!({})).await.0, 204);
    assert_eq!(stage.read(&path).await["status"]["code"], "NotRun");
    stage.advance(8).await;
    let running = stage.read(&path).await;
    let progress = &running["status"]["progress"][0];
    assert!(progress["completedUnits"].as_i64().unwrap() < progress["totalUnits"].as_i64().unwrap());
    stage.advance(20).await;
    let ran = stage.read(&path).await;
    assert_eq!(ran["status"]["code"], "Active");
    assert_eq!(
        ran["status"]["lastExecution"]["countImported"],
        ran["status"]["synchronizedEntryCountByType"][1]["value"]
            .as_i64()
            .unwrap()
            + 25
    );
    let settings = ran["synchronizationJobSettings"].as_array().unwrap();
    assert!(
        settings
            .iter()
            .any(|setting| setting["name"] == "DomainFQDN" && setting["value"] == "contoso.com")
    );
    assert_eq!(stage.delete(&path).await.0, 204);
    assert_eq!(stage.rows(&jobs).await.len(), 0);
    assert_eq!(stage.delete(&principal).await.0, 204);
    assert_eq!(stage.get(&principal).await.0, 404);
}

#[tokio::test]
async fn the_tenants_own_prevention_of_deletes_is_read_and_switched_off() {
    let stage = quiet().await;
    let path = "v1.0/directory/onPremisesSynchronization";
    let row = stage.rows(path).await.remove(0);
    let prevention = |row: &Value| {
        row["configuration"]["accidentalDeletionPrevention"]["synchronizationPreventionType"].clone()
    };
    assert_eq!(prevention(&row), "enabledForCount");
    assert_eq!(row["features"].as_object().unwrap().len(), 20);
    assert!(row["configuration"].get("synchronizationInterval").is_none());
    let beta = stage.rows(&path.replace("v1.0", "beta")).await.remove(0);
    assert_eq!(beta["configuration"]["synchronizationInterval"], "PT30M");
    let off = json!({"configuration": {"accidentalDeletionPrevention": {"synchronizationPreventionType": "disabled"}}});
    let one = format!("{path}/{}", row["id"].as_str().unwrap());
    assert_eq!(stage.patch(&one, off).await.0, 204);
    assert_eq!(prevention(&stage.read(&one).await), "disabled");
    let odd = json!({"configuration": {"accidentalDeletionPrevention": {"synchronizationPreventionType": "sometimes"}}});
    assert_eq!(stage.patch(&one, odd).await.0, 400);
}

#[tokio::test]
async fn time_runs_at_its_pace() {
    let stage = quiet().await;
    stage.order("pace", "1000").await;
    let cycles = async || -> u64 {
        let truth = stage.truth().await;
        truth["jobs"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|job| job["cycles"].as_u64())
            .sum()
    };
    let before = cycles().await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(cycles().await >= before + 30);
    assert_eq!(stage.lab.order("synchronization/pace", "0").await, 400);
}

#[tokio::test]
async fn a_batch_reads_all_jobs_at_once() {
    let stage = Stage::start(CloudSyncSize::Full, false).await;
    let principals = stage.rows("v1.0/servicePrincipals").await;
    let requests: Vec<Value> = principals
        .iter()
        .map(|principal| {
            let id = principal["id"].as_str().unwrap();
            json!({"id": id, "method": "GET", "url": format!("/servicePrincipals/{id}/synchronization/jobs")})
        })
        .collect();
    let (status, body) = stage.post("v1.0/$batch", json!({ "requests": requests })).await;
    assert_eq!(status, 200);
    let answers = body["responses"].as_array().unwrap();
    let jobs: usize = answers
        .iter()
        .map(|answer| answer["body"]["value"].as_array().unwrap().len())
        .sum();
    assert_eq!((answers.len(), jobs), (5, 15));
    let agents = json!({"requests": [{"id": "1", "method": "GET", "url": "/onPremisesPublishingProfiles/provisioning/agents?$expand=agentGroups"}]});
    let (_, body) = stage.post("beta/$batch", agents.clone()).await;
    assert_eq!(
        body["responses"][0]["body"]["value"].as_array().unwrap().len(),
        20
    );
    let (_, body) = stage.post("v1.0/$batch", agents).await;
    assert_eq!(body["responses"][0]["status"], 400);
}
