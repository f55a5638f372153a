//! What a probe says on the wire: a handshake and nothing after it.

use std::sync::{Arc, Mutex};

use handover::domain::tls::ProbeOutcome;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::TcpStream,
};

use crate::{
    openssl::{Server, Wanted, Workshop},
    probing::{endpoint, probe_one},
    sockets::serve,
};

const APPLICATION_DATA: u8 = 23;

/// The types of the TLS records in these bytes.
fn record_types(mut bytes: &[u8]) -> Vec<u8> {
    let mut types = Vec::new();
    while let [kind, _, _, high, low, rest @ ..] = bytes {
        types.push(*kind);
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        bytes = rest.get(length..).unwrap_or_default();
    }
    types
}

#[tokio::test]
async fn no_data_goes_to_a_server_that_nobody_trusts() {
    let Some(workshop) = Workshop::open() else { return };
    // TLS 1.2, in which application data shows from outside.
    let server = Server::start(
        &workshop.issue(None, &Wanted::host("login.example")),
        &["-tls1_2"],
    );
    let target = server.address;
    let heard: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let listening = heard.clone();
    let address = serve(move |client| {
        let heard = listening.clone();
        async move {
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = TcpStream::connect(target).await.unwrap().into_split();
            tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
            let mut said = Vec::new();
            let mut part = [0; 4096];
            while let Ok(length @ 1..) = from_client.read(&mut part).await {
                said.extend(&part[..length]);
                let _ = to_server.write_all(&part[..length]).await;
            }
            heard.lock().unwrap().push(said);
        }
    })
    .await;
    let report = probe_one(&endpoint("login.example"), address).await;
    assert_eq!(report.outcome, ProbeOutcome::CertificateUntrusted, "{report:?}");
    assert_eq!(report.protocol.as_deref(), Some("TLS 1.2"));
    // The handshake and both questions about old versions; the relay writes them down when they end.
    for _ in 0..100 {
        if heard.lock().unwrap().len() == 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 3);
    for said in heard.iter() {
        let types = record_types(said);
        assert_eq!(types.first(), Some(&22), "{types:?}");
        assert!(!types.contains(&APPLICATION_DATA), "{types:?}");
    }
    assert!(
        heard.iter().any(|said| record_types(said).len() >= 3),
        "one handshake went to its end"
    );
}
