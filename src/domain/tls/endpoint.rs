//! Endpoints that must be reached, and what was seen there.

use serde::Serialize;

use super::Verdict;

/// Who needs an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointRole {
    /// Entra Connect Sync.
    Connect,
    /// The provisioning agent.
    Agent,
    /// Handover itself.
    Handover,
}

impl EndpointRole {
    /// The word in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Agent => "agent",
            Self::Handover => "handover",
        }
    }
}

/// One host and port to probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// Name, never an address with wildcards.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Whether a TLS handshake is expected; otherwise plain HTTP (revocation lists on port 80).
    pub tls: bool,
    /// False for what only helps when something else is blocked (8080, 5671).
    pub required: bool,
    /// Who needs it.
    pub roles: Vec<EndpointRole>,
    /// What for, in a few words.
    pub purpose: String,
}

/// What happened at an endpoint, as one word that a script can rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeOutcome {
    /// Reached; where TLS is expected, over TLS 1.2 or later with a publicly trusted chain.
    Reached,
    /// Works, and the server would also take TLS 1.0 or 1.1.
    OldProtocolsOffered,
    /// Trusted by this machine but not by the public: someone on the way opens the connection.
    Intercepted,
    /// The name does not resolve.
    NameNotFound,
    /// Nothing listens, or a firewall says no.
    Refused,
    /// No answer to the connection within the time allowed.
    Blocked,
    /// Connected, then silence.
    Silent,
    /// Connected, then cut.
    Reset,
    /// Something answered that does not speak TLS.
    NotTls,
    /// The server only speaks TLS 1.1 or older.
    OldProtocolOnly,
    /// The server speaks TLS 1.2 or later but shares no cipher suite with this client.
    NoCommonSuite,
    /// The certificate's time is over or has not come.
    CertificateExpired,
    /// The times of several certificates say that this machine's clock is wrong.
    ClockWrong,
    /// Signed by nobody this machine knows, or by itself.
    CertificateUntrusted,
    /// The certificate is for another name.
    CertificateWrongName,
    /// The proxy would not pass the connection on.
    ProxyRefused,
    /// TLS failed in another way; the detail says how.
    HandshakeFailed,
}

/// One certificate of a chain, for a reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFacts {
    /// Whom it names.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// From when, RFC 3339.
    pub not_before: Option<String>,
    /// Until when, RFC 3339.
    pub not_after: Option<String>,
}

/// What was seen at one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointReport {
    /// Name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Whether TLS was expected.
    pub tls: bool,
    /// Whether the products can do without it.
    pub required: bool,
    /// Who needs it.
    pub roles: Vec<EndpointRole>,
    /// What for.
    pub purpose: String,
    /// The judgement: `ok`, `info`, `warn` or `fail`.
    pub verdict: Verdict,
    /// The same as one of a fixed set of words.
    pub outcome: ProbeOutcome,
    /// What it means and what to do.
    pub detail: String,
    /// Addresses the name resolves to.
    pub addresses: Vec<String>,
    /// The proxy it went through.
    pub proxy: Option<String>,
    /// Negotiated version (`TLS 1.3`).
    pub protocol: Option<String>,
    /// Negotiated suite, in the IANA spelling.
    pub suite: Option<String>,
    /// Who signed the leaf.
    pub issuer: Option<String>,
    /// Until when the leaf is valid, RFC 3339.
    pub expires: Option<String>,
    /// The chain as sent, leaf first.
    pub chain: Vec<CertificateFacts>,
    /// Versions older than 1.2 that the server takes.
    pub old_protocols: Vec<String>,
    /// What Windows' own TLS saw: version, or why it failed. `None` elsewhere than on Windows.
    pub schannel: Option<String>,
    /// From the first packet to the verdict, in milliseconds.
    pub milliseconds: u64,
}
