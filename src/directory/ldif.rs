//! LDIF (RFC 2849) as `ldifde` and `ldapsearch` write it, read record by record.

use std::io::BufRead;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    encoding::decode,
    error::{DirectoryExportError, FilePosition},
};
use crate::domain::{
    DirectoryObject, DirectoryObjectBuilder, DirectoryValue, ValueKind, directory_attribute, text::clean_to,
};

/// No real line or record is longer; certificates and photos stay far below.
const LIMIT: usize = 32 * 1024 * 1024;

/// What one record turned out to be.
pub(super) enum Entry {
    /// An object, with the number of values of other attributes skipped.
    Object(DirectoryObject),
    /// An object that is neither a user nor a mail recipient.
    Other,
    /// Something that is no entry: a version line, a search summary, a referral. With a sentence if the reader of the
    /// file must know it.
    Note(Option<String>),
}

/// Reads entries from an LDIF text in UTF-8 or a single-byte encoding.
pub(super) struct LdifReader<R> {
    input: R,
    /// The next unfolded line starts with this physical line.
    pending: Option<Vec<u8>>,
    /// Number of the last physical line read.
    line: u64,
    ended: bool,
    /// Whether the last physical line had its line end.
    last_line_complete: bool,
    /// Line of a last object that no empty line follows, as export tools write it.
    open_end: Option<u64>,
    path: String,
}

/// One unfolded line.
struct Line {
    number: u64,
    text: Vec<u8>,
}

impl<R: BufRead> LdifReader<R> {
    pub(super) fn new(input: R, path: &str) -> Self {
        Self {
            input,
            pending: None,
            line: 0,
            ended: false,
            last_line_complete: true,
            open_end: None,
            path: path.to_owned(),
        }
    }

    /// The next record; nothing at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, DirectoryExportError> {
        let Some(first) = self.first_line()? else {
            return Ok(None);
        };
        let mut record = Record::new(first.number);
        let mut next = Some(first);
        while let Some(line) = next {
            if let Err(error) = record.add(&line) {
                // A malformed last line means that the file was cut there. Half an object would show wrong differences.
                if self.at_end()? && !self.last_line_complete {
                    return Ok(Some(cut(record.line)));
                }
                return Err(error);
            }
            let following = self.unfolded()?;
            self.open_end = following
                .is_none()
                .then_some(record.line)
                .filter(|_| record.name.is_some());
            next = following.filter(|line| !line.text.is_empty());
        }
        if self.at_end()? && !self.last_line_complete && record.name.is_some() {
            return Ok(Some(cut(record.line)));
        }
        record.finish().map(Some)
    }

    /// A sentence when the file ends without the empty line that export tools write behind each object.
    pub(super) fn doubtful_end(&self) -> Option<String> {
        self.open_end.map(|line| {
            format!(
                "No empty line follows the last entry, which starts in line {line}: the file may have been cut there and that entry \
                 may lack attributes."
            )
        })
    }

    fn first_line(&mut self) -> Result<Option<Line>, DirectoryExportError> {
        loop {
            match self.unfolded()? {
                Some(line) if line.text.is_empty() => {}
                other => return Ok(other),
            }
        }
    }

    /// The next line with its continuations, comments left out; nothing at the end.
    fn unfolded(&mut self) -> Result<Option<Line>, DirectoryExportError> {
        loop {
            let Some(mut text) = self.physical()? else {
                return Ok(None);
            };
            let number = self.line;
            while let Some(next) = self.physical()? {
                let Some(rest) = next.strip_prefix(b" ").filter(|_| !text.is_empty()) else {
                    self.line -= 1;
                    self.pending = Some(next);
                    break;
                };
                if text.len() + rest.len() > LIMIT {
                    return Err(self.too_long());
                }
                text.extend_from_slice(rest);
            }
            if !text.starts_with(b"#") {
                return Ok(Some(Line { number, text }));
            }
        }
    }

    fn physical(&mut self) -> Result<Option<Vec<u8>>, DirectoryExportError> {
        if let Some(line) = self.pending.take() {
            self.line += 1;
            return Ok(Some(line));
        }
        if self.ended {
            return Ok(None);
        }
        let mut line = Vec::new();
        loop {
            let block = self
                .input
                .fill_buf()
                .map_err(|error| DirectoryExportError::read(&self.path, error))?;
            if block.is_empty() {
                self.ended = true;
                self.last_line_complete = line.is_empty();
                break;
            }
            let end = memchr::memchr(b'\n', block);
            let taken = end.map_or(block.len(), |end| end + 1);
            line.extend_from_slice(block.get(..taken).unwrap_or_default());
            self.input.consume(taken);
            if line.len() > LIMIT {
                return Err(self.too_long());
            }
            if end.is_some() {
                break;
            }
        }
        if self.ended && line.is_empty() {
            return Ok(None);
        }
        self.line += 1;
        while matches!(line.last(), Some(b'\n' | b'\r')) {
            line.pop();
        }
        Ok(Some(line))
    }

    fn at_end(&mut self) -> Result<bool, DirectoryExportError> {
        match self.physical()? {
            None => Ok(true),
            Some(line) => {
                self.line -= 1;
                self.pending = Some(line);
                Ok(false)
            }
        }
    }

    fn too_long(&self) -> DirectoryExportError {
        DirectoryExportError::TooLong {
            at: FilePosition {
                line: self.line + 1,
                column: 1,
            },
            limit: LIMIT / (1024 * 1024),
        }
    }
}

fn cut(line: u64) -> Entry {
    Entry::Note(Some(format!(
        "The file ends in the middle of the entry that starts in line {line}: it was cut, and that entry is left out. Export it again."
    )))
}

struct Record {
    line: u64,
    name: Option<String>,
    first_attribute: String,
    builder: DirectoryObjectBuilder,
    size: usize,
    result: Option<String>,
    classes: Vec<String>,
    looks_like_recipient: bool,
}

impl Record {
    fn new(line: u64) -> Self {
        Self {
            line,
            name: None,
            first_attribute: String::new(),
            builder: DirectoryObjectBuilder::default(),
            size: 0,
            result: None,
            classes: Vec::new(),
            looks_like_recipient: false,
        }
    }

    fn add(&mut self, line: &Line) -> Result<(), DirectoryExportError> {
        let colon = memchr::memchr(b':', &line.text).ok_or_else(|| {
            DirectoryExportError::malformed(
                line.number,
                1,
                format!(
                    "`{}` has no colon",
                    clean_to(&decode(&line.text), 60).into_owned()
                ),
            )
        })?;
        let (description, rest) = line.text.split_at(colon);
        let description = decode(description);
        let mut options = description.split(';');
        let attribute = options.next().unwrap_or_default().trim().to_owned();
        if attribute.is_empty()
            || !attribute
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        {
            return Err(DirectoryExportError::malformed(
                line.number,
                1,
                format!("`{}` is no attribute name", clean_to(&attribute, 60).into_owned()),
            ));
        }
        for option in options {
            if let Some(range) = option.trim().to_ascii_lowercase().strip_prefix("range=")
                && !range.ends_with("-*")
            {
                self.builder.mark_incomplete(&attribute);
            }
        }
        if self.first_attribute.is_empty() {
            self.first_attribute = attribute.to_ascii_lowercase();
        }
        let value_column = colon as u64 + 2;
        let bytes = match rest {
            [b':', b':', value @ ..] => base64_value(value).ok_or_else(|| {
                DirectoryExportError::malformed(
                    line.number,
                    value_column + 1,
                    format!(
                        "the value of `{}` is no base64",
                        clean_to(&attribute, 60).into_owned()
                    ),
                )
            })?,
            [b':', b'<', ..] => {
                return Err(DirectoryExportError::LinkedValue {
                    at: FilePosition {
                        line: line.number,
                        column: value_column,
                    },
                    attribute: clean_to(&attribute, 60).into_owned(),
                });
            }
            [b':', value @ ..] => value.trim_ascii_start().to_vec(),
            _ => Vec::new(),
        };
        self.size += bytes.len();
        if self.size > LIMIT {
            return Err(DirectoryExportError::TooLong {
                at: FilePosition {
                    line: line.number,
                    column: 1,
                },
                limit: LIMIT / (1024 * 1024),
            });
        }
        self.keep(line.number, &attribute, &bytes)
    }

    fn keep(&mut self, line: u64, attribute: &str, bytes: &[u8]) -> Result<(), DirectoryExportError> {
        let name = attribute.to_ascii_lowercase();
        match name.as_str() {
            "dn" if self.name.is_some() => {
                return Err(DirectoryExportError::malformed(
                    line,
                    1,
                    "a second `dn:` inside one entry",
                ));
            }
            "dn" => self.name = Some(decode(bytes).into_owned()),
            "changetype" => {
                let kind = decode(bytes).trim().to_ascii_lowercase();
                if kind != "add" {
                    return Err(DirectoryExportError::ChangeFile {
                        at: FilePosition { line, column: 1 },
                        changetype: clean_to(&kind, 40).into_owned(),
                    });
                }
            }
            "result" if self.name.is_none() => self.result = Some(decode(bytes).into_owned()),
            _ => {}
        }
        let Some(known) = directory_attribute(&name) else {
            return Ok(());
        };
        match known.kind {
            ValueKind::Binary | ValueKind::Guid => self.builder.add(&name, DirectoryValue::Binary(bytes)),
            _ => {
                let text = decode(bytes);
                if name == "objectclass" {
                    self.classes.push(text.to_ascii_lowercase());
                }
                self.builder.add(&name, DirectoryValue::Text(&text));
            }
        }
        self.looks_like_recipient |= super::index::RECIPIENT_ATTRIBUTES
            .iter()
            .any(|wanted| wanted.eq_ignore_ascii_case(&name));
        Ok(())
    }

    fn finish(self) -> Result<Entry, DirectoryExportError> {
        let Some(name) = self.name else {
            return self.without_name();
        };
        let class = |wanted: &str| self.classes.iter().any(|class| class == wanted);
        let wanted =
            !class("computer") && (class("user") || class("inetorgperson") || self.looks_like_recipient);
        Ok(if wanted {
            Entry::Object(self.builder.build(&name))
        } else {
            Entry::Other
        })
    }

    /// What `ldapsearch` writes around the entries (`version:`, `search:`, `result:`, `ref:`) is fine; attributes
    /// without an object are not.
    fn without_name(self) -> Result<Entry, DirectoryExportError> {
        match self.first_attribute.as_str() {
            "version" | "ref" => Ok(Entry::Note(None)),
            "search" | "result" => Ok(Entry::Note(self.result.filter(|result| !result.starts_with("0 ") && result != "0").map(
                |result| {
                    format!(
                        "The search ended with `{}`: the export is incomplete. Export it again with paging (`ldapsearch -E pr=1000/noprompt`).",
                        clean_to(&result, 80).into_owned()
                    )
                },
            ))),
            _ => Err(DirectoryExportError::malformed(self.line, 1, "an entry without `dn:`")),
        }
    }
}

/// Decodes base64 with optional blanks around it.
fn base64_value(value: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode(value.trim_ascii()).ok()
}

#[cfg(test)]
#[path = "ldif_tests.rs"]
mod tests;
