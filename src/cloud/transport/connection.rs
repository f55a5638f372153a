//! The HTTP client under the transport: TLS, proxy, cookies, keep-alive.

use std::time::Duration;

use super::Timeouts;
use crate::domain::{Endpoints, ErrorClass, ServiceError};

/// Builds the client. Slow, because the roots of the operating system are read: call it off the async threads.
pub(super) fn build(timeouts: &Timeouts, endpoints: &Endpoints) -> Result<reqwest::Client, ServiceError> {
    // Another part may have installed it already; there is only this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("handover/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(timeouts.connect)
        // Redirects are followed by `super::redirect`, which re-adds token and body after a look at the host.
        .redirect(reqwest::redirect::Policy::none())
        // A back end that keeps a session by cookie answers faster and fresher (facts/exchange section 1.1).
        .cookie_store(true)
        .tcp_keepalive(Duration::from_secs(30))
        .http2_keep_alive_interval(Duration::from_secs(30))
        .http2_keep_alive_timeout(Duration::from_secs(30))
        .pool_idle_timeout(Duration::from_secs(60));
    if endpoints.bypass_proxy() {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| {
        ServiceError::new(
            ErrorClass::Transient,
            format!("HTTPS could not be set up: {}", super::body::innermost(&error)),
        )
        .with_advice("Check the certificate store and the proxy settings of this machine.")
    })
}
