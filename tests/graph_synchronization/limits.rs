//! Limits that are published, counted as the service counts them; and back-off where the service does not say how long.

use std::{sync::Arc, time::Duration};

use handover::{
    cloud::transport::{RetryTable, Settings},
    domain::{
        ErrorClass,
        synchronization::{AuditQuery, LogQuery, OnDemandSubject},
    },
};
use serde_json::json;
use tokio::time::Instant;

use crate::desk::{Asked, Desk, Said, fine, hasty};

const WINDOW: Duration = Duration::from_secs(10);

/// The most requests that arrived in any ten seconds.
fn most(asked: &[Asked], of: &str) -> usize {
    let times: Vec<Instant> = asked
        .iter()
        .filter(|asked| asked.path.contains(of))
        .map(|asked| asked.at)
        .collect();
    (0..times.len())
        .map(|first| {
            times[first..]
                .iter()
                .take_while(|at| **at < times[first] + WINDOW)
                .count()
        })
        .max()
        .unwrap_or(0)
}

#[tokio::test]
async fn reports_and_on_demand_keep_five_in_ten_seconds_retries_included() {
    let desk = Desk::start(|number, asked| {
        if asked.path.contains("auditLogs") {
            // Every other one is refused, without a word about how long to wait, or fails.
            return match number % 4 {
                1 => Said(429, String::new(), Vec::new()),
                3 => Said(503, String::new(), Vec::new()),
                _ => fine(&json!({"value": []})),
            };
        }
        fine(&json!({"key": "{\"result\":\"Success\"}", "value": "{}"}))
    })
    .await;
    let client = Arc::new(desk.client(false));
    let started = Instant::now();
    let reports = (0..4).map(|index| {
        let client = Arc::clone(&client);
        tokio::spawn(async move {
            if index % 2 == 0 {
                client
                    .provisioning_log(&LogQuery::default(), None)
                    .await
                    .map(drop)
            } else {
                client.audit(&AuditQuery::default(), None).await.map(drop)
            }
        })
    });
    let on_demand = (0..7).map(|index| {
        let client = Arc::clone(&client);
        tokio::spawn(async move {
            let subject = OnDemandSubject {
                object_id: format!("CN={index}"),
                object_type: "user".to_owned(),
            };
            client
                .provision_on_demand("sp", "j", "r", &subject)
                .await
                .map(drop)
        })
    });
    let all: Vec<_> = reports.chain(on_demand).collect();
    for one in all {
        one.await.unwrap().unwrap();
    }
    let asked = desk.asked();
    let count = |of: &str| asked.iter().filter(|asked| asked.path.contains(of)).count();
    assert!(
        count("auditLogs") > 5 && count("provisionOnDemand") == 7,
        "{}",
        asked.len()
    );
    assert_eq!(
        (most(&asked, "auditLogs"), most(&asked, "provisionOnDemand")),
        (5, 5)
    );
    // By design, and not by being slow: the second window is used at once.
    assert!(
        started.elapsed() < Duration::from_secs(16),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn without_a_word_about_the_wait_the_client_backs_off_longer_and_longer() {
    let desk = Desk::start(|_, _| Said(429, String::new(), Vec::new())).await;
    let settings = Settings {
        retry: RetryTable {
            first_wait: Duration::from_millis(40),
            longest_wait: Duration::from_secs(5),
            refusal_retries: 4,
            ..RetryTable::default()
        },
        ..hasty()
    };
    let error = desk.client_with(false, settings).0.jobs("sp").await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Throttled);
    let asked = desk.asked();
    assert_eq!(asked.len(), 5);
    for (retry, pair) in asked.windows(2).enumerate() {
        let full = Duration::from_millis(40 << retry);
        let wait = pair[1].at - pair[0].at;
        assert!(wait >= full / 2 && wait < full * 3, "{retry}: {wait:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn whoever_provisions_does_not_hold_up_whoever_watches() {
    let desk = Desk::start(|_, asked| {
        if asked.path.ends_with("provisionOnDemand") {
            std::thread::sleep(Duration::from_secs(2));
            return fine(&json!({"key": "{\"result\":\"Success\"}", "value": "{}"}));
        }
        fine(&json!({"value": []}))
    })
    .await;
    let settings = Settings {
        start_concurrency: 1,
        max_concurrency: 1,
        ..hasty()
    };
    let client = Arc::new(desk.client_with(false, settings).0);
    let busy: Vec<_> = (0..2)
        .map(|index| {
            let client = Arc::clone(&client);
            tokio::spawn(async move {
                let subject = OnDemandSubject {
                    object_id: format!("CN={index}"),
                    object_type: "user".to_owned(),
                };
                client
                    .provision_on_demand("sp", "j", "r", &subject)
                    .await
                    .map(drop)
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let started = Instant::now();
    client.jobs("sp").await.unwrap();
    assert!(
        started.elapsed() < Duration::from_millis(1_500),
        "{:?}",
        started.elapsed()
    );
    for one in busy {
        one.await.unwrap().unwrap();
    }
    assert!(
        started.elapsed() < Duration::from_millis(2_400),
        "four at once: {:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_refused_report_does_not_hold_up_whoever_watches() {
    let desk = Desk::start(|number, asked| {
        if asked.path.contains("auditLogs") && number == 0 {
            return Said(429, "Retry-After: 1\r\n".to_owned(), Vec::new());
        }
        fine(&json!({"value": []}))
    })
    .await;
    let client = Arc::new(desk.client(false));
    let log = {
        let client = Arc::clone(&client);
        tokio::spawn(async move {
            client
                .provisioning_log(&LogQuery::default(), None)
                .await
                .map(drop)
        })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    let started = Instant::now();
    client.jobs("sp").await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(500));
    log.await.unwrap().unwrap();
    let asked = desk.asked();
    assert!(
        asked.last().unwrap().at - asked[0].at >= Duration::from_secs(1),
        "what was asked for is kept"
    );
}
