//! Starting, stopping, the ready file, and sizes.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use handover::sandbox::{Options, Ready, Sandbox, StartError};
use serde_json::{Value, json};

use crate::lab::{EXCHANGE, Lab, json_of, options};

#[tokio::test]
async fn the_ready_file_names_what_the_contract_names() {
    let lab = Lab::start(options()).await;
    let ready: Value = serde_json::to_value(lab.ready()).unwrap();
    let names: Vec<&str> = ready.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "login",
            "graph",
            "exchange",
            "ldap",
            "control",
            "tenantId",
            "clientId",
            "clientSecret",
            "bindUser",
            "bindPassword"
        ]
    );
    for name in ["ldap", "bindUser", "bindPassword"] {
        assert!(ready[name].is_null());
    }
    assert_eq!(serde_json::from_value::<Ready>(ready).unwrap(), *lab.ready());

    let config: toml::Table = lab.ready().config_toml().parse().unwrap();
    assert_eq!(config["default_profile"].as_str(), Some("sandbox"));
    let profile = &config["profile"]["sandbox"];
    assert_eq!(profile["cloud"].as_str(), Some("custom"));
    assert_eq!(profile["auth"]["method"].as_str(), Some("client-secret"));
    assert_eq!(
        profile["auth"]["client_id"].as_str(),
        Some(lab.ready().client_id.as_str())
    );
    assert_eq!(
        profile["endpoints"]["exchange"].as_str(),
        Some(lab.ready().exchange.as_str())
    );
    assert!(!lab.ready().config_toml().contains(&lab.ready().client_secret));
}

#[tokio::test]
async fn the_same_seed_is_the_same_tenant() {
    let (one, two) = (Lab::start(options()).await, Lab::start(options()).await);
    let other = Lab::start(Options {
        seed: 43,
        ..options()
    })
    .await;
    let mut pages = Vec::new();
    for lab in [&one, &two, &other] {
        let token = lab.app_token(EXCHANGE).await;
        pages.push(
            lab.all(
                &token,
                "ExternalDirectoryObjectId,DisplayName,EmailAddresses,WhenChangedUTC",
                json!({}),
            )
            .await,
        );
    }
    assert!(pages[0] == pages[1] && pages[0] != pages[2]);
    assert_eq!(one.ready().client_secret, two.ready().client_secret);
    assert_ne!(one.ready().tenant_id, other.ready().tenant_id);
}

#[tokio::test]
async fn only_this_machine_is_served() {
    let outside: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let refused = Sandbox::start(Options {
        listen: outside,
        ..options()
    })
    .await;
    assert!(matches!(refused, Err(StartError::NotLoopback(_))));
    let lab = Lab::start(options()).await;
    let taken = lab.ready().login["http://".len()..]
        .split('/')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let refused = Sandbox::start(Options {
        listen: taken,
        ..options()
    })
    .await;
    assert!(matches!(refused, Err(StartError::Listen { address, .. }) if address == taken));
}

#[tokio::test]
async fn it_stops_even_while_somebody_waits() {
    let lab = Lab::start(Options {
        latency: Duration::from_secs(30),
        ..options()
    })
    .await;
    let token = lab.app_token(EXCHANGE).await;
    let request = lab
        .invoke(&token, &lab.invoke_url(), "Get-AcceptedDomain", &json!({}))
        .send();
    let waiting = tokio::spawn(request);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (start, login) = (Instant::now(), lab.ready().login.clone());
    lab.sandbox.stop().await;
    assert!(start.elapsed() < Duration::from_secs(3));
    assert!(lab.client.get(login).send().await.is_err());
    waiting.abort();
}

#[tokio::test]
async fn the_largest_tenant_starts_quickly_and_serves_its_last_page() {
    let start = Instant::now();
    let lab = Lab::start(Options {
        mailboxes: 600_000,
        ..options()
    })
    .await;
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?} in a debug build",
        start.elapsed()
    );
    let token = lab.app_token(EXCHANGE).await;
    let parameters = json!({"Filter": "DisplayName -like '*Schmidt*'", "ResultSize": "Unlimited"});
    let request = lab.invoke(
        &token,
        &format!("{}?$select=ExternalDirectoryObjectId,Alias", lab.invoke_url()),
        "Get-Mailbox",
        &parameters,
    );
    let body = json_of(
        request
            .header("prefer", "odata.maxpagesize=1000")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(body["value"].as_array().unwrap().len(), 1_000);
    let rows = body["value"].as_array().unwrap();
    assert!(
        rows.iter()
            .any(|row| row["Alias"].as_str().unwrap().ends_with("schmidt5"))
    );
    for row in rows.iter().step_by(97) {
        let (_, found) = lab
            .run(&token, "Get-Mailbox", json!({"Identity": row["Alias"]}))
            .await;
        assert_eq!(
            found["value"][0]["ExternalDirectoryObjectId"],
            row["ExternalDirectoryObjectId"]
        );
        let id = row["ExternalDirectoryObjectId"].as_str().unwrap();
        assert_eq!(lab.mailbox(id).await["Alias"], row["Alias"]);
    }
}
