//! What a TLS check tells: hosts, their registry values with verdicts, and endpoints as they answered on the wire.

mod endpoint;
mod report;
mod verdict;
mod windows_version;

pub use endpoint::{
    Certainty, CertificateFacts, Endpoint, EndpointReport, EndpointRole, EndpointSpeech, ProbeOutcome,
};
pub use report::{HostReport, HostSource, Score, ValueReport};
pub use verdict::Verdict;
pub use windows_version::WindowsVersion;
