//! Why a job did not do what it should.

use crate::domain::{ErrorClass, ServiceError};

/// Why a job did not do what it should, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// What happened, to what; one or two sentences.
    pub message: String,
    /// What it means and what to do.
    pub advice: Option<String>,
    /// Code, request id and the like, for support.
    pub detail: Option<String>,
    /// The administrator cancelled it: no error is shown.
    pub cancelled: bool,
    /// A run had begun; it stopped and can be resumed.
    pub resumable: bool,
}

impl Failure {
    /// A failure with nothing but a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    /// The end of a job that the administrator cancelled.
    pub fn cancelled() -> Self {
        Self {
            message: "cancelled".to_owned(),
            cancelled: true,
            ..Self::default()
        }
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        let detail = [
            error.code,
            error.status.map(|status| format!("HTTP {status}")),
            error.request_id.map(|id| format!("request {id}")),
        ];
        let detail: Vec<String> = detail.into_iter().flatten().collect();
        Self {
            cancelled: error.class == ErrorClass::Cancelled,
            message: error.message,
            advice: error.advice,
            detail: (!detail.is_empty()).then(|| detail.join(", ")),
            resumable: false,
        }
    }
}
