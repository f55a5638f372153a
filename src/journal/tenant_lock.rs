//! One run at a time per tenant and data folder.

use std::{
    fmt,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    JournalError,
    storage::{create_private_folder, private_file},
};

/// Who writes in a tenant, as the lock's holder wrote it down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockHolder {
    /// Name of the run.
    pub run: String,
    /// Process id.
    pub process: u32,
    /// When it took the lock.
    pub since: Option<Timestamp>,
}

impl fmt::Display for LockHolder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.run.is_empty() {
            return formatter.write_str("a process that has not yet said who it is");
        }
        write!(formatter, "run {} in process {}", self.run, self.process)?;
        match self.since {
            Some(since) => write!(formatter, " since {since}"),
            None => Ok(()),
        }
    }
}

/// The operating system's lock on `<data-dir>/locks/<tenant id>.lock`. A crash releases it.
///
/// Who holds it stands in a file beside it, because Windows lets nobody read a locked file.
#[derive(Debug)]
pub struct TenantLock {
    _file: File,
    holder: PathBuf,
}

/// A listing of runs probes the lock for a moment; that must not look like a second run.
const ATTEMPTS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(20),
    Duration::from_millis(60),
    Duration::from_millis(120),
    Duration::from_millis(300),
];

impl TenantLock {
    /// Takes the lock or says who has it.
    pub fn acquire(data_dir: &Path, tenant: &str, run: &str) -> Result<Self, JournalError> {
        let (path, holder) = paths(data_dir, tenant);
        let folder = data_dir.join("locks");
        create_private_folder(&folder).map_err(|error| JournalError::storage("create", &folder, &error))?;
        let file = private_file()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| JournalError::storage("open", &path, &error))?;
        for wait in ATTEMPTS {
            thread::sleep(wait);
            match file.try_lock() {
                Ok(()) => {
                    let lock = Self { _file: file, holder };
                    lock.say_who(run)?;
                    return Ok(lock);
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(JournalError::storage("lock", &path, &error)),
            }
        }
        Err(JournalError::Locked(read_holder(&holder)))
    }

    /// Who holds the lock of a tenant just now; nothing when it is free. Creates nothing.
    pub fn holder(data_dir: &Path, tenant: &str) -> Option<LockHolder> {
        let (path, holder) = paths(data_dir, tenant);
        let file = File::open(path).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(read_holder(&holder)),
            _ => None,
        }
    }

    fn say_who(&self, run: &str) -> Result<(), JournalError> {
        let holder = LockHolder {
            run: run.to_owned(),
            process: std::process::id(),
            since: Some(Timestamp::now()),
        };
        let failed = |error: &std::io::Error| JournalError::storage("write", &self.holder, error);
        let text = serde_json::to_vec(&holder).map_err(|error| failed(&error.into()))?;
        super::storage::replace(&self.holder, &text).map_err(|error| failed(&error))
    }
}

impl Drop for TenantLock {
    fn drop(&mut self) {
        // The lock itself ends with the file handle; a stale note would be harmless, since nobody reads it unlocked.
        let _ = fs::remove_file(&self.holder);
    }
}

fn read_holder(path: &Path) -> LockHolder {
    fs::read(path)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// Tenant ids come from files and services: only plain characters become part of a file name.
fn paths(data_dir: &Path, tenant: &str) -> (PathBuf, PathBuf) {
    let name: String = tenant
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || letter == '-' {
                letter.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    let folder = data_dir.join("locks");
    (
        folder.join(format!("{name}.lock")),
        folder.join(format!("{name}.holder.json")),
    )
}
