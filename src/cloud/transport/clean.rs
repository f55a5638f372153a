//! Text of a service, made fit for messages and the call log.

use crate::domain::text;

/// Longest text shown of one answer, in characters (facts/exchange section 1.6).
const LONGEST: usize = 500;

/// The text without what steers a terminal or misleads a reader, and not longer than a message may be.
pub fn clean(text: &str) -> String {
    text::clean_to(text, LONGEST).trim().to_owned()
}
