//! Faults, the concurrency cap and latency.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::join_all;
use handover::sandbox::Options;
use serde_json::{Value, json};

use crate::lab::{EXCHANGE, Lab, json_of, options, says, truth, with_faults};

/// A sandbox under faults, with a token that was fetched before anything went wrong.
async fn under(spec: &str) -> (Lab, String) {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    assert_eq!(lab.order("faults", spec).await, 204);
    (lab, token)
}

#[tokio::test]
async fn always_means_always() {
    for (spec, statuses) in [("throttle=1", vec![429]), ("error=1", vec![500, 503, 504, 400])] {
        let (lab, token) = under(spec).await;
        for _ in 0..20 {
            let answer = lab.run(&token, "Get-AcceptedDomain", json!({})).await;
            assert!(statuses.contains(&answer.0.as_u16()), "{spec}: {answer:?}");
        }
        assert_eq!(lab.control("state").await["faultsInjected"], 20);
    }
}

#[tokio::test]
async fn throttled_answers_mostly_say_how_long_to_wait() {
    let (lab, token) = under("throttle=1").await;
    let mut waits = 0;
    for _ in 0..40 {
        let answer = lab
            .invoke(&token, &lab.invoke_url(), "Get-AcceptedDomain", &json!({}))
            .send()
            .await
            .unwrap();
        if let Some(wait) = answer.headers().get("retry-after") {
            let wait: f64 = wait.to_str().unwrap().parse().unwrap();
            assert!(wait > 0.0 && wait < 0.5 && wait.fract() > 0.0);
            waits += 1;
        }
    }
    assert!(waits > 20 && waits < 40, "{waits}");
    assert_eq!(lab.control("state").await["throttled"], 40);
}

#[tokio::test]
async fn a_reset_comes_before_or_after_the_write() {
    let (lab, token) = under("").await;
    let people = lab.on_premises(&token).await;
    lab.order("faults", "reset=1").await;
    for id in &people[..24] {
        let parameters = json!({"Identity": id, "IsExchangeCloudManaged": true});
        let answer = lab
            .invoke(&token, &lab.invoke_url(), "Set-Mailbox", &parameters)
            .send()
            .await;
        assert!(answer.is_err(), "the connection must close without an answer");
    }
    let total = lab.control("writes").await["total"].as_u64().unwrap();
    assert!(total > 3 && total < 21, "{total}");
}

#[tokio::test]
async fn a_false_failure_was_carried_out() {
    let (lab, token) = under("").await;
    let id = lab.on_premises(&token).await.remove(0);
    lab.order("faults", "false-failure=1").await;
    let (status, body) = lab
        .set(&token, &id, json!({"IsExchangeCloudManaged": true}))
        .await;
    assert_eq!(status, 500);
    assert_eq!(body["error"]["message"], "");
    assert_eq!(lab.mailbox(&id).await["IsExchangeCloudManaged"], true);
}

#[tokio::test]
async fn redirects_lead_to_another_port_or_astray() {
    let (lab, token) = under("redirect=1").await;
    let parameters = json!({"ResultSize": "Unlimited"});
    let url = format!("{}?$select=Alias", lab.invoke_url());
    let answer = lab
        .invoke(&token, &url, "Get-Mailbox", &parameters)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 307);
    let regional = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(regional.starts_with("http://127.0.0.1:") && !regional.starts_with(&lab.ready().exchange));
    assert!(regional.ends_with("InvokeCommand?$select=Alias"));
    assert_eq!(
        lab.client
            .post(&regional)
            .body("{}")
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
    let body = json_of(
        lab.invoke(&token, &regional, "Get-Mailbox", &parameters)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert!(says(&body["value"], "Alias"));
    assert_eq!(
        &body["@odata.nextLink"].as_str().unwrap()[..22],
        &regional[..22],
        "links stay at the region"
    );

    lab.order("faults", "foreign-redirect=1").await;
    let answer = lab
        .invoke(&token, &url, "Get-Mailbox", &parameters)
        .send()
        .await
        .unwrap();
    let astray = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(!astray.starts_with("http://127.0.0.1:"), "{astray}");
    if astray.starts_with("http://127.0.0.77:") {
        lab.invoke(&token, &astray, "Get-Mailbox", &parameters)
            .send()
            .await
            .unwrap();
        let state = lab.control("state").await;
        assert_eq!(
            (&state["foreignRequests"], &state["foreignTokens"]),
            (&json!(1), &json!(1))
        );
    }
}

#[tokio::test]
async fn bodies_lie_break_off_and_never_end() {
    let (lab, token) = under("gzip-lie=1").await;
    let ask = async || {
        let request = lab.invoke(
            &token,
            &lab.invoke_url(),
            "Get-Mailbox",
            &json!({"ResultSize": "Unlimited"}),
        );
        request
            .header("prefer", "odata.maxpagesize=10")
            .send()
            .await
            .unwrap()
    };
    let answer = ask().await;
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    assert!(serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).is_ok());

    lab.order("faults", "malformed=1").await;
    let answer = ask().await;
    assert_eq!(answer.status(), 200);
    assert!(serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).is_err());

    lab.order("faults", "huge-body=1").await;
    let mut pieces = ask().await.bytes_stream();
    let mut seen = 0;
    while seen < 8 << 20 {
        seen += pieces.next().await.unwrap().unwrap().len();
    }
}

#[tokio::test]
async fn links_repeat_lead_astray_or_are_missing() {
    let (lab, token) = under("endless-pages=1").await;
    let ask = async |url: &str| {
        let request = lab.invoke(&token, url, "Get-Mailbox", &json!({"ResultSize": "Unlimited"}));
        json_of(
            request
                .header("prefer", "odata.maxpagesize=100")
                .send()
                .await
                .unwrap(),
        )
        .await
    };
    let first = ask(&lab.invoke_url()).await;
    let link = first["@odata.nextLink"].as_str().unwrap().to_owned();
    let second = ask(&link).await;
    assert_eq!(second["@odata.nextLink"], *link);
    assert_eq!(second["value"], first["value"]);

    lab.order("faults", "foreign-link=1").await;
    let link = ask(&lab.invoke_url()).await["@odata.nextLink"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        !link.starts_with("http://127.0.0.1:") && link.contains("/adminapi/beta/"),
        "{link}"
    );

    lab.order("faults", "truncated=1").await;
    let body = ask(&lab.invoke_url()).await;
    assert!(body.get("@odata.nextLink").is_none() && body.get("@adminapi.warnings").is_some());
}

#[tokio::test]
async fn a_flag_can_be_unknown() {
    let (lab, token) = under("unknown-flag=1").await;
    let rows = lab
        .all(
            &token,
            "Alias,IsExchangeCloudManaged",
            json!({"ResultSize": "Unlimited"}),
        )
        .await;
    let absent = rows
        .iter()
        .filter(|row| row.get("IsExchangeCloudManaged").is_none())
        .count();
    assert!(absent > 0 && absent < rows.len());
    assert!(rows.iter().all(|row| row["IsExchangeCloudManaged"].is_null()));
}

#[tokio::test]
async fn a_flag_can_revert_and_errors_can_hide_in_success() {
    let (lab, token) = under("").await;
    let id = lab.on_premises(&token).await.remove(0);
    lab.order("faults", "revert=1,error-in-success=1").await;
    lab.set(&token, &id, json!({"IsExchangeCloudManaged": true}))
        .await;
    assert!(truth(&lab.mailbox(&id).await["IsExchangeCloudManaged"]));
    let (status, body) = lab
        .run(&token, "Get-Mailbox", json!({"Identity": "nobody"}))
        .await;
    assert_eq!(status, 200);
    assert!(says(&body["@adminapi.errors"], "couldn't be found"));
    let count = lab.control("state").await["cloudManaged"].as_u64().unwrap();
    tokio::time::sleep(Duration::from_millis(1_400)).await;
    assert!(!truth(&lab.mailbox(&id).await["IsExchangeCloudManaged"]));
    assert_eq!(
        lab.control("state").await["cloudManaged"].as_u64(),
        Some(count - 1)
    );
}

#[tokio::test]
async fn slow_answers_and_latency_take_their_time() {
    let lab = Lab::start(Options {
        latency: Duration::from_millis(60),
        ..options()
    })
    .await;
    let token = lab.app_token(EXCHANGE).await;
    let timed = async || {
        let start = Instant::now();
        assert_eq!(lab.run(&token, "Get-AcceptedDomain", json!({})).await.0, 200);
        start.elapsed()
    };
    assert!(timed().await >= Duration::from_millis(60));
    lab.order("faults", "slow=1").await;
    let slow = timed().await;
    assert!(
        slow >= Duration::from_millis(500) && slow < Duration::from_secs(4),
        "{slow:?}"
    );
}

#[tokio::test]
async fn the_cap_refuses_with_plain_text() {
    let options = Options {
        latency: Duration::from_millis(150),
        concurrency: 3,
        ..options()
    };
    let lab = Lab::start(options).await;
    let token = lab.app_token(EXCHANGE).await;
    let parameters = json!({});
    let url = lab.invoke_url();
    let calls = (0..12).map(|_| lab.invoke(&token, &url, "Get-AcceptedDomain", &parameters).send());
    let (mut good, mut refused) = (0, 0);
    for answer in join_all(calls).await {
        let answer = answer.unwrap();
        if answer.status() == 200 {
            good += 1;
        } else {
            assert!([429, 400, 503].contains(&answer.status().as_u16()));
            let text = answer.text().await.unwrap();
            assert!(
                text.starts_with("You have reached the maximum number of concurrent requests per tenant")
            );
            refused += 1;
        }
    }
    assert!(good >= 3 && refused > 0, "{good} {refused}");
    let state = lab.control("state").await;
    assert_eq!(state["maxConcurrent"], 3);
    assert_eq!(state["throttled"], refused);
    assert!(state["maxOffered"].as_u64().unwrap() > 3);
}

#[tokio::test]
async fn faults_change_while_it_runs_and_wrong_ones_are_refused() {
    let lab = Lab::start(with_faults("throttle=1")).await;
    let token = lab.app_token(EXCHANGE).await;
    assert_eq!(lab.run(&token, "Get-AcceptedDomain", json!({})).await.0, 429);
    assert_eq!(lab.order("faults", "storm=1").await, 400);
    assert_eq!(lab.order("faults", "").await, 204);
    assert_eq!(lab.run(&token, "Get-AcceptedDomain", json!({})).await.0, 200);
}

#[tokio::test]
async fn warnings_can_stand_in_the_header_alone_and_values_can_be_missing() {
    let (lab, token) = under("truncated=1,header-warning=1").await;
    let ask = async |url: &str| {
        let request = lab.invoke(&token, url, "Get-Mailbox", &json!({"ResultSize": "Unlimited"}));
        request
            .header("prefer", "odata.maxpagesize=100")
            .send()
            .await
            .unwrap()
    };
    let answer = ask(&lab.invoke_url()).await;
    assert!(
        answer.headers()["x-warnings"]
            .to_str()
            .unwrap()
            .starts_with("There are more results")
    );
    let body = json_of(answer).await;
    assert!(body.get("@adminapi.warnings").is_none() && body.get("@odata.nextLink").is_none());

    lab.order("faults", "no-value=1").await;
    let first = json_of(ask(&lab.invoke_url()).await).await;
    assert!(first["value"].is_array());
    let link = first["@odata.nextLink"].as_str().unwrap();
    assert!(json_of(ask(link).await).await.get("value").is_none());
}

#[tokio::test]
async fn late_answers_tell_to_wait_after_the_work_was_done() {
    let (lab, token) = under("").await;
    let id = lab.on_premises(&token).await.remove(0);
    lab.order("faults", "late-busy=1").await;
    let parameters = json!({"Identity": id, "IsExchangeCloudManaged": true});
    let answer = lab
        .invoke(&token, &lab.invoke_url(), "Set-Mailbox", &parameters)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 503);
    assert!(
        answer.headers()["retry-after"]
            .to_str()
            .unwrap()
            .starts_with("0.")
    );
    assert_eq!(lab.mailbox(&id).await["IsExchangeCloudManaged"], true);
    lab.order("faults", "long-wait=1").await;
    let answer = lab
        .invoke(&token, &lab.invoke_url(), "Set-Mailbox", &parameters)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"3600".parse().unwrap())
    );
}

#[tokio::test]
async fn passing_faults_inside_a_success_carry_nothing_out() {
    let (lab, token) = under("").await;
    let id = lab.on_premises(&token).await.remove(0);
    lab.order("faults", "passing-in-success=1").await;
    let (status, body) = lab
        .set(&token, &id, json!({"IsExchangeCloudManaged": true}))
        .await;
    assert_eq!(status, 200);
    assert!(says(&body["@adminapi.errors"], "temporarily unavailable"));
    assert_eq!(lab.mailbox(&id).await["IsExchangeCloudManaged"], false);
}

#[tokio::test]
async fn redirects_come_with_other_statuses_and_regions_fail() {
    let (lab, token) = under("odd-redirect=1,regional-down=1").await;
    let mut seen = std::collections::BTreeSet::new();
    let mut regional = String::new();
    for _ in 0..24 {
        let answer = lab
            .invoke(&token, &lab.invoke_url(), "Get-AcceptedDomain", &json!({}))
            .send()
            .await
            .unwrap();
        seen.insert(answer.status().as_u16());
        answer.headers()["location"]
            .to_str()
            .unwrap()
            .clone_into(&mut regional);
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [301, 302, 308]);
    let answer = lab
        .invoke(&token, &regional, "Get-AcceptedDomain", &json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 503);
}
