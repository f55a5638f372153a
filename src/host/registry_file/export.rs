//! Registry exports: version 5 and REGEDIT4.

use crate::domain::registry::{KeyPath, RegistryData};

use super::{
    detect::HEADERS,
    reading::Reading,
    value::{ansi_data, hex_number},
};

const MARK: char = '\u{feff}';

/// The lines that are still to be read.
#[derive(Clone, Copy)]
struct Lines<'text> {
    rest: Option<&'text str>,
    number: usize,
}

impl<'text> Lines<'text> {
    fn next(&mut self) -> Option<&'text str> {
        let rest = self.rest?;
        self.number += 1;
        let (line, rest) = match rest.split_once('\n') {
            Some((line, rest)) => (line, Some(rest)),
            None => (rest, None),
        };
        self.rest = rest;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }
}

/// What a line said of a value, or why it cannot be told.
enum Data {
    Set(RegistryData),
    Delete,
    Unreadable(&'static str),
}

/// Where in the file the reader is.
enum Section {
    /// Before the first key.
    None,
    /// In a key.
    Key(KeyPath),
    /// In one that is deleted or could not be read: its values mean nothing.
    Ignored,
}

pub(super) fn read(text: &str, reading: &mut Reading) {
    let mut lines = Lines {
        rest: Some(text),
        number: 0,
    };
    let mut section = Section::None;
    let mut header = None;
    while let Some(line) = lines.next() {
        let number = lines.number;
        // Files that were joined keep the byte order mark of the second.
        let line = line.trim_start_matches(MARK);
        let trimmed = line.trim();
        match trimmed.as_bytes().first() {
            None | Some(b';') => {}
            Some(b'[') => {
                if header.is_none() {
                    header = Some(false);
                    reading.note(
                        number,
                        "the header is missing, which Windows would refuse; read as version 5",
                    );
                }
                section = read_section(number, trimmed, reading);
            }
            Some(b'"' | b'@') => read_value(line.trim_start(), &mut lines, header, &section, reading),
            Some(_) => match header_of(trimmed) {
                Some(ansi) if header.is_none() => header = Some(ansi),
                // Exports put one behind the other.
                Some(ansi) => {
                    header = Some(ansi);
                    section = Section::None;
                }
                None => reading.not_understood(number, trimmed),
            },
        }
    }
    if reading.image.is_empty() {
        reading.remark("the export names no key".to_owned());
    }
}

/// Whether a header stands here, and whether texts in binary form are single bytes after it.
fn header_of(line: &str) -> Option<bool> {
    let [current, old] = HEADERS;
    let starts = |header: &str| {
        line.get(..header.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(header))
    };
    if starts(current) {
        Some(false)
    } else {
        starts(old).then_some(true)
    }
}

fn read_section(number: usize, line: &str, reading: &mut Reading) -> Section {
    let inner = line.strip_prefix('[').unwrap_or(line);
    // A comment may follow, and hold brackets as the path itself may: the first one with nothing else behind it ends the key.
    let closing = inner.match_indices(']').find(|(at, _)| is_end(&inner[at + 1..]));
    let split = match closing {
        Some((at, _)) => Some((&inner[..at], &inner[at + 1..])),
        None => inner.rsplit_once(']'),
    };
    let Some((path, after)) = split else {
        reading.note(
            number,
            "this key has no closing bracket: the line was cut, and the values below it were left out",
        );
        return Section::Ignored;
    };
    if !is_end(after) {
        reading.not_understood(number, after);
    }
    let (path, delete) = match path.strip_prefix('-') {
        Some(path) => (path, true),
        None => (path, false),
    };
    let Some(key) = reading.key(number, path) else {
        return Section::Ignored;
    };
    if delete {
        reading.image.remove_key(&key);
        Section::Ignored
    } else {
        reading.image.cover(&key);
        Section::Key(key)
    }
}

fn read_value(
    line: &str,
    lines: &mut Lines<'_>,
    header: Option<bool>,
    section: &Section,
    reading: &mut Reading,
) {
    let number = lines.number;
    let Some((name, rest)) = name_of(line) else {
        reading.not_understood(number, line);
        return;
    };
    let Some(rest) = rest.trim_start().strip_prefix('=') else {
        reading.note(
            number,
            "the name of a value stands here without one: the line was cut",
        );
        if let Section::Key(key) = section {
            reading.image.set_unreadable(key, &name);
        }
        return;
    };
    let data = data_of(rest.trim(), rest.trim_start(), lines, header == Some(true));
    let Section::Key(key) = section else {
        if matches!(section, Section::None) {
            reading.note(number, "a value stands here before any key and was left out");
        }
        return;
    };
    match data {
        Data::Set(data) => {
            if lines.rest.is_none() && may_be_cut(&data) {
                reading.note(
                    lines.number,
                    "the file ends here without a line break: the value may have lost its end",
                );
            }
            reading.set(number, key, &name, data);
        }
        Data::Delete => reading.image.remove(key, &name),
        Data::Unreadable(why) => reading.unreadable(number, key, &name, why),
    }
}

/// Digits that are lost at the end of a file leave a number or bytes that look whole; a text would lack its quote.
fn may_be_cut(data: &RegistryData) -> bool {
    !matches!(data, RegistryData::Text(_))
}

/// The name and what follows it; `@` is the key's default value.
fn name_of(line: &str) -> Option<(String, &str)> {
    match line.strip_prefix('@') {
        Some(rest) => Some((String::new(), rest)),
        None => {
            let inner = line.strip_prefix('"')?;
            let end = closing_quote(inner)?;
            Some((unescape(inner.get(..end)?), inner.get(end + 1..)?))
        }
    }
}

/// `data` is what stands behind the equals sign, without blanks around it; `open` is the same with those at its end.
fn data_of(data: &str, open: &str, lines: &mut Lines<'_>, ansi: bool) -> Data {
    if let Some(text) = open.strip_prefix('"') {
        return text_of(text, lines);
    }
    if let Some(after) = data.strip_prefix('-') {
        return if is_end(after) {
            Data::Delete
        } else {
            Data::Unreadable("something follows the sign that deletes it")
        };
    }
    let Some((kind, content)) = data.split_once(':') else {
        return Data::Unreadable("neither a number, nor a text, nor bytes: the line was cut or mistyped");
    };
    let kind = kind.trim().to_ascii_lowercase();
    if kind == "dword" {
        return number_of(content);
    }
    match kind.strip_prefix("hex") {
        Some("") => bytes_of(content, 3, lines, ansi),
        Some(number) => {
            let number = number.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
            match number.and_then(hex_number) {
                Some(number) => bytes_of(content, number, lines, ansi),
                None => Data::Unreadable("the number of its type is none"),
            }
        }
        None => Data::Unreadable("its type is unknown"),
    }
}

fn number_of(content: &str) -> Data {
    let content = content.trim_start();
    let end = content
        .find(|character: char| !character.is_ascii_hexdigit())
        .unwrap_or(content.len());
    let (digits, after) = content.split_at(end);
    match hex_number(digits) {
        Some(number) if is_end(after) => Data::Set(RegistryData::Dword(number)),
        _ => Data::Unreadable("a number is one to eight hexadecimal digits"),
    }
}

/// A text up to its closing quote. Windows writes line breaks inside a text as they are.
fn text_of(first: &str, lines: &mut Lines<'_>) -> Data {
    const CUT: Data = Data::Unreadable("the text has no closing quote: it was cut");
    const GOES_ON: Data = Data::Unreadable("something follows the closing quote");
    if let Some(end) = closing_quote(first) {
        let (text, after) = (first.get(..end), first.get(end + 1..).unwrap_or_default());
        return match text {
            Some(text) if is_end(after) => Data::Set(RegistryData::Text(unescape(text))),
            _ => GOES_ON,
        };
    }
    let mut ahead = *lines;
    let mut text = first.to_owned();
    while let Some(line) = ahead.next() {
        if line.starts_with("[HKEY_") || line.starts_with("[-HKEY_") {
            return CUT;
        }
        text.push_str("\r\n");
        let Some(end) = closing_quote(line) else {
            text.push_str(line);
            continue;
        };
        // A quote that opens the next value closes nothing.
        let (Some(last), true) = (line.get(..end), is_end(line.get(end + 1..).unwrap_or_default())) else {
            return CUT;
        };
        text.push_str(last);
        *lines = ahead;
        return Data::Set(RegistryData::Text(unescape(&text)));
    }
    CUT
}

/// Bytes in hexadecimal, over as many lines as end in a backslash.
fn bytes_of(first: &str, number: u32, lines: &mut Lines<'_>, ansi: bool) -> Data {
    let mut bytes = Vec::new();
    let mut line = first.trim();
    let mut sound = true;
    loop {
        let (content, goes_on) = match line.strip_suffix('\\') {
            Some(content) => (content, true),
            None => (line.split(';').next().unwrap_or(line).trim_end(), false),
        };
        // The last line ends without a comma: one there means that more was to come.
        let complete = content.is_empty() || content.ends_with(',') == goes_on;
        sound &= complete && push_bytes(content, &mut bytes);
        if !goes_on {
            break;
        }
        let mut ahead = *lines;
        match ahead.next().map(str::trim) {
            Some(next) if !matches!(next.as_bytes().first(), None | Some(b'[' | b'"' | b'@')) => {
                line = next;
                *lines = ahead;
            }
            _ => {
                return Data::Unreadable("its bytes end in the middle: the file was cut");
            }
        }
    }
    if !sound {
        return Data::Unreadable(
            "its bytes are not all pairs of hexadecimal digits: the line was cut or mistyped",
        );
    }
    Data::Set(if ansi {
        ansi_data(number, bytes)
    } else {
        RegistryData::from_bytes(number, bytes)
    })
}

/// Adds bytes that are separated by commas; false if something else stands between them.
fn push_bytes(content: &str, bytes: &mut Vec<u8>) -> bool {
    let content = content.trim_end().trim_end_matches(',');
    if content.trim().is_empty() {
        return true;
    }
    for part in content.split(',') {
        let part = part.trim();
        match hex_number(part) {
            Some(byte) if part.len() <= 2 => bytes.push(u8::try_from(byte).unwrap_or_default()),
            _ => return false,
        }
    }
    true
}

/// Where the quote stands that ends a text.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// Windows escapes the backslash and the quote, nothing else.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some(next @ ('\\' | '"'))) => {
                plain.push(*next);
                characters.next();
            }
            _ => plain.push(character),
        }
    }
    plain
}

/// Nothing but blanks and a comment.
fn is_end(text: &str) -> bool {
    let text = text.trim_start();
    text.is_empty() || text.starts_with(';')
}
