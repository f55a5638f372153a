//! Steering Cloud Sync: plans, confirmations, audit trail, and what is read afterwards; and the verbs on jobs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;
#[path = "support/synchronization.rs"]
mod synchronization;

#[path = "jobs/creation.rs"]
mod creation;
#[path = "jobs/logs.rs"]
mod logs;
#[path = "jobs/stage.rs"]
mod stage;
#[path = "jobs/steering.rs"]
mod steering;
#[path = "jobs/verbs.rs"]
mod verbs;
