//! Probes of endpoints against real servers of OpenSSL and against servers that misbehave as told.
//!
//! Without an `openssl` program the tests that need one say so and pass, unless `HANDOVER_REQUIRE_OPENSSL` is set, as it
//! is where changes are checked before they land.

// Helpers of tests may fail a test; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "tls_probe/certificates.rs"]
mod certificates;
#[path = "tls_probe/comparing.rs"]
mod comparing;
#[path = "tls_probe/inspection.rs"]
mod inspection;
#[path = "tls_probe/openssl.rs"]
mod openssl;
#[path = "tls_probe/probing.rs"]
mod probing;
#[path = "tls_probe/proxies.rs"]
mod proxies;
#[path = "tls_probe/sockets.rs"]
mod sockets;
#[path = "tls_probe/talk.rs"]
mod talk;
#[path = "tls_probe/time.rs"]
mod time;
#[path = "tls_probe/versions.rs"]
mod versions;
