//! What can go wrong with the record of a run.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::LockHolder;
use crate::domain::text::clean_to;

/// Characters of a reason that quotes a file.
const LONGEST_REASON: usize = 300;

/// Why a run's record can't be written or read. Cloned to everyone who waits for the same group of lines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The disk is full.
    #[error(
        "no space is left for {path}. Nothing further was sent to the tenant. Free some space, then resume the run",
        path = .path.display()
    )]
    Full {
        /// The file that could not grow.
        path: PathBuf,
    },
    /// Any other failure of the file system.
    #[error("can't {action} {path}: {reason}. Check the disk and the rights of this folder, then try again; a run that has begun can be resumed", path = .path.display())]
    Storage {
        /// What was tried, such as `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// An earlier write failed, so the order on disk is no longer certain and nothing more is accepted.
    #[error("the record of this run was closed after a failed write: {first}")]
    Poisoned {
        /// The failure that closed it.
        first: Box<JournalError>,
    },
    /// The thread that writes is gone.
    #[error("the record of this run is closed; nothing further was sent to the tenant. Resume the run")]
    Closed,
    /// A line before the last is not what was written.
    #[error(
        "{path}, line {line}: {reason}. The file was changed or damaged after it was written, so this run can't be \
         resumed. Keep the folder as evidence, read the current state of the mailboxes and make a new plan",
        path = .path.display()
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// What does not fit.
        reason: String,
    },
    /// A file of the run's folder is missing or not what it should be.
    #[error("{path} can't be understood: {reason}", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No folder has this name.
    #[error("there is no run `{0}`. `handover runs list` shows all runs")]
    NoSuchRun(String),
    /// Several folders fit.
    #[error("`{0}` fits several runs. Give more of its name; `handover runs list` shows all runs")]
    AmbiguousRun(String),
    /// Another process, or another run of this one, writes in the tenant.
    #[error("another run writes to this tenant: {0}. Wait for it or end it first")]
    Locked(LockHolder),
}

impl JournalError {
    /// An input or output error with the place and the attempt.
    pub(super) fn storage(action: &'static str, path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full {
                path: path.to_owned(),
            },
            _ => Self::Storage {
                action,
                path: path.to_owned(),
                reason: error.to_string(),
            },
        }
    }

    /// A damaged line; the reason may quote the file, so it is cleaned.
    pub(super) fn broken(path: &Path, line: u64, reason: &str) -> Self {
        Self::Broken {
            path: path.to_owned(),
            line,
            reason: clean_to(reason, LONGEST_REASON).into_owned(),
        }
    }

    /// A file that is not what it should be; the reason may quote it, so it is cleaned.
    pub(super) fn unreadable(path: &Path, reason: &str) -> Self {
        Self::Unreadable {
            path: path.to_owned(),
            reason: clean_to(reason, LONGEST_REASON).into_owned(),
        }
    }

    /// What a later caller hears once this failure has closed the record.
    pub(super) fn poisoning(&self) -> Self {
        Self::Poisoned {
            first: Box::new(self.clone()),
        }
    }
}
