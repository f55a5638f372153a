//! The client of Cloud Sync over real sockets: sample payloads, and everything that can be wrong with an answer.

// Helpers of tests may fail a test; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/csdl.rs"]
mod csdl;
#[path = "graph_synchronization/desk.rs"]
mod desk;
#[path = "graph_synchronization/limits.rs"]
mod limits;
#[path = "graph_synchronization/pages.rs"]
mod pages;
#[path = "graph_synchronization/reading.rs"]
mod reading;
#[path = "graph_synchronization/refusals.rs"]
mod refusals;
#[path = "graph_synchronization/writing.rs"]
mod writing;
