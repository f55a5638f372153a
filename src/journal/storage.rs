//! The seam to the file system: what must be durable goes through here, so that tests can fill the disk or cut the power.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
    thread,
    time::Duration,
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
    #[cfg_attr(
        not(unix),
        expect(unused_mut, reason = "the folder's rights do for its files")
    )]
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

/// Replaces a file so that a crash leaves the old or the new content, never a mixture. Whoever has the old file open reads
/// on in it.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    // Not as a temporary file in the sense of Windows, which keeps such files from the disk as long as it can.
    let mut draft = tempfile::Builder::new()
        .prefix(".new-")
        .make_in(folder, |draft| {
            private_file().write(true).create_new(true).open(draft)
        })?;
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    let mut draft = draft.into_temp_path();
    rename_over(&draft, path)?;
    draft.disable_cleanup(true);
    sync_folder(folder)
}

/// Waits before each attempt to take the place of a file on Windows: a virus scanner or a backup may hold it so that
/// nobody else can, but not for long.
const PATIENCE: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_millis(10),
    Duration::from_millis(30),
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(600),
];

/// Renames a file over another. The standard library's way also works while somebody reads the other one on Windows.
fn rename_over(from: &Path, to: &Path) -> io::Result<()> {
    let mut last = Ok(());
    for wait in PATIENCE {
        thread::sleep(wait);
        last = fs::rename(from, to);
        let worth_waiting = cfg!(windows)
            && last
                .as_ref()
                .is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied);
        if !worth_waiting {
            break;
        }
    }
    last
}

/// The folder a file lies in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes names created or renamed in a folder durable. Windows has no such call; NTFS journals names itself.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()?;
    }
    Ok(())
}
