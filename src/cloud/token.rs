//! The seam between sign-in and transport: who hands out access tokens, and what a token says.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::domain::{Service, ServiceError};

/// An access token with the claims Handover needs. Never printed, never written.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The token itself; `secrecy` keeps it out of debug output.
    pub secret: SecretString,
    /// Which service it is for.
    pub service: Service,
    /// Tenant id, from `tid`.
    pub tenant_id: String,
    /// Who it speaks for: user name (`upn`, `preferred_username`) or application id.
    pub subject: String,
    /// Whether it speaks for an application instead of a person.
    pub app_only: bool,
    /// `scp` or `roles`, as the token lists them.
    pub rights: Vec<String>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Hands out access tokens and renews them: the only thing transport knows of sign-in.
pub trait TokenSource: Send + Sync {
    /// A token for `service` that is valid for at least a few more minutes.
    ///
    /// `rejected` is the token the service just refused: a source must not return the same one again.
    /// Concurrent callers share one renewal.
    fn token<'a>(
        &'a self,
        service: Service,
        rejected: Option<&'a AccessToken>,
    ) -> BoxFuture<'a, Result<AccessToken, ServiceError>>;
}
