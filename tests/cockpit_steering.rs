//! Actions on Cloud Sync and its logs, from keys to effects and pictures.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "support/cockpit.rs"]
mod support;
#[path = "support/synchronization.rs"]
mod synchronization;

#[path = "cockpit_steering/stage.rs"]
mod stage;

#[path = "cockpit_steering/actions.rs"]
mod actions;
#[path = "cockpit_steering/logs.rs"]
mod logs;
#[path = "cockpit_steering/pictures.rs"]
mod pictures;
