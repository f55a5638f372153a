//! Cloud Sync of the sandbox against the facts: every request is written by hand here, none by the clients it will
//! referee.

// Helpers of tests may fail a test; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "sandbox_synchronization/agents.rs"]
mod agents;
#[path = "sandbox_synchronization/configurations.rs"]
mod configurations;
#[path = "sandbox_synchronization/faults.rs"]
mod faults;
// Shared with the other tests of the sandbox; not all of it is needed here.
#[allow(dead_code)]
#[path = "sandbox/lab.rs"]
mod lab;
#[path = "sandbox_synchronization/life.rs"]
mod life;
#[path = "sandbox_synchronization/on_demand.rs"]
mod on_demand;
#[path = "sandbox_synchronization/reports.rs"]
mod reports;
#[path = "sandbox_synchronization/schemas.rs"]
mod schemas;
#[path = "sandbox_synchronization/stage.rs"]
mod stage;
