//! Why a list of mailboxes can't be used.

use std::io;

use super::MAX_LINE_BYTES;

/// A list that can't be used. Texts from the file are cleaned.
#[derive(Debug, thiserror::Error)]
pub enum AddressListError {
    /// The file could not be read on.
    #[error("the list can't be read: {0}")]
    Reading(#[source] io::Error),
    /// Nothing in it.
    #[error("the list is empty; it needs a header such as `PrimarySmtpAddress` and one mailbox a line")]
    Empty,
    /// None of the columns names a mailbox.
    #[error(
        "the list has no column that names mailboxes; it has {}. Name one of them UserPrincipalName, \
         PrimarySmtpAddress, EmailAddress or ExternalDirectoryObjectId",
        listed(.found)
    )]
    NoColumn {
        /// The columns it has, at most thirty.
        found: Vec<String>,
    },
    /// Only a column whose values need not be unique.
    #[error(
        "the list names mailboxes by `{column}` only, which two mailboxes can share; add a column UserPrincipalName, \
         PrimarySmtpAddress or ExternalDirectoryObjectId"
    )]
    AmbiguousColumn {
        /// The column.
        column: String,
    },
    /// Several columns, and the first line holds values.
    #[error(
        "line {line} holds values where the header should be; put a line above it that names the columns, such as \
         `UserPrincipalName`"
    )]
    NoHeader {
        /// The first line with content.
        line: u64,
    },
    /// Neither UTF-8, UTF-16 nor a Windows code page throughout.
    #[error("line {line} is in another encoding than the lines before it; save the list as UTF-8 again")]
    WrongEncoding {
        /// The line.
        line: u64,
    },
    /// Not a text.
    #[error("line {line} holds NUL bytes, so this is no text; save the list as CSV in UTF-8")]
    NulBytes {
        /// The line.
        line: u64,
    },
    /// A line without end, often because a quote is not closed.
    #[error(
        "the entry that starts at line {line} is longer than {} bytes; look for a quotation mark that is not closed",
        MAX_LINE_BYTES
    )]
    LineTooLong {
        /// Where it starts.
        line: u64,
    },
    /// A quote that swallows the rest of the file, and every mailbox in it.
    #[error(
        "the quotation mark in line {line} is never closed, so the lines behind it can't be told apart; close or remove it"
    )]
    OpenQuote {
        /// Where the entry with the quote starts.
        line: u64,
    },
    /// More entries than the caller allows.
    #[error("the list has more than {limit} entries; split it")]
    TooManyLines {
        /// How many are allowed.
        limit: u64,
    },
    /// The caller asked to stop.
    #[error("stopped before the list was read to its end")]
    Stopped,
}

fn listed(columns: &[String]) -> String {
    columns
        .iter()
        .map(|column| format!("`{column}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Troubles that travel through `std::io` from the decoder.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("malformed text")]
    Malformed,
    #[error("line too long")]
    TooLong,
}

impl From<Trouble> for io::Error {
    fn from(trouble: Trouble) -> Self {
        Self::new(io::ErrorKind::InvalidData, trouble)
    }
}

pub(super) fn from_reading(error: io::Error, line: u64) -> AddressListError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Trouble>()) {
        Some(Trouble::Malformed) => AddressListError::WrongEncoding { line },
        Some(Trouble::TooLong) => AddressListError::LineTooLong { line },
        None => AddressListError::Reading(error),
    }
}
