//! A real inspecting proxy, which `tests/lab/inspection` starts.

use std::path::PathBuf;

use handover::{
    domain::tls::{Endpoint, ProbeOutcome},
    tls::probe::{ProbeOptions, ProxyChoice},
};

use crate::{
    openssl::{Identity, Server, Wanted, Workshop},
    probing::{endpoint, options, probe},
};

#[tokio::test]
#[ignore = "needs squid: run tests/lab/inspection"]
async fn squid_is_found_out() {
    let proxy = std::env::var("HANDOVER_LAB_PROXY").unwrap();
    let folder = PathBuf::from(std::env::var("HANDOVER_LAB_FOLDER").unwrap());
    let made = |name: &str| Identity {
        certificate: folder.join(format!("{name}.pem")),
        key: folder.join(format!("{name}.key")),
        chain: None,
    };
    let (device, public) = (made("authority"), made("public"));
    let workshop = Workshop::open().unwrap();
    let hosts = ["login.first.example", "graph.second.test"];
    let servers = hosts.map(|name| Server::start(&workshop.issue(Some(&public), &Wanted::host(name)), &[]));
    let endpoints: Vec<Endpoint> = hosts
        .iter()
        .zip(&servers)
        .map(|(name, server)| Endpoint {
            port: server.address.port(),
            ..endpoint(name)
        })
        .collect();
    let asked: Vec<&Endpoint> = endpoints.iter().collect();
    let inspected = ProbeOptions {
        proxy: ProxyChoice::Fixed(proxy),
        public_roots: vec![public.der()],
        system_roots: vec![public.der(), device.der()],
        ..options(&[])
    };

    let run = probe(&asked, inspected.clone()).await;
    println!("{run:#?}");
    for report in &run.reports {
        assert_eq!(report.outcome, ProbeOutcome::Intercepted, "{report:?}");
        assert_eq!(report.issuer.as_deref(), Some("O=Contoso, CN=Contoso authority"));
        assert!(report.detail.contains("unrelated hosts"), "{}", report.detail);
    }
    assert!(
        run.notes.iter().any(|note| note.contains("Contoso authority")),
        "{:?}",
        run.notes
    );

    // A machine that does not know the device's authority.
    let unknown = ProbeOptions {
        system_roots: vec![public.der()],
        ..inspected.clone()
    };
    for report in probe(&asked, unknown).await.reports {
        assert_eq!(report.outcome, ProbeOutcome::CertificateUntrusted, "{report:?}");
    }

    // The same servers without the device.
    let mut direct = inspected;
    direct.proxy = ProxyChoice::None;
    for (endpoint, server) in endpoints.iter().zip(&servers) {
        direct
            .resolve
            .insert((endpoint.host.clone(), endpoint.port), vec![server.address]);
    }
    for report in probe(&asked, direct).await.reports {
        assert_eq!(report.outcome, ProbeOutcome::Reached, "{report:?}");
    }
}
