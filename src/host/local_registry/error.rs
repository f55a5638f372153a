//! Why this machine's registry was not, or not wholly, changed.

use std::path::PathBuf;

use thiserror::Error;

use crate::domain::registry::KeyPath;

/// Why the registry was not, or not wholly, changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RegistryError {
    /// There is no registry here.
    #[error("this machine runs no Windows, so it has no registry to change")]
    NotWindows,
    /// The present state could not be read, so there would be no way back. Nothing was changed.
    #[error("{key}: its present state could not be read, so nothing was changed: {detail}")]
    NotReversible {
        /// The key.
        key: KeyPath,
        /// What hinders.
        detail: String,
    },
    /// The backup could not be written. Nothing was changed.
    #[error("the backup {} could not be written, so nothing was changed: {detail}", path.display())]
    BackupNotWritten {
        /// Where it should stand.
        path: PathBuf,
        /// The system's words.
        detail: String,
    },
    /// A change failed; those before it are made.
    #[error("{key}: the change failed after {done} of {of} were made: {detail}; the backup {} takes them back", backup.display())]
    Stopped {
        /// The key whose change failed.
        key: KeyPath,
        /// Changes made before.
        done: usize,
        /// Changes in all.
        of: usize,
        /// The system's words.
        detail: String,
        /// A registry file that brings the old state back.
        backup: PathBuf,
    },
}

impl RegistryError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NotWindows => "Run Handover on the Windows server itself, or take the script there.",
            Self::NotReversible { .. } | Self::Stopped { .. } => {
                "Run Handover as an administrator (an elevated terminal), and look whether a policy protects the key."
            }
            Self::BackupNotWritten { .. } => {
                "Choose a folder that this account may write to, and a file that does not exist yet."
            }
        }
    }
}
