//! Files that appear whole, for their owner only.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use super::storage::{create_private_folder, private_file, replace, sync_folder};

/// Replaces `path` by a file with `content`: written beside it, flushed to disk, then renamed over it. Readable by its
/// owner only (on Windows through the folder's own rights). A reader sees the old file or the new one, never half.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(path, content)
}

/// Creates a folder and its parents, for their owner only.
pub fn private_folder(path: &Path) -> io::Result<()> {
    create_private_folder(path)
}

/// Appends whole lines to a file that only its owner can read, and returns once they are on disk. A line that a crash
/// cut is ended first, so that it spoils no other.
pub fn append_private(path: &Path, lines: &[u8]) -> io::Result<()> {
    let new = !path.exists();
    let mut file: File =
        OpenOptions::clone(private_file().read(true).append(true).create(true)).open(path)?;
    let mut bytes = Vec::with_capacity(lines.len() + 1);
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            bytes.push(b'\n');
        }
    }
    bytes.extend_from_slice(lines);
    // One call: lines of two processes never mix.
    file.write_all(&bytes)?;
    file.sync_data()?;
    match path.parent() {
        Some(folder) if new && !folder.as_os_str().is_empty() => sync_folder(folder),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_appended_behind_a_torn_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.jsonl");
        append_private(&path, b"one\n").unwrap();
        append_private(&path, b"two").unwrap();
        append_private(&path, b"three\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one\ntwo\nthree\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }

    #[test]
    fn a_file_is_replaced_whole_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, "old and longer").unwrap();
        write_private(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }

    /// As a folder of Windows may be called.
    fn odd_folder(folder: &Path) -> std::path::PathBuf {
        let folder = folder.join("Jörg Müller (Büro)");
        private_folder(&folder).unwrap();
        folder
    }

    #[test]
    fn a_file_in_use_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let folder = odd_folder(folder.path());
        let path = folder.join("größe 1.json");
        write_private(&path, b"old").unwrap();
        let reader = File::open(&path).unwrap();
        // Windows replaces it at once, Wine as soon as nobody has it open any more.
        let reading = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(150));
            drop(reader);
        });
        write_private(&path, b"new").unwrap();
        reading.join().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "no draft is left");
    }

    /// Not on Windows, which these tests know as Wine: there the file must be closed first.
    #[cfg(unix)]
    #[test]
    fn who_reads_a_file_reads_on_while_it_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        write_private(&path, b"old").unwrap();
        let mut reader = File::open(&path).unwrap();
        write_private(&path, b"new").unwrap();
        let mut old = String::new();
        reader.read_to_string(&mut old).unwrap();
        assert_eq!(old, "old");
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        assert!(write_private(Path::new("/nonexistent/x/y"), b"").is_err());
    }
}
