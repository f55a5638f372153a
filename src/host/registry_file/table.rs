//! Objects as `Format-Table` prints them: columns under a header, with long texts wrapped inside their column (`-Wrap`) or
//! broken by the console at its right edge.

use super::{
    detect::begins_with_drive,
    reading::{Reading, numbered_lines},
    rows::{Row, join},
    script::take,
};

/// Lines of one object. One that was broken over more than this is none.
const MOST_LINES: usize = 64;

/// Where the header puts the columns, in characters.
#[derive(Clone, Copy)]
struct Columns {
    name: usize,
    value: usize,
}

/// The lines of one object, with their numbers.
type Group<'text> = Vec<(usize, &'text str)>;

pub(super) fn read(text: &str, reading: &mut Reading) {
    let mut columns = None;
    let mut groups: Vec<Group<'_>> = Vec::new();
    // Whether the last object may go on.
    let mut open = false;
    let mut broken_header = String::new();
    for (number, line) in numbered_lines(text) {
        let trimmed = line.trim();
        if trimmed.is_empty() || is_rule(trimmed) {
            open = false;
        } else if let Some(found) = header(line) {
            open = false;
            columns = columns.or(Some(found));
        } else if begins_with_drive(trimmed) {
            open = true;
            groups.push(vec![(number, line)]);
        } else if let Some(group) = groups.last_mut().filter(|group| open && group.len() < MOST_LINES) {
            group.push((number, line));
        } else if !continues_header(&mut broken_header, trimmed) {
            reading.not_understood(number, line);
        }
    }
    let width = console_width(&groups);
    for group in &groups {
        finish(group, columns, width, reading);
    }
}

/// Lines that the console broke are as wide as the console, less a blank at their end that a copy has lost: consoles are
/// 80 or 120 wide, not 79 or 119.
fn console_width(groups: &[Group<'_>]) -> usize {
    let broken = groups
        .iter()
        .filter_map(|group| group.split_last())
        .flat_map(|(_, broken)| broken);
    let width = broken
        .map(|(_, line)| line.chars().count())
        .max()
        .unwrap_or_default();
    if width % 10 == 9 { width + 1 } else { width }
}

/// A header on one line.
fn header(line: &str) -> Option<Columns> {
    let mut words = line.split_whitespace();
    let right = ["path", "name", "value"]
        .iter()
        .all(|wanted| words.next().is_some_and(|word| word.eq_ignore_ascii_case(wanted)));
    if !right || words.next().is_some() {
        return None;
    }
    let lower = line.to_ascii_lowercase();
    // The header is ASCII, so bytes are characters.
    Some(Columns {
        name: lower.find("name")?,
        value: lower.find("value")?,
    })
}

/// Adds a line to a header that the console broke, wherever it did; false if it is none.
fn continues_header(header: &mut String, line: &str) -> bool {
    let mut longer = header.clone();
    let words = line.split_whitespace().take(4);
    longer.extend(words.map(str::to_ascii_lowercase));
    let fits = "pathnamevalue".starts_with(&longer);
    if fits {
        *header = longer;
    }
    fits
}

/// The line below the header.
fn is_rule(line: &str) -> bool {
    line.chars().all(|character| matches!(character, '-' | ' '))
}

fn finish(group: &[(usize, &str)], columns: Option<Columns>, width: usize, reading: &mut Reading) {
    let Some((number, first)) = group.first().copied() else {
        return;
    };
    let row = if group.len() == 1 {
        split(first)
    } else {
        columns
            .filter(|columns| is_wrapped(group, *columns))
            .and_then(|columns| unwrapped(group, columns))
            .or_else(|| split(&unbroken(group, width)))
    };
    match row {
        Some(row) => take(&Row { line: number, ..row }, reading),
        None => reading.not_understood(number, first),
    }
}

/// Path, name and value of one line, told from the right: only the path and `Not Found` hold blanks.
fn split(line: &str) -> Option<Row> {
    let line = line.trim();
    let not_found = line.len().checked_sub("not found".len()).and_then(|at| {
        line.get(at..)
            .filter(|end| end.eq_ignore_ascii_case("not found"))
            .map(|_| at)
    });
    let value_at = match not_found {
        Some(at) => at,
        None => line.rfind(char::is_whitespace)? + 1,
    };
    let before = line.get(..value_at)?.trim_end();
    let name_at = before.rfind(char::is_whitespace)? + 1;
    Some(Row {
        line: 0,
        path: before.get(..name_at)?.trim_end().to_owned(),
        name: before.get(name_at..)?.to_owned(),
        value: line.get(value_at..)?.to_owned(),
    })
}

/// Wrapped inside the columns: no line crosses from the path into the name.
fn is_wrapped(group: &[(usize, &str)], columns: Columns) -> bool {
    columns.name > 0
        && group.iter().all(|(_, line)| {
            line.chars().count() < columns.name || line.chars().nth(columns.name - 1) == Some(' ')
        })
}

fn unwrapped(group: &[(usize, &str)], columns: Columns) -> Option<Row> {
    let mut row = Row::default();
    let path_width = columns.name.checked_sub(1)?;
    let name_width = columns.value.checked_sub(columns.name + 1)?;
    let (mut last_path, mut last_name) = (0, 0);
    for (_, line) in group {
        let path: String = line.chars().take(columns.name).collect();
        let rest: String = line.chars().skip(columns.name).collect();
        join(&mut row.path, last_path, path_width, &path);
        last_path = path.trim_end().chars().count();
        // The value may begin left of its header, which stands at the right edge above numbers.
        let (name, value) = match rest.split_once(char::is_whitespace) {
            Some((name, value)) => (name, value),
            None => (rest.as_str(), ""),
        };
        join(&mut row.name, last_name, last_name.min(name_width), name);
        last_name = name.chars().count();
        join(&mut row.value, 0, 1, value);
    }
    (!row.name.is_empty()).then_some(row)
}

/// Broken at the console's right edge: lines that fill it belong together without a blank.
fn unbroken(group: &[(usize, &str)], width: usize) -> String {
    let mut text = String::new();
    let mut last = width;
    for (_, line) in group {
        if last < width {
            text.push(' ');
        }
        text.push_str(line);
        last = line.chars().count();
    }
    text
}
