//! One host's report: where it came from, its values with verdicts, two summary lines, its endpoints.

use serde::Serialize;

use super::{EndpointReport, Verdict};

/// Where a host's values were read (design section 2, `tls check`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostSource {
    /// This machine's registry.
    Local,
    /// A collector over ssh.
    Ssh,
    /// A registry export (`.reg`).
    RegFile,
    /// The output of `reg query /s`.
    RegQuery,
    /// The output of Microsoft's script, or of `Get-ADSyncToolsTls12`.
    MicrosoftScript,
    /// Nothing of a registry: endpoints only, seen from this machine.
    Wire,
}

impl HostSource {
    /// The word in output.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Ssh => "ssh",
            Self::RegFile => "reg-file",
            Self::RegQuery => "reg-query",
            Self::MicrosoftScript => "microsoft-script",
            Self::Wire => "wire",
        }
    }
}

/// How many values are explicitly as Microsoft's script wants them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Explicitly good.
    pub good: usize,
    /// Of how many.
    pub of: usize,
}

/// One registry value with its verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueReport {
    /// Key, with the drive as PowerShell writes it: `HKLM:\…`.
    pub path: String,
    /// Name of the value.
    pub name: String,
    /// Type as found (`REG_DWORD`), `None` where the value is missing.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// As found: a number for numeric types, text for others, `None` where it is missing.
    pub value: Option<serde_json::Value>,
    /// What the products need there.
    pub expected: String,
    /// The judgement.
    pub verdict: Verdict,
    /// Why, for a reader who has never seen the table.
    pub reason: String,
    /// False where the source does not speak of the key, so that "missing" is an assumption.
    pub covered: bool,
}

/// Everything known of one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostReport {
    /// Its name, or the file's name.
    pub host: String,
    /// How its values were read.
    pub source: HostSource,
    /// File or address they came from.
    pub origin: String,
    /// Which Windows (`2019`), `None` where the source does not say and nobody told.
    pub windows: Option<String>,
    /// Microsoft's script would print this many of eight as wanted.
    pub strict: Score,
    /// The same for the five values of the provisioning agent.
    pub strict_agent: Score,
    /// Whether a .NET client on this host can use TLS 1.2.
    pub client_tls12: bool,
    /// Why that is so, in one sentence.
    pub client_reason: String,
    /// The values of Microsoft's script, in its order.
    pub values: Vec<ValueReport>,
    /// Values beside them that can be in the way: cipher suites, key exchange, hashes, FIPS, .NET release.
    pub further: Vec<ValueReport>,
    /// What answered on the wire; empty unless probed.
    pub endpoints: Vec<EndpointReport>,
    /// What could not be read, in words.
    pub notes: Vec<String>,
}

impl HostReport {
    /// The worst judgement of all its values and endpoints.
    pub fn worst(&self) -> Verdict {
        let values = self.values.iter().chain(&self.further).map(|value| value.verdict);
        let endpoints = self.endpoints.iter().map(|endpoint| endpoint.verdict);
        values.chain(endpoints).max().unwrap_or(Verdict::Ok)
    }
}
