//! Which objects to provision on demand: typed, pasted, or named by a file.
use crate::{
    domain::synchronization::OnDemandSubject,
    tui::{job::JobId, model::Model, msg::Failure},
};

use super::{Effects, tell_failure};

/// A file of objects was read.
pub fn subjects_read(
    model: &mut Model,
    _job: JobId,
    result: Result<Vec<OnDemandSubject>, Failure>,
    _effects: &mut Effects,
) {
    if let Err(failure) = result {
        tell_failure(model, "objects", &failure);
    }
}
