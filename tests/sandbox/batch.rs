//! `$batch` of Exchange.

use std::collections::HashSet;

use reqwest::Response;
use serde_json::{Value, json};

use crate::lab::{EXCHANGE, Lab, json_of, options, with_faults};

fn set(id: &str, url: &str, identity: &str) -> Value {
    json!({
        "id": id, "method": "POST", "url": url,
        "headers": {"Content-Type": "application/json", "X-CmdletName": "Set-Mailbox", "parameter-based-routing": true},
        "body": {"CmdletInput": {"CmdletName": "Set-Mailbox", "Parameters": {"Identity": identity, "IsExchangeCloudManaged": true}}},
    })
}

async fn send(lab: &Lab, token: Option<&str>, requests: &[Value]) -> Response {
    let url = format!(
        "{}/adminapi/beta/{}/$batch",
        lab.ready().exchange,
        lab.ready().tenant_id
    );
    let mut request = lab.client.post(url).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request
        .body(json!({ "requests": requests }).to_string())
        .send()
        .await
        .unwrap()
}

async fn answers(lab: &Lab, token: Option<&str>, requests: &[Value]) -> Vec<Value> {
    let answer = send(lab, token, requests).await;
    assert_eq!(answer.status(), 200);
    json_of(answer).await["responses"].as_array().unwrap().clone()
}

#[tokio::test]
async fn ten_flags_in_one_request_come_back_in_any_order() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let people = lab.on_premises(&token).await;
    let relative = format!("/adminapi/beta/{}/InvokeCommand", lab.ready().tenant_id);
    let absolute = format!("{}?", lab.invoke_url());
    let mut orders = HashSet::new();
    for round in 0..3 {
        let requests: Vec<Value> = (0..10)
            .map(|at| {
                set(
                    &at.to_string(),
                    if at % 2 == 0 { &relative } else { &absolute },
                    &people[round * 10 + at],
                )
            })
            .collect();
        let before = lab.control("state").await["requests"].as_u64().unwrap();
        let answers = answers(&lab, Some(&token), &requests).await;
        assert_eq!(
            lab.control("state").await["requests"].as_u64().unwrap(),
            before + 1,
            "a batch is one request"
        );
        let ids: Vec<&str> = answers
            .iter()
            .map(|answer| answer["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 10);
        for answer in &answers {
            assert!(answer["status"] == 200 || answer["status"] == 204, "{answer}");
        }
        orders.insert(ids.join(","));
    }
    assert!(orders.len() > 1 || !orders.contains("0,1,2,3,4,5,6,7,8,9"));
    assert_eq!(lab.writes().await, [30, 30, 0]);
}

#[tokio::test]
async fn every_request_needs_a_token_from_somewhere() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let people = lab.on_premises(&token).await;
    let mut own = set("own", &lab.invoke_url(), &people[0]);
    own["headers"]["Authorization"] = format!("Bearer {token}").into();
    let none = set("none", &lab.invoke_url(), &people[1]);
    let mut wrong = set("wrong", &lab.invoke_url(), &people[2]);
    wrong["headers"]["Authorization"] = "Bearer x".into();
    let answers = answers(&lab, None, &[own, none, wrong]).await;
    for answer in &answers {
        let good = answer["id"] == "own";
        assert_eq!(answer["status"] == 401, !good, "{answer}");
    }
    assert_eq!(lab.control("writes").await["total"], 1);
    assert_eq!(
        send(&lab, Some("x"), &[set("1", &lab.invoke_url(), &people[3])])
            .await
            .status(),
        401
    );
}

#[tokio::test]
async fn batches_of_the_wrong_form_are_refused() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let person = lab.on_premises(&token).await.remove(0);
    let url = lab.invoke_url();
    let many: Vec<Value> = (0..21).map(|at| set(&at.to_string(), &url, &person)).collect();
    assert_eq!(send(&lab, Some(&token), &many).await.status(), 400);
    assert_eq!(send(&lab, Some(&token), &[]).await.status(), 400);
    let twice = [set("a", &url, &person), set("a", &url, &person)];
    assert_eq!(send(&lab, Some(&token), &twice).await.status(), 400);
    assert_eq!(
        send(&lab, Some(&token), &[json!({"method": "POST"})])
            .await
            .status(),
        400
    );
    assert_eq!(lab.control("writes").await["total"], 0);

    let mut get = set("get", &url, &person);
    get["method"] = "GET".into();
    let outside = set(
        "outside",
        "https://elsewhere.example/adminapi/beta/x/InvokeCommand",
        &person,
    );
    let unknown = json!({"id": "cmdlet", "method": "POST", "url": url, "body": {"CmdletInput": {"CmdletName": "Get-Nothing", "Parameters": {}}}});
    for answer in answers(&lab, Some(&token), &[get, outside, unknown]).await {
        let expected = match answer["id"].as_str().unwrap() {
            "get" => 405,
            "outside" => 400,
            _ => 403,
        };
        assert_eq!(answer["status"], expected, "{answer}");
    }
}

#[tokio::test]
async fn single_answers_are_throttled_fail_or_get_lost() {
    let lab = Lab::start(with_faults("item-throttle=0.2,item-error=0.2,missing=0.2")).await;
    let token = lab.app_token(EXCHANGE).await;
    let people = lab.on_premises(&token).await;
    let (mut throttled, mut failed, mut done, mut waits) = (0, 0, 0, 0);
    for round in 0..20 {
        let requests: Vec<Value> = (0..20)
            .map(|at| set(&at.to_string(), &lab.invoke_url(), &people[round * 20 + at]))
            .collect();
        for answer in answers(&lab, Some(&token), &requests).await {
            match answer["status"].as_u64().unwrap() {
                429 => {
                    throttled += 1;
                    let wait = answer["headers"]["retry-after"].as_str();
                    waits += usize::from(wait.is_some_and(|wait| wait.starts_with("0.")));
                }
                200 | 204 => done += 1,
                _ => failed += 1,
            }
        }
    }
    let missing = 400 - throttled - failed - done;
    assert!(
        throttled > 40 && failed > 30 && done > 100 && missing > 20,
        "{throttled} {failed} {done} {missing}"
    );
    assert!(
        waits > throttled / 2 && waits < throttled,
        "most throttled answers say how long, not all"
    );
    let total = lab.control("writes").await["total"].as_u64().unwrap() as usize;
    assert!(
        total > done && total < done + missing,
        "a lost answer may or may not have been carried out"
    );
    assert_eq!(lab.control("state").await["throttled"], throttled);
}

#[tokio::test]
async fn a_token_can_be_refused_inside_and_statuses_can_be_texts() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let people = lab.on_premises(&token).await;
    let inside = |token: &str| {
        let mut request = set("1", "/InvokeCommand", &people[0]);
        request["headers"]["Authorization"] = format!("Bearer {token}").into();
        request
    };
    lab.order("faults", "item-token=1,text-status=1").await;
    let refused = answers(&lab, Some(&token), &[inside(&token)]).await;
    assert_eq!(refused[0]["status"], "401");
    assert_eq!(lab.mailbox(&people[0]).await["IsExchangeCloudManaged"], false);
    let newer = lab.app_token(EXCHANGE).await;
    assert_ne!(token, newer);
    let taken = answers(&lab, Some(&token), &[inside(&newer)]).await;
    assert!(taken[0]["status"].as_str().unwrap().starts_with("20"));
}
