//! The organization part of Graph.

use reqwest::Response;
use serde_json::{Value, json};

use crate::lab::{EXCHANGE, GRAPH, Lab, json_of, options};

async fn get(lab: &Lab, token: &str, path: &str) -> Response {
    lab.client
        .get(format!("{}/v1.0/{path}", lab.ready().graph))
        .bearer_auth(token)
        .send()
        .await
        .unwrap()
}

async fn person_token(lab: &Lab) -> String {
    let client = "14d82eec-204b-4c2f-b7e8-296a70dab67e";
    let scope = format!("{GRAPH}/User.Read");
    let device = json_of(
        lab.form("devicecode", &[("client_id", client), ("scope", &scope)])
            .await,
    )
    .await;
    lab.order("approve", "").await;
    let code = device["device_code"].as_str().unwrap();
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let fields = [
        ("grant_type", grant),
        ("client_id", client),
        ("device_code", code),
    ];
    json_of(lab.form("token", &fields).await).await["access_token"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn the_organization_says_when_it_was_synchronized() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(GRAPH).await;
    let select = "id,displayName,onPremisesSyncEnabled,onPremisesLastSyncDateTime,verifiedDomains";
    let body = json_of(get(&lab, &token, &format!("organization?$select={select}")).await).await;
    let row = &body["value"][0];
    assert_eq!(row.as_object().unwrap().len(), 5);
    assert_eq!(row["id"], *lab.ready().tenant_id);
    assert_eq!(row["onPremisesSyncEnabled"], true);
    assert!(row["onPremisesLastSyncDateTime"].as_str().unwrap().ends_with('Z'));
    assert!(
        row["verifiedDomains"]
            .as_array()
            .unwrap()
            .iter()
            .any(|domain| domain["isInitial"] == true)
    );
    let beta_only = get(
        &lab,
        &token,
        "organization?$select=onPremisesLastPasswordSyncDateTime",
    )
    .await;
    assert_eq!(beta_only.status(), 400);
}

#[tokio::test]
async fn me_is_a_person() {
    let lab = Lab::start(options()).await;
    let person = person_token(&lab).await;
    let body = json_of(get(&lab, &person, "me").await).await;
    assert_eq!(body["userPrincipalName"], "admin@contoso.onmicrosoft.com");
    assert_eq!(get(&lab, &lab.app_token(GRAPH).await, "me").await.status(), 400);
    let denied = get(&lab, &person, "organization").await;
    assert_eq!(denied.status(), 403);
    assert_eq!(
        json_of(denied).await["error"]["code"],
        "Authorization_RequestDenied"
    );
}

#[tokio::test]
async fn errors_have_the_shape_of_graph() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(GRAPH).await;
    let foreign = lab.app_token(EXCHANGE).await;
    let mut spellings = [0, 0];
    for (token, path, status) in [
        (&token, "nothing", 400),
        (&foreign, "organization", 401),
        (&token, "users/none/onPremisesSyncBehavior", 404),
    ]
    .repeat(6)
    {
        let answer = get(&lab, token, path).await;
        assert_eq!(answer.status(), status);
        let id = answer.headers()["request-id"].to_str().unwrap().to_owned();
        let error = json_of(answer).await["error"].clone();
        assert!(error["code"].is_string() && error["message"].is_string());
        let at = usize::from(error["innerError"].is_null());
        spellings[at] += 1;
        assert_eq!(error[["innerError", "innererror"][at]]["request-id"], *id);
    }
    assert!(spellings[0] > 0 && spellings[1] > 0);
}

#[tokio::test]
async fn single_users_have_their_own_authority() {
    let lab = Lab::start(options()).await;
    let (token, exchange) = (lab.app_token(GRAPH).await, lab.app_token(EXCHANGE).await);
    let rows = lab
        .all(
            &exchange,
            "ExternalDirectoryObjectId",
            json!({"ResultSize": "Unlimited"}),
        )
        .await;
    let ids: Vec<&str> = rows
        .iter()
        .map(|row| row["ExternalDirectoryObjectId"].as_str().unwrap())
        .collect();
    let behaviour =
        |id: &str| json!({"id": id, "method": "GET", "url": format!("/users/{id}/onPremisesSyncBehavior")});
    let batch = async |requests: Vec<Value>| {
        let url = format!("{}/v1.0/$batch", lab.ready().graph);
        let request = lab
            .client
            .post(url)
            .bearer_auth(&token)
            .header("content-type", "application/json");
        request
            .body(json!({ "requests": requests }).to_string())
            .send()
            .await
            .unwrap()
    };
    let mut managed = 0;
    for page in ids.chunks(20) {
        let body = json_of(batch(page.iter().map(|id| behaviour(id)).collect()).await).await;
        let answers = body["responses"].as_array().unwrap();
        assert_eq!(answers.len(), page.len());
        managed += answers
            .iter()
            .filter(|answer| answer["body"]["isCloudManaged"] == true)
            .count();
    }
    assert!((1..40).contains(&managed), "{managed}");
    assert_eq!(
        batch(ids[..21].iter().map(|id| behaviour(id)).collect())
            .await
            .status(),
        400
    );

    let id = ids[10];
    let url = format!("{}/v1.0/users/{id}/onPremisesSyncBehavior", lab.ready().graph);
    let patch = lab
        .client
        .patch(&url)
        .bearer_auth(&token)
        .header("content-type", "application/json");
    assert_eq!(
        patch
            .body("{\"isCloudManaged\":true}")
            .send()
            .await
            .unwrap()
            .status(),
        204
    );
    let body = json_of(get(&lab, &token, &format!("users/{id}/onPremisesSyncBehavior")).await).await;
    assert_eq!(body["isCloudManaged"], true);
    let wrong = lab
        .client
        .patch(&url)
        .bearer_auth(&token)
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), 400);
    let headless = json!({"id": "1", "method": "PATCH", "url": format!("/users/{id}/onPremisesSyncBehavior"), "body": {"isCloudManaged": false}});
    let body = json_of(batch(vec![headless]).await).await;
    assert_eq!(
        body["responses"][0]["status"], 400,
        "a body needs its content type"
    );
}
