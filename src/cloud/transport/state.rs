//! How a connection is doing, for title line, progress and stop rules.

use std::time::Duration;

/// How the connection to a service is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransportState {
    /// Requests in flight now.
    pub in_flight: usize,
    /// Requests that wait, each for itself, before they are sent again; they take no place.
    pub resting: usize,
    /// Requests allowed at once just now.
    pub limit: usize,
    /// Remaining wait the service asked for, from the moment of this state.
    pub waiting: Option<Duration>,
    /// Why it waits or has slowed down, in a few words, such as `429: the service asked for 37 s`.
    pub reason: Option<String>,
    /// Throttle answers so far.
    pub throttled: u64,
    /// Retries so far.
    pub retries: u64,
}
