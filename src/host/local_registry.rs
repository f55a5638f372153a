//! The registry of this machine: reading keys, and changing values after their old state is on disk.
//!
//! [`apply`] asks nobody: whoever calls it has shown the changes and has been told to make them.

mod apply;
#[cfg(not(windows))]
mod elsewhere;
mod error;
mod reverse;
mod store;
#[cfg(windows)]
mod windows;

use std::path::Path;

use super::HostError;
use crate::domain::registry::{KeyPath, RegistryEdit, RegistryImage};
#[cfg(not(windows))]
use elsewhere as system;
use store::look_at;
#[cfg(windows)]
use windows as system;

pub use apply::Applied;
pub use error::RegistryError;

/// Reads the values of these keys: the machine's name, an image, notes.
///
/// # Errors
/// [`HostError::NotWindows`] on every other system.
pub(super) fn read(
    keys: &[KeyPath],
    is_kept: &dyn Fn(&KeyPath, &str) -> bool,
) -> Result<(String, RegistryImage, Vec<String>), HostError> {
    let store = system::open().ok_or(HostError::NotWindows)?;
    let mut image = RegistryImage::new();
    let mut notes = Vec::new();
    for key in keys {
        notes.extend(look_at(&store, key, is_kept, &mut image));
    }
    let name = std::env::var("COMPUTERNAME").unwrap_or_else(|_| super::powershell::THIS_MACHINE.to_owned());
    Ok((
        crate::domain::text::clean_to(&name, 120).into_owned(),
        image,
        notes,
    ))
}

/// Makes these changes in this machine's registry, in their order, after their reverse is on disk as a registry file at
/// `backup`, which must not exist yet. A change that is there already is passed over. Blocks; it takes milliseconds.
///
/// The backup holds every value with its type and bytes. Importing it brings back all of them but one kind: to a text that
/// was stored without its final zero, which is a fault, `reg.exe` adds one (seen with Wine's).
///
/// # Errors
/// Nothing was changed unless it is [`RegistryError::Stopped`], which says how far it came.
pub fn apply(edits: &[RegistryEdit], backup: &Path) -> Result<Applied, RegistryError> {
    let mut store = system::open().ok_or(RegistryError::NotWindows)?;
    apply::apply_to(&mut store, edits, backup)
}
