//! The client of Cloud Sync, and the sandbox, held against the official type descriptions of Graph: names, types,
//! nullability and enumerations of everything that is read, sent and served.

// Helpers of tests may fail a test; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "contracts/bodies.rs"]
mod bodies;
#[path = "support/csdl.rs"]
mod csdl;
#[path = "graph_synchronization/desk.rs"]
mod desk;
#[path = "sandbox/lab.rs"]
#[allow(dead_code, reason = "only a part of the lab is needed here")]
mod lab;
#[path = "contracts/routes.rs"]
mod routes;
#[path = "contracts/samples.rs"]
mod samples;
#[path = "contracts/sandbox.rs"]
mod sandbox;
#[path = "contracts/shapes.rs"]
mod shapes;
