//! Provisioning on demand (facts/graph section 3.3).

use serde_json::{Value, json};

use crate::stage::{Job, Stage, inner, quiet};

fn parameters(job: &Job, subjects: &[&str], kind: &str) -> Value {
    let subjects: Vec<Value> = subjects
        .iter()
        .map(|id| json!({"objectId": id, "objectTypeName": kind}))
        .collect();
    json!({"parameters": [{"ruleId": job.rule, "subjects": subjects}]})
}

async fn subjects(stage: &Stage, job: &Job, list: &str) -> Vec<String> {
    let all = stage
        .lab
        .control(&format!("synchronization/jobs/{}/subjects", job.id))
        .await;
    let list = all[list].as_array().unwrap();
    list.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

async fn provision(stage: &Stage, job: &Job, id: &str, kind: &str) -> (Value, Value) {
    let path = format!("v1.0/{}/provisionOnDemand", job.path());
    let (status, body) = stage.post(&path, parameters(job, &[id], kind)).await;
    assert_eq!(status, 200, "{body}");
    assert!(body["@odata.context"].as_str().unwrap().contains("syncfabric"));
    let part = |name: &str| serde_json::from_str(body[name].as_str().unwrap()).unwrap();
    (part("key"), part("value"))
}

fn steps(value: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let steps = value["provisioningSteps"].as_array().unwrap();
    steps
        .iter()
        .map(|step| (text(&step["type"]), text(&step["status"])))
        .collect()
}

#[tokio::test]
async fn a_user_of_the_directory_is_provisioned_by_name() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "fabrikam.com").await;
    let good = subjects(&stage, &job, "inScope").await.remove(0);
    let (key, value) = provision(&stage, &job, &good, "user").await;
    assert_eq!(key, json!({"result": "Success", "details": {}}));
    let kinds: Vec<String> = steps(&value).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["Import", "Scoping", "Matching", "Export"]);
    let details = value["provisioningSteps"][0]["details"].as_object().unwrap();
    assert!(details.len() > 100 && details["distinguishedName"] == *good);
    assert!(!value["modifiedProperties"].as_array().unwrap().is_empty());
    // Names have no case.
    let (key, _) = provision(&stage, &job, &good.to_uppercase(), "user").await;
    assert_eq!(key["result"], "Success");
    let outside = subjects(&stage, &job, "outOfScope").await.remove(0);
    let (key, value) = provision(&stage, &job, &outside, "user").await;
    assert_eq!(
        (&key["result"], &key["details"]["errorCode"]),
        (&json!("Skipped"), &json!("NotInScope"))
    );
    assert_eq!(
        value["provisioningSteps"][2]["details"]["SkipReason"],
        "NotInScope"
    );
    let failing = subjects(&stage, &job, "failing").await.remove(0);
    let (key, value) = provision(&stage, &job, &failing, "user").await;
    assert_eq!(key["result"], "Failure");
    assert!(steps(&value).contains(&("Matching".to_owned(), "Failure".to_owned())));
    let (key, value) = provision(&stage, &job, "CN=nobody,DC=fabrikam,DC=com", "user").await;
    assert_eq!((&key["result"], value), (&json!("Failure"), json!({})));
    let entries = stage
        .rows(&format!(
            "v1.0/auditLogs/provisioning?$filter=jobId eq '{}'&$top=4",
            job.id
        ))
        .await;
    let own = entries
        .iter()
        .filter(|entry| entry["initiatedBy"]["initiatorType"] == "user")
        .count();
    assert!(own >= 3, "{entries:?}");
    assert_eq!(stage.truth().await["writes"][&job.id]["provisionOnDemand"], 5);
}

#[tokio::test]
async fn writeback_takes_ids_and_only_mailboxes_that_are_managed_in_the_cloud() {
    let stage = quiet().await;
    let job = stage
        .job("Entra2ADExchangeOnlineAttributeWriteback", "fabrikam.com")
        .await;
    let good = subjects(&stage, &job, "inScope").await.remove(0);
    assert!(good.starts_with("User_"));
    assert_eq!(
        provision(&stage, &job, &good, "User").await.0["result"],
        "Success"
    );
    assert_eq!(
        provision(&stage, &job, good.trim_start_matches("User_"), "user")
            .await
            .0["result"],
        "Success"
    );
    let other = subjects(&stage, &job, "outOfScope").await.remove(0);
    assert_eq!(
        provision(&stage, &job, &other, "User").await.0["details"]["errorCode"],
        "NotInScope"
    );
}

#[tokio::test]
async fn flagging_a_mailbox_brings_it_into_scope() {
    let stage = quiet().await;
    let job = stage
        .job("Entra2ADExchangeOnlineAttributeWriteback", "fabrikam.com")
        .await;
    let token = stage.lab.app_token(crate::lab::EXCHANGE).await;
    let id = stage.lab.on_premises(&token).await.remove(3);
    let subject = format!("User_{id}");
    assert_eq!(
        provision(&stage, &job, &subject, "User").await.0["result"],
        "Skipped"
    );
    let (status, _) = stage
        .lab
        .set(&token, &id, json!({"IsExchangeCloudManaged": true}))
        .await;
    assert!(status.is_success());
    assert_ne!(
        provision(&stage, &job, &subject, "User").await.0["result"],
        "Skipped"
    );
}

#[tokio::test]
async fn groups_are_provisioned_by_id_with_members() {
    let stage = quiet().await;
    let job = stage.job("AAD2ADGroupProvisioning", "contoso.com").await;
    assert!(job.rule.contains("#V2"));
    let good = subjects(&stage, &job, "inScope").await.remove(0);
    let member = json!({"objectId": "9c4e5d6f-0000-4000-8000-000000000001", "objectTypeName": "User"});
    let body = json!({"parameters": [{"ruleId": job.rule, "subjects": [{"objectId": good, "objectTypeName": "Group", "links": {"members": [member]}}]}]});
    let (status, body) = stage
        .post(&format!("beta/{}/provisionOnDemand", job.path()), body)
        .await;
    assert_eq!(status, 200);
    assert!(body["key"].as_str().unwrap().contains("Success"));
    let other = subjects(&stage, &job, "outOfScope").await.remove(0);
    let (key, value) = provision(&stage, &job, &other, "Group").await;
    assert_eq!((&key["result"], value), (&json!("Skipped"), json!({})));
}

#[tokio::test]
async fn what_is_not_understood_is_refused_and_no_more_than_five_in_ten_seconds() {
    let stage = quiet().await;
    let job = stage.job("AD2AADProvisioning", "contoso.com").await;
    let path = format!("v1.0/{}/provisionOnDemand", job.path());
    let two = subjects(&stage, &job, "inScope").await;
    let mut other = parameters(&job, &[&two[0]], "user");
    other["parameters"][0]["ruleId"] = "other".into();
    for (body, code) in [
        (parameters(&job, &[&two[0], &two[1]], "user"), "InvalidSubjects"),
        (parameters(&job, &[&two[0]], "computer"), "InvalidSubjects"),
        (other, "InvalidRuleId"),
        (json!({"parameters": []}), "InvalidRequest"),
    ] {
        let (status, body) = stage.post(&path, body).await;
        assert_eq!(
            (status.as_u16(), inner(&body)["code"].as_str()),
            (400, Some(code))
        );
    }
    assert_eq!(
        stage.post(&path, parameters(&job, &[&two[0]], "user")).await.0,
        200
    );
    let refused = stage
        .request(reqwest::Method::POST, &path)
        .body(parameters(&job, &[&two[0]], "user").to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 429);
    let wait: u32 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=10).contains(&wait));
    assert_eq!(stage.truth().await["mostInTenSeconds"]["onDemand"], 6);
    // Sandbox time does not shorten it.
    stage.advance(60).await;
    assert_eq!(
        stage.post(&path, parameters(&job, &[&two[0]], "user")).await.0,
        429
    );
}
