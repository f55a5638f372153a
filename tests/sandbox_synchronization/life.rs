//! Jobs that run, fall ill and heal (facts/graph section 3).

use handover::sandbox::CloudSyncSize;
use serde_json::{Value, json};

use crate::stage::{Job, Stage, quiet};

const NEVER: &str = "0001-01-01T00:00:00Z";

async fn silence(stage: &Stage, domain: &str, what: &str) {
    let truth = stage.truth().await;
    for agent in truth["agents"].as_array().unwrap() {
        if agent["domains"].as_array().unwrap().contains(&domain.into()) {
            stage
                .order(&format!("agents/{}/{what}", agent["id"].as_str().unwrap()), "")
                .await;
        }
    }
}

fn quarantine(job: &Value) -> &Value {
    &job["status"]["quarantine"]
}

#[tokio::test]
async fn executions_come_and_go_with_counters() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "contoso.com").await;
    let first = stage.shown(&job).await;
    assert_eq!(first["schedule"]["interval"], "PT20M");
    let (mut ended, mut progress) = (Vec::new(), 0);
    for _ in 0..120 {
        stage.advance(1).await;
        let now = stage.shown(&job).await;
        progress += now["status"]["progress"].as_array().unwrap().len();
        let last = now["status"]["lastExecution"]["timeEnded"]
            .as_str()
            .unwrap()
            .to_owned();
        if ended.last() != Some(&last) {
            ended.push(last);
        }
    }
    // About every 25 seconds, whatever the interval says.
    assert!((5..=7).contains(&ended.len()), "{ended:?}");
    assert!((10..=60).contains(&progress), "{progress}");
    let digits = |time: &str| time.split_once('.').map_or(0, |(_, rest)| rest.len() - 1);
    assert!(ended.iter().any(|time| digits(time) == 7), "{ended:?}");
    let hash = stage.job("AD2AADPasswordHash", "contoso.com").await;
    let hash = stage.shown(&hash).await;
    assert_eq!(hash["status"]["lastSuccessfulExecution"]["timeBegan"], NEVER);
    assert_ne!(hash["status"]["lastSuccessfulExecution"]["timeEnded"], NEVER);
}

#[tokio::test]
async fn an_unstarted_job_is_started_and_a_running_one_paused() {
    let stage = quiet().await;
    let job = stage
        .job("Entra2ADExchangeOnlineAttributeWriteback", "fabrikam.com")
        .await;
    let code = async |job: &Job| {
        let shown = stage.shown(job).await;
        (
            shown["status"]["code"].clone(),
            shown["schedule"]["state"].clone(),
        )
    };
    assert_eq!(code(&job).await, ("Paused".into(), "Disabled".into()));
    assert_eq!(stage.shown(&job).await["status"]["lastExecution"], Value::Null);
    stage.act(&job, "start", json!({})).await;
    stage.advance(40).await;
    assert_eq!(code(&job).await, ("Active".into(), "Active".into()));
    let paused = stage.job("AAD2ADGroupProvisioning", "contoso.com").await;
    stage.act(&paused, "pause", json!({})).await;
    assert_eq!(code(&paused).await, ("Paused".into(), "Paused".into()));
    let before = stage.shown(&paused).await["status"]["lastExecution"].clone();
    stage.advance(120).await;
    assert_eq!(stage.shown(&paused).await["status"]["lastExecution"], before);
    stage.act(&paused, "start", json!({})).await;
    stage.advance(60).await;
    assert_ne!(stage.shown(&paused).await["status"]["lastExecution"], before);
    let writes = &stage.truth().await["writes"][&paused.id];
    assert_eq!((&writes["pause"], &writes["start"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn without_agents_a_job_falls_into_quarantine_and_heals_once_they_are_back() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "fabrikam.com").await;
    silence(&stage, "fabrikam.com", "silence").await;
    let mut failures = Vec::new();
    for _ in 0..40 {
        stage.advance(2).await;
        failures.push(
            stage.shown(&job).await["status"]["countSuccessiveCompleteFailures"]
                .as_i64()
                .unwrap(),
        );
    }
    assert!(failures.contains(&1), "{failures:?}");
    let ill = stage.shown(&job).await;
    assert_eq!(ill["status"]["code"], "Quarantine");
    assert_eq!(quarantine(&ill)["reason"], "EncounteredQuarantineException");
    assert_eq!(
        quarantine(&ill)["error"]["code"],
        "HybridIdentityServiceNoActiveAgents"
    );
    assert_eq!(quarantine(&ill)["seriesCount"], 1);
    // The cause is still there: it comes back, in the same series.
    stage.restart(&job, "QuarantineState").await;
    assert_eq!(quarantine(&stage.shown(&job).await), &Value::Null);
    stage.advance(10).await;
    let again = stage.shown(&job).await;
    assert_eq!(quarantine(&again)["seriesCount"], 2);
    assert_eq!(quarantine(&again)["seriesBegan"], quarantine(&ill)["seriesBegan"]);
    // The cause is gone: it stays until somebody clears it.
    silence(&stage, "fabrikam.com", "revive").await;
    stage.advance(120).await;
    assert_eq!(stage.shown(&job).await["status"]["code"], "Quarantine");
    stage.restart(&job, "QuarantineState").await;
    stage.advance(20).await;
    let well = stage.shown(&job).await;
    assert_eq!(well["status"]["code"], "Active");
    assert_eq!(well["status"]["lastExecution"]["error"], Value::Null);
    assert_eq!(well["status"]["countSuccessiveCompleteFailures"], 0);
}

#[tokio::test]
async fn an_agent_taken_out_of_its_group_serves_no_more() {
    let stage = quiet().await;
    let profile = "beta/onPremisesPublishingProfiles/provisioning";
    let job = stage.job("AD2AADPasswordHash", "fabrikam.com").await;
    for group in stage.rows(&format!("{profile}/agentGroups?$expand=*")).await {
        if group["publishedResources"][0]["resourceName"] == "fabrikam.com" {
            for agent in group["agents"].as_array().unwrap() {
                let (agent, group) = (agent["id"].as_str().unwrap(), group["id"].as_str().unwrap());
                let path = format!("{profile}/agents/{agent}/agentGroups/{group}/$ref");
                assert_eq!(stage.delete(&path).await.0, 204);
            }
        }
    }
    stage.advance(70).await;
    let ill = stage.shown(&job).await;
    assert_eq!(
        quarantine(&ill)["error"]["code"],
        "HybridIdentityServiceNoAgentsAssigned"
    );
}

#[tokio::test]
async fn too_many_deletes_are_staged_until_they_are_allowed() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "contoso.com").await;
    stage.advance(60).await;
    let before = stage.shown(&job).await["status"]["synchronizedEntryCountByType"][1]["value"]
        .as_i64()
        .unwrap();
    stage.order(&format!("jobs/{}/removals", job.id), "14").await;
    stage.advance(45).await;
    let held = stage.shown(&job).await;
    assert_eq!(quarantine(&held)["reason"], "TooManyDeletes");
    let log = format!(
        "v1.0/auditLogs/provisioning?$filter=jobId eq '{}'&$top=200",
        job.id
    );
    let entries = async |action: &str| -> Vec<Value> {
        let rows = stage.rows(&log).await;
        rows.into_iter()
            .filter(|row| row["provisioningAction"] == action)
            .collect()
    };
    let staged = entries("stagedDelete").await;
    assert_eq!(staged.len(), 14);
    assert!(
        staged
            .iter()
            .all(|row| row["provisioningStatusInfo"]["status"] == "skipped")
    );
    // Clearing the quarantine does not take the cause away.
    stage.restart(&job, "QuarantineState").await;
    stage.advance(12).await;
    assert_eq!(quarantine(&stage.shown(&job).await)["seriesCount"], 2);
    stage.restart(&job, "ForceDeletes").await;
    stage.advance(12).await;
    let well = stage.shown(&job).await;
    assert_eq!(well["status"]["code"], "Active");
    assert_eq!(
        well["status"]["synchronizedEntryCountByType"][1]["value"],
        before - 14
    );
    let deleted = entries("delete").await;
    let sources = |rows: &[Value]| -> Vec<String> {
        let mut ids: Vec<String> = rows
            .iter()
            .map(|row| row["sourceIdentity"]["id"].to_string())
            .collect();
        ids.sort();
        ids
    };
    assert_eq!(sources(&deleted), sources(&staged));
    assert_eq!(entries("stagedDelete").await.len(), 14);
}

#[tokio::test]
async fn a_higher_threshold_lets_deletes_through_and_the_tenant_may_still_hold_them() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "contoso.com").await;
    let secrets = format!("v1.0/servicePrincipals/{}/synchronization/secrets", job.principal);
    let settings = |value: i64| json!({"Enabled": true, "Recipients": "", "DeleteThresholdEnabled": true, "DeleteThresholdValue": value});
    let put = async |value: i64| {
        let body = json!({"value": [{"key": "Domain", "value": "{\"domain\":\"contoso.com\"}"}, {"key": "SyncNotificationSettings", "value": settings(value).to_string()}]});
        assert_eq!(stage.put(&secrets, body).await.0, 204);
    };
    stage.order(&format!("jobs/{}/removals", job.id), "20").await;
    // Of N, at most N - 1 get through.
    put(20).await;
    stage.advance(45).await;
    assert_eq!(quarantine(&stage.shown(&job).await)["reason"], "TooManyDeletes");
    put(21).await;
    stage.restart(&job, "QuarantineState").await;
    stage.advance(12).await;
    assert_eq!(stage.shown(&job).await["status"]["code"], "Active");
    assert_eq!(stage.truth().await["jobs"][0]["pendingDeletes"], 0);
    let one = format!(
        "v1.0/directory/onPremisesSynchronization/{}",
        stage.lab.ready().tenant_id
    );
    let threshold = json!({"configuration": {"accidentalDeletionPrevention": {"alertThreshold": 5}}});
    assert_eq!(stage.patch(&one, threshold).await.0, 204);
    stage.order(&format!("jobs/{}/removals", job.id), "6").await;
    stage.advance(45).await;
    let held = stage.shown(&job).await;
    assert_eq!(held["status"]["lastExecution"]["state"], "EntryLevelErrors");
    assert!(held["status"]["lastExecution"]["countEscrowed"].as_i64().unwrap() >= 6);
    let off = json!({"configuration": {"accidentalDeletionPrevention": {"synchronizationPreventionType": "disabled"}}});
    assert_eq!(stage.patch(&one, off).await.0, 204);
    stage.advance(45).await;
    assert_eq!(stage.truth().await["jobs"][0]["pendingDeletes"], 0);
}

#[tokio::test]
async fn restarts_take_scopes_and_nothing_else() {
    let stage = quiet().await;
    let job = stage.job("AAD2ADExchangeHybridWriteback", "contoso.com").await;
    stage.restart(&job, "Watermark, Escrows, QuarantineState").await;
    stage.advance(5).await;
    // All objects are read again.
    let running = stage.shown(&job).await;
    assert!(running["status"]["progress"][0]["totalUnits"].as_i64().unwrap() > 500);
    stage.restart(&job, "Full").await;
    let path = format!("v1.0/{}/restart", job.path());
    for wrong in [
        json!({"criteria": {"resetScope": "Everything"}}),
        json!({"criteria": {"resetScope": 15}}),
    ] {
        assert_eq!(stage.post(&path, wrong).await.0, 400);
    }
    let bare = stage.request(reqwest::Method::POST, &path).send().await.unwrap();
    assert_eq!(bare.status(), 204);
    assert_eq!(
        stage.post(&path.replace("restart", "stop"), json!({})).await.0,
        400
    );
}

#[tokio::test]
async fn a_code_that_was_ordered_leads_into_quarantine() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "contoso.com").await;
    stage
        .order(
            &format!("jobs/{}/fail", job.id),
            "AzureActiveDirectoryInvalidCredential",
        )
        .await;
    stage.advance(80).await;
    let ill = stage.shown(&job).await;
    assert_eq!(
        quarantine(&ill)["error"]["code"],
        "AzureActiveDirectoryInvalidCredential"
    );
    stage.order(&format!("jobs/{}/fail", job.id), "").await;
    // After six hours it tries by itself.
    stage.advance(6 * 3600 + 60).await;
    assert_eq!(stage.shown(&job).await["status"]["code"], "Active");
}

#[tokio::test]
async fn the_demo_tells_its_story_within_two_minutes() {
    let stage = Stage::start(CloudSyncSize::Demo, true).await;
    let state = async |seconds: u32| {
        stage.advance(seconds).await;
        stage.truth().await
    };
    let count = |truth: &Value, status: &str| {
        truth["agents"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|agent| agent["status"] == status)
            .count()
    };
    let reasons = |truth: &Value| -> Vec<String> {
        let jobs = truth["jobs"].as_array().unwrap().iter();
        jobs.filter_map(|job| job["quarantine"].as_str())
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(count(&stage.truth().await, "active"), 5);
    let truth = state(60).await;
    assert_eq!(count(&truth, "inactive"), 3);
    let truth = state(30).await;
    let ill = reasons(&truth);
    assert!(ill.contains(&"TooManyDeletes".to_owned()), "{truth}");
    assert!(
        ill.contains(&"EncounteredQuarantineException".to_owned()),
        "{truth}"
    );
    let truth = state(60).await;
    assert_eq!((count(&truth, "active"), count(&truth, "inactive")), (4, 1));
    let job = stage.job("AD2AADProvisioning", "fabrikam.com").await;
    stage.restart(&job, "QuarantineState").await;
    let truth = state(60).await;
    assert_eq!(count(&truth, "vanished"), 1);
    assert_eq!(stage.shown(&job).await["status"]["code"], "Active");
}
