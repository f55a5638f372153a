//! The sign-in service: every grant, its refusals, and what tokens hold.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::{Response, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;

use crate::lab::{EXCHANGE, EXCHANGE_CLIENT, GRAPH, Lab, claims, json_of, options, refusal};

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

struct Device {
    code: String,
    client: &'static str,
}

async fn device(lab: &Lab, scope: &str) -> Device {
    let answer = lab
        .form("devicecode", &[("client_id", EXCHANGE_CLIENT), ("scope", scope)])
        .await;
    assert_eq!(answer.status(), 200);
    let body = json_of(answer).await;
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .contains(body["user_code"].as_str().unwrap())
    );
    assert_eq!(
        (body["interval"].as_u64(), body["expires_in"].as_u64()),
        (Some(1), Some(900))
    );
    assert!(body["verification_uri"].is_string());
    Device {
        code: body["device_code"].as_str().unwrap().to_owned(),
        client: EXCHANGE_CLIENT,
    }
}

async fn poll(lab: &Lab, device: &Device) -> Response {
    let fields = [
        ("grant_type", DEVICE_GRANT),
        ("device_code", &device.code),
        ("client_id", device.client),
    ];
    lab.form("token", &fields).await
}

#[tokio::test]
async fn a_device_code_approves_itself_at_the_second_poll() {
    let lab = Lab::start(options()).await;
    let device = device(
        &lab,
        &format!("{EXCHANGE}/.default openid profile offline_access"),
    )
    .await;
    assert_eq!(
        refusal(poll(&lab, &device).await).await.1,
        "authorization_pending"
    );
    assert_eq!(refusal(poll(&lab, &device).await).await.1, "slow_down");
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    let body = json_of(poll(&lab, &device).await).await;
    let token = claims(body["access_token"].as_str().unwrap());
    assert_eq!(token["aud"], EXCHANGE);
    assert_eq!(token["scp"], "Exchange.Manage");
    assert_eq!(token["upn"], "admin@contoso.onmicrosoft.com");
    assert_eq!(token["preferred_username"], token["upn"]);
    let identity = claims(body["id_token"].as_str().unwrap());
    assert_eq!(identity["aud"], EXCHANGE_CLIENT);
    assert!(identity["sub"].is_string());
    assert_eq!(
        refusal(poll(&lab, &device).await).await.1,
        "bad_verification_code"
    );

    // One sign-in covers the other resource too, and each answer brings the next refresh token.
    let refresh = body["refresh_token"].as_str().unwrap();
    let scope = format!("{}/.default", lab.ready().graph);
    let fields = |ticket: &str| {
        [
            ("grant_type", "refresh_token"),
            ("client_id", EXCHANGE_CLIENT),
            ("refresh_token", ticket),
            ("scope", scope.as_str()),
        ]
        .map(|(name, value)| (name, value.to_owned()))
    };
    let ask = async |ticket: &str| {
        lab.client
            .post(lab.login("token"))
            .form(&fields(ticket))
            .send()
            .await
            .unwrap()
    };
    let next = json_of(ask(refresh).await).await;
    assert_eq!(claims(next["access_token"].as_str().unwrap())["aud"], GRAPH);
    assert!(next.get("id_token").is_none(), "openid was not asked for");
    let second = next["refresh_token"].as_str().unwrap();
    assert_ne!(second, refresh);
    assert_eq!(ask(second).await.status(), 200);
    assert_eq!(refusal(ask("made up").await).await.1, "invalid_grant");
    lab.order("tokens/revoke", "").await;
    assert_eq!(refusal(ask(second).await).await.2, 50_173);
}

#[tokio::test]
async fn device_codes_can_be_approved_expired_and_mixed_up() {
    let lab = Lab::start(options()).await;
    let scope = format!("{EXCHANGE}/.default");
    let first = device(&lab, &scope).await;
    assert_eq!(lab.order("approve", "").await, 200);
    let body = json_of(poll(&lab, &first).await).await;
    assert!(body["access_token"].is_string());
    assert!(
        body.get("refresh_token").is_none(),
        "offline_access was not asked for"
    );

    let second = device(&lab, &scope).await;
    let other = Device {
        client: "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        code: second.code.clone(),
    };
    assert_eq!(refusal(poll(&lab, &other).await).await.1, "invalid_grant");
    lab.order("device-codes/expire", "").await;
    assert_eq!(refusal(poll(&lab, &second).await).await.1, "expired_token");
    let unknown = lab
        .form(
            "devicecode",
            &[
                ("client_id", "11111111-1111-4111-8111-111111111111"),
                ("scope", &scope),
            ],
        )
        .await;
    assert_eq!(refusal(unknown).await.2, 700_016);
}

const VERIFIER: &str = "a-verifier-of-sufficient-length-for-the-proof-key-0123";

async fn authorize(lab: &Lab, change: &[(&str, &str)]) -> (StatusCode, Option<Url>) {
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let scope = format!("{EXCHANGE}/.default openid offline_access");
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", EXCHANGE_CLIENT),
        ("redirect_uri", "http://localhost:51234/done"),
        ("scope", &scope),
        ("state", "a state/with+signs"),
        ("nonce", "n-1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in change {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    let answer = lab
        .client
        .get(lab.login("authorize"))
        .query(&fields)
        .send()
        .await
        .unwrap();
    let back = answer
        .headers()
        .get("location")
        .map(|value| Url::parse(value.to_str().unwrap()).unwrap());
    (answer.status(), back)
}

fn part(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn the_browser_comes_back_with_a_code_and_a_proof_redeems_it() {
    let lab = Lab::start(options()).await;
    let (status, back) = authorize(&lab, &[]).await;
    let back = back.unwrap();
    assert_eq!(status, 302);
    assert_eq!(
        (back.host_str(), back.port(), back.path()),
        (Some("localhost"), Some(51234), "/done")
    );
    assert_eq!(part(&back, "state").unwrap(), "a state/with+signs");
    let code = part(&back, "code").unwrap();
    let redeem = async |verifier: &str, redirect: &str| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", EXCHANGE_CLIENT),
            ("code", &code),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
        ];
        lab.form("token", &fields).await
    };
    let home = "http://localhost:51234/done";
    assert_eq!(refusal(redeem("another-verifier", home).await).await.2, 501_481);
    assert_eq!(
        refusal(redeem(VERIFIER, "http://localhost:51234/else").await)
            .await
            .2,
        500_112
    );
    let body = json_of(redeem(VERIFIER, home).await).await;
    assert_eq!(
        claims(body["access_token"].as_str().unwrap())["scp"],
        "Exchange.Manage"
    );
    assert_eq!(claims(body["id_token"].as_str().unwrap())["nonce"], "n-1");
    assert!(body["refresh_token"].is_string());
    assert_eq!(refusal(redeem(VERIFIER, home).await).await.2, 54_005);

    for change in [
        ("code_challenge_method", "plain"),
        ("code_challenge", ""),
        ("response_type", "token"),
        ("scope", "https://x.example/.default"),
    ] {
        let back = authorize(&lab, &[change]).await.1.unwrap();
        assert!(
            part(&back, "error").is_some() && part(&back, "code").is_none(),
            "{change:?}"
        );
        assert!(part(&back, "error_description").unwrap().starts_with("AADSTS"));
        assert!(part(&back, "state").is_some());
    }
    for change in [
        ("redirect_uri", "https://elsewhere.example/"),
        ("client_id", "nobody"),
    ] {
        let (status, back) = authorize(&lab, &[change]).await;
        assert!(
            status == 400 && back.is_none(),
            "nothing goes to an address that is not trusted"
        );
    }
}

#[tokio::test]
async fn exchange_checks_every_token() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let status = async |token: &str| lab.run(token, "Get-AcceptedDomain", json!({})).await.0.as_u16();
    assert_eq!(status(&token).await, 200);
    assert_eq!(
        status(&lab.app_token(GRAPH).await).await,
        401,
        "a token for Graph"
    );
    assert_eq!(status("not.a.token").await, 401);
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let mut changed = claims(&token);
    changed["exp"] = json!(4_000_000_000_u64);
    parts[1] = BASE64_URL_SAFE_NO_PAD.encode(changed.to_string());
    assert_eq!(status(&parts.join(".")).await, 401, "a changed token");
    let bare = lab.client.post(lab.invoke_url()).body("{}").send().await.unwrap();
    assert_eq!(bare.status(), 401);
    assert!(bare.headers().contains_key("www-authenticate"));

    assert_eq!(lab.order("tokens/expire", "").await, 204);
    assert_eq!(status(&token).await, 401);
    assert_eq!(lab.order("tokens/lifetime", "2").await, 204);
    let short = lab.app_token(EXCHANGE).await;
    assert_eq!(status(&short).await, 200);
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert_eq!(status(&short).await, 401);
}

#[tokio::test]
async fn tests_can_order_a_refusal() {
    let lab = Lab::start(options()).await;
    assert_eq!(lab.order("refuse-sign-in", "53003").await, 204);
    let scope = format!("{EXCHANGE}/.default");
    let device = device(&lab, &scope).await;
    lab.order("approve", "").await;
    let body = json_of(poll(&lab, &device).await).await;
    assert_eq!(
        (&body["error_codes"], &body["suberror"]),
        (&json!([53003]), &json!("message_only"))
    );
    assert_eq!(lab.order("refuse-sign-in", "1").await, 400);
    assert_eq!(lab.order("refuse-sign-in", "").await, 204);
    lab.app_token(EXCHANGE).await;
}
