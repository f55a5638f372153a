//! A sandbox tenant with the clients under test, signed in by a hand-written form post.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::BoxFuture;
use handover::{
    cloud::{
        AccessToken, CallLog, TokenSource,
        exchange::ExchangeClient,
        graph::GraphClient,
        transport::{RetryTable, Settings, Transport},
    },
    domain::{Endpoints, Mailbox, ObjectId, Service, ServiceError},
    engine::{CloudMailboxes, InventoryEnd, InventoryQuery, MailboxService},
    sandbox::{Faults, Options, Sandbox},
};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub struct Tenant {
    sandbox: Sandbox,
    plain: reqwest::Client,
    pub call_log: CallLog,
    pub mailboxes: CloudMailboxes,
}

/// Waits of milliseconds instead of seconds.
pub fn hasty() -> Settings {
    Settings {
        retry: RetryTable {
            first_wait: Duration::from_millis(5),
            longest_wait: Duration::from_millis(40),
            passing_retries: 20,
            refusal_retries: 40,
            ..RetryTable::default()
        },
        ..Settings::default()
    }
}

pub async fn start(mailboxes: usize, faults: &str) -> Tenant {
    start_with(
        Options {
            mailboxes,
            seed: 42,
            faults: Faults::parse(faults).unwrap(),
            ..Options::default()
        },
        hasty(),
    )
    .await
}

pub async fn start_with(options: Options, settings: Settings) -> Tenant {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sandbox = Sandbox::start(options).await.unwrap();
    let ready = sandbox.ready().clone();
    let plain = reqwest::Client::builder().no_proxy().build().unwrap();
    let tokens = Arc::new(FormPost {
        plain: plain.clone(),
        address: format!("{}/{}/oauth2/v2.0/token", ready.login, ready.tenant_id),
        client_id: ready.client_id.clone(),
        client_secret: ready.client_secret.clone(),
        tenant_id: ready.tenant_id.clone(),
        kept: Mutex::default(),
    });
    let endpoints = Endpoints::custom(&ready.login, &ready.graph, &ready.exchange).unwrap();
    let call_log = CallLog::default();
    let transport = Arc::new(Transport::new(endpoints, tokens, call_log.clone(), settings));
    let exchange = ExchangeClient::new(Arc::clone(&transport)).with_most_pages(60);
    Tenant {
        sandbox,
        plain,
        call_log,
        mailboxes: CloudMailboxes::new(exchange, GraphClient::new(transport)),
    }
}

impl Tenant {
    /// What the control service says.
    pub async fn control(&self, path: &str) -> Value {
        let answer = self
            .plain
            .get(format!("{}/{path}", self.sandbox.ready().control))
            .send()
            .await
            .unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    pub async fn order(&self, path: &str, body: &str) {
        let address = format!("{}/{path}", self.sandbox.ready().control);
        let answer = self
            .plain
            .post(address)
            .body(body.to_owned())
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// All rows of an inventory.
    pub async fn inventory(
        &self,
        query: InventoryQuery,
    ) -> (Vec<Mailbox>, Result<InventoryEnd, ServiceError>) {
        let (sender, mut receiver) = mpsc::channel(4);
        let collect = async {
            let mut rows = Vec::new();
            while let Some(page) = receiver.recv().await {
                rows.extend(page);
            }
            rows
        };
        let job = self.mailboxes.inventory(query, sender, CancellationToken::new());
        let (rows, end) = tokio::join!(collect, job);
        (rows, end)
    }

    /// Ids of mailboxes that can be handed over.
    pub async fn eligible(&self, count: usize) -> Vec<ObjectId> {
        let query = InventoryQuery {
            dir_synced_only: true,
            ..InventoryQuery::default()
        };
        let (rows, end) = self.inventory(query).await;
        end.unwrap();
        let ids: Vec<ObjectId> = rows
            .iter()
            .filter(|row| row.recipient_type.can_be_handed_over())
            .filter(|row| row.authority.is_exchange_cloud_managed() == Some(false))
            .map(|row| row.id)
            .take(count)
            .collect();
        assert_eq!(ids.len(), count);
        ids
    }
}

/// Signs in as the sandbox's application; keeps a token until it is refused.
struct FormPost {
    plain: reqwest::Client,
    address: String,
    client_id: String,
    client_secret: String,
    tenant_id: String,
    kept: Mutex<BTreeMap<Service, AccessToken>>,
}

impl TokenSource for FormPost {
    fn token<'a>(
        &'a self,
        service: Service,
        rejected: Option<&'a AccessToken>,
    ) -> BoxFuture<'a, Result<AccessToken, ServiceError>> {
        Box::pin(async move {
            if rejected.is_none()
                && let Some(kept) = self.kept.lock().unwrap().get(&service)
            {
                return Ok(kept.clone());
            }
            let scope = match service {
                Service::Graph => "https://graph.microsoft.com/.default",
                _ => "https://outlook.office365.com/.default",
            };
            let fields = [
                ("grant_type", "client_credentials"),
                ("client_id", &self.client_id),
                ("client_secret", &self.client_secret),
                ("scope", scope),
            ];
            let answer = self.plain.post(&self.address).form(&fields).send().await.unwrap();
            let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
            let token = AccessToken {
                secret: body["access_token"].as_str().unwrap().into(),
                service,
                tenant_id: self.tenant_id.clone(),
                subject: self.client_id.clone(),
                app_only: true,
                rights: Vec::new(),
                expires_at: jiff::Timestamp::now() + Duration::from_secs(3_000),
            };
            self.kept.lock().unwrap().insert(service, token.clone());
            Ok(token)
        })
    }
}
