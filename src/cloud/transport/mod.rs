//! Requests over HTTPS: retry, throttling, redirects, size limits, call log.
//!
//! One [`Transport`] serves every client of a tenant. It knows HTTP and the rules of facts/exchange sections 1.1 to 1.7
//! and facts/graph section 8; it knows no cmdlet and no Graph type.

mod attempt;
mod body;
mod clean;
mod client;
mod connection;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod gate;
mod limit;
mod pace;
mod redirect;
mod request;
mod retry;
mod settings;
mod state;

pub use clean::clean;
pub use client::Transport;
pub use limit::Ticket;
pub use pace::{Leave, Pace};
pub use request::{Answer, Body, Effect, MakeBody, Request};
pub use retry::{RetryTable, Verdict, retry_after};
pub use settings::{Settings, Timeouts};
pub use state::TransportState;
