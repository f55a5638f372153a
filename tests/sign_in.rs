//! Sign-in end to end over real sockets: against the sandbox's sign-in service, and against one that misbehaves on order.

// Helpers of tests may fail a test; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "sign_in/application.rs"]
mod application;
#[path = "sign_in/misbehaving.rs"]
mod misbehaving;
#[path = "sign_in/person.rs"]
mod person;
#[path = "sign_in/scripted.rs"]
mod scripted;
#[path = "sign_in/stage.rs"]
mod stage;
