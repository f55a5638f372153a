//! Forms for settings of Cloud Sync.
use crate::{
    domain::synchronization::NotificationSettings,
    tui::{job::JobId, model::Model, msg::Failure},
};

use super::tell_failure;

/// The threshold and its recipients were read.
pub fn notification_read(
    model: &mut Model,
    _job: JobId,
    result: Result<Option<NotificationSettings>, Failure>,
) {
    if let Err(failure) = result {
        tell_failure(model, "threshold and recipients", &failure);
    }
}
