//! A tenant that does not know some properties, played by a server of a few lines.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{RawQuery, State},
    http::StatusCode,
    routing::post,
};
use futures_util::future::BoxFuture;
use handover::{
    cloud::{
        AccessToken, CallLog, TokenSource,
        exchange::{ExchangeClient, MailboxFilter},
        transport::Transport,
    },
    domain::{Endpoints, Service, ServiceError},
};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::tenant::hasty;

const UNKNOWN: [&str; 2] = ["ArchiveState", "MailTip"];
const ID: &str = "0f6f5b1e-0000-4000-8000-000000000001";

struct Fixed;

impl TokenSource for Fixed {
    fn token<'a>(
        &'a self,
        service: Service,
        _: Option<&'a AccessToken>,
    ) -> BoxFuture<'a, Result<AccessToken, ServiceError>> {
        Box::pin(async move {
            Ok(AccessToken {
                secret: "secret".into(),
                service,
                tenant_id: "tenant".into(),
                subject: "admin@contoso.com".into(),
                app_only: false,
                rights: Vec::new(),
                expires_at: jiff::Timestamp::MAX,
            })
        })
    }
}

fn answer(query: &str) -> (StatusCode, Value) {
    let names: BTreeSet<&str> = query.trim_start_matches("$select=").split(',').collect();
    match UNKNOWN.iter().find(|name| names.contains(*name)) {
        Some(name) => {
            let message = format!("Could not find a property named '{name}' on type 'Exchange.Mailbox'.");
            (
                StatusCode::BAD_REQUEST,
                json!({"error": {"code": "BadRequest", "message": message}}),
            )
        }
        None => (
            StatusCode::OK,
            json!({"value": [{"ExternalDirectoryObjectId": ID, "Alias": "a"}]}),
        ),
    }
}

#[tokio::test]
async fn unknown_properties_are_found_once_and_left_out() {
    let calls = Arc::new(AtomicUsize::new(0));
    let invoke = |State(calls): State<Arc<AtomicUsize>>, RawQuery(query): RawQuery| async move {
        calls.fetch_add(1, Ordering::SeqCst);
        let (status, body) = answer(&query.unwrap_or_default());
        (status, Json(body))
    };
    let batch = |Json(body): Json<Value>| async move {
        let responses: Vec<Value> = body["requests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|request| {
                let (status, body) = answer(request["url"].as_str().unwrap().split_once('?').unwrap().1);
                json!({"id": request["id"], "status": status.as_u16(), "body": body})
            })
            .collect();
        Json(json!({ "responses": responses }))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new()
        .route("/adminapi/beta/tenant/InvokeCommand", post(invoke))
        .route("/adminapi/beta/tenant/$batch", post(batch))
        .with_state(Arc::clone(&calls));
    tokio::spawn(async move { axum::serve(listener, app).await });

    let endpoints = Endpoints::custom(&root, &root, &root).unwrap();
    let transport = Transport::new(endpoints, Arc::new(Fixed), CallLog::default(), hasty());
    let client = ExchangeClient::new(Arc::new(transport));
    let id = ID.parse().unwrap();
    let row = client.read(&[id]).await.unwrap().remove(0).unwrap();
    assert_eq!(row.text("Alias"), Some("a"));
    let mut dropped = client.dropped_attributes();
    dropped.sort();
    assert_eq!(dropped, UNKNOWN);
    let probes = calls.load(Ordering::SeqCst);
    assert!((10..=32).contains(&probes), "{probes}");
    client.read(&[id]).await.unwrap().remove(0).unwrap();
    let (sender, _receiver) = mpsc::channel(4);
    let end = client
        .survey(MailboxFilter::default(), sender, CancellationToken::new())
        .await;
    assert_eq!(end.unwrap().rows, 1);
    assert_eq!(calls.load(Ordering::SeqCst), probes + 1, "no second search");
}
