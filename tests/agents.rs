//! The watch over Cloud Sync, and the verbs on agents.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;
#[path = "support/synchronization.rs"]
mod synchronization;

#[path = "agents/verbs.rs"]
mod verbs;
#[path = "agents/watch.rs"]
mod watch;
