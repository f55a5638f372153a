//! Objects as `Format-List` prints them: one property per line, long ones continued with an indent.

use super::{
    reading::{Reading, numbered_lines},
    rows::{Row, join},
    script::take,
};

/// Which property a continued line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Property {
    Path,
    Name,
    Value,
    /// One of no interest, such as the computer's name.
    Other,
}

pub(super) fn read(text: &str, reading: &mut Reading) {
    // Lines that were broken are as wide as the console: the widest that has a continuation tells how wide.
    let width = widest_broken(text);
    let mut row = Row::default();
    let mut property = Property::Other;
    let mut last_width = 0;
    for (number, line) in numbered_lines(text) {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            property = Property::Other;
            continue;
        }
        if is_continuation(line) {
            if let Some(target) = field(&mut row, property) {
                join(target, last_width, width, trimmed);
                last_width = line.chars().count();
            } else if property == Property::Other && row.path.is_empty() {
                reading.not_understood(number, line);
            }
            continue;
        }
        let Some((name, content)) = trimmed.split_once(':') else {
            property = Property::Other;
            reading.not_understood(number, line);
            continue;
        };
        property = match name.trim().to_ascii_lowercase().as_str() {
            "path" => Property::Path,
            "name" => Property::Name,
            "value" => Property::Value,
            "pscomputername" => {
                reading.host(content);
                Property::Other
            }
            _ => Property::Other,
        };
        last_width = line.chars().count();
        if property == Property::Path {
            finish(&row, reading);
            row = Row {
                line: number,
                ..Row::default()
            };
        }
        if let Some(target) = field(&mut row, property) {
            content.trim().clone_into(target);
        }
    }
    finish(&row, reading);
}

fn finish(row: &Row, reading: &mut Reading) {
    if row.line > 0 {
        take(row, reading);
    }
}

fn field(row: &mut Row, property: Property) -> Option<&mut String> {
    match property {
        Property::Path => Some(&mut row.path),
        Property::Name => Some(&mut row.name),
        Property::Value => Some(&mut row.value),
        Property::Other => None,
    }
}

/// Property names begin at the left edge; what continues one stands below its content.
fn is_continuation(line: &str) -> bool {
    line.starts_with("     ") && !line.trim_start().starts_with(':')
}

fn widest_broken(text: &str) -> usize {
    let mut widest = 0;
    let mut last = 0;
    for (_, line) in numbered_lines(text) {
        if !line.trim().is_empty() && is_continuation(line) {
            widest = widest.max(last);
        }
        last = line.chars().count();
    }
    widest
}
