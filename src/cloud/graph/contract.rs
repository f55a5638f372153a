//! What this client reads and sends, under the official names: a test holds it against the official type descriptions.

use super::{organization_shapes, synchronization};
use crate::domain::wire::Shape;

/// A version of the interface and what of it is used.
#[derive(Debug)]
pub struct Contract {
    /// `v1.0` or `beta`.
    pub version: &'static str,
    /// Types that are read.
    pub answers: Vec<Shape>,
    /// Types that are sent.
    pub bodies: Vec<Shape>,
}

/// Everything, by version.
pub fn contracts() -> [Contract; 2] {
    let (answers, beta_answers) = synchronization::answers();
    let (bodies, beta_bodies) = synchronization::bodies();
    [
        Contract {
            version: "v1.0",
            answers: answers.into_iter().chain(organization_shapes()).collect(),
            bodies,
        },
        Contract {
            version: "beta",
            answers: beta_answers,
            bodies: beta_bodies,
        },
    ]
}
