//! The sandbox against its contract: every request is written by hand here, none by the clients it will referee.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use handover::sandbox::{Faults, Options, Ready, Sandbox, StartError};
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use serde_json::{Value, json};

/// A running sandbox and a plain client: no redirects, no decompression.
struct Lab {
    sandbox: Sandbox,
    client: Client,
}

fn options() -> Options {
    Options {
        mailboxes: 2_000,
        seed: 42,
        ..Options::default()
    }
}

fn with_faults(spec: &str) -> Options {
    Options {
        faults: Faults::parse(spec).unwrap(),
        ..options()
    }
}

impl Lab {
    async fn start(options: Options) -> Self {
        // Another test of this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            sandbox: Sandbox::start(options).await.unwrap(),
            client,
        }
    }

    fn ready(&self) -> &Ready {
        self.sandbox.ready()
    }

    fn login(&self, endpoint: &str) -> String {
        format!(
            "{}/{}/oauth2/v2.0/{endpoint}",
            self.ready().login,
            self.ready().tenant_id
        )
    }

    async fn form(&self, endpoint: &str, fields: &[(&str, &str)]) -> Response {
        self.client
            .post(self.login(endpoint))
            .form(fields)
            .send()
            .await
            .unwrap()
    }

    /// An app-only token for a resource root.
    async fn app_token(&self, resource: &str) -> String {
        let ready = self.ready();
        let scope = format!("{resource}/.default");
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", &ready.client_id),
            ("client_secret", &ready.client_secret),
            ("scope", &scope),
        ];
        let answer = self.form("token", &fields).await;
        assert_eq!(answer.status(), 200);
        let body: Value = json_of(answer).await;
        body["access_token"].as_str().unwrap().to_owned()
    }

    fn invoke_url(&self) -> String {
        format!(
            "{}/adminapi/beta/{}/InvokeCommand",
            self.ready().exchange,
            self.ready().tenant_id
        )
    }

    fn invoke(&self, token: &str, url: &str, cmdlet: &str, parameters: &Value) -> RequestBuilder {
        self.client
            .post(url)
            .bearer_auth(token)
            .header("content-type", "application/json; charset=utf-8")
            .body(json!({"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}}).to_string())
    }

    async fn run(&self, token: &str, cmdlet: &str, parameters: Value) -> (StatusCode, Value) {
        let answer = self
            .invoke(token, &self.invoke_url(), cmdlet, &parameters)
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let bytes = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// All mailboxes, page by page, as the facts say: re-POST of the same body.
    async fn all(&self, token: &str, select: &str, parameters: Value) -> Vec<Value> {
        let mut url = format!("{}?$select={select}", self.invoke_url());
        let mut rows = Vec::new();
        loop {
            let request = self.invoke(token, &url, "Get-Mailbox", &parameters);
            let answer = request
                .header("prefer", "odata.maxpagesize=1000")
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 200);
            let body: Value = json_of(answer).await;
            rows.extend(body["value"].as_array().unwrap().iter().cloned());
            match body["@odata.nextLink"].as_str() {
                Some(link) => url = link.to_owned(),
                None => return rows,
            }
        }
    }

    async fn control(&self, path: &str) -> Value {
        let answer = self
            .client
            .get(format!("{}/{path}", self.ready().control))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        json_of(answer).await
    }

    async fn order(&self, path: &str, body: &str) -> StatusCode {
        let url = format!("{}/{path}", self.ready().control);
        self.client
            .post(url)
            .body(body.to_owned())
            .send()
            .await
            .unwrap()
            .status()
    }
}

async fn json_of(answer: Response) -> Value {
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        Value::String(text) => text == "True",
        other => panic!("{other} is no flag"),
    }
}

/// Every text in an answer, so that tests need not know the shape of an error.
fn says(answer: &Value, text: &str) -> bool {
    answer.to_string().contains(text)
}

const EXCHANGE: &str = "https://outlook.office365.com";

#[tokio::test]
async fn a_secret_opens_exchange_and_a_flag_can_be_set() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let select = "ExternalDirectoryObjectId,IsDirSynced,IsExchangeCloudManaged,RecipientTypeDetails";
    let rows = lab.all(&token, select, json!({"ResultSize": "Unlimited"})).await;
    assert_eq!(rows.len(), 2_000);
    let state = lab.control("state").await;
    assert_eq!(state["mailboxes"], 2_000);
    assert_eq!(
        state["dirSynced"],
        rows.iter().filter(|row| truth(&row["IsDirSynced"])).count()
    );
    assert_eq!(
        state["cloudManaged"],
        rows.iter()
            .filter(|row| truth(&row["IsExchangeCloudManaged"]))
            .count()
    );
    assert!(state["cloudManaged"].as_u64().unwrap() > 0);

    let row = rows
        .iter()
        .find(|row| {
            row["RecipientTypeDetails"] == "UserMailbox"
                && truth(&row["IsDirSynced"])
                && !truth(&row["IsExchangeCloudManaged"])
        })
        .unwrap();
    let id = row["ExternalDirectoryObjectId"].as_str().unwrap();
    let (status, _) = lab
        .run(
            &token,
            "Set-Mailbox",
            json!({"Identity": id, "IsExchangeCloudManaged": true}),
        )
        .await;
    assert!(status.is_success());
    let mailbox = lab.control(&format!("mailboxes/{id}")).await;
    assert_eq!(mailbox["IsExchangeCloudManaged"], true);
    assert_eq!(mailbox["setCalls"], 1);
    let after = lab.control("state").await;
    assert_eq!(
        after["cloudManaged"].as_u64(),
        state["cloudManaged"].as_u64().map(|count| count + 1)
    );
    assert_eq!(after["setCalls"], 1);
}
