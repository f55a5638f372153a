//! A sandbox whose Cloud Sync tells its story only when asked, a person and an application.

use handover::sandbox::{CloudSyncOptions, CloudSyncSize, Options};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::lab::{GRAPH, Lab, json_of, options};

/// Graph PowerShell, which people sign in to.
const CLIENT: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";

pub const TO_ENTRA: &str = "1a4721b3-e57f-4451-ae87-ef078703ec94";
pub const TO_DIRECTORY: &str = "fb81332f-3eca-4ecf-a939-4278e501d330";
pub const EXCHANGE_ATTRIBUTES: &str = "3b99513e-0cee-4291-aea8-84356239fb82";

pub struct Stage {
    pub lab: Lab,
    pub person: String,
    pub application: String,
}

/// A job, as the control service names it.
#[derive(Clone, Debug)]
pub struct Job {
    pub principal: String,
    pub id: String,
    pub rule: String,
}

impl Job {
    pub fn path(&self) -> String {
        format!(
            "servicePrincipals/{}/synchronization/jobs/{}",
            self.principal, self.id
        )
    }
}

/// A quiet tenant of the small size.
pub async fn quiet() -> Stage {
    Stage::start(CloudSyncSize::Demo, false).await
}

impl Stage {
    pub async fn start(size: CloudSyncSize, story: bool) -> Self {
        let cloud_sync = CloudSyncOptions {
            size,
            story,
            ..CloudSyncOptions::default()
        };
        Self::with(Options {
            cloud_sync,
            ..options()
        })
        .await
    }

    pub async fn with(options: Options) -> Self {
        let lab = Lab::start(options).await;
        Self {
            person: person(&lab, &format!("{GRAPH}/.default")).await,
            application: lab.app_token(GRAPH).await,
            lab,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.lab.ready().graph)
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.lab
            .client
            .request(method, self.url(path))
            .bearer_auth(&self.person)
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let bytes = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// As the person; the path begins with the version.
    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.ask(Method::GET, path, None).await
    }

    /// A body that has to come.
    pub async fn read(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The rows of a list that has to come.
    pub async fn rows(&self, path: &str) -> Vec<Value> {
        self.read(path).await["value"].as_array().unwrap().clone()
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.ask(Method::POST, path, Some(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.ask(Method::PATCH, path, Some(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.ask(Method::PUT, path, Some(&body)).await
    }

    pub async fn delete(&self, path: &str) -> (StatusCode, Value) {
        self.ask(Method::DELETE, path, None).await
    }

    /// Status and body of a GET by the application.
    pub async fn application_get(&self, path: &str) -> (StatusCode, Value) {
        let request = self.lab.client.get(self.url(path)).bearer_auth(&self.application);
        let answer = request.send().await.unwrap();
        (answer.status(), json_of(answer).await)
    }

    /// A lever of Cloud Sync.
    pub async fn order(&self, path: &str, body: &str) {
        let status = self.lab.order(&format!("synchronization/{path}"), body).await;
        assert_eq!(status, 204, "{path} {body}");
    }

    pub async fn advance(&self, seconds: u32) {
        self.order("advance", &seconds.to_string()).await;
    }

    pub async fn truth(&self) -> Value {
        self.lab.control("state").await["synchronization"].clone()
    }

    /// The jobs of a template in a domain.
    pub async fn jobs(&self, template: &str, domain: &str) -> Vec<Job> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        self.truth().await["jobs"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|job| job["templateId"] == template && job["domain"] == domain)
            .map(|job| Job {
                principal: text(&job["servicePrincipalId"]),
                id: text(&job["id"]),
                rule: text(&job["ruleId"]),
            })
            .collect()
    }

    pub async fn job(&self, template: &str, domain: &str) -> Job {
        self.jobs(template, domain).await.remove(0)
    }

    /// A job as Graph shows it.
    pub async fn shown(&self, job: &Job) -> Value {
        self.read(&format!("v1.0/{}", job.path())).await
    }

    pub async fn act(&self, job: &Job, action: &str, body: Value) {
        let (status, answer) = self.post(&format!("v1.0/{}/{action}", job.path()), body).await;
        assert_eq!(status, 204, "{action}: {answer}");
    }

    pub async fn restart(&self, job: &Job, scope: &str) {
        self.act(job, "restart", json!({"criteria": {"resetScope": scope}}))
            .await;
    }
}

/// A person's token with these scopes, by device code.
pub async fn person(lab: &Lab, scope: &str) -> String {
    let fields = [("client_id", CLIENT), ("scope", scope)];
    let device = json_of(lab.form("devicecode", &fields).await).await;
    lab.order("approve", "").await;
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", CLIENT),
        ("device_code", device["device_code"].as_str().unwrap()),
    ];
    json_of(lab.form("token", &fields).await).await["access_token"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The error behind JSON inside a message.
pub fn inner(body: &Value) -> Value {
    assert_eq!(body["error"]["code"], "UnknownError", "{body}");
    let inner: Value = serde_json::from_str(body["error"]["message"].as_str().unwrap()).unwrap();
    inner["error"].clone()
}
