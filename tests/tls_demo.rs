//! The demo's local servers of every kind, looked at by the real probe under the names of real endpoints.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::time::Instant;

use handover::{
    cli::demo_request,
    domain::tls::{EndpointReport, ProbeOutcome},
    sandbox::tls_endpoints::TlsEndpoints,
    tls::probe::probe_all,
};
use tokio_util::sync::CancellationToken;

fn install_provider() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

async fn look(servers: &TlsEndpoints) -> Vec<EndpointReport> {
    let (request, options) = demo_request(servers);
    probe_all(request.endpoints, options, CancellationToken::new(), |_, _| {})
        .await
        .unwrap()
        .reports
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_server_gets_its_own_verdict() {
    install_provider();
    let servers = TlsEndpoints::start().await.unwrap();
    let begun = Instant::now();
    let reports = look(&servers).await;
    let seconds = begun.elapsed().as_secs_f64();
    let report = |kind: &str| {
        reports
            .iter()
            .find(|report| report.purpose.ends_with(&format!(", {kind}")))
            .unwrap()
    };
    let outcome = |kind: &str| (report(kind).outcome, report(kind).protocol.clone());
    let detail = |kind: &str| report(kind).detail.clone();
    let tls = |version: &str| Some(format!("TLS {version}"));
    for (kind, wanted) in [
        ("TLS 1.3, publicly trusted", (ProbeOutcome::Reached, tls("1.3"))),
        ("TLS 1.3 only", (ProbeOutcome::Reached, tls("1.3"))),
        ("TLS 1.2 only", (ProbeOutcome::Reached, tls("1.2"))),
        (
            "takes TLS 1.0 and 1.1 beside 1.2",
            (ProbeOutcome::OldProtocolsOffered, tls("1.2")),
        ),
        (
            "signed by itself",
            (ProbeOutcome::CertificateUntrusted, tls("1.3")),
        ),
        (
            "certificate expired",
            (ProbeOutcome::CertificateExpired, tls("1.3")),
        ),
        (
            "certificate of another name",
            (ProbeOutcome::CertificateWrongName, tls("1.3")),
        ),
    ] {
        assert_eq!(outcome(kind), wanted, "{kind}: {}", detail(kind));
    }
    let intercepted = "opened by the company's proxy";
    if cfg!(windows) && detail(intercepted).contains("could not be asked") {
        println!(
            "left out: which authorities this machine trusts, since Wine refuses the list it is asked with"
        );
        assert_eq!(outcome(intercepted).0, ProbeOutcome::CertificateUntrusted);
    } else {
        let wanted = (ProbeOutcome::Intercepted, tls("1.3"));
        assert_eq!(outcome(intercepted), wanted, "{}", detail(intercepted));
    }
    for (kind, wanted) in [
        ("TLS 1.0 only", ProbeOutcome::OldProtocolOnly),
        ("TLS 1.1 only", ProbeOutcome::OldProtocolOnly),
        ("accepts and stays silent", ProbeOutcome::Silent),
        ("cuts the connection", ProbeOutcome::Reset),
        ("answers in plain text", ProbeOutcome::NotTls),
        ("closed port", ProbeOutcome::Refused),
        ("a revocation list", ProbeOutcome::Reached),
        ("a sign-in page in the way", ProbeOutcome::PageInstead),
    ] {
        assert_eq!(outcome(kind).0, wanted, "{kind}: {}", detail(kind));
    }
    assert_eq!(reports.len(), servers.places().len());
    // All at once: the silent one takes its ten seconds and nobody adds to them.
    assert!(seconds < 12.0, "{seconds:.1} s");
}
