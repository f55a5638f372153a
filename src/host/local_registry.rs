//! The registry of this machine.

use super::HostError;
use crate::domain::registry::{KeyPath, RegistryImage};

/// Reads these keys: the machine's name, an image, notes.
///
/// # Errors
/// [`HostError::NotWindows`] on every other system.
pub(super) fn read(_keys: &[KeyPath]) -> Result<(String, RegistryImage, Vec<String>), HostError> {
    Err(HostError::NotWindows)
}
