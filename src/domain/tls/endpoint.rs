//! Endpoints that must be reached, and what was seen there.

use serde::{Deserialize, Serialize};

use super::Verdict;

/// Who needs an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

/// What an endpoint is expected to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointSpeech {
    /// A TLS handshake.
    Tls,
    /// Plain HTTP: revocation lists on port 80.
    Http,
    /// Nothing that is known: an open connection is all that is asked for.
    Connection,
}

/// How sure it is that the products use exactly this name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// Microsoft's documents name it.
    #[default]
    Documented,
    /// A concrete name under a documented wildcard, or a name from experience. If it does not resolve, the guess may be
    /// wrong and not the network.
    Guess,
}

/// One host and port to probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// Name, never an address with wildcards.
    pub host: String,
    /// Port.
    pub port: u16,
    /// What is expected there.
    pub speech: EndpointSpeech,
    /// On plain HTTP, a file that is never a web page: HTML in its place means that someone else answered.
    pub path: Option<String>,
    /// False for what only helps when something else is blocked (8080, 5671).
    pub required: bool,
    /// Who needs it.
    pub roles: Vec<EndpointRole>,
    /// What for, in a few words.
    pub purpose: String,
    /// Whether the name is documented or guessed.
    pub certainty: Certainty,
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
    /// Something answered that does not speak HTTP.
    NotHttp,
    /// A web page stands where a file was asked for: a sign-in page of a network, or a proxy's message.
    PageInstead,
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
    /// The certificate is publicly trusted, but this machine does not know its authority.
    AuthorityUnknownHere,
    /// Handover can speak TLS with the server and Windows' own TLS, which the products use, cannot.
    SchannelFailed,
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
    /// What was expected there.
    pub speech: EndpointSpeech,
    /// Whether the products need it; they can do without what is optional.
    pub required: bool,
    /// Who needs it.
    pub roles: Vec<EndpointRole>,
    /// What for.
    pub purpose: String,
    /// Whether the name is documented or guessed.
    pub certainty: Certainty,
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
    /// What the public authorities (Mozilla's list) say about the chain: `trusted`, or why not.
    pub public_trust: Option<String>,
    /// What this machine's own list of authorities says.
    pub system_trust: Option<String>,
    /// How far this machine's clock is ahead of the server's `Date` header, in seconds. Plain HTTP only.
    pub clock_ahead_seconds: Option<i64>,
    /// The chain as sent, leaf first.
    pub chain: Vec<CertificateFacts>,
    /// Versions older than 1.2 that the server takes.
    pub old_protocols: Vec<String>,
    /// What Windows' own TLS saw: version, or why it failed. `None` elsewhere than on Windows.
    pub schannel: Option<String>,
    /// From the first packet to the verdict, in milliseconds.
    pub milliseconds: u64,
}
