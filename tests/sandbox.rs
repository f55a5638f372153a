//! The sandbox against its contract: every request is written by hand here, none by the clients it will referee.

// Helpers of tests may fail a test; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "sandbox/addresses.rs"]
mod addresses;
#[path = "sandbox/application.rs"]
mod application;
#[path = "sandbox/batch.rs"]
mod batch;
#[path = "sandbox/fault.rs"]
mod fault;
#[path = "sandbox/graph.rs"]
mod graph;
#[path = "sandbox/lab.rs"]
mod lab;
#[path = "sandbox/lifecycle.rs"]
mod lifecycle;
#[path = "sandbox/reading.rs"]
mod reading;
#[path = "sandbox/refusals.rs"]
mod refusals;
#[path = "sandbox/sign_in.rs"]
mod sign_in;
#[path = "sandbox/writing.rs"]
mod writing;
