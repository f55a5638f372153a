//! One call to a service as the call log keeps it: never a token, never a body.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Service;

/// A finished, failed or abandoned request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// When the request left.
    pub at: Timestamp,
    /// Which service it went to.
    pub service: Service,
    /// HTTP method.
    pub method: String,
    /// Path without host and without query: queries can hold personal data.
    pub path: String,
    /// What the request did in service terms, such as `Set-Mailbox x10`; no identities.
    pub operation: String,
    /// HTTP status; nothing when no answer came.
    pub status: Option<u16>,
    /// The service's request id.
    pub request_id: Option<String>,
    /// Milliseconds from sending to the end of the body.
    pub milliseconds: u64,
    /// Why it failed or waits, in a few words; nothing when all is well.
    pub note: Option<String>,
}
