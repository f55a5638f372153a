//! A little Graph of a few lines, written by hand: it says what a test tells it to and remembers what it was asked.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::BoxFuture;
use handover::{
    cloud::{
        AccessToken, CallLog, TokenSource,
        graph::{
            GraphClient,
            synchronization::{Patience, SynchronizationClient, TenantLimits},
        },
        transport::{RetryTable, Settings, Transport},
    },
    domain::{Endpoints, Service, ServiceError},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};

/// A request as it was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Below the root, without query, encoded.
    pub path: String,
    /// Decoded.
    pub query: Vec<(String, String)>,
    /// The whole target, as it stood in the request.
    pub target: String,
    pub head: String,
    pub body: Vec<u8>,
    pub at: Instant,
}

impl Asked {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn option(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn is(&self, method: &str, end: &str) -> bool {
        self.method == method && self.path.ends_with(end)
    }
}

/// What is said: status, further header lines, body.
pub struct Said(pub u16, pub String, pub Vec<u8>);

pub fn said(status: u16, body: &Value) -> Said {
    Said(status, String::new(), body.to_string().into_bytes())
}

pub fn fine(body: &Value) -> Said {
    said(200, body)
}

pub fn nothing() -> Said {
    Said(204, String::new(), Vec::new())
}

pub fn refused(status: u16, code: &str, message: &str) -> Said {
    said(
        status,
        &json!({"error": {"code": code, "message": message, "innererror": {"request-id": "r"}}}),
    )
}

type Script = dyn Fn(usize, &Asked) -> Said + Send + Sync;

/// The little Graph.
#[derive(Clone)]
pub struct Desk {
    address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    batches: bool,
}

impl Desk {
    /// Serves `script`, which is told the number of the request from 0. A status of 0 closes the connection.
    pub async fn start(script: impl Fn(usize, &Asked) -> Said + Send + Sync + 'static) -> Self {
        Self::serving(true, script).await
    }

    /// The same without batches: the script is asked for them like for anything else.
    pub async fn without_batches(script: impl Fn(usize, &Asked) -> Said + Send + Sync + 'static) -> Self {
        Self::serving(false, script).await
    }

    async fn serving(batches: bool, script: impl Fn(usize, &Asked) -> Said + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let desk = Self {
            address: listener.local_addr().unwrap().to_string(),
            asked: Arc::default(),
            batches,
        };
        let (script, shared): (Arc<Script>, Self) = (Arc::new(script), desk.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, shared) = (Arc::clone(&script), shared.clone());
                tokio::spawn(async move { shared.serve(stream, script.as_ref()).await });
            }
        });
        desk
    }

    /// The root of this Graph.
    pub fn root(&self) -> String {
        format!("http://{}/graph", self.address)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    async fn serve(&self, mut stream: TcpStream, script: &Script) {
        while let Some(asked) = listen(&mut stream).await {
            let number = {
                let mut all = self.asked.lock().unwrap();
                all.push(asked.clone());
                all.len() - 1
            };
            let Said(status, headers, body) = if self.batches {
                answer(number, &asked, script)
            } else {
                script(number, &asked)
            };
            if status == 0 {
                return;
            }
            let head = format!(
                "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{headers}\r\n",
                body.len()
            );
            if stream
                .write_all(&[head.as_bytes(), &body].concat())
                .await
                .is_err()
            {
                return;
            }
        }
    }

    /// A client of it, in haste.
    pub fn client(&self, app_only: bool) -> SynchronizationClient {
        self.client_with(app_only, hasty()).0
    }

    pub fn client_with(&self, app_only: bool, settings: Settings) -> (SynchronizationClient, CallLog) {
        let root = self.root();
        let endpoints = Endpoints::custom(&root, &root, &root).unwrap();
        let log = CallLog::default();
        let transport = Arc::new(Transport::new(
            endpoints,
            Arc::new(Tokens(app_only)),
            log.clone(),
            settings,
        ));
        let client =
            SynchronizationClient::new(GraphClient::new(transport), Arc::new(TenantLimits::default()));
        let patience = Patience {
            looks: 4,
            between: Duration::from_millis(5),
        };
        (client.with_patience(patience), log)
    }
}

/// A batch is asked part by part; everything else as it is.
fn answer(number: usize, asked: &Asked, script: &Script) -> Said {
    let requests = asked.json()["requests"].as_array().cloned();
    let (true, Some(requests)) = (asked.path.ends_with("/$batch"), requests) else {
        return script(number, asked);
    };
    let version = asked.path.split('/').next().unwrap();
    let responses: Vec<Value> = requests
        .iter()
        .rev()
        .map(|request| {
            let target = format!("{version}{}", request["url"].as_str().unwrap());
            let mut part = asked_for(request["method"].as_str().unwrap(), &target);
            part.head.clone_from(&asked.head);
            let Said(status, _, body) = script(number, &part);
            json!({"id": request["id"], "status": status, "body": serde_json::from_slice::<Value>(&body).unwrap_or_default()})
        })
        .collect();
    fine(&json!({ "responses": responses }))
}

fn asked_for(method: &str, target: &str) -> Asked {
    let target = target.trim_start_matches('/');
    let below = target.strip_prefix("graph/").unwrap_or(target);
    let (path, query) = below.split_once('?').unwrap_or((below, ""));
    Asked {
        method: method.to_owned(),
        path: path.to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect(),
        target: format!("/{target}"),
        head: String::new(),
        body: Vec::new(),
        at: Instant::now(),
    }
}

async fn listen(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        let count = stream.read(&mut piece).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length: usize = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, value)| value.trim().parse().unwrap());
        let mut body = bytes[end + 4..].to_vec();
        while body.len() < length {
            let count = stream.read(&mut piece).await.ok().filter(|count| *count > 0)?;
            body.extend_from_slice(&piece[..count]);
        }
        let mut words = head.split(' ');
        let mut asked = asked_for(words.next()?, words.next()?);
        asked.head = head.clone();
        asked.body = body;
        return Some(asked);
    }
}

/// Tokens of a person or of an application.
struct Tokens(bool);

impl TokenSource for Tokens {
    fn token<'a>(
        &'a self,
        service: Service,
        _rejected: Option<&'a AccessToken>,
    ) -> BoxFuture<'a, Result<AccessToken, ServiceError>> {
        let app_only = self.0;
        Box::pin(async move {
            Ok(AccessToken {
                secret: "the-token".to_owned().into(),
                service,
                tenant_id: "tenant".into(),
                subject: "admin@contoso.com".into(),
                app_only,
                rights: Vec::new(),
                expires_at: jiff::Timestamp::MAX,
            })
        })
    }
}

pub fn hasty() -> Settings {
    Settings {
        retry: RetryTable {
            first_wait: Duration::from_millis(5),
            longest_wait: Duration::from_millis(20),
            passing_retries: 2,
            refusal_retries: 4,
            ..RetryTable::default()
        },
        ..Settings::default()
    }
}
