//! One handshake by rustls, and one question with a hello made by hand.

use std::{io, sync::Arc};

use rustls::{
    AlertDescription, CipherSuite, ClientConfig,
    client::Resumption,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;

use super::{
    hello::{Answer, Version, client_hello, read_answer},
    overheard::Overheard,
    witness::Witness,
};

/// How a handshake ended.
#[derive(Debug)]
pub struct Handshake {
    /// What was agreed, or why nothing was.
    pub result: Result<Agreed, Broken>,
    /// The chain as sent, leaf first; may be there although the handshake failed.
    pub chain: Vec<CertificateDer<'static>>,
    /// The first bytes the server sent.
    pub first_bytes: Vec<u8>,
}

/// What both ends agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// The version.
    pub version: Version,
    /// The suite's number.
    pub suite: u16,
}

/// Why a handshake failed.
#[derive(Debug)]
pub enum Broken {
    /// The server stopped answering, or never began.
    Silent,
    /// The connection ended.
    Cut,
    /// What came is not TLS.
    NotTls,
    /// The server refused with an alert.
    Alert(AlertDescription),
    /// Its hello does not fit TLS 1.2 or 1.3 as rustls speaks it.
    Incompatible(String),
    /// TLS broke in another way.
    Other(String),
}

/// Shakes hands and closes the connection. No certificate is refused here: see [`Witness`].
pub async fn shake(
    stream: TcpStream,
    name: ServerName<'static>,
    provider: &Arc<CryptoProvider>,
    deadline: Instant,
) -> Handshake {
    let witness = Arc::new(Witness::new(provider.clone()));
    let mut first_bytes = Vec::new();
    let result = match configuration(provider, &witness) {
        Ok(configuration) => {
            let stream = Overheard::new(stream, &mut first_bytes);
            let handshake = TlsConnector::from(Arc::new(configuration)).connect(name, stream);
            match timeout_at(deadline, handshake).await {
                Err(_) => Err(Broken::Silent),
                Ok(Err(error)) => Err(broken(&error)),
                Ok(Ok(stream)) => agreed(stream.get_ref().1),
            }
        }
        Err(error) => Err(Broken::Other(error.to_string())),
    };
    // A plain-text banner may look like a broken record, and a broken record like a banner: the first byte decides.
    let result = match result {
        Err(Broken::Other(_) | Broken::Cut) if speaks_otherwise(&first_bytes) => Err(Broken::NotTls),
        result => result,
    };
    Handshake {
        result,
        chain: witness.chain(),
        first_bytes,
    }
}

fn configuration(
    provider: &Arc<CryptoProvider>,
    witness: &Arc<Witness>,
) -> Result<ClientConfig, rustls::Error> {
    let mut configuration = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(witness.clone())
        .with_no_client_auth();
    configuration.resumption = Resumption::disabled();
    Ok(configuration)
}

fn agreed(connection: &rustls::ClientConnection) -> Result<Agreed, Broken> {
    match (
        connection.protocol_version(),
        connection.negotiated_cipher_suite(),
    ) {
        (Some(version), Some(suite)) => Ok(Agreed {
            version: Version(u16::from(version)),
            suite: u16::from(suite.suite()),
        }),
        _ => Err(Broken::Other("the handshake ended without a version".to_owned())),
    }
}

fn speaks_otherwise(first_bytes: &[u8]) -> bool {
    !first_bytes.is_empty() && read_answer(first_bytes) == Answer::NotTls
}

fn broken(error: &io::Error) -> Broken {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::AlertReceived(alert)) => Broken::Alert(*alert),
        Some(rustls::Error::PeerIncompatible(reason)) => Broken::Incompatible(format!("{reason:?}")),
        Some(other) => Broken::Other(other.to_string()),
        None if error.kind() == io::ErrorKind::TimedOut => Broken::Silent,
        None => Broken::Cut,
    }
}

/// Sends a hello for `version` and reads the answer's beginning. `None` where none came before the deadline.
pub async fn ask(mut stream: TcpStream, version: Version, host: &str, deadline: Instant) -> Option<Answer> {
    let talk = async {
        stream.write_all(&client_hello(version, host)).await.ok()?;
        let mut bytes = Vec::new();
        loop {
            let mut part = [0; 2048];
            let length = stream.read(&mut part).await.ok()?;
            bytes.extend(&part[..length]);
            match read_answer(&bytes) {
                Answer::Incomplete if length > 0 => {}
                Answer::Incomplete => return None,
                answer => return Some(answer),
            }
        }
    };
    timeout_at(deadline, talk).await.ok().flatten()
}

/// A suite in the IANA spelling.
pub fn suite_name(suite: u16) -> String {
    match CipherSuite::from(suite).as_str() {
        Some(name) => name.replacen("TLS13_", "TLS_", 1),
        None => format!("0x{suite:04x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_have_their_registered_names() {
        assert_eq!(suite_name(0x1301), "TLS_AES_128_GCM_SHA256");
        assert_eq!(suite_name(0xc030), "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
        assert_eq!(suite_name(0x009c), "TLS_RSA_WITH_AES_128_GCM_SHA256");
        assert_eq!(suite_name(0xdead), "0xdead");
    }
}
