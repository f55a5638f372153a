//! The inventory of a large tenant: how much longer it takes than fetching the same bytes, and how much memory it needs.
//!
//! Every measurement runs in a process of its own, which is this program again with another argument: so the product and
//! its anchor start alike, and the peak memory is that of one loaded table and nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that can't measure fails by panicking"
)]

mod support;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::Path,
    process::{Command, ExitCode, Stdio},
    sync::Arc,
    thread,
    time::Instant,
};

use flate2::read::GzDecoder;
use futures_util::future::BoxFuture;
use handover::{
    cloud::{
        AccessToken, CallLog, TokenSource,
        auth::{Authenticator, Credentials, MemoryStore, SignInDisplay, SignInPrompt},
        exchange::{ExchangeClient, MailboxFilter},
        graph::GraphClient,
        transport::{Settings, Transport},
    },
    domain::{
        Endpoints, Profile, Service, ServiceError, SignInMethod,
        arrange::{Column, Sort, filter, order},
        filter::Filter,
        table::MailboxTable,
    },
    engine::{CloudMailboxes, InventoryQuery, inventory},
};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use support::{Figures, Limit, Sandbox, median};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const ROWS: usize = 600_000;
/// Pairs of anchor and product, one after the other, so that a busy machine slows both.
const PAIRS: usize = 5;
/// Wall time against fetching and dropping the same bytes.
const TIME_LIMIT: f64 = 1.5;
/// Peak memory of the process that holds the table, in bytes.
const MEMORY_LIMIT: f64 = 300e6;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("product") => child(&arguments[2], product),
        Some("anchor") => child(&arguments[2], anchor),
        _ => measure(),
    }
}

fn measure() -> ExitCode {
    let sandbox = Sandbox::start(ROWS, &[]);
    let mut figures = Figures::default();
    // Once untimed: the sandbox's own first pages and the disk caches of both programs.
    run("anchor", &sandbox);
    let pairs: Vec<(Value, Value)> = (0..PAIRS)
        .map(|_| {
            let before = sandbox.state("requests");
            let anchor = run("anchor", &sandbox);
            let between = sandbox.state("requests");
            let product = run("product", &sandbox);
            assert_eq!(product["rows"], ROWS, "the inventory is not whole");
            assert_eq!(
                sandbox.state("requests") - between,
                between - before,
                "both must ask for the same pages"
            );
            (anchor, product)
        })
        .collect();
    let seconds = |side: &Value| side["seconds"].as_f64().unwrap();
    let ratios = pairs
        .iter()
        .map(|(anchor, product)| seconds(product) / seconds(anchor))
        .collect();
    let of_anchor = median(pairs.iter().map(|(anchor, _)| seconds(anchor)).collect());
    let of_product = median(pairs.iter().map(|(_, product)| seconds(product)).collect());
    let megabytes = pairs[0].0["bytes"].as_f64().unwrap() / 1e6;
    figures.add(
        &format!("inventory of {ROWS} rows, wall time, median of {PAIRS}"),
        &format!("{of_product:.2} s"),
        &format!("the same {megabytes:.0} MB on the wire fetched and dropped, {of_anchor:.2} s"),
        median(ratios),
        Limit::AtMost(TIME_LIMIT),
    );
    let number = |side: &Value, name: &str| side[name].as_f64().unwrap();
    let peak = pairs
        .iter()
        .map(|(_, product)| number(product, "peak"))
        .fold(0.0, f64::max);
    let table = number(&pairs[0].1, "table");
    figures.add(
        &format!("peak memory with {ROWS} rows, one order and one filter result, highest of {PAIRS}"),
        &format!("{:.0} MB (table {:.0} MB)", peak / 1e6, table / 1e6),
        &format!("{:.0} MB", MEMORY_LIMIT / 1e6),
        peak / MEMORY_LIMIT,
        Limit::AtMost(1.0),
    );
    figures.end()
}

/// Runs one side in a process of its own and returns what it measured.
fn run(side: &str, sandbox: &Sandbox) -> Value {
    let output = Command::new(std::env::current_exe().unwrap())
        .arg(side)
        .arg(sandbox.path("ready.json"))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{side} failed");
    let measured = serde_json::from_slice(&output.stdout).unwrap();
    eprintln!("  {side}: {measured}");
    measured
}

fn child<F: Future<Output = Value>>(ready: &str, side: fn(Value) -> F) -> ExitCode {
    let ready = serde_json::from_slice(&std::fs::read(Path::new(ready)).unwrap()).unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    println!("{}", runtime.block_on(side(ready)));
    ExitCode::SUCCESS
}

/// Loads the table as the cockpit does, then sorts and filters it once.
async fn product(ready: Value) -> Value {
    let tokens = Arc::new(signed_in(&ready).await);
    let transport = Arc::new(Transport::new(
        endpoints(&ready, text(&ready, "exchange")),
        tokens,
        CallLog::default(),
        Settings::default(),
    ));
    let service = CloudMailboxes::new(
        ExchangeClient::new(Arc::clone(&transport)),
        GraphClient::new(transport),
    );

    let began = Instant::now();
    let (batches, mut arriving) = mpsc::channel(4);
    let filling = tokio::spawn(async move {
        let mut table = MailboxTable::new();
        while let Some(batch) = arriving.recv().await {
            table.append(batch);
        }
        table
    });
    inventory::load(
        &service,
        InventoryQuery::default(),
        batches,
        CancellationToken::new(),
    )
    .await
    .unwrap();
    let table = filling.await.unwrap();
    let seconds = began.elapsed().as_secs_f64();

    let loaded = peak_memory();
    let sort = Sort {
        column: Column::PrimarySmtpAddress,
        descending: false,
    };
    let snapshot = table.snapshot();
    let sorted = order(&snapshot, sort, &|| false).unwrap();
    let wanted = Filter::parse("flag:onprem an", Timestamp::now()).unwrap();
    let shown = filter(&snapshot, &sorted, &wanted, None, &|| false).unwrap();
    json!({
        "seconds": seconds,
        "rows": table.len(),
        "shown": shown.len(),
        "table": table.memory_bytes(),
        "loaded": loaded,
        "peak": peak_memory(),
    })
}

/// Sends what the product sends and drops what comes back, but for the link to the next page.
async fn anchor(ready: Value) -> Value {
    /// Enough of a page to hold the link, which stands before the rows.
    const HEAD: usize = 4096;
    let first = captured(&ready).await;
    let mut url = format!(
        "{}{}",
        text(&ready, "exchange"),
        first.path.strip_prefix("/exchange").unwrap()
    );

    let began = Instant::now();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let (mut pages, mut bytes) = (0, 0);
    loop {
        let mut response = client
            .post(&url)
            .headers(first.headers.clone())
            .body(first.body.clone())
            .send()
            .await
            .unwrap();
        assert!(response.status().is_success(), "{}", response.status());
        let mut head = Vec::with_capacity(HEAD);
        while let Some(chunk) = response.chunk().await.unwrap() {
            bytes += chunk.len();
            head.extend_from_slice(&chunk[..chunk.len().min(HEAD - head.len())]);
        }
        pages += 1;
        let Some(link) = next_link(&head) else { break };
        url = link;
    }
    json!({"seconds": began.elapsed().as_secs_f64(), "pages": pages, "bytes": bytes})
}

fn next_link(head: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"\"@odata.nextLink\":";
    let mut plain = Vec::new();
    if head.starts_with(&[0x1f, 0x8b]) {
        // The head of a page ends early, which is an error only at its end.
        let _ = GzDecoder::new(head).read_to_end(&mut plain);
    } else {
        plain.extend_from_slice(head);
    }
    let start = plain.windows(NAME.len()).position(|window| window == NAME)? + NAME.len();
    let mut values = serde_json::Deserializer::from_slice(&plain[start..]).into_iter();
    values.next()?.ok()
}

/// A request as it stood on the wire.
struct Captured {
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// The product's own first request, caught by a listener that refuses it: the anchor can't ask for anything else.
async fn captured(ready: &Value) -> Captured {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let exchange = format!("http://{}/exchange", listener.local_addr().unwrap());
    let catching = thread::spawn(move || catch(&listener));
    let token = signed_in(ready)
        .await
        .token(Service::Exchange, None)
        .await
        .unwrap();
    let transport = Transport::new(
        endpoints(ready, &exchange),
        Arc::new(OneToken(token)),
        CallLog::default(),
        Settings::default(),
    );
    let (pages, _arriving) = mpsc::channel(1);
    let refused = ExchangeClient::new(Arc::new(transport))
        .inventory(MailboxFilter::default(), pages, CancellationToken::new())
        .await;
    assert!(refused.is_err());
    catching.join().unwrap()
}

fn catch(listener: &TcpListener) -> Captured {
    let (stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(&stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let path = line.split(' ').nth(1).unwrap().to_owned();
    let mut headers = HeaderMap::new();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        match name {
            "host" => {}
            "content-length" => length = value.parse().unwrap(),
            _ => {
                headers.append(
                    HeaderName::from_bytes(name.as_bytes()).unwrap(),
                    HeaderValue::from_str(value).unwrap(),
                );
            }
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (&stream)
        .write_all(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        .unwrap();
    Captured { path, headers, body }
}

struct OneToken(AccessToken);

impl TokenSource for OneToken {
    fn token<'a>(
        &'a self,
        _service: Service,
        _rejected: Option<&'a AccessToken>,
    ) -> BoxFuture<'a, Result<AccessToken, ServiceError>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

struct NoDisplay;

impl SignInDisplay for NoDisplay {
    fn show(&self, _prompt: SignInPrompt) {}
}

async fn signed_in(ready: &Value) -> Authenticator {
    let profile = Profile {
        name: "sandbox".to_owned(),
        tenant: text(ready, "tenantId").to_owned(),
        method: SignInMethod::ClientSecret,
        client_id: Some(text(ready, "clientId").to_owned()),
        endpoints: endpoints(ready, text(ready, "exchange")),
    };
    let credentials = Credentials {
        client_secret: Some(text(ready, "clientSecret").into()),
        ..Credentials::default()
    };
    let authenticator = Authenticator::new(
        &profile,
        credentials,
        Arc::new(MemoryStore::new("a benchmark keeps nothing")),
        Arc::new(NoDisplay),
        CallLog::default(),
    )
    .unwrap();
    authenticator.sign_in().await.unwrap();
    authenticator
}

fn endpoints(ready: &Value, exchange: &str) -> Endpoints {
    Endpoints::custom(text(ready, "login"), text(ready, "graph"), exchange).unwrap()
}

fn text<'a>(ready: &'a Value, name: &str) -> &'a str {
    ready[name].as_str().unwrap()
}

/// The most memory this process ever held, in bytes. Linux only: elsewhere the figure has no source without a dependency.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kibibytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kibibytes * 1024
}
