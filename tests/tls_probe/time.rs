//! The figure: all endpoints in the time of the slowest and 200 ms, none beyond its bound.

use std::time::{Duration, Instant};

use handover::{
    domain::tls::{Endpoint, ProbeOutcome},
    tls::probe::probe_all,
};
use tokio_util::sync::CancellationToken;

use crate::{
    openssl::{Server, Wanted, Workshop},
    probing::{BOUND, endpoint, options, plain, probe},
    sockets::{answering, closed, resetting, saying, silent},
};

/// About as many as a cloud has for all roles.
const ENDPOINTS: usize = 40;
const BESIDE_THE_SLOWEST: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_endpoints_take_as_long_as_the_slowest() {
    let Some(workshop) = Workshop::open() else { return };
    let leaf = workshop.issue(None, &Wanted::host("many.example"));
    let servers = [(); 4].map(|()| Server::start(&leaf, &[]));
    let others = [
        resetting().await,
        saying("220 mail\r\n").await,
        closed().await,
        silent().await,
    ];
    let page = answering("200 OK\r\nContent-Type: text/html".to_owned()).await;
    let mut options = options(&[]);
    options.bound = Duration::from_secs(2);
    let endpoints: Vec<Endpoint> = (0..ENDPOINTS)
        .map(|number| {
            let name = format!("host{number}.example");
            let (endpoint, address) = match number % 8 {
                place @ 0..4 => (endpoint(&name), servers[place].address),
                place @ 4..7 => (endpoint(&name), others[place - 4]),
                // One of them stays silent for as long as it may.
                _ if number == 7 => (endpoint(&name), others[3]),
                _ => (plain(&name, Some("/root.crl")), page),
            };
            options
                .resolve
                .insert((endpoint.host.clone(), endpoint.port), vec![address]);
            endpoint
        })
        .collect();
    let run = probe(&endpoints.iter().collect::<Vec<_>>(), options.clone()).await;
    assert_eq!(run.reports.len(), ENDPOINTS);
    assert_eq!(run.reports[7].outcome, ProbeOutcome::Silent);
    let slowest = run
        .reports
        .iter()
        .map(|report| report.milliseconds)
        .max()
        .unwrap();
    println!(
        "{ENDPOINTS} endpoints: {} ms, the slowest {slowest} ms",
        run.elapsed.as_millis()
    );
    assert!(
        slowest >= 2000,
        "the silent one waits for its bound: {slowest} ms"
    );
    assert!(
        run.elapsed <= Duration::from_millis(slowest) + BESIDE_THE_SLOWEST,
        "{:?}, slowest {slowest} ms",
        run.elapsed
    );
    assert!(
        Duration::from_millis(slowest) <= options.bound + BESIDE_THE_SLOWEST,
        "slowest {slowest} ms"
    );
}

#[tokio::test]
async fn a_cancelled_check_ends_at_once_and_keeps_what_it_has() {
    let (fast, slow) = (endpoint("fast.example"), endpoint("slow.example"));
    let options = options(&[(&fast, closed().await), (&slow, silent().await)]);
    let cancel = CancellationToken::new();
    let mut told = Vec::new();
    let started = Instant::now();
    let run = probe_all(vec![slow, fast], options, cancel.clone(), |place, report| {
        told.push((place, report.outcome));
        cancel.cancel();
    })
    .await
    .unwrap();
    assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());
    assert!(run.cancelled);
    assert_eq!(told, [(1, ProbeOutcome::Refused)]);
    assert_eq!(run.reports.len(), 1);
}
