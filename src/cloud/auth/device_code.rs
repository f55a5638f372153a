//! Sign-in by a code typed on another device (RFC 8628).

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use oauth2::{DeviceAuthorizationResponse, ExtraDeviceAuthorizationFields};
use serde::{Deserialize, Serialize};

use super::{
    AuthError, AuthErrorKind, SignInPrompt,
    error::clean,
    grant::{Asking, Grant},
    prompt::OpenPrompt,
    wire::Replay,
};
use crate::domain::SignInMethod;

/// No code lives longer, whatever the answer says.
const LONGEST_LIFE: Duration = Duration::from_secs(3_600);
/// No service asks for longer pauses between polls; also keeps the arithmetic of the poll loop in range.
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);
/// The poll loop counts by the wall clock, which may jump: it gets a limit that cannot matter, and the real one is kept here
/// by the monotonic clock.
const BEYOND: Duration = Duration::from_secs(10 * 365 * 86_400);

/// What Entra adds: a sentence for the person.
#[derive(Debug, Serialize, Deserialize)]
struct Message {
    #[serde(default)]
    message: Option<String>,
}

impl ExtraDeviceAuthorizationFields for Message {}

/// Shows a code and polls until it was used.
pub(super) async fn sign_in(asking: &Asking<'_>, prompt: &OpenPrompt) -> Result<Grant, AuthError> {
    let client = asking.client(None)?;
    prompt.show(SignInPrompt::Waiting("Asking for a device code".to_owned()));
    let exchange = asking.wire.exchange("device code", Replay::Safe);
    let details: DeviceAuthorizationResponse<Message> = client
        .exchange_device_code()
        .add_scopes(asking.person_scopes())
        .request_async(&exchange)
        .await
        .map_err(|error| exchange.error(error).met_by(SignInMethod::DeviceCode))?;
    if details.interval() > LONGEST_INTERVAL || details.expires_in().is_zero() {
        return Err(AuthError::new(
            AuthErrorKind::Unreadable,
            "The sign-in service sent a device code that cannot be used",
        ));
    }
    let expires_in = details.expires_in().min(LONGEST_LIFE);
    prompt.show(SignInPrompt::DeviceCode {
        user_code: clean(details.user_code().secret()),
        verification_uri: clean(details.verification_uri().as_str()),
        expires_in,
        message: details
            .extra_fields()
            .message
            .as_deref()
            .map(clean)
            .unwrap_or_default(),
    });
    let exchange = asking.wire.polls("poll device code");
    let pace = Mutex::new(Duration::ZERO);
    let pause = |interval: Duration| {
        // After a lost answer the `oauth2` crate goes back to a limit of its own; what the service asked for stays.
        let mut pace = pace.lock().unwrap_or_else(PoisonError::into_inner);
        *pace = interval.max(*pace);
        tokio::time::sleep(exchange.pause_asked().max(*pace))
    };
    let polling = client
        .exchange_device_access_token(&details)
        .set_max_backoff_interval(LONGEST_INTERVAL)
        .request_async(&exchange, pause, Some(BEYOND));
    match tokio::time::timeout(expires_in, polling).await {
        Ok(answer) => answer
            .map(Grant::from)
            .map_err(|error| exchange.error(error).met_by(SignInMethod::DeviceCode)),
        Err(_) => Err(AuthError::new(
            AuthErrorKind::ExpiredCode,
            "The device code expired before it was entered",
        )),
    }
}
