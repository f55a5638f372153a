//! Servers that behave as told, byte by byte, and what a probe says of them.

use std::{future::Future, net::SocketAddr, time::Duration};

use handover::domain::tls::{Certainty, Endpoint, EndpointSpeech, ProbeOutcome, Verdict};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

use crate::{
    openssl::{Server, Wanted, Workshop},
    probing::{endpoint, options, plain, probe, probe_one},
};

/// Serves every connection with the same behaviour.
pub async fn serve<F>(behave: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(behave(stream));
        }
    });
    address
}

pub async fn silent() -> SocketAddr {
    serve(|stream| async move {
        sleep(Duration::from_secs(60)).await;
        drop(stream);
    })
    .await
}

/// Waits for the first bytes and cuts: a socket closed over unread bytes sends a reset.
pub async fn resetting() -> SocketAddr {
    serve(|stream| async move {
        let _ = stream.readable().await;
    })
    .await
}

pub async fn saying(text: &'static str) -> SocketAddr {
    serve(move |mut stream| async move {
        let _ = stream.write_all(text.as_bytes()).await;
        let mut rest = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
    })
    .await
}

/// Answers every request with this head.
pub async fn answering(head: String) -> SocketAddr {
    serve(move |mut stream| {
        let head = head.clone();
        async move {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => request.push(byte),
                    Err(_) => return,
                }
            }
            let _ = stream
                .write_all(format!("HTTP/1.1 {head}\r\n\r\n").as_bytes())
                .await;
        }
    })
    .await
}

/// An address at which nothing listens.
pub async fn closed() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn silence_is_told_within_the_bound() {
    let report = probe_one(&endpoint("silent.example"), silent().await).await;
    assert_eq!(report.outcome, ProbeOutcome::Silent, "{report:?}");
    assert_eq!(report.verdict, Verdict::Fail);
}

#[tokio::test]
async fn a_reset_is_told() {
    let report = probe_one(&endpoint("reset.example"), resetting().await).await;
    assert_eq!(report.outcome, ProbeOutcome::Reset, "{report:?}");
}

#[tokio::test]
async fn a_banner_is_quoted() {
    for (banner, quoted) in [
        ("220 mail.example ESMTP\x1b[2J\r\n", "`220 mail.example ESMTP[2J`"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "`SSH-2.0-OpenSSH_9.2`"),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "`HTTP/1.1 400 Bad Request`"),
    ] {
        let report = probe_one(&endpoint("banner.example"), saying(banner).await).await;
        assert_eq!(report.outcome, ProbeOutcome::NotTls, "{report:?}");
        assert!(report.detail.contains(quoted), "{}", report.detail);
    }
}

#[tokio::test]
async fn a_closed_port_is_told() {
    let report = probe_one(&endpoint("closed.example"), closed().await).await;
    assert_eq!(report.outcome, ProbeOutcome::Refused, "{report:?}");
    assert!(
        report.detail.starts_with("127.0.0.1 refuses"),
        "{}",
        report.detail
    );
}

#[tokio::test]
async fn a_swallowed_connection_is_told() {
    // TEST-NET-1 (RFC 5737) leads nowhere: depending on the machine there is no answer, or no way.
    let report = probe_one(&endpoint("blocked.example"), "192.0.2.1:443".parse().unwrap()).await;
    assert!(
        matches!(report.outcome, ProbeOutcome::Blocked | ProbeOutcome::Refused),
        "{report:?}"
    );
}

#[tokio::test]
async fn a_name_that_no_server_knows_is_told() {
    // The top-level name `invalid` never resolves (RFC 6761).
    let report = probe(&[&endpoint("nowhere.invalid")], options(&[]))
        .await
        .reports
        .remove(0);
    assert_eq!(report.outcome, ProbeOutcome::NameNotFound, "{report:?}");
    assert_eq!(report.verdict, Verdict::Fail);
    let guessed = Endpoint {
        certainty: Certainty::Guess,
        ..endpoint("nowhere.invalid")
    };
    let report = probe(&[&guessed], options(&[])).await.reports.remove(0);
    assert_eq!(report.verdict, Verdict::Info, "a guess may be wrong: {report:?}");
    assert!(report.detail.contains("guess"), "{}", report.detail);
}

#[tokio::test]
async fn every_address_of_a_name_is_tried() {
    let Some(workshop) = Workshop::open() else { return };
    let server = Server::start(&workshop.issue(None, &Wanted::host("many.example")), &[]);
    let endpoint = endpoint("many.example");
    let mut options = options(&[]);
    let addresses = vec![closed().await, closed().await, server.address];
    options
        .resolve
        .insert((endpoint.host.clone(), endpoint.port), addresses);
    let report = probe(&[&endpoint], options).await.reports.remove(0);
    assert_eq!(report.protocol.as_deref(), Some("TLS 1.3"), "{report:?}");
    assert_eq!(report.addresses.len(), 3);
}

#[tokio::test]
async fn an_open_port_is_enough_where_nothing_more_is_known() {
    let status = Endpoint {
        port: 8080,
        speech: EndpointSpeech::Connection,
        required: false,
        ..endpoint("status.example")
    };
    assert_eq!(
        probe_one(&status, silent().await).await.outcome,
        ProbeOutcome::Reached
    );
    let report = probe_one(&status, closed().await).await;
    assert_eq!(report.outcome, ProbeOutcome::Refused);
    assert_eq!(report.verdict, Verdict::Warn, "optional");
}

#[tokio::test]
async fn plain_http_is_told_from_pages_and_other_talk() {
    let list = plain("crl.example", Some("/root.crl"));
    for (address, expected) in [
        (
            answering("200 OK\r\nContent-Type: application/pkix-crl".to_owned()).await,
            ProbeOutcome::Reached,
        ),
        (
            answering("404 Not Found\r\nContent-Type: text/html".to_owned()).await,
            ProbeOutcome::Reached,
        ),
        (
            answering("200 OK\r\nContent-Type: text/html".to_owned()).await,
            ProbeOutcome::PageInstead,
        ),
        (
            answering("302 Found\r\nLocation: http://portal.example/sign-in".to_owned()).await,
            ProbeOutcome::PageInstead,
        ),
        (saying("220 mail.example\r\n").await, ProbeOutcome::NotHttp),
        (resetting().await, ProbeOutcome::Reset),
        (silent().await, ProbeOutcome::Silent),
        (closed().await, ProbeOutcome::Refused),
    ] {
        let report = probe_one(&list, address).await;
        assert_eq!(report.outcome, expected, "{report:?}");
    }
}
