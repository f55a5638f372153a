//! What several endpoints show together.

use std::collections::BTreeMap;

use handover::{
    domain::tls::{EndpointReport, ProbeOutcome},
    tls::probe::{LIMITS, ProbeRun, probe_all},
};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimePrinter};
use tokio_util::sync::CancellationToken;

use crate::{
    openssl::{Server, Wanted, Workshop},
    probing::{endpoint, options, plain, probe},
    sockets::answering,
};

/// A head whose date is this far behind (or ahead of) now.
fn dated(behind: SignedDuration) -> String {
    let date = Timestamp::now().checked_sub(behind).unwrap();
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&date).unwrap();
    format!("200 OK\r\nContent-Type: application/pkix-crl\r\nDate: {date}")
}

/// Two hosts whose certificates were over some days ago, and a list with a date.
async fn expired_beside(head: Option<String>) -> Option<ProbeRun> {
    let workshop = Workshop::open()?;
    let ended = Timestamp::now()
        .checked_sub(SignedDuration::from_hours(48))
        .unwrap();
    let ended = ended.strftime("%Y%m%d%H%M%SZ").to_string();
    let hosts = ["login.first.example", "graph.second.test"];
    let servers = hosts.map(|name| {
        let wanted = Wanted {
            until: &ended,
            ..Wanted::host(name)
        };
        Server::start(&workshop.issue(None, &wanted), &[])
    });
    let [first, second] = hosts.map(endpoint);
    let list = plain("crl.example", Some("/root.crl"));
    let mut asked = vec![&first, &second];
    let mut options = options(&[(&first, servers[0].address), (&second, servers[1].address)]);
    if let Some(head) = head {
        options
            .resolve
            .insert((list.host.clone(), list.port), vec![answering(head).await]);
        asked.push(&list);
    }
    Some(probe(&asked, options).await)
}

fn outcomes(run: &ProbeRun) -> Vec<ProbeOutcome> {
    run.reports.iter().take(2).map(|report| report.outcome).collect()
}

#[tokio::test]
async fn several_expired_certificates_at_once_mean_a_wrong_clock() {
    let Some(run) = expired_beside(None).await else {
        return;
    };
    assert_eq!(outcomes(&run), [ProbeOutcome::ClockWrong; 2], "{run:?}");
}

#[tokio::test]
async fn servers_that_tell_another_time_confirm_a_wrong_clock() {
    let Some(run) = expired_beside(Some(dated(SignedDuration::from_hours(72)))).await else {
        return;
    };
    assert_eq!(outcomes(&run), [ProbeOutcome::ClockWrong; 2], "{run:?}");
    assert!(
        run.notes.iter().any(|note| note.contains("s ahead of the dates")),
        "{:?}",
        run.notes
    );
}

#[tokio::test]
async fn servers_that_tell_this_time_clear_the_clock() {
    let Some(run) = expired_beside(Some(dated(SignedDuration::ZERO))).await else {
        return;
    };
    assert_eq!(outcomes(&run), [ProbeOutcome::CertificateExpired; 2], "{run:?}");
    assert!(
        !run.notes.iter().any(|note| note.contains("clock")),
        "{:?}",
        run.notes
    );
}

#[tokio::test]
async fn a_clock_behind_is_told_without_certificates_too() {
    let list = plain("crl.example", Some("/root.crl"));
    let address = answering(dated(SignedDuration::from_mins(-20))).await;
    let run = probe(&[&list], options(&[(&list, address)])).await;
    assert!(
        run.notes.iter().any(|note| note.contains("s behind the dates")),
        "{:?}",
        run.notes
    );
    assert!(
        run.reports[0]
            .clock_ahead_seconds
            .is_some_and(|ahead| (-1210..=-1190).contains(&ahead))
    );
}

#[tokio::test]
async fn one_authority_for_unrelated_hosts_is_an_inspecting_device() {
    let Some(workshop) = Workshop::open() else { return };
    let authority = workshop.authority("Corporate Inspection");
    let hosts = ["login.first.example", "graph.second.test", "www.second.test"];
    let servers =
        hosts.map(|name| Server::start(&workshop.issue(Some(&authority), &Wanted::host(name)), &[]));
    let endpoints = hosts.map(endpoint);
    let mut options = options(&[]);
    for (endpoint, server) in endpoints.iter().zip(&servers) {
        options
            .resolve
            .insert((endpoint.host.clone(), endpoint.port), vec![server.address]);
    }
    options.system_roots = vec![authority.der()];
    let mut last: BTreeMap<usize, EndpointReport> = BTreeMap::new();
    let mut calls = 0;
    let run = probe_all(
        endpoints.to_vec(),
        options,
        CancellationToken::new(),
        |place, report| {
            calls += 1;
            last.insert(place, report.clone());
        },
    )
    .await
    .unwrap();
    assert_eq!(
        calls, 6,
        "each when it is there, and once more after the comparison"
    );
    assert!(
        run.reports
            .iter()
            .all(|report| report.outcome == ProbeOutcome::Intercepted),
        "{run:?}"
    );
    assert!(
        run.reports
            .iter()
            .all(|report| report.detail.contains("unrelated hosts")),
        "{run:?}"
    );
    assert_eq!(
        last.into_values().collect::<Vec<_>>(),
        run.reports,
        "what was told last is what stays"
    );
    let devices: Vec<_> = run
        .notes
        .iter()
        .filter(|note| note.contains("CN=Corporate Inspection"))
        .collect();
    assert_eq!(devices.len(), 1, "{:?}", run.notes);
    assert!(devices[0].contains("2 unrelated hosts"), "{devices:?}");
    assert_eq!(run.notes.iter().filter(|note| *note == LIMITS).count(), 1);
}
