//! What can go wrong between Handover and a cloud service, in the terms a person acts on.

use serde::{Deserialize, Serialize};

/// What kind of failure it was: decides retry, stop and advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorClass {
    /// No valid token, or the sign-in was refused.
    SignIn,
    /// Signed in, but without the role or right for this call. Fatal for a run.
    Permission,
    /// The tenant or the service lacks the feature or parameter. Fatal for a run.
    Unsupported,
    /// The service asked to slow down and retries are used up.
    Throttled,
    /// A passing fault and retries are used up.
    Transient,
    /// The object is gone or is not a mailbox.
    NotFound,
    /// The value is in use elsewhere, such as a proxy address.
    Conflict,
    /// The attribute is still mastered in Active Directory.
    OutOfWriteScope,
    /// The service refused the request for good; a retry would not help.
    Rejected,
    /// The answer could not be understood: malformed, too large, truncated, or an endless page chain.
    Malformed,
    /// A link or redirect left the profile's cloud; nothing was sent there.
    ForeignHost,
    /// The request may or may not have been carried out: re-read before anything else.
    Lost,
    /// The caller cancelled before the request was sent or answered.
    Cancelled,
}

impl ErrorClass {
    /// Whether every further item of a run would fail the same way.
    pub fn stops_a_run(self) -> bool {
        matches!(
            self,
            Self::SignIn | Self::Permission | Self::Unsupported | Self::ForeignHost
        )
    }
}

/// An error of a cloud service, for people first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{message}")]
pub struct ServiceError {
    /// What kind of failure.
    pub class: ErrorClass,
    /// What happened, to what; already cleaned of control characters; never holds a token.
    pub message: String,
    /// The service's own code or exception type, for search and support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it means and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// HTTP status, when there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The service's request id: support asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl ServiceError {
    /// An error with nothing but a class and a message.
    pub fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            code: None,
            advice: None,
            status: None,
            request_id: None,
        }
    }

    /// The same error with advice.
    pub fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}
