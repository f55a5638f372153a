//! Which format a file is in, told by its lines.

use crate::domain::registry::KeyPath;

/// Lines that are looked at before a file counts as unknown.
const LOOKED_AT: usize = 5000;

/// What Windows puts in the first line of an export.
pub(super) const HEADERS: [&str; 2] = ["windows registry editor version", "regedit4"];

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// `.reg`.
    Export,
    /// `reg query`.
    Query,
    /// Objects with path, name and value, as PowerShell prints them.
    Script(Shape),
}

/// How PowerShell printed the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Separated by this byte, with a header at this line.
    Csv { separator: u8, header_line: usize },
    /// `Format-Table`.
    Table,
    /// `Format-List`.
    List,
}

/// The first line that belongs to one format decides.
pub(super) fn format(text: &str) -> Option<Format> {
    let lines = || super::reading::numbered_lines(text).take(LOOKED_AT);
    lines()
        .find_map(|(number, line)| format_of(number, line))
        .or_else(|| {
            // A table whose header was not copied, or wrapped by the console.
            lines()
                .any(|(_, line)| begins_with_drive(line.trim_start()))
                .then_some(Format::Script(Shape::Table))
        })
}

fn format_of(number: usize, line: &str) -> Option<Format> {
    let trimmed = line.trim();
    let lower = trimmed.get(..40).unwrap_or(trimmed).to_lowercase();
    if HEADERS.iter().any(|header| lower.starts_with(header)) || is_section(trimmed) {
        return Some(Format::Export);
    }
    if let Some(separator) = csv_separator(trimmed) {
        return Some(Format::Script(Shape::Csv {
            separator,
            header_line: number,
        }));
    }
    let words: Vec<&str> = trimmed.split_whitespace().take(4).collect();
    if let [path, name, value] = words.as_slice()
        && path.eq_ignore_ascii_case("path")
        && name.eq_ignore_ascii_case("name")
        && value.eq_ignore_ascii_case("value")
    {
        return Some(Format::Script(Shape::Table));
    }
    if let Some((property, rest)) = trimmed.split_once(':')
        && property.trim().eq_ignore_ascii_case("path")
        && begins_with_hive(rest.trim())
    {
        return Some(Format::Script(Shape::List));
    }
    // PowerShell's drives have a colon, `reg query` has none.
    (!line.starts_with(char::is_whitespace) && begins_with_hive(trimmed) && !begins_with_drive(trimmed))
        .then_some(Format::Query)
}

fn is_section(line: &str) -> bool {
    line.strip_prefix('[')
        .map(|rest| rest.strip_prefix('-').unwrap_or(rest))
        .is_some_and(begins_with_hive)
}

/// Whether a path of the registry starts here.
pub(super) fn begins_with_hive(text: &str) -> bool {
    let first = text.split('\\').next().unwrap_or_default();
    // Longer than any spelling of a hive: a whole line without a backslash.
    first.len() <= 40 && KeyPath::new(first.trim_end_matches(']')).has_hive()
}

/// Whether a path as PowerShell writes it starts here: `HKLM:\…` or with the provider's name before it.
pub(super) fn begins_with_drive(text: &str) -> bool {
    let first = text.split('\\').next().unwrap_or_default();
    (first.ends_with(':') || first.contains("::")) && begins_with_hive(text)
}

/// The byte between the columns, if this is a header with `Path`, `Name` and `Value`.
fn csv_separator(line: &str) -> Option<u8> {
    if line.len() > 4096 {
        return None;
    }
    [b',', b';', b'\t'].into_iter().find(|separator| {
        let columns: Vec<String> = line
            .split(char::from(*separator))
            .map(|column| column.trim().trim_matches('"').to_lowercase())
            .collect();
        ["path", "name", "value"]
            .iter()
            .all(|wanted| columns.iter().any(|column| column == wanted))
    })
}
