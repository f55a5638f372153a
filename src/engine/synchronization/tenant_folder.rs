//! `<data-dir>/synchronization/<tenant id>/`: what Handover remembers of a tenant's Cloud Sync. For its owner only.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use crate::journal::{private_folder, tenant_file_name};

/// Larger files are none of ours: 1,000 agents take under a megabyte, the history is bounded.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// The folder of one tenant.
#[derive(Clone, Debug)]
pub(super) struct TenantFolder {
    path: PathBuf,
}

impl TenantFolder {
    /// Of this tenant. Creates nothing.
    pub(super) fn of(data_dir: &Path, tenant_id: &str) -> Self {
        Self {
            path: data_dir.join("synchronization").join(tenant_file_name(tenant_id)),
        }
    }

    /// A file of it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The content of a file; nothing where there is none.
    pub(super) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.file(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "the file is too large",
            ));
        }
        Ok(Some(bytes))
    }

    /// Renames a file that can't be understood, so that it stays as evidence; its new place.
    pub(super) fn set_aside(&self, name: &str, now: Timestamp) -> io::Result<PathBuf> {
        let aside = self.file(&format!("{name}.damaged-{}", now.strftime("%Y%m%dT%H%M%SZ")));
        fs::rename(self.file(name), &aside)?;
        Ok(aside)
    }

    /// Runs `change` while no other process of this machine changes the same file. Creates the folder.
    pub(super) fn exclusively<T>(&self, name: &str, change: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        private_folder(&self.path)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.file(&format!("{name}.lock")))?;
        lock.lock()?;
        // Released when the file is closed, also by a crash.
        change()
    }
}
