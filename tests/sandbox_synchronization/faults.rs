//! What a later or a broken service may answer, each switched on by itself.

use serde_json::Value;

use crate::stage::{inner, quiet};

async fn switch(stage: &crate::stage::Stage, faults: &str) {
    assert_eq!(stage.lab.order("faults", faults).await, 204);
}

#[tokio::test]
async fn unknown_words_are_everywhere() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "contoso.com").await;
    switch(&stage, "unknown-word=1").await;
    let shown = stage.shown(&job).await;
    assert_eq!(
        (
            shown["status"]["code"].as_str(),
            shown["schedule"]["state"].as_str()
        ),
        (Some("Hibernating"), Some("Hibernating"))
    );
    assert!(shown.get("sandboxFuture").is_some());
    let agents = stage
        .rows("beta/onPremisesPublishingProfiles/provisioning/agents")
        .await;
    assert_eq!(agents[0]["status"], "hibernating");
    let log = stage.rows("v1.0/auditLogs/provisioning?$top=1").await;
    assert_eq!(log[0]["provisioningAction"], "transmute");
    switch(&stage, "").await;
    assert_eq!(stage.shown(&job).await["schedule"]["state"], "Active");
}

#[tokio::test]
async fn an_unknown_kind_of_job_is_listed() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "contoso.com").await;
    let path = format!("v1.0/servicePrincipals/{}/synchronization/jobs", job.principal);
    assert_eq!(stage.rows(&path).await.len(), 3);
    switch(&stage, "unknown-kind=1").await;
    let jobs = stage.rows(&path).await;
    let odd = jobs.last().unwrap()["id"].as_str().unwrap();
    assert!(jobs.len() == 4 && odd.starts_with("Entra2ADDeviceWriteback."));
    stage.read(&format!("{path}/{odd}")).await;
}

#[tokio::test]
async fn a_policy_may_want_more_claims() {
    let stage = quiet().await;
    switch(&stage, "insufficient-claims=1").await;
    let answer = stage
        .request(reqwest::Method::GET, "v1.0/servicePrincipals")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    assert!(
        answer.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .contains("insufficient_claims")
    );
    // The rest of Graph is not touched.
    assert_eq!(stage.get("v1.0/organization").await.0, 200);
}

#[tokio::test]
async fn a_next_link_may_lead_elsewhere_and_a_page_may_be_empty() {
    let stage = quiet().await;
    let path = "v1.0/auditLogs/provisioning?$top=5";
    switch(&stage, "foreign-link=1").await;
    let body = stage.read(path).await;
    let link = body["@odata.nextLink"].as_str().unwrap();
    assert!(!link.starts_with(&stage.lab.ready().graph), "{link}");
    switch(&stage, "empty-page=1").await;
    let body = stage.read(path).await;
    assert_eq!(body["value"], Value::Array(Vec::new()));
    let link = body["@odata.nextLink"].as_str().unwrap().to_owned();
    switch(&stage, "").await;
    let next = stage
        .lab
        .client
        .get(link)
        .bearer_auth(&stage.person)
        .send()
        .await
        .unwrap();
    let next = crate::lab::json_of(next).await;
    assert_eq!(next["value"], stage.read(path).await["value"]);
}

#[tokio::test]
async fn a_job_may_be_gone_while_it_is_shown() {
    let stage = quiet().await;
    let job = stage.job("AD2AADPasswordHash", "contoso.com").await;
    stage.shown(&job).await;
    stage.order(&format!("jobs/{}/delete", job.id), "").await;
    let (status, body) = stage.get(&format!("v1.0/{}", job.path())).await;
    assert_eq!(status, 404);
    assert!(inner(&body)["code"].is_string());
    let (status, body) = stage
        .get("v1.0/servicePrincipals/00000000-0000-0000-0000-000000000001")
        .await;
    assert_eq!(
        (status.as_u16(), body["error"]["code"].as_str()),
        (404, Some("Request_ResourceNotFound"))
    );
}
