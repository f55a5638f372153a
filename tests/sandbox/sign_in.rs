//! The sign-in service: every grant, its refusals, and what tokens hold.

use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use reqwest::{Response, StatusCode};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use crate::lab::{EXCHANGE, Lab, json_of, options};

const GRAPH: &str = "https://graph.microsoft.com";
const EXCHANGE_CLIENT: &str = "fb78d390-0c51-40cd-8e17-fdbfab77341b";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Made for these tests; opens nothing.
const KEY: &[u8] = include_bytes!("test-only-key.der");
const CERTIFICATE: &str = include_str!("test-only-certificate.pem");

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

async fn refusal(answer: Response) -> (StatusCode, String, u64) {
    let status = answer.status();
    let body = json_of(answer).await;
    let text = body["error_description"].as_str().unwrap();
    let code = body["error_codes"][0].as_u64().unwrap();
    assert!(text.starts_with(&format!("AADSTS{code}: ")), "{text}");
    for part in [" Trace ID: ", " Correlation ID: ", " Timestamp: "] {
        assert!(text.contains(part), "{text}");
    }
    (status, body["error"].as_str().unwrap().to_owned(), code)
}

#[tokio::test]
async fn a_secret_gives_an_application_its_roles() {
    let lab = Lab::start(options()).await;
    let ready = lab.ready();
    for (resource, audience, role) in [
        (EXCHANGE, EXCHANGE, "Exchange.ManageAsApp"),
        (ready.exchange.as_str(), EXCHANGE, "Exchange.ManageAsApp"),
        (GRAPH, GRAPH, "Organization.Read.All"),
        (ready.graph.as_str(), GRAPH, "Organization.Read.All"),
    ] {
        let claims = claims(&lab.app_token(resource).await);
        assert_eq!(claims["aud"], audience);
        assert_eq!(claims["tid"], *ready.tenant_id);
        assert_eq!(claims["appid"], *ready.client_id);
        assert_eq!(
            claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
            3600
        );
        assert!(claims["roles"].as_array().unwrap().contains(&json!(role)));
        assert!(claims.get("scp").is_none() && claims.get("upn").is_none() && claims["oid"].is_string());
    }
    let basic = BASE64_STANDARD.encode(format!(
        "{}:{}",
        ready.client_id,
        ready.client_secret.replace('~', "%7E")
    ));
    let request = lab
        .client
        .post(lab.login("token"))
        .header("authorization", format!("Basic {basic}"));
    let scope = format!("{EXCHANGE}/.default");
    let answer = request
        .form(&[("grant_type", "client_credentials"), ("scope", &scope)])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn wrong_client_credentials_are_refused_as_entra_does() {
    let lab = Lab::start(options()).await;
    let ready = lab.ready();
    let scope = format!("{EXCHANGE}/.default");
    let good = [
        ("grant_type", "client_credentials"),
        ("client_id", ready.client_id.as_str()),
        ("client_secret", ready.client_secret.as_str()),
        ("scope", scope.as_str()),
    ];
    let with = |name: &str, value: &'static str| {
        good.map(|(known, kept)| {
            if known == name {
                (known, value)
            } else {
                (known, kept)
            }
        })
    };
    let cases: [(&str, &'static str, u16, &str, u64); 7] = [
        ("client_secret", "wrong", 401, "invalid_client", 7_000_215),
        ("client_id", EXCHANGE_CLIENT, 400, "unauthorized_client", 700_016),
        ("client_id", "", 400, "invalid_request", 900_144),
        (
            "scope",
            "https://outlook.office365.com/Exchange.Manage",
            400,
            "invalid_scope",
            1_002_012,
        ),
        (
            "scope",
            "https://elsewhere.example/.default",
            400,
            "invalid_resource",
            500_011,
        ),
        (
            "scope",
            "https://graph.microsoft.com/.default https://outlook.office365.com/.default",
            400,
            "invalid_request",
            28_000,
        ),
        ("grant_type", "password", 400, "unsupported_grant_type", 70_003),
    ];
    for (name, value, status, error, code) in cases {
        let answer = refusal(lab.form("token", &with(name, value)).await).await;
        assert_eq!(
            (answer.0.as_u16(), answer.1.as_str(), answer.2),
            (status, error, code),
            "{name}={value}"
        );
    }
    let elsewhere = |tenant: &str| {
        lab.client
            .post(format!("{}/{tenant}/oauth2/v2.0/token", ready.login))
            .form(&good)
            .send()
    };
    assert_eq!(
        refusal(elsewhere("fabrikam.example").await.unwrap()).await.2,
        90_002
    );
    assert_eq!(refusal(elsewhere("organizations").await.unwrap()).await.2, 50_059);
    assert_eq!(elsewhere("contoso.onmicrosoft.com").await.unwrap().status(), 200);
    assert_eq!(
        refusal(lab.client.get(lab.login("token")).send().await.unwrap())
            .await
            .0,
        405
    );
}

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

/// An assertion by the test's own hand.
fn assertion(lab: &Lab, head: &Value, change: &[(&str, Value)]) -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let mut claims = json!({
        "aud": lab.login("token"), "iss": lab.ready().client_id, "sub": lab.ready().client_id,
        "jti": "a5f1", "nbf": now, "exp": now + 300,
    });
    for (name, value) in change {
        claims[*name] = if value == "now+" {
            json!(now + 4_000)
        } else {
            value.clone()
        };
    }
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(head), encode(&claims));
    let key = RsaKeyPair::from_der(KEY).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PSS_SHA256,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

async fn prove(lab: &Lab, assertion: &str) -> Response {
    let scope = format!("{EXCHANGE}/.default");
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", &lab.ready().client_id),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", assertion),
        ("scope", &scope),
    ];
    lab.form("token", &fields).await
}

#[tokio::test]
async fn a_certificate_proves_an_application() {
    let lab = Lab::start(options()).await;
    let der: String = CERTIFICATE
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let thumbprint = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(BASE64_STANDARD.decode(der).unwrap()));
    let head = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint});
    assert_eq!(prove(&lab, &assertion(&lab, &head, &[])).await.status(), 200);

    let wrong_heads = [
        json!({"alg": "RS256", "typ": "JWT", "x5t#S256": thumbprint}),
        json!({"alg": "PS256", "typ": "JWT", "x5t": thumbprint}),
        json!({"alg": "PS256", "typ": "JWT", "x5t#S256": "short"}),
    ];
    for head in &wrong_heads {
        assert_eq!(
            refusal(prove(&lab, &assertion(&lab, head, &[])).await).await.2,
            50_027,
            "{head}"
        );
    }
    for (name, value, code) in [
        (
            "aud",
            json!("https://login.microsoftonline.com/x/oauth2/v2.0/token"),
            700_023,
        ),
        ("iss", json!("someone"), 700_021),
        ("sub", json!("someone"), 700_021),
        ("exp", json!(1), 700_024),
        ("exp", json!("now+"), 700_024),
        ("nbf", json!("now+"), 700_024),
        ("jti", json!(""), 50_027),
    ] {
        let answer = refusal(prove(&lab, &assertion(&lab, &head, &[(name, value)])).await).await;
        assert_eq!(
            (answer.0.as_u16(), answer.1.as_str(), answer.2),
            (401, "invalid_client", code),
            "{name}"
        );
    }
    for broken in ["a.b", "a.b.c", "..", ""] {
        assert!(!prove(&lab, broken).await.status().is_success());
    }

    let good = assertion(&lab, &head, &[]);
    let forged = format!("{}{}", &good[..good.len() - 8], "AAAAAAAA");
    assert_eq!(
        prove(&lab, &forged).await.status(),
        200,
        "without a registered key only the form is checked"
    );
    let rsa_public_key = RsaKeyPair::from_der(KEY).unwrap().public().as_ref().to_vec();
    let control = format!("{}/certificate", lab.ready().control);
    for key in [rsa_public_key, CERTIFICATE.as_bytes().to_vec()] {
        assert_eq!(
            lab.client.post(&control).body(key).send().await.unwrap().status(),
            204
        );
        assert_eq!(prove(&lab, &good).await.status(), 200);
        assert_eq!(refusal(prove(&lab, &forged).await).await.2, 700_027);
    }
    let other = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": BASE64_URL_SAFE_NO_PAD.encode([7; 32])});
    assert_eq!(
        refusal(prove(&lab, &assertion(&lab, &other, &[])).await).await.2,
        700_027
    );
    assert_eq!(lab.order("certificate", "no key").await, 400);
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
    assert_eq!(lab.order("tokens/lifetime", "1").await, 204);
    let short = lab.app_token(EXCHANGE).await;
    assert_eq!(status(&short).await, 200);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
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
