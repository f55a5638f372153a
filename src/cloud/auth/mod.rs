//! Sign-in: device code, browser, client secret, certificate, Azure CLI.
//!
//! [`Authenticator`] is the whole of it: it signs in, keeps access tokens in memory, renews them while a run goes on and is the
//! [`TokenSource`](crate::cloud::TokenSource) of transport. It opens no connection and reads no keyring before it is asked to.
//!
//! | file | holds |
//! |---|---|
//! | `authenticator` | sign-in, sign-out, identity: the ways in |
//! | `renewal` | one renewal for all who wait, silent tokens |
//! | `seat` | a client and the refresh token it holds |
//! | `audience` | which resource, scope and client each service needs per cloud |
//! | `device_code`, `browser`, `application`, `azure_cli` | one way of signing in each |
//! | `grant` | what the token endpoint answers, and the checks an access token must pass |
//! | `wire`, `refusal` | requests to the login host: retries, size limit, call log; what a refusing answer says |
//! | `lifetime` | how long a token may be used, whatever the clocks do |
//! | `certificate`, `claims` | the signed assertion out, the token's claims in |
//! | `secret_store`, `keyring_store`, `resting` | where refresh tokens rest |
//! | `error`, `advice` | what can go wrong, and what to do |

mod advice;
mod application;
mod audience;
mod authenticator;
mod azure_cli;
mod browser;
mod certificate;
mod claims;
mod device_code;
mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod grant;
mod identity;
mod keyring_store;
mod lifetime;
mod prompt;
mod refusal;
mod renewal;
mod resting;
mod seat;
mod secret_store;
mod wire;

pub use authenticator::{Authenticator, BrowserOpener, Credentials};
pub use error::{AuthError, AuthErrorKind};
pub use identity::{Identity, ServiceAccess, SignedOut};
pub use keyring_store::{KEYRING_SERVICE, KeyringStore};
pub use prompt::{SignInDisplay, SignInPrompt};
pub use resting::{ASK_WITHIN, Resting, resting_within};
pub use secret_store::{MemoryStore, SecretKind, SecretStore, StoreError};
