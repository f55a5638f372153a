//! The seam to the file system: what must be durable goes through here, so that tests can fill the disk or cut the power.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// A file whose content can be forced to disk.
pub trait DurableFile: Write + Send {
    /// Returns once everything written so far survives a power loss.
    fn sync(&mut self) -> io::Result<()>;
}

impl DurableFile for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Where run files are written.
pub trait Storage: Send + Sync {
    /// Opens an existing file for appending.
    fn append(&self, path: &Path) -> io::Result<Box<dyn DurableFile>>;

    /// Bytes this user may still write in the file system of `folder`.
    fn available(&self, folder: &Path) -> io::Result<u64>;
}

/// The real file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Storage for Disk {
    fn append(&self, path: &Path) -> io::Result<Box<dyn DurableFile>> {
        Ok(Box::new(OpenOptions::new().append(true).open(path)?))
    }

    fn available(&self, folder: &Path) -> io::Result<u64> {
        fs4::available_space(folder)
    }
}

/// Creates a folder and its parents, readable by their owner only. On Windows the data folder lies in the user's
/// profile and inherits its access list.
pub(super) fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Options that create files only their owner can read.
pub(super) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Writes a whole new file and forces it to disk.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private_file().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Replaces a file so that a crash leaves the old or the new content, never a mixture.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Makes names created or renamed in a folder durable. Windows has no such call; NTFS journals names itself.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()?;
    }
    Ok(())
}
