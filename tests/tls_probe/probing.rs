//! Shorthands: endpoints under real names that lead to local servers.

use std::{net::SocketAddr, time::Duration};

use handover::{
    domain::tls::{Certainty, Endpoint, EndpointReport, EndpointRole, EndpointSpeech},
    tls::probe::{ProbeOptions, ProbeRun, ProxyChoice, probe_all},
};
use tokio_util::sync::CancellationToken;

/// Long enough for a busy machine, short enough for silent servers.
pub const BOUND: Duration = Duration::from_secs(4);

pub fn endpoint(host: &str) -> Endpoint {
    Endpoint {
        host: host.to_owned(),
        port: 443,
        speech: EndpointSpeech::Tls,
        path: None,
        required: true,
        roles: vec![EndpointRole::Agent],
        purpose: "test".to_owned(),
        certainty: Certainty::Documented,
    }
}

pub fn plain(host: &str, path: Option<&str>) -> Endpoint {
    Endpoint {
        port: 80,
        speech: EndpointSpeech::Http,
        path: path.map(str::to_owned),
        ..endpoint(host)
    }
}

/// Without a proxy, and with these names in place of name servers.
pub fn options(names: &[(&Endpoint, SocketAddr)]) -> ProbeOptions {
    ProbeOptions {
        bound: BOUND,
        proxy: ProxyChoice::None,
        resolve: names
            .iter()
            .map(|(endpoint, address)| ((endpoint.host.clone(), endpoint.port), vec![*address]))
            .collect(),
        ..ProbeOptions::default()
    }
}

pub async fn probe(endpoints: &[&Endpoint], options: ProbeOptions) -> ProbeRun {
    let endpoints = endpoints.iter().map(|endpoint| (*endpoint).clone()).collect();
    probe_all(endpoints, options, CancellationToken::new(), |_, _| {})
        .await
        .unwrap()
}

/// One endpoint at one address.
pub async fn probe_one(endpoint: &Endpoint, address: SocketAddr) -> EndpointReport {
    probe(&[endpoint], options(&[(endpoint, address)]))
        .await
        .reports
        .remove(0)
}
