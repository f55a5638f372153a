//! Sign-in of an application as itself: client secret or certificate (client credentials).

use std::path::PathBuf;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::{
    AuthError, AuthErrorKind,
    certificate::Certificate,
    grant::{Asking, Grant},
    wire::Replay,
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Signs in with a client secret.
pub(super) async fn with_secret(
    asking: &Asking<'_>,
    secret: Option<&SecretString>,
) -> Result<Grant, AuthError> {
    let secret = secret
        .filter(|secret| !secret.expose_secret().is_empty())
        .ok_or_else(|| {
            AuthError::new(AuthErrorKind::MissingCredential, "No client secret was given")
                .with_advice("Set HANDOVER_CLIENT_SECRET or keep the secret in the keyring.")
        })?;
    request(asking, Some(secret), None).await
}

/// Signs in with a certificate. The file is read each time: a renewed one is taken up without a restart.
pub(super) async fn with_certificate(
    asking: &Asking<'_>,
    file: Option<&PathBuf>,
    password: Option<&SecretString>,
) -> Result<Grant, AuthError> {
    let (file, password) = match file {
        Some(file) => (file.clone(), password.cloned()),
        None => {
            return Err(
                AuthError::new(AuthErrorKind::MissingCredential, "No certificate file was given")
                    .with_advice("Set HANDOVER_CERTIFICATE_FILE to a PEM or PFX file."),
            );
        }
    };
    let client_id = asking.client_id.to_owned();
    let audience = asking.token_url()?.to_string();
    let assertion = tokio::task::spawn_blocking(move || {
        Certificate::read(&file, password.as_ref())?.assertion(&client_id, &audience, Timestamp::now())
    })
    .await
    .map_err(|_| {
        AuthError::new(
            AuthErrorKind::Cancelled,
            "Reading the certificate was interrupted",
        )
    })??;
    request(asking, None, Some(assertion)).await
}

async fn request(
    asking: &Asking<'_>,
    secret: Option<&SecretString>,
    assertion: Option<SecretString>,
) -> Result<Grant, AuthError> {
    let client = asking.client(secret)?;
    let exchange = asking.wire.exchange(
        format!("application token {}", asking.service.word()),
        Replay::Safe,
    );
    let mut request = client.exchange_client_credentials().add_scope(asking.scope());
    if let Some(assertion) = assertion {
        request = request
            .add_extra_param("client_assertion_type", ASSERTION_TYPE)
            .add_extra_param("client_assertion", assertion.expose_secret().to_owned());
    }
    request
        .request_async(&exchange)
        .await
        .map(Grant::from)
        .map_err(|error| exchange.error(error))
}
