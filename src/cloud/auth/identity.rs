//! Who is signed in, to what, with which rights, for how long.

use jiff::Timestamp;

use super::{AuthError, Resting, SecretKind};
use crate::domain::Service;

/// The signed-in person or application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// User name, or application id.
    pub subject: String,
    /// Tenant id from the token; the configured tenant where the token does not say.
    pub tenant_id: String,
    /// Whether it is an application.
    pub app_only: bool,
    /// One entry per service that was asked for, Exchange first.
    pub services: Vec<ServiceAccess>,
    /// Where the refresh token rests; nothing where there is none (application, Azure CLI).
    pub refresh_token: Option<Resting>,
}

impl Identity {
    /// What is known about access to one service.
    pub fn access(&self, service: Service) -> Option<&ServiceAccess> {
        self.services.iter().find(|access| access.service == service)
    }
}

/// What a sign-out did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOut {
    /// The secrets that were stored and are deleted now.
    pub deleted: Vec<SecretKind>,
    /// Where secrets rest here: without a keyring nothing could be stored or deleted.
    pub store: Resting,
}

/// Access to one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccess {
    /// Which service.
    pub service: Service,
    /// `scp` or `roles` of the token; nothing when the token does not say or there is none.
    pub rights: Option<Vec<String>>,
    /// When the access token ends; it is renewed before. Nothing when there is none.
    pub expires_at: Option<Timestamp>,
    /// What the token seems to lack, in words.
    pub note: Option<String>,
    /// Why there is no token.
    pub problem: Option<AuthError>,
}
