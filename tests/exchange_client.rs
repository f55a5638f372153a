//! The Exchange and Graph clients against the sandbox, over real sockets.

// Helpers of tests may fail a test; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "exchange_client/faults.rs"]
mod faults;
#[path = "exchange_client/reading.rs"]
mod reading;
#[path = "exchange_client/select.rs"]
mod select;
#[path = "exchange_client/tenant.rs"]
mod tenant;
#[path = "exchange_client/writing.rs"]
mod writing;
