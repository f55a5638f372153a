//! Sign-in of an application: secret and certificate.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use reqwest::Response;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::lab::{EXCHANGE, EXCHANGE_CLIENT, GRAPH, Lab, claims, options, refusal};

/// Made for these tests; opens nothing.
const KEY: &[u8] = include_bytes!("test-only-key.der");
const CERTIFICATE: &str = include_str!("test-only-certificate.pem");

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
