//! A request as the clients describe it, and the answer they get.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::Method;
use url::Url;

use super::{Pace, Ticket};
use crate::{
    cloud::AccessToken,
    domain::{Service, ServiceError},
};

/// Whether sending a request twice could do harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Reads only: may be sent again after any passing fault.
    Read,
    /// Changes something: sent again only when the service certainly did not carry it out.
    Write,
}

/// Makes the body of one attempt from the token of that attempt.
pub type MakeBody = Arc<dyn Fn(&AccessToken) -> Vec<u8> + Send + Sync>;

/// The body of a request.
#[derive(Clone)]
pub enum Body {
    /// None at all.
    Empty,
    /// JSON, the same at every attempt.
    Json(Arc<[u8]>),
    /// JSON that carries the token inside, as the parts of an Exchange `$batch` do; made anew for every attempt so that
    /// it holds the token of that attempt.
    WithToken(MakeBody),
}

impl fmt::Debug for Body {
    /// Bodies hold personal data and tokens: only their kind is printed.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "Empty",
            Self::Json(_) => "Json(..)",
            Self::WithToken(_) => "WithToken(..)",
        })
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which service, and so which token, gate and family of hosts.
    pub service: Service,
    /// HTTP method.
    pub method: Method,
    /// Where to; checked against the profile's cloud before anything is sent.
    pub url: Url,
    /// Headers beside those that transport adds itself (token, `client-request-id`, `User-Agent`, `Accept-Encoding`).
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Body,
    /// What it does in service terms, such as `Set-Mailbox x10`, for the call log.
    pub operation: String,
    /// Whether it may be sent again freely.
    pub effect: Effect,
    /// Bytes of the answer at most, where the limit of the settings is more than such an answer ever needs.
    pub largest_answer: Option<usize>,
    /// A limit of requests per time that every attempt keeps, retries and redirects included.
    pub pace: Option<Arc<Pace>>,
    /// From sending to the last byte of one attempt, where the limit of the settings is too long.
    pub time_limit: Option<Duration>,
}

/// An answer after redirects, retries and decompression. Its status may be an error.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body as it was meant.
    pub body: Vec<u8>,
    /// The service's request id, cleaned.
    pub request_id: Option<String>,
    /// The headers `X-Warnings`, each one cleaned but not cut (facts/exchange section 1.4).
    pub warnings: Vec<String>,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// `WWW-Authenticate`, cleaned: what a refused token lacks.
    pub challenge: Option<String>,
    /// The moment the request was let through the gate, for [`super::Transport::part_refused`].
    pub ticket: Ticket,
    /// The token it was asked with, for [`super::Transport::renew`].
    pub token: AccessToken,
}

impl Answer {
    /// Whether the status tells success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The error with status and request id of this answer.
    pub fn locate(&self, mut error: ServiceError) -> ServiceError {
        error.status = Some(self.status);
        error.request_id.clone_from(&self.request_id);
        error
    }
}
