//! Writes rows of the inventory to a file: CSV for spreadsheets, JSON or JSON lines for programs.

use std::{
    fs, io,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::{Mailbox, ObjectId, table::MailboxRow, text::spreadsheet_safe};

/// A mailbox as files and `mailboxes list` show it (design section 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MailboxRecord<'a> {
    /// `ExternalDirectoryObjectId`.
    pub id: ObjectId,
    /// Display name as the service sent it.
    pub display_name: &'a str,
    /// Sign-in name.
    pub user_principal_name: &'a str,
    /// Primary address.
    pub primary_smtp_address: &'a str,
    /// Wire name of the type.
    pub recipient_type_details: &'a str,
    /// Nothing when unknown.
    pub is_dir_synced: Option<bool>,
    /// Nothing when unknown.
    pub is_exchange_cloud_managed: Option<bool>,
    /// Nothing when unknown.
    pub when_changed_utc: Option<Timestamp>,
}

impl<'a> From<&'a Mailbox> for MailboxRecord<'a> {
    fn from(mailbox: &'a Mailbox) -> Self {
        MailboxRow::of(mailbox).into()
    }
}

impl<'a> From<MailboxRow<'a>> for MailboxRecord<'a> {
    fn from(row: MailboxRow<'a>) -> Self {
        Self {
            id: row.id,
            display_name: row.display_name,
            user_principal_name: row.user_principal_name,
            primary_smtp_address: row.primary_smtp_address,
            recipient_type_details: row.recipient_type.wire_name(),
            is_dir_synced: row.dir_synced,
            is_exchange_cloud_managed: row.authority.is_exchange_cloud_managed(),
            when_changed_utc: row.when_changed,
        }
    }
}

/// The columns of the CSV, in the order and with the names of the JSON members.
const COLUMNS: [&str; 8] = [
    "id",
    "displayName",
    "userPrincipalName",
    "primarySmtpAddress",
    "recipientTypeDetails",
    "isDirSynced",
    "isExchangeCloudManaged",
    "whenChangedUtc",
];

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// UTF-8 with a byte order mark, as Excel needs it, and cells that no spreadsheet runs as a formula.
    Csv,
    /// One JSON array.
    Json,
    /// One JSON object a line.
    JsonLines,
}

impl ExportFormat {
    /// By the ending of the file name; CSV for all that is neither `.json` nor `.jsonl`.
    pub fn of_path(path: &Path) -> Self {
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        match ending.as_deref().and_then(|ending| ending.to_str()) {
            Some("json") => Self::Json,
            Some("jsonl") => Self::JsonLines,
            _ => Self::Csv,
        }
    }
}

/// Why an export failed. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Exports don't replace files.
    #[error("`{}` exists already. Choose another name", .0.display())]
    Exists(PathBuf),
    /// The operating system refused.
    #[error("`{}` can't be written: {source}. Check folder, rights and free space", path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Writes the rows to `path`, whole or not at all, and returns how many. An existing file is not replaced.
pub fn write<'a>(
    path: &Path,
    format: ExportFormat,
    rows: impl Iterator<Item = MailboxRecord<'a>>,
) -> Result<u64, ExportError> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(ExportError::Exists(path.to_owned()));
    }
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => ExportError::Exists(path.to_owned()),
        _ => ExportError::System {
            path: path.to_owned(),
            source,
        },
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".handover-")
        .tempfile_in(folder)
        .map_err(failed)?;
    let mut output = BufWriter::new(file.as_file_mut());
    let count = match format {
        ExportFormat::Csv => write_csv(&mut output, rows),
        ExportFormat::Json => write_json(&mut output, rows, "[\n", ",\n", "\n]\n"),
        ExportFormat::JsonLines => write_json(&mut output, rows, "", "\n", "\n"),
    }
    .and_then(|count| output.flush().map(|()| count))
    .map_err(failed)?;
    drop(output);
    file.as_file().sync_all().map_err(failed)?;
    file.persist_noclobber(path)
        .map_err(|error| failed(error.error))?;
    Ok(count)
}

fn write_json<'a>(
    output: &mut impl Write,
    rows: impl Iterator<Item = MailboxRecord<'a>>,
    begin: &str,
    between: &str,
    end: &str,
) -> io::Result<u64> {
    let mut count = 0;
    output.write_all(begin.as_bytes())?;
    for row in rows {
        if count > 0 {
            output.write_all(between.as_bytes())?;
        }
        serde_json::to_writer(&mut *output, &row)?;
        count += 1;
    }
    // An empty list of lines is an empty file.
    if count > 0 || !begin.is_empty() {
        output.write_all(end.as_bytes())?;
    }
    Ok(count)
}

/// A CSV file as spreadsheets expect it: the mark that Excel needs to see UTF-8, and Windows line ends.
pub(super) fn spreadsheet<W: Write>(mut output: W) -> io::Result<csv::Writer<W>> {
    output.write_all("\u{feff}".as_bytes())?;
    Ok(csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(output))
}

/// Writes rows as CSV to any output: UTF-8 with byte order mark, CR LF, cells that no spreadsheet runs.
pub fn write_csv<'a>(
    output: &mut impl Write,
    rows: impl Iterator<Item = MailboxRecord<'a>>,
) -> io::Result<u64> {
    let mut writer = spreadsheet(output)?;
    writer.write_record(COLUMNS)?;
    let flag = |flag: Option<bool>| flag.map(|flag| flag.to_string()).unwrap_or_default();
    let mut count = 0;
    for row in rows {
        writer.write_record([
            &*row.id.to_string(),
            &spreadsheet_safe(row.display_name),
            &spreadsheet_safe(row.user_principal_name),
            &spreadsheet_safe(row.primary_smtp_address),
            &spreadsheet_safe(row.recipient_type_details),
            &flag(row.is_dir_synced),
            &flag(row.is_exchange_cloud_managed),
            &row.when_changed_utc
                .map(|when| when.to_string())
                .unwrap_or_default(),
        ])?;
        count += 1;
    }
    writer.flush()?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{RecipientType, SourceOfAuthority};

    fn mailbox(name: &str) -> Mailbox {
        Mailbox {
            id: "11111111-2222-3333-4444-555555555555".parse().unwrap(),
            display_name: name.to_owned(),
            user_principal_name: "anna@contoso.com".to_owned(),
            primary_smtp_address: "anna@contoso.com".to_owned(),
            alias: "anna".to_owned(),
            recipient_type: RecipientType::Shared,
            dir_synced: Some(true),
            authority: SourceOfAuthority::Unknown,
            when_changed: None,
        }
    }

    fn exported(file_name: &str, names: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(file_name);
        let mailboxes: Vec<Mailbox> = names.iter().map(|name| mailbox(name)).collect();
        let count = write(
            &path,
            ExportFormat::of_path(&path),
            mailboxes.iter().map(MailboxRecord::from),
        )
        .unwrap();
        assert_eq!(count, names.len() as u64);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "something was left behind"
        );
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn csv_for_spreadsheets() {
        assert_eq!(
            exported("view.csv", &["=cmd|' /C calc'!A0", "Müller, \"Anna\""]),
            "\u{feff}id,displayName,userPrincipalName,primarySmtpAddress,recipientTypeDetails,isDirSynced,\
             isExchangeCloudManaged,whenChangedUtc\r\n\
             11111111-2222-3333-4444-555555555555,'=cmd|' /C calc'!A0,anna@contoso.com,anna@contoso.com,\
             SharedMailbox,true,,\r\n\
             11111111-2222-3333-4444-555555555555,\"Müller, \"\"Anna\"\"\",anna@contoso.com,anna@contoso.com,\
             SharedMailbox,true,,\r\n"
        );
    }

    #[test]
    fn json_and_json_lines() {
        let array: serde_json::Value = serde_json::from_str(&exported("view.JSON", &["a", "b"])).unwrap();
        assert_eq!(array[1]["displayName"], "b");
        assert_eq!(array[1]["isExchangeCloudManaged"], serde_json::Value::Null);
        assert_eq!(exported("empty.json", &[]), "[\n\n]\n");
        assert_eq!(exported("view.jsonl", &["a", "b"]).lines().count(), 2);
        assert_eq!(exported("empty.jsonl", &[]), "");
    }

    #[test]
    fn nothing_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("view.csv");
        fs::write(&path, "precious").unwrap();
        let refused = write(&path, ExportFormat::Csv, std::iter::empty());
        assert!(matches!(refused, Err(ExportError::Exists(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        let nowhere = folder.path().join("missing").join("view.csv");
        let failed = write(&nowhere, ExportFormat::Csv, std::iter::empty());
        assert!(matches!(failed, Err(ExportError::System { .. })));
    }
}
