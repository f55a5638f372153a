//! Who vouches for a server.

use handover::domain::tls::{EndpointReport, ProbeOutcome, Verdict};

use crate::{
    openssl::{Identity, Server, Wanted, Workshop},
    probing::{endpoint, options, probe, probe_one},
};

const HOST: &str = "login.example";

async fn shown(leaf: &Identity) -> EndpointReport {
    let server = Server::start(leaf, &[]);
    probe_one(&endpoint(HOST), server.address).await
}

#[tokio::test]
async fn signed_by_itself() {
    let Some(workshop) = Workshop::open() else { return };
    let report = shown(&workshop.issue(None, &Wanted::host(HOST))).await;
    assert_eq!(report.outcome, ProbeOutcome::CertificateUntrusted, "{report:?}");
    assert_eq!(report.verdict, Verdict::Fail);
    assert!(report.detail.contains("signed by itself"), "{}", report.detail);
    // An authority's own certificate on a server, which appliances ship with.
    let report = shown(&workshop.authority(HOST)).await;
    assert_eq!(report.outcome, ProbeOutcome::CertificateUntrusted, "{report:?}");
    assert!(report.detail.contains("signed by itself"), "{}", report.detail);
}

#[tokio::test]
async fn signed_by_nobody_known() {
    let Some(workshop) = Workshop::open() else { return };
    let authority = workshop.authority("Throw-away Authority");
    let report = shown(&workshop.issue(Some(&authority), &Wanted::host(HOST))).await;
    assert_eq!(report.outcome, ProbeOutcome::CertificateUntrusted, "{report:?}");
    assert!(
        report.detail.contains("Throw-away Authority"),
        "{}",
        report.detail
    );
}

#[tokio::test]
async fn trusted_by_this_machine_only() {
    let Some(workshop) = Workshop::open() else { return };
    let authority = workshop.authority("Corporate Inspection");
    let server = Server::start(&workshop.issue(Some(&authority), &Wanted::host(HOST)), &[]);
    let endpoint = endpoint(HOST);
    let mut options = options(&[(&endpoint, server.address)]);
    options.system_roots = vec![authority.der()];
    let report = probe(&[&endpoint], options).await.reports.remove(0);
    assert_eq!(report.outcome, ProbeOutcome::Intercepted, "{report:?}");
    assert_eq!(report.verdict, Verdict::Fail, "the agent needs it");
    assert_eq!(report.issuer.as_deref(), Some("CN=Corporate Inspection"));
    assert_eq!(report.system_trust.as_deref(), Some("trusted"));
    assert_eq!(report.public_trust.as_deref(), Some("unknown authority"));
}

#[tokio::test]
async fn trusted_by_the_public_only() {
    let Some(workshop) = Workshop::open() else { return };
    let authority = workshop.authority("New Public Authority");
    let server = Server::start(&workshop.issue(Some(&authority), &Wanted::host(HOST)), &[]);
    let endpoint = endpoint(HOST);
    let mut options = options(&[(&endpoint, server.address)]);
    options.public_roots = vec![authority.der()];
    let report = probe(&[&endpoint], options).await.reports.remove(0);
    assert_eq!(report.outcome, ProbeOutcome::AuthorityUnknownHere, "{report:?}");
    assert!(
        report.detail.contains("ctldl.windowsupdate.com"),
        "{}",
        report.detail
    );
}

#[tokio::test]
async fn out_of_its_time() {
    let Some(workshop) = Workshop::open() else { return };
    for (from, until, word) in [
        ("20200101000000Z", "20210101000000Z", "until 2021-01-01T00:00:00Z"),
        (
            "20480101000000Z",
            "20490101000000Z",
            "before 2048-01-01T00:00:00Z",
        ),
    ] {
        let wanted = Wanted {
            from,
            until,
            ..Wanted::host(HOST)
        };
        let report = shown(&workshop.issue(None, &wanted)).await;
        assert_eq!(report.outcome, ProbeOutcome::CertificateExpired, "{report:?}");
        assert!(report.detail.contains(word), "{}", report.detail);
    }
}

#[tokio::test]
async fn for_another_name() {
    let Some(workshop) = Workshop::open() else { return };
    let authority = workshop.authority("Public Authority");
    let server = Server::start(
        &workshop.issue(Some(&authority), &Wanted::host("other.example")),
        &[],
    );
    let endpoint = endpoint(HOST);
    let mut options = options(&[(&endpoint, server.address)]);
    options.public_roots = vec![authority.der()];
    options.system_roots = vec![authority.der()];
    let report = probe(&[&endpoint], options).await.reports.remove(0);
    assert_eq!(report.outcome, ProbeOutcome::CertificateWrongName, "{report:?}");
    assert!(report.detail.contains("CN=other.example"), "{}", report.detail);
}

#[tokio::test]
async fn a_chain_of_twenty() {
    let Some(workshop) = Workshop::open() else { return };
    let root = workshop.authority("Authority 0");
    let mut signers = vec![root.clone()];
    for number in 1..20 {
        let name = format!("Authority {number}");
        let wanted = Wanted {
            authority: true,
            ..Wanted::host(&name)
        };
        signers.push(workshop.issue(signers.last(), &wanted));
    }
    let mut leaf = workshop.issue(signers.last(), &Wanted::host(HOST));
    let sent: Vec<&Identity> = signers.iter().skip(1).rev().collect();
    leaf.chain = Some(workshop.bundle(&sent));
    let server = Server::start(&leaf, &[]);
    let endpoint = endpoint(HOST);
    let mut options = options(&[(&endpoint, server.address)]);
    options.public_roots = vec![root.der()];
    options.system_roots = vec![root.der()];
    let report = probe(&[&endpoint], options).await.reports.remove(0);
    assert_eq!(report.chain.len(), 20);
    assert_eq!(report.chain[19].issuer, "CN=Authority 0");
    assert_eq!(report.outcome, ProbeOutcome::CertificateUntrusted, "{report:?}");
    assert!(report.detail.contains("20 certificates"), "{}", report.detail);
}
