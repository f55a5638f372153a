//! Which versions and suites a server takes.

use handover::domain::tls::{EndpointReport, ProbeOutcome, Verdict};

use crate::{
    openssl::{Server, Wanted, Workshop},
    probing::{endpoint, options, probe},
};

const HOST: &str = "login.example";
/// Old versions need SHA-1 signatures, which OpenSSL allows at its lowest level only.
const LOW: [&str; 2] = ["-cipher", "ALL:@SECLEVEL=0"];

/// A server that everybody trusts, started with these arguments.
async fn probed(rsa: bool, arguments: &[&str]) -> Option<EndpointReport> {
    let workshop = Workshop::open()?;
    let authority = workshop.authority("Public Authority");
    let leaf = workshop.issue(
        Some(&authority),
        &Wanted {
            rsa,
            ..Wanted::host(HOST)
        },
    );
    let server = Server::start(&leaf, arguments);
    let endpoint = endpoint(HOST);
    let mut options = options(&[(&endpoint, server.address)]);
    options.public_roots = vec![authority.der()];
    options.system_roots = vec![authority.der()];
    Some(probe(&[&endpoint], options).await.reports.remove(0))
}

#[tokio::test]
async fn a_good_server_is_described() {
    let Some(report) = probed(false, &[]).await else {
        return;
    };
    assert_eq!(report.outcome, ProbeOutcome::Reached, "{report:?}");
    assert_eq!(report.verdict, Verdict::Ok);
    assert_eq!(report.protocol.as_deref(), Some("TLS 1.3"));
    assert_eq!(report.suite.as_deref(), Some("TLS_AES_256_GCM_SHA384"));
    assert_eq!(report.issuer.as_deref(), Some("CN=Public Authority"));
    assert_eq!(report.expires.as_deref(), Some("2049-12-31T00:00:00Z"));
    assert_eq!(report.chain[0].subject, "CN=login.example");
    assert_eq!(
        report.chain[0].not_before.as_deref(),
        Some("2020-01-01T00:00:00Z")
    );
    assert_eq!(report.public_trust.as_deref(), Some("trusted"));
    assert_eq!(report.addresses, ["127.0.0.1"]);
    assert!(report.old_protocols.is_empty());
}

#[tokio::test]
async fn tls_1_3_alone_is_fine() {
    let Some(report) = probed(true, &["-tls1_3"]).await else {
        return;
    };
    assert_eq!(report.outcome, ProbeOutcome::Reached, "{report:?}");
    assert_eq!(report.protocol.as_deref(), Some("TLS 1.3"));
}

#[tokio::test]
async fn tls_1_2_alone_is_fine() {
    let Some(report) = probed(true, &["-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"]).await else {
        return;
    };
    assert_eq!(report.outcome, ProbeOutcome::Reached, "{report:?}");
    assert_eq!(report.protocol.as_deref(), Some("TLS 1.2"));
    assert_eq!(
        report.suite.as_deref(),
        Some("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")
    );
}

#[tokio::test]
async fn old_versions_alone_are_in_the_way() {
    for (argument, name) in [("-tls1", "TLS 1.0"), ("-tls1_1", "TLS 1.1")] {
        let Some(report) = probed(true, &[&[argument][..], &LOW].concat()).await else {
            return;
        };
        assert_eq!(report.outcome, ProbeOutcome::OldProtocolOnly, "{report:?}");
        assert_eq!(report.verdict, Verdict::Fail);
        assert_eq!(report.old_protocols, [name]);
        assert_eq!(report.protocol, None);
        assert!(report.detail.contains(name), "{}", report.detail);
    }
}

#[tokio::test]
async fn old_versions_beside_new_ones_are_mentioned() {
    let Some(report) = probed(true, &[&["-min_protocol", "TLSv1"][..], &LOW].concat()).await else {
        return;
    };
    assert_eq!(report.outcome, ProbeOutcome::OldProtocolsOffered, "{report:?}");
    assert_eq!(report.verdict, Verdict::Info);
    assert_eq!(report.old_protocols, ["TLS 1.0", "TLS 1.1"]);
    assert_eq!(report.protocol.as_deref(), Some("TLS 1.3"));
}

#[tokio::test]
async fn rsa_key_exchange_is_named() {
    let Some(report) = probed(true, &["-tls1_2", "-cipher", "AES128-GCM-SHA256"]).await else {
        return;
    };
    assert_eq!(report.outcome, ProbeOutcome::NoCommonSuite, "{report:?}");
    assert_eq!(report.suite.as_deref(), Some("TLS_RSA_WITH_AES_128_GCM_SHA256"));
    assert_eq!(report.protocol.as_deref(), Some("TLS 1.2"));
    assert!(
        report.detail.contains("TLS_RSA_WITH_AES_128_GCM_SHA256"),
        "{}",
        report.detail
    );
}
