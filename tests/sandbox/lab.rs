//! A sandbox with a plain client beside it.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use handover::sandbox::{Faults, Options, Ready, Sandbox};
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use serde_json::{Value, json};

/// A running sandbox and a plain client: no redirects, no decompression.
pub struct Lab {
    pub sandbox: Sandbox,
    pub client: Client,
}

pub fn options() -> Options {
    Options {
        mailboxes: 2_000,
        seed: 42,
        ..Options::default()
    }
}

pub fn with_faults(spec: &str) -> Options {
    Options {
        faults: Faults::parse(spec).unwrap(),
        ..options()
    }
}

impl Lab {
    pub async fn start(options: Options) -> Self {
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

    pub fn ready(&self) -> &Ready {
        self.sandbox.ready()
    }

    pub fn login(&self, endpoint: &str) -> String {
        format!(
            "{}/{}/oauth2/v2.0/{endpoint}",
            self.ready().login,
            self.ready().tenant_id
        )
    }

    pub async fn form(&self, endpoint: &str, fields: &[(&str, &str)]) -> Response {
        self.client
            .post(self.login(endpoint))
            .form(fields)
            .send()
            .await
            .unwrap()
    }

    /// An app-only token for a resource root.
    pub async fn app_token(&self, resource: &str) -> String {
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

    pub fn invoke_url(&self) -> String {
        format!(
            "{}/adminapi/beta/{}/InvokeCommand",
            self.ready().exchange,
            self.ready().tenant_id
        )
    }

    pub fn invoke(&self, token: &str, url: &str, cmdlet: &str, parameters: &Value) -> RequestBuilder {
        self.client
            .post(url)
            .bearer_auth(token)
            .header("content-type", "application/json; charset=utf-8")
            .body(json!({"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}}).to_string())
    }

    pub async fn run(&self, token: &str, cmdlet: &str, parameters: Value) -> (StatusCode, Value) {
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
    pub async fn all(&self, token: &str, select: &str, parameters: Value) -> Vec<Value> {
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

    pub async fn control(&self, path: &str) -> Value {
        let answer = self
            .client
            .get(format!("{}/{path}", self.ready().control))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        json_of(answer).await
    }

    pub async fn order(&self, path: &str, body: &str) -> StatusCode {
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

pub async fn json_of(answer: Response) -> Value {
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

pub fn truth(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        Value::String(text) => text == "True",
        other => panic!("{other} is no flag"),
    }
}

/// Every text in an answer, so that tests need not know the shape of an error.
pub fn says(answer: &Value, text: &str) -> bool {
    answer.to_string().contains(text)
}

pub const EXCHANGE: &str = "https://outlook.office365.com";

/// What a test looks for in a mailbox.
#[derive(Clone, Copy, Default)]
pub struct Wanted {
    pub kind: &'static str,
    pub synced: bool,
    pub managed: bool,
}

impl Lab {
    /// Ids of mailboxes with these traits, in the tenant's order.
    pub async fn find(&self, token: &str, wanted: Wanted) -> Vec<String> {
        let select = "ExternalDirectoryObjectId,IsDirSynced,IsExchangeCloudManaged,RecipientTypeDetails";
        let rows = self.all(token, select, json!({"ResultSize": "Unlimited"})).await;
        rows.iter()
            .filter(|row| row["RecipientTypeDetails"] == wanted.kind)
            .filter(|row| truth(&row["IsDirSynced"]) == wanted.synced)
            .filter(|row| truth(&row["IsExchangeCloudManaged"]) == wanted.managed)
            .map(|row| row["ExternalDirectoryObjectId"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Synchronized people whose attributes are still mastered on premises.
    pub async fn on_premises(&self, token: &str) -> Vec<String> {
        self.find(
            token,
            Wanted {
                kind: "UserMailbox",
                synced: true,
                managed: false,
            },
        )
        .await
    }

    /// `Set-Mailbox` with these parameters beside the identity.
    pub async fn set(&self, token: &str, id: &str, parameters: Value) -> (StatusCode, Value) {
        let mut parameters = parameters;
        parameters["Identity"] = id.into();
        self.run(token, "Set-Mailbox", parameters).await
    }

    /// Flag calls in all, mailboxes they reached, and writes that changed nothing.
    pub async fn writes(&self) -> [u64; 3] {
        let writes = self.control("writes").await;
        let by_mailbox = writes["mailboxes"].as_object().unwrap();
        assert_eq!(by_mailbox.len() as u64, writes["distinct"]);
        assert_eq!(
            by_mailbox.values().filter_map(Value::as_u64).sum::<u64>(),
            writes["total"]
        );
        ["total", "distinct", "redundant"].map(|name| writes[name].as_u64().unwrap())
    }

    pub async fn mailbox(&self, id: &str) -> Value {
        self.control(&format!("mailboxes/{id}")).await
    }
}

/// Whether a cmdlet failed, whichever shape the failure has.
pub fn failed(answer: &(StatusCode, Value)) -> bool {
    !answer.0.is_success() || answer.1.get("@adminapi.errors").is_some()
}

/// The Exchange PowerShell client, which people sign in to.
pub const EXCHANGE_CLIENT: &str = "fb78d390-0c51-40cd-8e17-fdbfab77341b";
pub const GRAPH: &str = "https://graph.microsoft.com";

/// The claims of a token, whoever signed it.
pub fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Status, error and AADSTS number of a refused sign-in, after a look at its form.
pub async fn refusal(answer: Response) -> (StatusCode, String, u64) {
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
