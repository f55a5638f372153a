//! Applying a plan of 10,000 mailboxes: how close the program comes to what the service's cap on concurrent requests
//! allows, and how much faster it is than one mailbox at a time.
//!
//! The program itself is measured, as an administrator starts it: its record on disk, its sign-in and its checks included.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that can't measure fails by panicking"
)]

mod support;

use std::{process::ExitCode, time::Instant};

use handover::domain::{Change, ObjectId, PLAN_FORMAT, Plan, PlanContent, PlanItem, Target, TenantName};
use jiff::Timestamp;
use reqwest::Client;
use serde_json::{Value, json};
use support::{Figures, Limit, Sandbox};

/// Mailboxes of the plan.
const PLANNED: usize = 10_000;
/// Mailboxes handed over one at a time, half of them before and half of them after the run.
const ONE_BY_ONE: usize = 20;
/// Mailboxes of the tenant: enough of them can be handed over.
const MAILBOXES: usize = 11_200;
/// How long each request takes.
const LATENCY_SECONDS: f64 = 0.1;
/// Requests the service runs at once; more are refused.
const CAP: u64 = 8;
/// Wall time against requests x latency / cap.
const TIME_LIMIT: f64 = 1.15;
/// Times faster than one mailbox at a time.
const SPEED_LIMIT: f64 = 20.0;

fn main() -> ExitCode {
    let sandbox = Sandbox::start(
        MAILBOXES,
        &[
            "--latency-ms",
            &format!("{:.0}", LATENCY_SECONDS * 1e3),
            "--concurrency",
            &CAP.to_string(),
        ],
    );
    let candidates = candidates(&sandbox);
    let (planned, rest) = candidates.split_at(PLANNED);
    let (before, after) = rest[..ONE_BY_ONE].split_at(ONE_BY_ONE / 2);
    std::fs::write(sandbox.path("plan.json"), plan(&sandbox, planned)).unwrap();

    let mut sequential = one_by_one(&sandbox, before);
    let truth = sandbox.control("/state");
    let began = Instant::now();
    let ended = sandbox.run(&[
        "mailboxes",
        "apply",
        sandbox.path("plan.json").to_str().unwrap(),
        "--write",
        "--expect-count",
        &PLANNED.to_string(),
        "-o",
        "json",
    ]);
    let outside = began.elapsed().as_secs_f64();
    let now = sandbox.control("/state");
    sequential += one_by_one(&sandbox, after);

    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let summary = ended.json();
    assert_eq!(summary["done"], PLANNED, "{summary}");
    let grown = |name: &str| now[name].as_u64().unwrap() - truth[name].as_u64().unwrap();
    assert_eq!(grown("cloudManaged"), PLANNED as u64);
    assert_recorded(&summary);

    let inside = summary["elapsedSeconds"].as_f64().unwrap();
    let (requests, throttled) = (grown("requests"), grown("throttled"));
    // A refused request takes no time at the service: the bound is made of the others only, which is stricter.
    let bound = (requests - throttled) as f64 * LATENCY_SECONDS / CAP as f64;
    let one_by_one = sequential / ONE_BY_ONE as f64 * PLANNED as f64;
    let anchor =
        format!("({requests} requests - {throttled} refused) x {LATENCY_SECONDS} s / {CAP} = {bound:.2} s");
    let mut figures = Figures::default();
    for (what, seconds) in [("as the run reports it", inside), ("whole process", outside)] {
        figures.add(
            &format!("apply {PLANNED} mailboxes, {what}"),
            &format!("{seconds:.2} s"),
            &anchor,
            seconds / bound,
            Limit::AtMost(TIME_LIMIT),
        );
    }
    figures.add(
        &format!("apply {PLANNED} mailboxes, times faster than one at a time"),
        &format!("{outside:.2} s"),
        &format!(
            "read, write, re-read of {ONE_BY_ONE} mailboxes in {sequential:.2} s, extrapolated to {one_by_one:.0} s"
        ),
        one_by_one / outside,
        Limit::AtLeast(SPEED_LIMIT),
    );
    println!(
        "         {throttled} requests refused by the cap; at most {} offered at once, {} of them served",
        now["maxOffered"], now["maxConcurrent"]
    );
    figures.end()
}

/// Mailboxes that can be handed over, from the program's own list.
fn candidates(sandbox: &Sandbox) -> Vec<PlanItem> {
    const TYPES: [&str; 4] = ["UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox"];
    let listed = sandbox.expect(0, &["mailboxes", "list", "--dir-synced", "-o", "jsonl"]);
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    listed
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|row| row["isExchangeCloudManaged"] == false)
        .filter(|row| TYPES.contains(&row["recipientTypeDetails"].as_str().unwrap_or_default()))
        .map(|row| PlanItem {
            id: text(&row, "id").parse().unwrap(),
            display_name: text(&row, "displayName"),
            primary_smtp_address: text(&row, "primarySmtpAddress"),
            findings: Vec::new(),
        })
        .collect()
}

fn plan(sandbox: &Sandbox, items: &[PlanItem]) -> Vec<u8> {
    let id = sandbox.ready("tenantId").to_owned();
    Plan::seal(PlanContent {
        format: PLAN_FORMAT.to_owned(),
        created_at: Timestamp::now(),
        created_by: "benchmark".to_owned(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        tenant: TenantName {
            domain: id.clone(),
            id,
        },
        change: Change::SetAuthority {
            target: Target::Cloud,
        },
        items: items.to_vec(),
        already_there: 0,
        blocked: Vec::new(),
        run_findings: Vec::new(),
        irreversible: Vec::new(),
        undo_of: None,
        overwrites: Vec::new(),
        loss_accepted: false,
    })
    .unwrap()
    .to_bytes()
    .unwrap()
}

/// A time without the record on disk would be worth nothing.
fn assert_recorded(summary: &Value) {
    let folder = std::path::Path::new(summary["directory"].as_str().unwrap());
    let lines = |name: &str| {
        std::fs::read_to_string(folder.join(name))
            .unwrap()
            .lines()
            .count()
    };
    assert_eq!(lines("snapshot.jsonl"), PLANNED);
    assert!(lines("journal.jsonl") >= 2 * PLANNED);
}

/// Hands mailboxes over one after the other, as a script does: read, write, re-read. Returns the seconds it took.
fn one_by_one(sandbox: &Sandbox, items: &[PlanItem]) -> f64 {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = Client::builder().no_proxy().build().unwrap();
        let token = token(sandbox, &client).await;
        let began = Instant::now();
        for item in items {
            let read = json!({"Identity": item.id.to_string()});
            let write = json!({"Identity": item.id.to_string(), "IsExchangeCloudManaged": true});
            invoke(sandbox, &client, &token, "Get-Mailbox", &read).await;
            invoke(sandbox, &client, &token, "Set-Mailbox", &write).await;
            let proof = invoke(sandbox, &client, &token, "Get-Mailbox", &read).await;
            assert!(is_handed_over(&proof, item.id), "{proof}");
        }
        began.elapsed().as_secs_f64()
    })
}

fn is_handed_over(proof: &Value, id: ObjectId) -> bool {
    let row = &proof["value"][0];
    let flag = &row["IsExchangeCloudManaged"];
    row["ExternalDirectoryObjectId"] == id.to_string() && (*flag == true || *flag == "True")
}

async fn token(sandbox: &Sandbox, client: &Client) -> String {
    let answer = client
        .post(format!(
            "{}/{}/oauth2/v2.0/token",
            sandbox.ready("login"),
            sandbox.ready("tenantId")
        ))
        .form(&[
            ("grant_type", "client_credentials"),
            ("client_id", sandbox.ready("clientId")),
            ("client_secret", sandbox.ready("clientSecret")),
            ("scope", &format!("{}/.default", sandbox.ready("exchange"))),
        ])
        .send()
        .await
        .unwrap();
    let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    answer["access_token"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
        .to_owned()
}

async fn invoke(sandbox: &Sandbox, client: &Client, token: &str, cmdlet: &str, parameters: &Value) -> Value {
    let body = json!({"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}});
    let answer = client
        .post(format!(
            "{}/adminapi/beta/{}/InvokeCommand",
            sandbox.ready("exchange"),
            sandbox.ready("tenantId")
        ))
        .bearer_auth(token)
        .header(
            "X-AnchorMailbox",
            format!("APP:SystemMailbox@{}", sandbox.ready("tenantId")),
        )
        .header("X-CmdletName", cmdlet)
        .header("Content-Type", "application/json")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    let (status, body) = (answer.status(), answer.bytes().await.unwrap());
    assert!(
        status.is_success(),
        "{cmdlet}: {status} {}",
        String::from_utf8_lossy(&body)
    );
    serde_json::from_slice(&body).unwrap_or_default()
}
