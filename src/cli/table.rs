//! Tables for people: chosen columns, fitted to the terminal.

use std::io::{self, IsTerminal};

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::domain::text::fit;

/// One column. Those that find no room are left out from the right; `-o json` and `-o csv` show everything.
pub struct Column {
    /// Its heading.
    pub heading: &'static str,
    /// Cells it takes at least.
    pub width: usize,
    /// Whether it takes a share of the room that is left.
    pub grows: bool,
    /// Its text for a row.
    pub cell: fn(&Value) -> String,
}

impl Column {
    /// A column as wide as said.
    pub const fn fixed(heading: &'static str, width: usize, cell: fn(&Value) -> String) -> Self {
        Self {
            heading,
            width,
            grows: false,
            cell,
        }
    }

    /// A column that takes a share of the room that is left.
    pub const fn growing(heading: &'static str, width: usize, cell: fn(&Value) -> String) -> Self {
        Self {
            heading,
            width,
            grows: true,
            cell,
        }
    }
}

/// Cells between two columns.
const GAP: usize = 2;
/// No text is easier to read in a wider column.
const WIDEST: usize = 60;
/// Cells of a line where there is no terminal to ask.
const WITHOUT_TERMINAL: usize = 120;

/// Cells of a line on standard output.
pub fn line_width() -> usize {
    let asked = io::stdout().is_terminal().then(crossterm::terminal::size);
    match asked {
        Some(Ok((columns, _))) if columns > 0 => usize::from(columns),
        _ => WITHOUT_TERMINAL,
    }
}

/// The widths of the columns that have room in a line, in their order.
pub fn widths(columns: &[Column], room: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = Vec::new();
    let mut used = 0;
    for column in columns {
        let needs = column.width + if widths.is_empty() { 0 } else { GAP };
        if used + needs > room && !widths.is_empty() {
            break;
        }
        used += needs;
        widths.push(column.width);
    }
    let mut left = room.saturating_sub(used);
    let mut growing = columns[..widths.len()]
        .iter()
        .filter(|column| column.grows)
        .count();
    for (column, width) in columns.iter().zip(&mut widths) {
        if column.grows {
            let share = (left / growing).min(WIDEST.saturating_sub(*width));
            *width += share;
            left -= share;
            growing -= 1;
        }
    }
    widths
}

/// One line of cells; a longer text is cut with a tilde.
pub fn line(cells: impl IntoIterator<Item = impl AsRef<str>>, widths: &[usize]) -> String {
    let mut text = String::new();
    let mut padding = 0;
    for (cell, width) in cells.into_iter().zip(widths) {
        text.extend(std::iter::repeat_n(' ', padding));
        let shown = fit(cell.as_ref(), *width, '~');
        padding = width.saturating_add(GAP).saturating_sub(shown.width());
        text.push_str(&shown);
    }
    text.truncate(text.trim_end().len());
    text
}

/// Breaks a text between words; a longer word has a line of its own.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column::growing("name", 10, |_| String::new()),
        Column::fixed("number", 6, |_| String::new()),
        Column::growing("address", 20, |_| String::new()),
    ];

    #[test]
    fn columns_share_the_line_and_those_without_room_are_left_out() {
        assert_eq!(widths(COLUMNS, 40), [10, 6, 20]);
        assert_eq!(widths(COLUMNS, 50), [15, 6, 25]);
        assert_eq!(widths(COLUMNS, 39), [31, 6]);
        assert_eq!(widths(COLUMNS, 300), [60, 6, 60]);
        assert_eq!(widths(COLUMNS, 5), [10]);
        for room in 10..200 {
            let widths = widths(COLUMNS, room);
            let line = line(std::iter::repeat_n("x".repeat(99), widths.len()), &widths);
            assert!(line.width() <= room, "{room}: {line}");
        }
    }

    #[test]
    fn words_are_kept_whole() {
        assert_eq!(
            wrap("one two three-and-four five", 8),
            ["one two", "three-and-four", "five"]
        );
        assert_eq!(wrap("", 8), Vec::<String>::new());
    }
}
