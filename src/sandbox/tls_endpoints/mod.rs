//! Local servers of every kind that a TLS probe can meet, under the names of real endpoints.
//!
//! Nothing here leaves the machine: names are mapped to loopback addresses by whoever probes. Two throw-away
//! authorities are made at each start: one plays the public, the other a company whose proxy opens connections; this
//! machine trusts both, the public only the first.
//!
//! What is not real: servers that speak TLS 1.0 or 1.1 send a ServerHello and nothing more, which is as far as any
//! client of today goes with them. Servers that go through with an old handshake are OpenSSL's, in the tests.

mod authority;
mod exports;
mod old_hello;
mod server;

use std::{io, net::SocketAddr};

use rustls::pki_types::CertificateDer;
use tokio::task::JoinSet;

use authority::Authorities;
pub use exports::{Export, exports};
use server::Manner;

/// A local server and whom it plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name it plays.
    pub host: &'static str,
    /// The port it plays.
    pub port: u16,
    /// Where it really listens; nobody does where the kind is a closed port.
    pub address: SocketAddr,
    /// Whether a client should expect TLS there.
    pub tls: bool,
    /// What to see there, in a few words.
    pub kind: &'static str,
}

/// Servers of every kind; they end when dropped.
pub struct TlsEndpoints {
    places: Vec<Place>,
    public: Vec<CertificateDer<'static>>,
    company: Vec<CertificateDer<'static>>,
    _servers: JoinSet<()>,
}

/// Why they did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No port, or the system refused it.
    #[error("a local server can't listen: {0}")]
    Listen(#[from] io::Error),
    /// A certificate could not be made.
    #[error("a throw-away certificate can't be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A server could not be set up.
    #[error("a local TLS server can't be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// Name, port, manner, what to see there.
const PLACES: [(&str, u16, Manner, &str); 17] = [
    (
        "login.microsoftonline.com",
        443,
        Manner::Good,
        "TLS 1.3, publicly trusted",
    ),
    (
        "graph.microsoft.com",
        443,
        Manner::Good,
        "TLS 1.3, publicly trusted",
    ),
    ("outlook.office365.com", 443, Manner::Only13, "TLS 1.3 only"),
    (
        "adminwebservice.microsoftonline.com",
        443,
        Manner::Only12,
        "TLS 1.2 only",
    ),
    (
        "login.windows.net",
        443,
        Manner::OldToo,
        "takes TLS 1.0 and 1.1 beside 1.2",
    ),
    (
        "autoupdate.msappproxy.net",
        443,
        Manner::Intercepted,
        "opened by the company's proxy",
    ),
    (
        "contoso.registration.msappproxy.net",
        443,
        Manner::OldOnly10,
        "TLS 1.0 only",
    ),
    (
        "contoso.bootstrap.msappproxy.net",
        443,
        Manner::OldOnly11,
        "TLS 1.1 only",
    ),
    ("aadcdn.msauth.net", 443, Manner::SelfSigned, "signed by itself"),
    ("aadcdn.msftauth.net", 443, Manner::Expired, "certificate expired"),
    (
        "www.msftconnecttest.com",
        443,
        Manner::WrongName,
        "certificate of another name",
    ),
    ("login.live.com", 443, Manner::Silent, "accepts and stays silent"),
    ("management.azure.com", 443, Manner::Reset, "cuts the connection"),
    (
        "enterpriseregistration.windows.net",
        443,
        Manner::Banner,
        "answers in plain text",
    ),
    (
        "policykeyservice.dc.ad.msft.net",
        443,
        Manner::Closed,
        "closed port",
    ),
    (
        "crl.microsoft.com",
        80,
        Manner::RevocationList,
        "a revocation list",
    ),
    ("ocsp.msocsp.com", 80, Manner::Portal, "a sign-in page in the way"),
];

impl TlsEndpoints {
    /// Starts all of them on loopback ports.
    ///
    /// # Errors
    /// When a port or a certificate can't be had.
    pub async fn start() -> Result<Self, StartError> {
        let authorities = Authorities::new()?;
        let mut servers = JoinSet::new();
        let mut places = Vec::new();
        for (host, port, manner, kind) in PLACES {
            let address = server::start(manner, host, &authorities, &mut servers).await?;
            places.push(Place {
                host,
                port,
                address,
                tls: !matches!(manner, Manner::RevocationList | Manner::Portal),
                kind,
            });
        }
        Ok(Self {
            places,
            public: vec![authorities.public_root()],
            company: vec![authorities.company_root()],
            _servers: servers,
        })
    }

    /// The servers.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The authority that plays the public.
    pub fn public_roots(&self) -> &[CertificateDer<'static>] {
        &self.public
    }

    /// The company's authority: this machine trusts it, the public does not.
    pub fn company_roots(&self) -> &[CertificateDer<'static>] {
        &self.company
    }
}
