//! What a value or an endpoint is judged to be.

use serde::{Deserialize, Serialize};

/// From good to bad; the order is the order of concern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be, and written down.
    Ok,
    /// Not written down; the Windows version's default is as it should be.
    Implicit,
    /// Says nothing about the products in question.
    Info,
    /// Works as a rule, and should be set to be sure; or could not be seen.
    Warn,
    /// In the way.
    Fail,
}

impl Verdict {
    /// The word on screens and in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Implicit => "implicit",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }

    /// Whether someone should do something about it.
    pub fn is_finding(self) -> bool {
        matches!(self, Self::Warn | Self::Fail)
    }
}
