//! The provisioning log and the directory audit (facts/graph section 5).

use serde_json::{Value, json};

use handover::sandbox::{CloudSyncOptions, Options};

use crate::lab::options;
use crate::stage::{Stage, quiet};

const LOG: &str = "v1.0/auditLogs/provisioning";

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap()
}

#[tokio::test]
async fn pages_hold_every_entry_once_while_the_log_grows() {
    let stage = quiet().await;
    let mut url = stage.url(&format!("{LOG}?$orderby=activityDateTime desc&$top=150"));
    let mut ids = Vec::new();
    let mut times = Vec::new();
    let mut pages = 0;
    loop {
        let answer = stage
            .lab
            .client
            .get(&url)
            .bearer_auth(&stage.person)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let body = crate::lab::json_of(answer).await;
        for row in body["value"].as_array().unwrap() {
            ids.push(text(row, "id").to_owned());
            times.push(text(row, "activityDateTime").to_owned());
        }
        pages += 1;
        stage.advance(30).await;
        match body["@odata.nextLink"].as_str() {
            Some(link) => url = link.to_owned(),
            None => break,
        }
    }
    assert_eq!((pages, ids.len()), (3, 400));
    assert!(times.is_sorted_by(|left, right| left >= right));
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 400);
    assert!(stage.truth().await["logRows"].as_u64().unwrap() > 400);
}

#[tokio::test]
async fn filters_follow_the_facts() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "contoso.com").await;
    let all = stage
        .rows(&format!("{LOG}?$filter=jobId eq '{}'&$top=1000", job.id))
        .await;
    assert!(all.len() > 20 && all.iter().all(|row| row["jobId"] == *job.id));
    let middle = text(&all[all.len() / 2], "activityDateTime");
    let later = format!(
        "{LOG}?$filter=jobId eq '{}' and activityDateTime gt {middle}&$top=1000",
        job.id
    );
    let later = stage.rows(&later).await;
    assert!(!later.is_empty() && later.len() <= all.len() / 2);
    let cycle = text(&all[0], "cycleId");
    let same = stage.rows(&format!("{LOG}?$filter=cycleId eq '{cycle}'")).await;
    assert!(same.iter().all(|row| row["cycleId"] == *cycle) && !same.is_empty());
    for wrong in ["$filter=provisioningAction eq 'create'", "$orderby=jobId"] {
        assert_eq!(stage.get(&format!("{LOG}?{wrong}")).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn entries_have_the_documented_shape() {
    let stage = quiet().await;
    let rows = stage.rows(&format!("{LOG}?$top=1000")).await;
    let statuses = |word: &str| {
        rows.iter()
            .filter(|row| row["provisioningStatusInfo"]["status"] == word)
            .count()
    };
    assert!(statuses("success") > 100 && statuses("skipped") > 10 && statuses("failure") > 5);
    for row in &rows {
        assert!(row["servicePrincipal"].is_object());
        assert!(row["provisioningSteps"][0].get("timestamp").is_none());
        assert_eq!(
            row["provisioningStatusInfo"]["status"] == "success",
            row["provisioningStatusInfo"]["errorInformation"].is_null()
        );
        if row["provisioningStatusInfo"]["errorInformation"]["errorCode"] == "NotInScope" {
            assert_eq!(row["targetIdentity"]["id"], "");
        }
    }
}

#[tokio::test]
async fn a_long_log_is_read_in_few_requests() {
    let stage = Stage::with(Options {
        cloud_sync: CloudSyncOptions {
            log_rows: 30_000,
            story: false,
            ..CloudSyncOptions::default()
        },
        ..options()
    })
    .await;
    let page = stage.read(&format!("{LOG}?$top=1000")).await;
    assert_eq!(page["value"].as_array().unwrap().len(), 1000);
    // A filter that nothing meets: an empty page, and more to look at.
    let empty = stage.read(&format!("{LOG}?$filter=jobId eq 'nothing'")).await;
    assert_eq!(empty["value"], json!([]));
    assert!(empty["@odata.nextLink"].is_string());
}

#[tokio::test]
async fn five_reports_in_ten_seconds_alone_or_in_a_batch() {
    let stage = quiet().await;
    let item = |number: u32, path: &str| json!({"id": number.to_string(), "method": "GET", "url": format!("/auditLogs/{path}?$top=1")});
    let requests: Vec<Value> = (0..7)
        .map(|number| {
            item(
                number,
                if number % 2 == 0 {
                    "provisioning"
                } else {
                    "directoryAudits"
                },
            )
        })
        .collect();
    let (_, body) = stage.post("v1.0/$batch", json!({ "requests": requests })).await;
    let statuses: Vec<&Value> = body["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| &answer["status"])
        .collect();
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 2);
    let request = || stage.request(reqwest::Method::GET, LOG).send();
    let refused = request().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(stage.lab.order("faults", "no-retry-after=1").await, 204);
    let silent = request().await.unwrap();
    assert_eq!(silent.status(), 429);
    assert!(!silent.headers().contains_key("retry-after"));
    let truth = stage.truth().await;
    assert_eq!(
        (
            &truth["mostInTenSeconds"]["reports"],
            &truth["throttled"]["reports"]
        ),
        (&json!(9), &json!(4))
    );
    assert_eq!(truth["requests"]["reports"], 9);
}

#[tokio::test]
async fn the_audit_tells_who_changed_what() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "contoso.com").await;
    stage.act(&job, "pause", json!({})).await;
    stage.restart(&job, "Full").await;
    let filter = format!(
        "loggedByService eq 'Account Provisioning' and category eq 'ProvisioningManagement' and targetResources/any(t:t/id eq '{}')",
        job.principal
    );
    let rows = stage
        .rows(&format!("v1.0/auditLogs/directoryAudits?$filter={filter}"))
        .await;
    let activities: Vec<&str> = rows.iter().map(|row| text(row, "activityDisplayName")).collect();
    assert_eq!(
        activities[..2],
        ["Enable/restart provisioning", "Disable/pause provisioning"]
    );
    assert_eq!(
        rows[0]["initiatedBy"]["user"]["userPrincipalName"],
        "admin@contoso.onmicrosoft.com"
    );
    let all = stage.rows("v1.0/auditLogs/directoryAudits").await;
    assert!(all.iter().any(|row| row["loggedByService"] == "Core Directory"));
}
