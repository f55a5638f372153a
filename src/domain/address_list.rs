//! Lists of mailboxes from files: which addresses or identifiers an administrator means.
//!
//! Files come from Excel, from PowerShell, from the Entra portal or from a text editor. They are read as a stream, so ten
//! million lines need no more memory than ten.

mod decode;
mod error;
mod resolve;

use std::io::{self, Read};

use csv::{ByteRecord, ReaderBuilder, Terminator};

pub use decode::Encoding;
pub use error::AddressListError;
pub use resolve::{AddressIndex, LineList, Resolved, resolve};

use super::{ObjectId, text};
use decode::Source;

/// Bytes accepted in one line, and read ahead to look at the beginning of a file.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// Columns that name a mailbox, best first, in lower case without spaces, hyphens and underscores.
const COLUMNS: [&str; 9] = [
    "identity",
    "userprincipalname",
    "primarysmtpaddress",
    "emailaddress",
    "email",
    "mail",
    "id",
    "objectid",
    "externaldirectoryobjectid",
];

/// Columns that look right, yet two people can share their values.
const AMBIGUOUS_COLUMNS: [&str; 3] = ["displayname", "name", "alias"];

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Line of the file, from 1.
    pub number: u64,
    /// Address or identifier, cleaned.
    pub text: String,
}

/// Reads a list entry by entry.
pub struct AddressReader<Input: Read> {
    records: csv::Reader<Source<Input>>,
    record: ByteRecord,
    /// A first line that turned out to be an entry.
    pending: bool,
    /// Columns to look into, best first.
    columns: Vec<usize>,
    names: Vec<String>,
    delimiter: u8,
    max_lines: u64,
    entries: u64,
    blank: u64,
    failed: bool,
}

impl<Input: Read> AddressReader<Input> {
    /// Looks at the beginning of a file: encoding, delimiter, header. More than `max_lines` entries are an error later.
    ///
    /// # Errors
    /// An empty file, one without a usable column, bytes that are no text.
    pub fn new(input: Input, max_lines: u64) -> Result<Self, AddressListError> {
        let mut source = Source::new(input)?;
        let beginning = source.beginning(MAX_LINE_BYTES)?;
        let preamble = Preamble::of(beginning);
        source.skip(preamble.bytes);
        let records = ReaderBuilder::new()
            .delimiter(preamble.delimiter)
            .has_headers(false)
            .flexible(true)
            // A carriage return before it stays in the last field and is trimmed; so lines can be counted.
            .terminator(Terminator::Any(b'\n'))
            .from_reader(source);
        let mut reader = Self {
            records,
            record: ByteRecord::new(),
            pending: false,
            columns: Vec::new(),
            names: Vec::new(),
            delimiter: preamble.delimiter,
            max_lines,
            entries: 0,
            blank: 0,
            failed: false,
        };
        reader.read_header()?;
        Ok(reader)
    }

    fn read_header(&mut self) -> Result<(), AddressListError> {
        if !self.next_record()? {
            return Err(AddressListError::Empty);
        }
        let line = self.line();
        let titles = (0..self.record.len())
            .map(|place| self.field(place))
            .collect::<Result<Vec<_>, _>>()?;
        let plain: Vec<String> = titles.iter().map(|title| plain_name(title)).collect();
        self.columns = COLUMNS
            .iter()
            .filter_map(|known| plain.iter().position(|title| title == known))
            .collect();
        if !self.columns.is_empty() {
            self.names = self
                .columns
                .iter()
                .filter_map(|place| titles.get(*place).cloned())
                .collect();
            return Ok(());
        }
        if titles.iter().any(|title| names_a_mailbox(title)) {
            if titles.len() > 1 {
                return Err(AddressListError::NoHeader { line });
            }
            self.columns = vec![0];
            self.pending = true;
            return Ok(());
        }
        if let Some(place) = plain
            .iter()
            .position(|title| AMBIGUOUS_COLUMNS.contains(&title.as_str()))
        {
            return Err(AddressListError::AmbiguousColumn {
                column: titles[place].clone(),
            });
        }
        Err(AddressListError::NoColumn {
            found: titles.into_iter().take(30).collect(),
        })
    }

    /// The columns that are read, best first; empty for a list without header.
    pub fn columns(&self) -> &[String] {
        &self.names
    }

    /// What parts the columns.
    pub fn delimiter(&self) -> char {
        char::from(self.delimiter)
    }

    /// The encoding found or assumed so far. It can turn from UTF-8 to Windows-1252 at the first odd byte, so ask again
    /// at the end.
    pub fn encoding(&self) -> Encoding {
        self.records.get_ref().encoding()
    }

    /// Lines so far that have nothing in the columns read.
    pub fn blank_lines(&self) -> u64 {
        self.blank
    }

    /// Where the current record begins. The reader itself says where it ended, which is the line after it, and skips
    /// empty lines silently.
    fn line(&self) -> u64 {
        self.next_unread_line()
            .saturating_sub(self.line_ends_inside() + 1)
            .max(1)
    }

    fn line_ends_inside(&self) -> u64 {
        memchr::memchr_iter(b'\n', self.record.as_slice()).count() as u64
    }

    fn next_unread_line(&self) -> u64 {
        self.records.position().line() + self.records.get_ref().skipped_lines()
    }

    /// Reads the next record. False at the end.
    fn next_record(&mut self) -> Result<bool, AddressListError> {
        self.records.get_mut().allow(MAX_LINE_BYTES);
        let line = self.next_unread_line();
        let found =
            self.records
                .read_byte_record(&mut self.record)
                .map_err(|error| match error.into_kind() {
                    csv::ErrorKind::Io(error) => error::from_reading(error, line),
                    other => AddressListError::Reading(io::Error::other(format!("{other:?}"))),
                })?;
        if found && self.records.get_ref().is_drained() {
            // No line end closed the record, so only those inside it lie behind its beginning.
            return Err(AddressListError::OpenQuote {
                line: self.next_unread_line().saturating_sub(self.line_ends_inside()),
            });
        }
        if found && memchr::memchr(0, self.record.as_slice()).is_some() {
            return Err(AddressListError::NulBytes { line: self.line() });
        }
        Ok(found)
    }

    /// A field as clean text.
    fn field(&mut self, place: usize) -> Result<String, AddressListError> {
        let line = self.line();
        let bytes = self.record.get(place).unwrap_or_default();
        let decoded = self
            .records
            .get_mut()
            .decode(bytes)
            .ok_or(AddressListError::WrongEncoding { line })?;
        Ok(text::clean_to(decoded.trim(), 1024).trim().to_owned())
    }

    /// The best value of the current record: the first that can name a mailbox, else the first there is.
    fn value(&mut self) -> Result<Option<String>, AddressListError> {
        let mut fallback = None;
        for index in 0..self.columns.len() {
            let value = self.field(self.columns[index])?;
            if names_a_mailbox(&value) {
                return Ok(Some(value));
            }
            if fallback.is_none() && !value.is_empty() {
                fallback = Some(value);
            }
        }
        Ok(fallback)
    }

    fn next_line(&mut self) -> Result<Option<Line>, AddressListError> {
        loop {
            if !std::mem::take(&mut self.pending) && !self.next_record()? {
                return Ok(None);
            }
            let Some(text) = self.value()? else {
                self.blank += 1;
                continue;
            };
            self.entries += 1;
            if self.entries > self.max_lines {
                return Err(AddressListError::TooManyLines {
                    limit: self.max_lines,
                });
            }
            return Ok(Some(Line {
                number: self.line(),
                text,
            }));
        }
    }
}

impl<Input: Read> Iterator for AddressReader<Input> {
    type Item = Result<Line, AddressListError>;

    /// The next entry. Nothing follows an error.
    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.next_line();
        self.failed = next.is_err();
        next.transpose()
    }
}

/// A column name as different tools write it: `UserPrincipalName`, `User principal name`, `user_principal_name`.
fn plain_name(title: &str) -> String {
    let letters = title
        .chars()
        .filter(|character| !matches!(character, ' ' | '-' | '_'));
    letters.flat_map(char::to_lowercase).collect()
}

fn names_a_mailbox(value: &str) -> bool {
    value.contains('@') || value.parse::<ObjectId>().is_ok()
}

/// What stands before the header, and what parts the columns.
struct Preamble {
    bytes: usize,
    delimiter: u8,
}

impl Preamble {
    /// Skips the type line that Windows PowerShell writes and the delimiter line that Excel understands.
    fn of(beginning: &[u8]) -> Self {
        let mut bytes = 0;
        loop {
            let rest = &beginning[bytes..];
            let end = memchr::memchr(b'\n', rest);
            let line = &rest[..end.unwrap_or(rest.len())];
            let next = end.map_or(beginning.len(), |end| bytes + end + 1);
            match line.strip_suffix(b"\r").unwrap_or(line) {
                [
                    b's' | b'S',
                    b'e' | b'E',
                    b'p' | b'P',
                    b'=',
                    delimiter @ (b',' | b';' | b'\t'),
                ] => {
                    return Self {
                        bytes: next,
                        delimiter: *delimiter,
                    };
                }
                line if line.starts_with(b"#TYPE")
                    || line.trim_ascii().is_empty() && next < beginning.len() =>
                {
                    bytes = next;
                }
                line => {
                    return Self {
                        bytes,
                        delimiter: most_frequent_delimiter(line),
                    };
                }
            }
            if bytes >= beginning.len() {
                return Self {
                    bytes,
                    delimiter: b',',
                };
            }
        }
    }
}

fn most_frequent_delimiter(header: &[u8]) -> u8 {
    let mut counts = [(0, b','), (0, b';'), (0, b'\t')];
    let mut quoted = false;
    for byte in header {
        quoted ^= *byte == b'"';
        for (count, delimiter) in &mut counts {
            *count += usize::from(!quoted && byte == delimiter);
        }
    }
    // among equals the first, which is the comma
    counts
        .iter()
        .rev()
        .max_by_key(|(count, _)| *count)
        .map_or(b',', |(_, delimiter)| *delimiter)
}

#[cfg(test)]
mod tests;
