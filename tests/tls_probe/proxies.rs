//! The same through an HTTP proxy.

use std::net::SocketAddr;

use handover::{
    domain::tls::{Endpoint, EndpointReport, ProbeOutcome},
    tls::probe::{ProbeOptions, ProxyChoice},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::TcpStream,
};

use crate::{
    openssl::{Server, Wanted, Workshop},
    probing::{endpoint, options, plain, probe},
    sockets::{answering, closed, saying, serve, silent},
};

fn through(proxy: SocketAddr) -> ProbeOptions {
    ProbeOptions {
        proxy: ProxyChoice::Fixed(format!("http://anna:hunter2@{proxy}")),
        ..options(&[])
    }
}

async fn told(endpoint: &Endpoint, proxy: SocketAddr) -> EndpointReport {
    probe(&[endpoint], through(proxy)).await.reports.remove(0)
}

async fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_proxy_that_passes_changes_nothing() {
    let Some(workshop) = Workshop::open() else { return };
    let authority = workshop.authority("Public Authority");
    let server = Server::start(
        &workshop.issue(Some(&authority), &Wanted::host("login.example")),
        &[],
    );
    let target = server.address;
    let proxy = serve(move |mut client| async move {
        let asked = request(&mut client).await;
        assert!(
            asked.starts_with("CONNECT login.example:443 HTTP/1.1\r\n"),
            "{asked}"
        );
        assert!(
            asked.contains("Proxy-Authorization: Basic YW5uYTpodW50ZXIy\r\n"),
            "{asked}"
        );
        let mut server = TcpStream::connect(target).await.unwrap();
        client
            .write_all(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
            .await
            .unwrap();
        let _ = copy_bidirectional(&mut client, &mut server).await;
    })
    .await;
    let endpoint = endpoint("login.example");
    let mut options = through(proxy);
    options.public_roots = vec![authority.der()];
    options.system_roots = vec![authority.der()];
    let run = probe(&[&endpoint], options).await;
    let report = &run.reports[0];
    assert_eq!(report.outcome, ProbeOutcome::Reached, "{report:?}");
    assert_eq!(report.proxy, Some(proxy.to_string()));
    assert!(report.addresses.is_empty(), "the proxy looks names up");
    assert!(
        run.notes.iter().any(|note| note.contains(&proxy.to_string())),
        "{:?}",
        run.notes
    );
    assert!(!format!("{run:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_proxy_that_refuses_is_quoted() {
    let endpoint = endpoint("login.example");
    for (answer, part) in [
        (
            "407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM",
            "(Negotiate, NTLM)",
        ),
        ("403 Forbidden", "forbids this host"),
        ("503 Service Unavailable", "could not reach this host itself"),
        ("302 Found\r\nLocation: http://portal.example", "status 302"),
    ] {
        let report = told(&endpoint, answering(answer.to_owned()).await).await;
        assert_eq!(report.outcome, ProbeOutcome::ProxyRefused, "{report:?}");
        assert!(report.detail.contains(part), "{}", report.detail);
    }
}

#[tokio::test]
async fn a_proxy_that_is_none_is_told() {
    let endpoint = endpoint("login.example");
    for (proxy, part) in [
        (closed().await, "cannot be reached"),
        (saying("220 mail.example\r\n").await, "does not speak HTTP"),
        (silent().await, "does not answer"),
    ] {
        let report = told(&endpoint, proxy).await;
        assert_eq!(report.outcome, ProbeOutcome::ProxyRefused, "{report:?}");
        assert!(report.detail.contains(part), "{}", report.detail);
    }
    let mut options = options(&[]);
    options.proxy = ProxyChoice::Fixed("socks5://127.0.0.1:1".to_owned());
    let report = probe(&[&endpoint], options).await.reports.remove(0);
    assert_eq!(report.outcome, ProbeOutcome::ProxyRefused, "{report:?}");
    assert!(report.detail.contains("socks5"), "{}", report.detail);
}

#[tokio::test]
async fn plain_http_asks_the_proxy_for_the_whole_address() {
    let proxy = serve(|mut client| async move {
        let asked = request(&mut client).await;
        let answer =
            if asked.starts_with("HEAD http://crl.example/root.crl HTTP/1.1\r\nHost: crl.example\r\n") {
                "HTTP/1.1 200 OK\r\nContent-Type: application/pkix-crl\r\n\r\n"
            } else {
                "HTTP/1.1 400 Bad Request\r\n\r\n"
            };
        client.write_all(answer.as_bytes()).await.unwrap();
    })
    .await;
    let list = plain("crl.example", Some("/root.crl"));
    let report = told(&list, proxy).await;
    assert_eq!(report.outcome, ProbeOutcome::Reached, "{report:?}");
    assert!(report.detail.contains("status 200"), "{}", report.detail);
    for refusal in ["407 Proxy Authentication Required", "503 Service Unavailable"] {
        let report = told(&list, answering(refusal.to_owned()).await).await;
        assert_eq!(report.outcome, ProbeOutcome::ProxyRefused, "{report:?}");
    }
}
