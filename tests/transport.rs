//! The transport against hostile servers: raw sockets that answer byte by byte as told.

// Helpers of tests may fail a test; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "transport/bodies.rs"]
mod bodies;
#[path = "transport/lost.rs"]
mod lost;
#[path = "transport/redirects.rs"]
mod redirects;
#[path = "transport/server.rs"]
mod server;
#[path = "transport/waiting.rs"]
mod waiting;
