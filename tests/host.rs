//! Reading another host over ssh, against a real `sshd` on loopback, and what the reading script may do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "host/reading_script.rs"]
mod reading_script;
#[cfg(unix)]
#[path = "host/server.rs"]
mod server;
#[cfg(windows)]
#[path = "host/this_windows.rs"]
mod this_windows;
#[cfg(unix)]
#[path = "host/troubles.rs"]
mod troubles;
#[cfg(unix)]
#[path = "host/ways.rs"]
mod ways;
