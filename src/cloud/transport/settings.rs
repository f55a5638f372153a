//! What can be set about requests: concurrency, time limits, sizes, retries.

use std::time::Duration;

use super::RetryTable;

/// Settings of a [`super::Transport`]; the default is what the services' own documents suggest.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Requests in flight per service at the beginning (facts/exchange section 1.7).
    pub start_concurrency: usize,
    /// Requests in flight per service at most.
    pub max_concurrency: usize,
    /// Time limits of one request.
    pub timeouts: Timeouts,
    /// Bytes of a body at most, before and after decompression.
    pub body_limit: usize,
    /// Which answers are retried, how often and how long.
    pub retry: RetryTable,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            start_concurrency: 4,
            max_concurrency: 12,
            timeouts: Timeouts::default(),
            body_limit: 64 * 1024 * 1024,
            retry: RetryTable::default(),
        }
    }
}

/// Time limits of one attempt.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// Between two pieces of a body.
    pub idle: Duration,
    /// From sending to the last byte; a cmdlet may think for 15 minutes before its first byte
    /// (facts/exchange section 1.5).
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            idle: Duration::from_secs(120),
            total: Duration::from_secs(960),
        }
    }
}
