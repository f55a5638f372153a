//! The one form of a cell that is compared and written, and how wide it is.

use ratatui::buffer::{Buffer, Cell};
use unicode_width::UnicodeWidthStr;

use super::pen::Pen;

/// How many cells a normalized cell takes.
pub(super) fn cell_width(cell: &Cell) -> u16 {
    if cell.symbol().len() > 1 && cell.symbol().width() == 2 {
        2
    } else {
        1
    }
}

/// Whether every terminal agrees on the width: single characters except emoji, of which older terminals know fewer.
pub(super) fn has_certain_width(symbol: &str) -> bool {
    let mut characters = symbol.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => character < '\u{1f000}',
        (None, _) => true,
        _ => false,
    }
}

/// Brings a drawn buffer into the one form that is compared and written: every cell holds a character of width one or
/// two, the second half of a wide one is empty, no control character is left, blanks have no invisible style.
pub(super) fn normalize(buffer: &mut Buffer) {
    let width = usize::from(buffer.area.width);
    if width == 0 {
        return;
    }
    for row in buffer.content.chunks_mut(width) {
        let mut column = 0;
        while column < width {
            let fits_two = column + 1 < width;
            let cell = &mut row[column];
            let units = normalize_cell(cell, fits_two);
            if units == 2 {
                let second = cell.clone();
                let half = &mut row[column + 1];
                *half = second;
                half.set_symbol("");
            }
            column += units;
        }
    }
}

fn normalize_cell(cell: &mut Cell, fits_two: bool) -> usize {
    let symbol = cell.symbol();
    match symbol.as_bytes() {
        [b' '] => {
            Pen::simplify_blank(cell);
            1
        }
        [byte] if !byte.is_ascii_control() => 1,
        _ => {
            let units = symbol.width();
            let visible = !symbol.chars().any(char::is_control);
            if visible && (units == 1 || units == 2 && fits_two) {
                units
            } else {
                let replacement = if visible && units != 1 { " " } else { "?" };
                cell.set_symbol(replacement);
                Pen::simplify_blank(cell);
                1
            }
        }
    }
}
