//! Files the administrator names: read, written whole or not at all, never replaced.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::{
    directory::DirectoryExport,
    domain::{
        Plan,
        address_list::{AddressIndex, AddressListError, AddressReader, LineList, resolve},
        table::{Row, TableSnapshot},
        text,
    },
    engine::{
        export::{self, ExportFormat, MailboxRecord},
        synchronization::logs,
    },
    tui::{Failure, ImportedMarks, LogPages, LogRecord},
};

/// Longer lists are refused: no tenant has so many mailboxes.
const MOST_LINES: u64 = 2_000_000;
/// Bytes of a list of objects: a thousand names are far shorter.
const LONGEST_TEXT: u64 = 4 * 1024 * 1024;
/// Lines of a kind told one by one.
const SHOWN: usize = 20;

/// A path as people type or paste it: quotes around it and `~/` before it are understood.
pub(super) fn typed_path(typed: &str) -> Result<PathBuf, Failure> {
    let mut path = typed.trim();
    for quote in ['"', '\''] {
        if let Some(inner) = path.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            path = inner;
        }
    }
    if path.is_empty() || path.contains('\0') {
        return Err(Failure::new("no file is named"));
    }
    let rest = path.strip_prefix("~/").or_else(|| path.strip_prefix("~\\"));
    match (rest, directories::BaseDirs::new()) {
        (Some(rest), Some(directories)) => Ok(directories.home_dir().join(rest)),
        _ => Ok(PathBuf::from(path)),
    }
}

/// A path as messages show it: absolute where that can be found out, cleaned.
fn shown(path: &Path) -> String {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    text::clean(&full.display().to_string()).into_owned()
}

fn said(path: &Path, what: &str, error: &io::Error) -> Failure {
    Failure {
        message: format!("`{}` can't be {what}: {error}", shown(path)),
        advice: Some("Check the name, the rights and the free space.".to_owned()),
        ..Failure::default()
    }
}

/// Opens a file for reading; pipes and devices, which may never end, are refused.
fn open(path: &Path) -> Result<File, Failure> {
    let kind = fs::metadata(path).map_err(|error| said(path, "read", &error))?;
    if !kind.is_file() {
        return Err(Failure::new(format!("`{}` is not a file", shown(path))));
    }
    File::open(path).map_err(|error| said(path, "read", &error))
}

/// Finds the mailboxes that a list names.
pub(super) fn import_marks(
    typed: &str,
    table: &TableSnapshot,
    cancel: &CancellationToken,
) -> Result<ImportedMarks, Failure> {
    let path = typed_path(typed)?;
    let stop = || cancel.is_cancelled();
    let failed = |error: AddressListError| match error {
        AddressListError::Stopped => Failure::cancelled(),
        error => Failure {
            detail: Some(shown(&path)),
            ..Failure::new(error.to_string())
        },
    };
    let file = BufReader::new(open(&path)?);
    let mut list = AddressReader::new(file, MOST_LINES).map_err(failed)?;
    let index = AddressIndex::new(table, &stop).ok_or_else(Failure::cancelled)?;
    let resolved = resolve(&mut list, &index, &stop).map_err(failed)?;
    let first = |lines: &LineList| lines.first.iter().take(SHOWN).cloned().collect();
    Ok(ImportedMarks {
        mailboxes: resolved
            .found
            .iter()
            .filter_map(|row| Some(table.row(*row)?.id))
            .collect(),
        duplicates: resolved.duplicates.total,
        unknown: first(&resolved.unknown),
        unknown_total: resolved.unknown.total,
        ambiguous: first(&resolved.ambiguous),
        ambiguous_total: resolved.ambiguous.total,
    })
}

/// Reads a text of at most some megabytes; bytes that are no UTF-8 are refused.
pub(super) fn read_text(typed: &str) -> Result<String, Failure> {
    let path = typed_path(typed)?;
    let mut text = String::new();
    let mut file = open(&path)?.take(LONGEST_TEXT + 1);
    file.read_to_string(&mut text)
        .map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => {
                Failure::new(format!("`{}` is no UTF-8 text; save it as UTF-8", shown(&path)))
            }
            _ => said(&path, "read", &error),
        })?;
    match text.len() as u64 > LONGEST_TEXT {
        true => Err(Failure::new(format!("`{}` is too long", shown(&path)))),
        false => Ok(text),
    }
}

/// Reads a directory export.
pub(super) fn import_directory(typed: &str, cancel: &CancellationToken) -> Result<DirectoryExport, Failure> {
    let path = typed_path(typed)?;
    drop(open(&path)?);
    let export = DirectoryExport::open(&path, |_| !cancel.is_cancelled());
    export.map_err(|error| match cancel.is_cancelled() {
        true => Failure::cancelled(),
        false => Failure::new(error.to_string()),
    })
}

/// Writes rows of a view; returns the full path and how many.
pub(super) fn export_view(
    typed: &str,
    table: &TableSnapshot,
    rows: &[Row],
) -> Result<(String, u64), Failure> {
    let path = typed_path(typed)?;
    let records = rows
        .iter()
        .filter_map(|row| table.row(*row))
        .map(MailboxRecord::from);
    let count = export::write(&path, ExportFormat::of_path(&path), records)
        .map_err(|error| Failure::new(text::clean(&error.to_string()).into_owned()))?;
    Ok((shown(&path), count))
}

/// Writes rows of a log; returns the full path and how many.
pub(super) fn export_logs(
    typed: &str,
    pages: &LogPages,
    shown: Option<&[u32]>,
) -> Result<(String, u64), Failure> {
    let path = typed_path(typed)?;
    let mut entries = Vec::new();
    let mut changes = Vec::new();
    let mut take = |record: &LogRecord| match record {
        LogRecord::Provisioning(entry) => entries.push(entry.clone()),
        LogRecord::Audit(entry) => changes.push(entry.clone()),
    };
    match shown {
        Some(shown) => shown
            .iter()
            .filter_map(|number| pages.record(*number))
            .for_each(&mut take),
        None => pages.records().for_each(&mut take),
    }
    let format = ExportFormat::of_path(&path);
    let mut bytes = Vec::new();
    let written = match changes.is_empty() {
        true => logs::export_logs(&entries, format, &mut bytes),
        false => logs::export_audit(&changes, format, &mut bytes),
    };
    written.map_err(|error| said(&path, "written", &error))?;
    write_new(&path, &bytes)?;
    Ok((self::shown(&path), (entries.len() + changes.len()) as u64))
}

/// Writes a plan file; returns the full path.
pub(super) fn save_plan(typed: &str, plan: &Plan) -> Result<String, Failure> {
    let path = typed_path(typed)?;
    let bytes = plan.to_bytes().map_err(|error| Failure::new(error.to_string()))?;
    write_new(&path, &bytes)?;
    Ok(shown(&path))
}

/// Writes what the clipboard would not take; returns the full path.
pub(super) fn keep_copy(data_dir: &Path, copied: &str, now: Timestamp) -> Result<String, Failure> {
    let folder = data_dir.join("copied");
    fs::create_dir_all(&folder).map_err(|error| said(&folder, "made", &error))?;
    let path = folder.join(format!("copied-{}.txt", now.strftime("%Y%m%dT%H%M%S%.3f")));
    write_new(&path, copied.as_bytes())?;
    Ok(shown(&path))
}

/// Writes a file that does not exist yet, readable by its owner only.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let failed = |error: &io::Error| said(path, "written", error);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .map_err(|error| failed(&error))?;
    file.persist_noclobber(path)
        .map(drop)
        .map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => {
                Failure::new(format!("`{}` exists already. Choose another name", shown(path)))
            }
            _ => failed(&error.error),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_as_people_paste_them() {
        assert_eq!(
            typed_path(" \"C:\\a b.csv\" ").unwrap(),
            PathBuf::from("C:\\a b.csv")
        );
        assert!(typed_path("~/x.csv").unwrap().is_absolute());
        assert!(typed_path("  ").is_err());
    }

    #[test]
    fn copies_and_plans_replace_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let path = keep_copy(folder.path(), "text", now).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
        assert!(
            keep_copy(folder.path(), "other", now)
                .unwrap_err()
                .message
                .contains("exists already")
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_refused() {
        let table = crate::domain::table::MailboxTable::new().snapshot();
        let refused = import_marks("/dev/zero", &table, &CancellationToken::new());
        assert!(refused.unwrap_err().message.contains("is not a file"));
    }
}
