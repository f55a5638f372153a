//! Why an exported file can't be used.

use std::{fmt, io};

/// A place in a file, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilePosition {
    /// Line.
    pub line: u64,
    /// Column in characters, or the number of the field in a CSV row.
    pub column: u64,
}

impl fmt::Display for FilePosition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// Why an exported file can't be used. Texts from the file are cleaned.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryExportError {
    /// The file can't be opened or read.
    #[error("the directory export `{path}` can't be read: {source}. Check the path and your rights")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The caller gave up.
    #[error("reading the directory export was cancelled")]
    Cancelled,
    /// Neither LDIF nor CSV.
    #[error(
        "the file is neither LDIF nor CSV with a heading. Export it with `ldifde -f export.ldf`, `ldapsearch -o ldif-wrap=no` \
         or `Get-ADUser -Filter * -Properties * | Export-Csv export.csv -NoTypeInformation -Encoding UTF8`"
    )]
    UnknownFormat,
    /// A line no export tool writes.
    #[error("{at}: {what}. Export the file again and don't edit it")]
    Malformed {
        /// Where.
        at: FilePosition,
        /// What is wrong with it.
        what: String,
    },
    /// LDIF with a value behind a URL.
    #[error(
        "{at}: the value of `{attribute}` is a link to another file (`:<`), which is not followed. Export with the values inside the file"
    )]
    LinkedValue {
        /// Where.
        at: FilePosition,
        /// The attribute.
        attribute: String,
    },
    /// LDIF that changes instead of tells.
    #[error(
        "{at}: this file holds changes (`changetype: {changetype}`), not an export. Use `ldifde -f`, not an import file"
    )]
    ChangeFile {
        /// Where.
        at: FilePosition,
        /// The kind of change.
        changetype: String,
    },
    /// A line, row or record beyond any real one.
    #[error(
        "{at}: the line or record is longer than {limit} MB. This is no directory export, or it is damaged; export it again"
    )]
    TooLong {
        /// Where.
        at: FilePosition,
        /// The limit in megabytes.
        limit: usize,
    },
    /// CSV without a column that tells whose row it is.
    #[error(
        "the CSV has no column that identifies a user; it has: {columns}. Export with `Get-ADUser -Filter * -Properties *`, or \
         select at least ObjectGUID, UserPrincipalName, mail and proxyAddresses"
    )]
    NoIdentity {
        /// The columns there are.
        columns: String,
    },
    /// Nothing in it can be matched with a mailbox.
    #[error(
        "the file has {entries} entries, but none is a user or mail recipient. Export users: `ldifde -r \"(objectCategory=person)\"` or \
         `Get-ADUser -Filter *`"
    )]
    Empty {
        /// Entries read.
        entries: u64,
    },
}

impl DirectoryExportError {
    pub(super) fn malformed(line: u64, column: u64, what: impl Into<String>) -> Self {
        Self::Malformed {
            at: FilePosition { line, column },
            what: what.into(),
        }
    }

    /// An error of a reader in the middle of a file; the caller's wish to stop travels as an interrupted read.
    pub(super) fn read(path: &str, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::ConnectionAborted {
            return Self::Cancelled;
        }
        Self::Unreadable {
            path: path.to_owned(),
            source,
        }
    }
}
