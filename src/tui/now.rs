//! The time as messages bring it: the update function has no clock of its own.

use std::time::Duration;

use jiff::Timestamp;

/// One reading of both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Time since the process started; never jumps. Everything that lapses is counted by this.
    pub elapsed: Duration,
    /// The wall clock, for people and for filters such as "changed since".
    pub wall: Timestamp,
}

impl Default for Now {
    fn default() -> Self {
        Self {
            elapsed: Duration::ZERO,
            wall: Timestamp::UNIX_EPOCH,
        }
    }
}
