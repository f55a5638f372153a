//! One run at a time per tenant and data folder, and per machine where all users of it share a folder.
//!
//! What no lock here can see: a run on another machine, and one on this machine where the shared lock could not be taken.
//! Every plan says so. Two such runs stay safe mailbox by mailbox, because each reads afresh before it writes.

use std::{
    fmt,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

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
    /// Whether it works in another data folder of this machine: then nothing else is known about it.
    #[serde(skip)]
    pub elsewhere: bool,
}

impl LockHolder {
    const ELSEWHERE: Self = Self {
        run: String::new(),
        process: 0,
        since: None,
        elsewhere: true,
    };
}

impl fmt::Display for LockHolder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.elsewhere {
            return formatter.write_str("a run from another data folder or user of this machine");
        }
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
    shared: Option<File>,
    /// The shared file, where it goes with the lock.
    passing: Option<PathBuf>,
    holder: PathBuf,
}

/// Where the data folders of this machine lock tenants against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedLocks {
    folder: PathBuf,
    /// Tells tenants of the same id apart: a digest of the service's address.
    endpoint: Option<String>,
}

impl SharedLocks {
    /// In a folder, by tenant alone.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            endpoint: None,
        }
    }

    /// By the service's address besides, for a service of one's own: a tenant id says who it is only among the published
    /// clouds.
    pub fn of_endpoint(mut self, address: &str) -> Self {
        let digest = Sha256::digest(address.trim_end_matches('/'));
        self.endpoint = Some(digest[..8].iter().map(|byte| format!("{byte:02x}")).collect());
        self
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, tenant: &str) -> PathBuf {
        let tenant = plain(tenant);
        self.folder.join(match &self.endpoint {
            None => format!("handover-{tenant}.lock"),
            Some(endpoint) => format!("handover-{tenant}-{endpoint}.lock"),
        })
    }
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
                    let lock = Self {
                        _file: file,
                        shared: None,
                        passing: None,
                        holder,
                    };
                    lock.say_who(run)?;
                    return Ok(lock);
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(JournalError::storage("lock", &path, &error)),
            }
        }
        Err(JournalError::Locked(read_holder(&holder)))
    }

    /// Takes the lock that all data folders of this machine share besides, or says that a run from another one has it.
    ///
    /// The file is empty: only the lock on it counts, which a crash releases. That of a published tenant stays; that of a
    /// service of one's own goes with the run, since its address may never be used again. Where rights or missing support
    /// keep the lock from being taken, the run goes on with the lock of its data folder alone; a stranger's file must not
    /// stop it.
    pub fn shared(mut self, locks: &SharedLocks, tenant: &str) -> Result<Self, JournalError> {
        let path = locks.path(tenant);
        for wait in ATTEMPTS {
            thread::sleep(wait);
            let Some(file) = shared_file(&path) else {
                return Ok(self);
            };
            match file.try_lock() {
                // The run before this one may have removed it in between: then nobody else would see this lock.
                Ok(()) if is_at(&file, &path) => {
                    self.shared = Some(file);
                    self.passing = locks.endpoint.as_ref().map(|_| path);
                    return Ok(self);
                }
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(_)) => return Ok(self),
            }
        }
        Err(JournalError::Locked(LockHolder::ELSEWHERE))
    }

    /// Whether a run from another data folder of this machine holds the shared lock of a tenant just now. Creates nothing.
    pub fn shared_holder(locks: &SharedLocks, tenant: &str) -> Option<LockHolder> {
        let path = locks.path(tenant);
        // A pipe would block, a link leads elsewhere.
        let plain = fs::symlink_metadata(&path).is_ok_and(|found| found.is_file());
        let file = plain.then(|| File::open(&path).ok()).flatten()?;
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)).then_some(LockHolder::ELSEWHERE)
    }

    /// Where every user of this machine may create files, if there is such a place: for [`TenantLock::shared`].
    pub fn shared_folder() -> Option<PathBuf> {
        // Not the folder for temporary files of this user, which differs from user to user.
        let folder = if cfg!(windows) {
            PathBuf::from(std::env::var_os("ProgramData")?)
        } else {
            PathBuf::from("/tmp")
        };
        (folder.is_absolute() && folder.is_dir()).then_some(folder)
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
            elsewhere: false,
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
        if let Some(path) = &self.passing {
            // On Unix before the lock goes: who takes it next looks whether the file is still in its place. On Windows
            // after the file is closed: it stays if anybody else has it open by then.
            if cfg!(windows) {
                self.shared = None;
            }
            let _ = fs::remove_file(path);
        }
    }
}

fn read_holder(path: &Path) -> LockHolder {
    fs::read(path)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// Opens the shared lock file, creating it when it is missing. Everybody may read it, which is enough for a lock; nothing
/// is ever written to it, so a link planted in its place can't do harm.
fn shared_file(path: &Path) -> Option<File> {
    for _ in 0..2 {
        match fs::symlink_metadata(path) {
            // A pipe would block, a link leads elsewhere.
            Ok(found) if !found.is_file() => return None,
            Ok(_) => return shared_options().read(true).open(path).ok(),
            Err(_) => {}
        }
        if let Ok(file) = shared_options().write(true).create_new(true).open(path) {
            return Some(file);
        }
        // Another process may have created it in between.
    }
    None
}

#[cfg(unix)]
fn shared_options() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    options
}

/// On Windows an open file can be kept from being removed: then nobody ever locks one that is gone.
#[cfg(windows)]
fn shared_options() -> fs::OpenOptions {
    const FILE_SHARE_READ: u32 = 1;
    const FILE_SHARE_WRITE: u32 = 2;
    let mut options = fs::OpenOptions::new();
    std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, FILE_SHARE_READ | FILE_SHARE_WRITE);
    options
}

/// Whether an open file is still the one at a path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// It is, see [`shared_options`].
#[cfg(windows)]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

fn paths(data_dir: &Path, tenant: &str) -> (PathBuf, PathBuf) {
    let name = plain(tenant);
    let folder = data_dir.join("locks");
    (
        folder.join(format!("{name}.lock")),
        folder.join(format!("{name}.holder.json")),
    )
}

/// A tenant's name in file names. Tenant ids come from files and services: only plain characters become part of one.
pub fn plain(tenant: &str) -> String {
    tenant
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || letter == '-' {
                letter.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect()
}
