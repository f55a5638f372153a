//! What the demo's TLS check looks at: exports of three servers, and local servers under the names of real ones.

use std::sync::Arc;

use crate::{
    domain::tls::{Certainty, Endpoint, EndpointRole, EndpointSpeech},
    engine::tls_check::{CheckRequest, HostRequest, RegistrySource},
    sandbox::tls_endpoints::{TlsEndpoints, exports},
    tls::probe::{ProbeOptions, ProxyChoice},
};

/// Hosts, endpoints, and how their names are resolved: to this machine.
pub fn demo_request(servers: &TlsEndpoints) -> (CheckRequest, ProbeOptions) {
    let hosts = exports().into_iter().map(|export| HostRequest {
        name: export.host.to_owned(),
        source: RegistrySource::Export(Arc::from(export.bytes)),
        windows: None,
    });
    let endpoint = |place: &crate::sandbox::tls_endpoints::Place| Endpoint {
        host: place.host.to_owned(),
        port: place.port,
        speech: match place.tls {
            true => EndpointSpeech::Tls,
            false => EndpointSpeech::Http,
        },
        path: (!place.tls).then(|| "/list.crl".to_owned()),
        required: true,
        roles: vec![EndpointRole::Connect, EndpointRole::Agent],
        purpose: format!("demo: a local server, {}", place.kind),
        certainty: Certainty::Documented,
    };
    let endpoints = servers.places().iter().map(endpoint).collect();
    let resolve = servers
        .places()
        .iter()
        .map(|place| ((place.host.to_owned(), place.port), vec![place.address]))
        .collect();
    let options = ProbeOptions {
        proxy: ProxyChoice::None,
        resolve,
        system_roots: servers
            .public_roots()
            .iter()
            .chain(servers.company_roots())
            .cloned()
            .collect(),
        public_roots: servers.public_roots().to_vec(),
        schannel: false,
        ..ProbeOptions::default()
    };
    (
        CheckRequest {
            hosts: hosts.collect(),
            endpoints,
        },
        options,
    )
}
