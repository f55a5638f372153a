//! The readers of Graph answers, for the fuzz targets in `tests/fuzz`; see [`crate::cloud::exchange::fuzzing`].

use super::{GraphOrganization, error, organization, subject::ORGANIZATION};
use crate::{cloud::transport::Effect, domain::ServiceError};

/// Explains the body of a refusing answer.
pub fn refusal(status: u16, body: &[u8]) -> ServiceError {
    let context = error::Context {
        subject: &ORGANIZATION,
        effect: Effect::Read,
        application: false,
        challenge: None,
    };
    error::explain(status, body, &context)
}

/// The organisation of a row.
pub fn organization(row: &serde_json::Value) -> GraphOrganization {
    organization::read(row)
}
