//! What every test needs: a sandbox, a profile that points to it, a display that writes down what it was shown.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use handover::{
    cloud::{
        AccessToken, CallLog, TokenSource,
        auth::{Authenticator, Credentials, MemoryStore, SecretStore, SignInDisplay, SignInPrompt},
    },
    domain::{Endpoints, Profile, Service, ServiceError, SignInMethod},
    sandbox::{Options, Sandbox},
};
use secrecy::ExposeSecret;

#[derive(Default)]
pub struct Display {
    shown: Mutex<Vec<SignInPrompt>>,
}

impl Display {
    pub fn shown(&self) -> Vec<SignInPrompt> {
        self.shown.lock().unwrap().clone()
    }

    /// How often a person was asked for something.
    pub fn questions(&self) -> usize {
        self.shown()
            .iter()
            .filter(|prompt| {
                matches!(
                    prompt,
                    SignInPrompt::DeviceCode { .. } | SignInPrompt::Browser { .. }
                )
            })
            .count()
    }
}

impl SignInDisplay for Display {
    fn show(&self, prompt: SignInPrompt) {
        self.shown.lock().unwrap().push(prompt);
    }
}

/// One administrator at one login service.
pub struct Stage {
    pub profile: Profile,
    pub credentials: Credentials,
    pub store: Arc<dyn SecretStore>,
    pub display: Arc<Display>,
    pub call_log: CallLog,
}

impl Stage {
    pub fn at(login: &str, method: SignInMethod) -> Self {
        let endpoints =
            Endpoints::custom(login, "http://127.0.0.1:9/graph", "http://127.0.0.1:9/exchange").unwrap();
        Self {
            profile: Profile {
                name: "test".into(),
                tenant: "contoso.onmicrosoft.com".into(),
                method,
                client_id: None,
                endpoints,
            },
            credentials: Credentials::default(),
            store: Arc::new(MemoryStore::new("this is a test")),
            display: Arc::default(),
            call_log: CallLog::default(),
        }
    }

    pub fn of(sandbox: &Sandbox, method: SignInMethod) -> Self {
        let ready = sandbox.ready();
        let mut stage = Self::at(&ready.login, method);
        stage.profile.tenant.clone_from(&ready.tenant_id);
        stage.profile.client_id = Some(ready.client_id.clone());
        stage
    }

    pub fn authenticator(&self) -> Authenticator {
        Authenticator::new(
            &self.profile,
            self.credentials.clone(),
            self.store.clone(),
            self.display.clone(),
            self.call_log.clone(),
        )
        .unwrap()
    }

    /// What the requests so far were for.
    pub fn operations(&self) -> Vec<String> {
        self.call_log
            .recent()
            .into_iter()
            .map(|call| call.operation)
            .collect()
    }

    pub fn count(&self, operation: &str) -> usize {
        self.operations().iter().filter(|done| *done == operation).count()
    }
}

pub async fn sandbox() -> Sandbox {
    Sandbox::start(Options {
        mailboxes: 1,
        ..Options::default()
    })
    .await
    .unwrap()
}

/// `POST` on the sandbox's control service.
pub async fn steer(sandbox: &Sandbox, path: &str, body: impl Into<reqwest::Body>) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let address = format!("{}/{path}", sandbox.ready().control);
    let answer = client.post(address).body(body).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
}

pub async fn token(
    source: &Authenticator,
    service: Service,
    rejected: Option<&AccessToken>,
) -> Result<AccessToken, ServiceError> {
    source.token(service, rejected).await
}

pub fn text(token: &AccessToken) -> &str {
    token.secret.expose_secret()
}

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/sign_in")
        .join(name)
}
