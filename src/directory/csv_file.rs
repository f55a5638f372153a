//! CSV as `Get-ADUser -Properties * | Export-Csv` writes it.
//!
//! `Export-Csv` writes the type name of a list instead of its values, unless the administrator joined them; such
//! columns count as unknown, with a word about how to export them.

use std::{
    cell::Cell,
    collections::BTreeSet,
    io::{self, BufRead, Read},
    rc::Rc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use csv::{ByteRecord, ReaderBuilder};
use uuid::Uuid;

use super::{
    encoding::decode,
    error::{DirectoryExportError, FilePosition},
    export::Content,
};
use crate::domain::{
    DirectoryAttribute, DirectoryObjectBuilder, DirectoryValue, ValueKind, attribute_number,
    directory_attribute, directory_time,
    text::{clean, clean_to},
};

/// No real row is longer; an unclosed quote swallows everything behind it.
const LIMIT: usize = 16 * 1024 * 1024;

/// Columns that tell whose row it is.
const IDENTITY: &[&str] = &[
    "objectGUID",
    "mS-DS-ConsistencyGuid",
    "userPrincipalName",
    "mail",
    "proxyAddresses",
];

/// What `Get-ADUser` calls attributes by another name.
const ALIASES: &[(&str, &str)] = &[
    ("emailaddress", "mail"),
    ("sid", "objectSid"),
    ("modified", "whenChanged"),
];

/// What a column holds.
#[derive(Clone, Copy)]
enum Column {
    Name,
    Attribute(&'static DirectoryAttribute),
    Other,
}

/// Whether a heading of a single column names something that identifies a user.
pub(super) fn is_known_column(heading: &str) -> bool {
    let heading = heading.trim().trim_matches('"');
    IDENTITY.iter().any(|name| name.eq_ignore_ascii_case(heading))
}

pub(super) fn read(mut text: impl BufRead, path: &str) -> Result<Content, DirectoryExportError> {
    let mut content = Content::default();
    let skipped = skip_preamble(&mut text, path)?;
    let delimiter = delimiter_of(
        text.fill_buf()
            .map_err(|error| DirectoryExportError::read(path, error))?,
    );
    let budget = Rc::new(Cell::new(LIMIT));
    let drained = Rc::new(Cell::new(false));
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(true)
        .from_reader(Budgeted {
            input: text,
            budget: Rc::clone(&budget),
            drained: Rc::clone(&drained),
            last: b'\n',
        });
    let headings = match reader.byte_headers() {
        Ok(headings) => headings.clone(),
        Err(error) => return Err(row_error(&error, path, skipped)),
    };
    let columns = columns_of(&headings)?;
    let mut unjoined = BTreeSet::new();
    let mut row = ByteRecord::new();
    loop {
        budget.set(LIMIT);
        match reader.read_byte_record(&mut row) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => return Err(row_error(&error, path, skipped)),
        }
        content.entries += 1;
        let line = row.position().map_or(0, csv::Position::line) + skipped;
        // A row that no line end closed is one with an open quote: whatever its last field holds, it is not whole.
        let open = drained.get();
        if open || row.len() != headings.len() {
            let mut rest = ByteRecord::new();
            budget.set(LIMIT);
            if open || row.len() < headings.len() && matches!(reader.read_byte_record(&mut rest), Ok(false)) {
                content.problem(format!(
                    "The file ends in the middle of the row in line {line}: it was cut, and that row is left out. Export it again."
                ));
                break;
            }
            return Err(DirectoryExportError::malformed(
                line,
                row.len() as u64,
                format!(
                    "the row has {} fields, the heading has {}",
                    row.len(),
                    headings.len()
                ),
            ));
        }
        let mut builder = DirectoryObjectBuilder::default();
        let mut name = String::new();
        let mut recipient = false;
        let mut computer = false;
        for (column, bytes) in columns
            .iter()
            .zip(row.iter())
            .filter(|(_, bytes)| !bytes.is_empty())
        {
            let field = decode(bytes);
            match column {
                Column::Other => {}
                Column::Name => name = field.into_owned(),
                Column::Attribute(attribute) if is_type_name(&field) => {
                    builder.mark_incomplete(attribute.name);
                    unjoined.insert(attribute.name);
                }
                Column::Attribute(attribute) => {
                    recipient |= super::index::RECIPIENT_ATTRIBUTES.contains(&attribute.name);
                    computer |= attribute.name == "objectClass" && field.eq_ignore_ascii_case("computer");
                    add(&mut builder, attribute, &field, &mut content);
                }
            }
        }
        if recipient && !computer {
            content.objects.push(builder.build(&name));
        }
    }
    // Every column was asked for, filled or not; a list that only shows its type says nothing.
    content.carried = columns
        .iter()
        .filter_map(|column| match column {
            Column::Attribute(attribute) => attribute_number(attribute.name),
            _ => None,
        })
        .collect();
    if !unjoined.is_empty() {
        let names: Vec<&str> = unjoined.into_iter().collect();
        content.problem(format!(
            "Export-Csv wrote a type name instead of the values of {}: these count as unknown. Join them before exporting, such as \
             `Select-Object *,@{{n='proxyAddresses';e={{$_.proxyAddresses -join ';'}}}} -ExcludeProperty proxyAddresses | Export-Csv ...`.",
            names.join(", ")
        ));
    }
    Ok(content)
}

/// Skips empty lines and the `#TYPE` line of Windows PowerShell; answers how many lines that were.
fn skip_preamble(text: &mut impl BufRead, path: &str) -> Result<u64, DirectoryExportError> {
    let mut skipped = 0;
    loop {
        let block = text
            .fill_buf()
            .map_err(|error| DirectoryExportError::read(path, error))?;
        let skip = matches!(block.first(), Some(b'#' | b'\r' | b'\n'));
        if !skip {
            return Ok(skipped);
        }
        let mut line = Vec::new();
        text.by_ref()
            .take(64 * 1024)
            .read_until(b'\n', &mut line)
            .map_err(|error| DirectoryExportError::read(path, error))?;
        skipped += 1;
    }
}

/// The separator that is most frequent in the heading outside quotes.
fn delimiter_of(start: &[u8]) -> u8 {
    let mut counts = [(b',', 0usize), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in start.iter().take_while(|byte| **byte != b'\n') {
        quoted ^= *byte == b'"';
        for (delimiter, count) in &mut counts {
            *count += usize::from(!quoted && byte == delimiter);
        }
    }
    // The first of the most frequent ones, so that a single column means a comma.
    counts
        .iter()
        .rev()
        .max_by_key(|(_, count)| *count)
        .map_or(b',', |(delimiter, _)| *delimiter)
}

fn columns_of(headings: &ByteRecord) -> Result<Vec<Column>, DirectoryExportError> {
    let names: Vec<String> = headings
        .iter()
        .map(|heading| decode(heading).trim().to_lowercase())
        .collect();
    let columns: Vec<Column> = names
        .iter()
        .map(|name| {
            if name == "distinguishedname" {
                return Column::Name;
            }
            // The alias counts only where the attribute itself has no column.
            let alias = ALIASES
                .iter()
                .find(|(alias, real)| {
                    alias == name && !names.iter().any(|other| other.eq_ignore_ascii_case(real))
                })
                .map(|(_, real)| *real);
            directory_attribute(alias.unwrap_or(name)).map_or(Column::Other, Column::Attribute)
        })
        .collect();
    let identified = columns
        .iter()
        .any(|column| matches!(column, Column::Attribute(attribute) if IDENTITY.contains(&attribute.name)));
    if !identified {
        return Err(DirectoryExportError::NoIdentity {
            columns: clean_to(&names.join(", "), 200).into_owned(),
        });
    }
    Ok(columns)
}

/// What `Export-Csv` writes for lists and byte arrays it does not expand.
fn is_type_name(field: &str) -> bool {
    field.starts_with("Microsoft.ActiveDirectory.Management.AD")
        || field.starts_with("System.Collections.")
        || (field.starts_with("System.") && field.ends_with("[]"))
}

fn add(
    builder: &mut DirectoryObjectBuilder,
    attribute: &'static DirectoryAttribute,
    field: &str,
    content: &mut Content,
) {
    match attribute.kind {
        ValueKind::Guid | ValueKind::Binary if attribute.name == "objectSid" && field.starts_with("S-1-") => {
            builder.add(attribute.name, DirectoryValue::Text(field));
        }
        ValueKind::Guid | ValueKind::Binary => match bytes_of(field, attribute.kind) {
            Some(bytes) => builder.add(attribute.name, DirectoryValue::Binary(&bytes)),
            None => {
                builder.mark_incomplete(attribute.name);
                content.problem(format!(
                    "Values of {} are neither a GUID nor bytes as numbers, hexadecimal or base64: they count as unknown.",
                    clean(attribute.name).into_owned()
                ));
            }
        },
        ValueKind::Time if directory_time(field).is_none() => {
            builder.mark_incomplete(attribute.name);
            content.problem(format!(
                "Values of {} are local times whose form depends on the country: they count as unknown. Export them with \
                 `@{{n='{0}';e={{$_.{0}.ToUniversalTime().ToString('o')}}}}`.",
                attribute.name
            ));
        }
        _ if attribute.several => {
            for value in values_of(attribute, field) {
                builder.add(attribute.name, DirectoryValue::Text(value));
            }
        }
        _ => builder.add(attribute.name, DirectoryValue::Text(field)),
    }
}

/// The values of a joined list.
fn values_of<'a>(attribute: &DirectoryAttribute, field: &'a str) -> Vec<&'a str> {
    if attribute.name == "proxyAddresses" {
        return addresses_of(field);
    }
    field
        .split([';', '\n', '\r'])
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .collect()
}

/// Addresses joined by `;`, a line break, a comma or a blank: a new one starts where a separator is followed by a prefix
/// and a colon. X500 addresses hold blanks themselves.
fn addresses_of(field: &str) -> Vec<&str> {
    let mut starts = vec![0];
    let mut after_separator = false;
    for (at, character) in field.char_indices() {
        let separator = matches!(character, ';' | '\n' | '\r' | ',' | ' ' | '|');
        if after_separator && !separator && starts_with_prefix(field.get(at..).unwrap_or_default()) {
            starts.push(at);
        }
        after_separator = separator;
    }
    starts.push(field.len());
    starts
        .windows(2)
        .filter_map(|pair| match pair {
            [start, end] => field.get(*start..*end),
            _ => None,
        })
        .map(|value| value.trim().trim_end_matches([';', ',', '|']).trim_end())
        .filter(|value| !value.is_empty())
        .collect()
}

fn starts_with_prefix(text: &str) -> bool {
    text.char_indices()
        .find(|(_, character)| !character.is_ascii_alphanumeric())
        .is_some_and(|(at, character)| character == ':' && (1..=12).contains(&at))
}

/// Bytes from a GUID in text form, from numbers (`1 2 255`), from hexadecimal (`0A-1B`, `0x0a1b`) or from base64.
fn bytes_of(field: &str, kind: ValueKind) -> Option<Vec<u8>> {
    let field = field.trim();
    if kind == ValueKind::Guid
        && field.contains('-')
        && let Ok(guid) = Uuid::try_parse(field)
    {
        return Some(guid.to_bytes_le().to_vec());
    }
    let parts: Vec<&str> = field
        .split([' ', ',', ';'])
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() > 1 {
        return parts.iter().map(|part| part.parse().ok()).collect();
    }
    let hexadecimal = field.strip_prefix("0x").unwrap_or(field).replace('-', "");
    let is_hexadecimal =
        hexadecimal.len().is_multiple_of(2) && hexadecimal.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hexadecimal && (field.contains('-') || field.starts_with("0x") || hexadecimal.len() == 32) {
        return hexadecimal
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
    }
    STANDARD.decode(field).ok()
}

fn row_error(error: &csv::Error, path: &str, skipped: u64) -> DirectoryExportError {
    if let csv::ErrorKind::Io(source) = error.kind() {
        if source.kind() == io::ErrorKind::FileTooLarge {
            return DirectoryExportError::TooLong {
                at: FilePosition {
                    line: skipped + error.position().map_or(1, csv::Position::line),
                    column: 1,
                },
                limit: LIMIT / (1024 * 1024),
            };
        }
        return DirectoryExportError::read(path, io::Error::new(source.kind(), source.to_string()));
    }
    let position = error.position();
    DirectoryExportError::malformed(
        skipped + position.map_or(1, csv::Position::line),
        1,
        clean_to(&error.to_string(), 120).into_owned(),
    )
}

/// Ends the reading when one row asks for more bytes than any real row has. Supplies a missing last line end.
struct Budgeted<R> {
    input: R,
    budget: Rc<Cell<usize>>,
    /// Set once the reader was told that nothing follows.
    drained: Rc<Cell<bool>>,
    /// The last byte handed on.
    last: u8,
}

impl<R: Read> Read for Budgeted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.budget.get();
        if left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.input.read(buffer)?;
        if count == 0 && self.last != b'\n' {
            let Some(first) = buffer.first_mut() else {
                return Ok(0);
            };
            *first = b'\n';
            self.last = b'\n';
            return Ok(1);
        }
        self.drained.set(self.drained.get() || count == 0);
        if let Some(last) = buffer.get(..count).and_then(<[u8]>::last) {
            self.last = *last;
        }
        self.budget.set(left.saturating_sub(count));
        Ok(count)
    }
}

#[cfg(test)]
#[path = "csv_file_tests.rs"]
mod tests;
