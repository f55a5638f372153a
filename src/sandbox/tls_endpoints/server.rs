//! One local server and its manner of answering.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rustls::{
    ServerConfig, SupportedProtocolVersion,
    crypto::ring::default_provider,
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use super::{
    StartError,
    authority::{Authorities, Identity},
    old_hello::{Version, asked, refusal, server_hello},
};

/// How long a connection is kept at most.
const KEPT: Duration = Duration::from_secs(60);
/// How long a good server takes to answer, so that results come one after the other as they do on a network.
const DISTANCE: Duration = Duration::from_millis(40);

/// How a server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    Good,
    Only12,
    Only13,
    OldToo,
    OldOnly10,
    OldOnly11,
    Intercepted,
    SelfSigned,
    Expired,
    WrongName,
    Silent,
    Reset,
    Banner,
    Closed,
    RevocationList,
    Portal,
}

const BOTH: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
const ONLY12: &[&SupportedProtocolVersion] = &[&TLS12];
const ONLY13: &[&SupportedProtocolVersion] = &[&TLS13];

/// What a TLS server needs; nothing for manners without certificate.
fn identity(
    manner: Manner,
    host: &str,
    authorities: &Authorities,
) -> Result<Option<(Identity, &'static [&'static SupportedProtocolVersion])>, rcgen::Error> {
    Ok(Some(match manner {
        Manner::Good => (authorities.good(host)?, BOTH),
        Manner::Only12 | Manner::OldToo => (authorities.good(host)?, ONLY12),
        Manner::Only13 => (authorities.good(host)?, ONLY13),
        Manner::Intercepted => (authorities.intercepted(host)?, BOTH),
        Manner::SelfSigned => (Authorities::self_signed(host)?, BOTH),
        Manner::Expired => (authorities.expired(host)?, BOTH),
        Manner::WrongName => (authorities.good("portal.contoso.com")?, BOTH),
        Manner::OldOnly10
        | Manner::OldOnly11
        | Manner::Silent
        | Manner::Reset
        | Manner::Banner
        | Manner::Closed
        | Manner::RevocationList
        | Manner::Portal => return Ok(None),
    }))
}

/// Starts a server and says where it listens.
pub async fn start(
    manner: Manner,
    host: &str,
    authorities: &Authorities,
    servers: &mut JoinSet<()>,
) -> Result<SocketAddr, StartError> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let address = listener.local_addr()?;
    if manner == Manner::Closed {
        // The port is given back: nobody listens.
        return Ok(address);
    }
    let acceptor = match identity(manner, host, authorities)? {
        None => None,
        Some((identity, versions)) => {
            let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
                .with_protocol_versions(versions)?
                .with_no_client_auth()
                .with_single_cert(identity.chain, identity.key)?;
            Some(TlsAcceptor::from(Arc::new(config)))
        }
    };
    servers.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else { return };
                    let acceptor = acceptor.clone();
                    // What a peer does wrong is its own affair.
                    connections.spawn(async move {
                        let _ = tokio::time::timeout(KEPT, answer(manner, stream, acceptor)).await;
                    });
                }
                Some(_) = connections.join_next() => {}
            }
        }
    });
    Ok(address)
}

async fn answer(manner: Manner, mut stream: TcpStream, acceptor: Option<TlsAcceptor>) -> io::Result<()> {
    match manner {
        Manner::Closed => Ok(()),
        Manner::Silent => {
            let mut ignored = [0; 1024];
            while stream.read(&mut ignored).await? > 0 {}
            Ok(())
        }
        Manner::Reset => {
            let mut first = [0; 1];
            stream.read_exact(&mut first).await?;
            // Unread bytes in the buffer make the system answer with a reset.
            Ok(())
        }
        Manner::Banner => stream.write_all(b"220 mail.contoso.com ESMTP ready\r\n").await,
        Manner::RevocationList => {
            page(
                &mut stream,
                "application/pkix-crl",
                &[0x30, 0x03, 0x02, 0x01, 0x01],
            )
            .await
        }
        Manner::Portal => {
            let body = b"<html><body>Please sign in to the guest network.</body></html>";
            page(&mut stream, "text/html", body).await
        }
        Manner::OldOnly10 => old(&mut stream, &[Version::TLS10]).await.map(|_| ()),
        Manner::OldOnly11 => old(&mut stream, &[Version::TLS11]).await.map(|_| ()),
        Manner::OldToo => match asked_for(&stream).await? {
            Some(version) if version <= Version::TLS11 => {
                old(&mut stream, &[Version::TLS10, Version::TLS11]).await
            }
            _ => handshake(stream, acceptor).await,
        },
        Manner::Good
        | Manner::Only12
        | Manner::Only13
        | Manner::Intercepted
        | Manner::SelfSigned
        | Manner::Expired
        | Manner::WrongName => handshake(stream, acceptor).await,
    }
}

async fn handshake(stream: TcpStream, acceptor: Option<TlsAcceptor>) -> io::Result<()> {
    let Some(acceptor) = acceptor else {
        return Ok(());
    };
    tokio::time::sleep(DISTANCE).await;
    let mut stream = acceptor.accept(stream).await?;
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored).await? > 0 {}
    stream.shutdown().await
}

/// The version a client asks for, without taking its bytes away.
async fn asked_for(stream: &TcpStream) -> io::Result<Option<Version>> {
    let mut head = [0; 11];
    loop {
        let seen = stream.peek(&mut head).await?;
        if seen == head.len() || seen == 0 {
            return Ok(asked(&head[..seen]));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Answers with the newest of these versions that the client takes, or refuses.
async fn old(stream: &mut TcpStream, versions: &[Version]) -> io::Result<()> {
    let wanted = asked_for(stream).await?;
    let mut taken = [0; 2048];
    let _ = stream.read(&mut taken).await?;
    let newest = versions
        .iter()
        .rev()
        .find(|version| wanted.is_some_and(|wanted| **version <= wanted));
    let bytes = match newest {
        Some(version) => server_hello(*version),
        None => refusal(versions.last().copied().unwrap_or(Version::TLS10)),
    };
    stream.write_all(&bytes).await?;
    // The client has seen enough; what it says to that is read so that it is not reset.
    while stream.read(&mut taken).await? > 0 {}
    Ok(())
}

async fn page(stream: &mut TcpStream, kind: &str, body: &[u8]) -> io::Result<()> {
    let mut request = Vec::new();
    let mut part = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < 16 * 1024 {
        let read = stream.read(&mut part).await?;
        if read == 0 {
            return Ok(());
        }
        request.extend(&part[..read]);
    }
    let date = jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&jiff::Timestamp::now())
        .unwrap_or_default();
    let head = format!(
        "HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    if !request.starts_with(b"HEAD") {
        stream.write_all(body).await?;
    }
    stream.shutdown().await
}
