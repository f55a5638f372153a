//! The readers of Graph answers, for the fuzz targets in `tests/fuzz`; see [`crate::cloud::exchange::fuzzing`].

use super::{GraphOrganization, error, organization};
use crate::domain::ServiceError;

/// Explains the body of a refusing answer.
pub fn refusal(status: u16, body: &[u8]) -> ServiceError {
    error::explain(status, body)
}

/// The organisation of a row.
pub fn organization(row: &serde_json::Value) -> GraphOrganization {
    organization::read(row)
}
