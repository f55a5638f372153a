//! Brings a buffer of cells onto the terminal with as few bytes as possible.
//!
//! The screen knows what the terminal shows. A frame writes only what differs, inside one synchronized update, so that
//! a slow line neither flickers nor clogs; an unchanged frame writes nothing at all. The terminal is cleared only when
//! what it shows is unknown: at the start, after a resize and after a suspension.

mod cells;
mod motion;
mod pen;
mod scroll;

use std::io::{self, Write};

use cells::{cell_width, has_certain_width, normalize};
use motion::Spot;
use pen::Pen;
use ratatui::{
    buffer::{Buffer, Cell},
    layout::{Position, Rect, Size},
};

/// What the terminal is trusted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Wrap each frame in a synchronized update (DEC private mode 2026). Terminals that don't know it ignore it.
    pub synchronized: bool,
    /// Let the terminal scroll blocks of rows (DECSTBM, SU, SD).
    pub scroll_regions: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            synchronized: true,
            scroll_regions: true,
        }
    }
}

const BEGIN_UPDATE: &[u8] = b"\x1b[?2026h";
const END_UPDATE: &[u8] = b"\x1b[?2026l";
const SHOW_CURSOR: &[u8] = b"\x1b[?25h";
const HIDE_CURSOR: &[u8] = b"\x1b[?25l";

/// Sides longer than this are cut: no terminal is this large, and a buffer's area must stay bounded.
const LONGEST_SIDE: u16 = 2_000;
/// A run of blanks in a row of at least this many cells is erased instead of written.
const ERASE_FROM: u16 = 10;
/// A run of blanks up to the end of a row of at least this many cells is erased instead of written.
const ERASE_LINE_FROM: u16 = 4;

/// What the terminal shows, and how to change it.
#[derive(Debug)]
pub struct Screen {
    features: Features,
    /// What the terminal shows; only meaningful while `known`.
    shown: Buffer,
    /// Where the next frame is drawn.
    next: Buffer,
    /// Whether the terminal shows what `shown` says.
    known: bool,
    /// The style the terminal writes with; nothing when unknown.
    pen: Option<Pen>,
    spot: Spot,
    /// Whether the terminal shows its cursor; nothing when unknown.
    cursor_visible: Option<bool>,
    bytes: Vec<u8>,
}

impl Screen {
    /// A screen of `size` cells of which nothing is known yet.
    pub fn new(size: Size, features: Features) -> Self {
        let area = bounded(size);
        Self {
            features,
            shown: Buffer::empty(area),
            next: Buffer::empty(area),
            known: false,
            pen: None,
            spot: Spot::default(),
            cursor_visible: None,
            bytes: Vec::new(),
        }
    }

    /// The cells a frame has.
    pub fn area(&self) -> Rect {
        self.next.area
    }

    /// Takes over a new size in cells; the next frame is drawn in full when it differs.
    pub fn resize(&mut self, size: Size) {
        let area = bounded(size);
        if area != self.next.area {
            self.shown = Buffer::empty(area);
            self.next = Buffer::empty(area);
            self.invalidate();
        }
    }

    /// Forgets what the terminal shows: the next frame clears it and is drawn in full.
    pub fn invalidate(&mut self) {
        self.known = false;
    }

    /// Draws a frame and writes what differs from the last one; returns how many bytes that took.
    ///
    /// `draw` gets an empty buffer and returns where the cursor shall be seen, if at all. After an error the
    /// next frame is drawn in full.
    pub fn draw(
        &mut self,
        writer: &mut impl Write,
        draw: impl FnOnce(Rect, &mut Buffer) -> Option<Position>,
    ) -> io::Result<usize> {
        let count = self.compose(draw).len();
        if count > 0 {
            let written = writer.write_all(&self.bytes).and_then(|()| writer.flush());
            if written.is_err() {
                self.invalidate();
            }
            written?;
        }
        Ok(count)
    }

    /// Draws a frame and returns the bytes that bring it onto the terminal.
    fn compose(&mut self, draw: impl FnOnce(Rect, &mut Buffer) -> Option<Position>) -> &[u8] {
        let area = self.next.area;
        self.next.reset();
        let cursor =
            draw(area, &mut self.next).filter(|cursor| cursor.x < area.width && cursor.y < area.height);
        // A view that replaced the whole buffer gets its frame dropped rather than a wrong index.
        if self.next.area != area || self.next.content.len() != self.shown.content.len() {
            self.next = Buffer::empty(area);
        }
        normalize(&mut self.next);

        self.bytes.clear();
        if self.features.synchronized {
            self.bytes.extend_from_slice(BEGIN_UPDATE);
        }
        let start = self.bytes.len();
        if !self.known {
            self.clear();
        } else if self.features.scroll_regions {
            self.scroll();
        }
        for row in 0..area.height {
            self.paint_row(row);
        }
        self.place_cursor(cursor);
        std::mem::swap(&mut self.shown, &mut self.next);

        if self.bytes.len() == start {
            self.bytes.clear();
        } else if self.features.synchronized {
            self.bytes.extend_from_slice(END_UPDATE);
        }
        &self.bytes
    }

    fn clear(&mut self) {
        Pen::PLAIN.select(None, &mut self.bytes);
        self.pen = Some(Pen::PLAIN);
        self.bytes.extend_from_slice(b"\x1b[r\x1b[H\x1b[2J");
        self.spot = Spot::at(0, 0);
        self.cursor_visible = None;
        self.shown.reset();
        self.known = true;
    }

    fn scroll(&mut self) {
        let Some(scroll) = scroll::detect(&self.shown, &self.next) else {
            return;
        };
        // Terminals fill what comes in with the current background.
        self.select(Pen::PLAIN);
        let count = scroll.lines.unsigned_abs();
        let direction = if scroll.lines > 0 { 'S' } else { 'T' };
        // Writing to a vector can't fail.
        let _ = write!(self.bytes, "\x1b[{};{}r\x1b[", scroll.top + 1, scroll.bottom + 1);
        if count > 1 {
            let _ = write!(self.bytes, "{count}");
        }
        let _ = write!(self.bytes, "{direction}\x1b[r");
        // Setting a region takes the cursor home.
        self.spot = Spot::at(0, 0);
        scroll::apply(scroll, &mut self.shown);
    }

    fn place_cursor(&mut self, cursor: Option<Position>) {
        if let Some(cursor) = cursor {
            motion::travel(self.spot, cursor.x, cursor.y, &mut self.bytes);
            self.spot = Spot::at(cursor.x, cursor.y);
        }
        if self.cursor_visible != Some(cursor.is_some()) {
            self.bytes.extend_from_slice(if cursor.is_some() {
                SHOW_CURSOR
            } else {
                HIDE_CURSOR
            });
            self.cursor_visible = Some(cursor.is_some());
        }
    }

    fn select(&mut self, pen: Pen) {
        pen.select(self.pen, &mut self.bytes);
        self.pen = Some(pen);
    }

    fn paint_row(&mut self, row: u16) {
        let width = self.next.area.width;
        let first = self.next.index_of(0, row);
        let cells = first..first + usize::from(width);
        if self.shown.content[cells.clone()] == self.next.content[cells.clone()] {
            return;
        }
        let uncertain = |buffer: &Buffer| {
            buffer.content[cells.clone()]
                .iter()
                .position(|cell| !has_certain_width(cell.symbol()))
        };
        let uncertain_from = uncertain(&self.shown)
            .into_iter()
            .chain(uncertain(&self.next))
            .min();
        let mut uncertain_from = uncertain_from
            .and_then(|column| u16::try_from(column).ok())
            .unwrap_or(width);
        // Erasing must not cut a wide character in half.
        while (1..width).contains(&uncertain_from)
            && self.next.content[first + usize::from(uncertain_from)]
                .symbol()
                .is_empty()
        {
            uncertain_from = uncertain_from.saturating_sub(1);
        }
        self.paint_cells(row, 0, uncertain_from, false);
        if uncertain_from < width {
            // The terminal may see other widths than we do: start the rest of the row afresh and write every cell.
            self.travel(uncertain_from, row);
            self.erase_line();
            self.paint_cells(row, uncertain_from, width, true);
        }
    }

    /// Writes the cells `from..to` of a row that differ, or all of them.
    fn paint_cells(&mut self, row: u16, from: u16, to: u16, all: bool) {
        let first = self.next.index_of(0, row);
        let mut column = from;
        while column < to {
            let index = first + usize::from(column);
            let cell = &self.next.content[index];
            let units = cell_width(cell);
            if !all && self.shown.content[index] == *cell {
                column += units;
                continue;
            }
            let blanks = self.blank_run(first, column, to);
            if to == self.next.area.width && column + blanks == to && blanks >= ERASE_LINE_FROM {
                self.travel(column, row);
                self.erase_line();
                return;
            }
            if blanks >= ERASE_FROM {
                self.travel(column, row);
                self.select(Pen::PLAIN);
                let _ = write!(self.bytes, "\x1b[{blanks}X");
                column += blanks;
                continue;
            }
            self.travel(column, row);
            self.put(index);
            column += units;
        }
    }

    /// How many cells from `column` on are blank in the plain style.
    fn blank_run(&self, first: usize, column: u16, to: u16) -> u16 {
        let cells = &self.next.content[first + usize::from(column)..first + usize::from(to)];
        let run = cells.iter().take_while(|cell| **cell == Cell::EMPTY).count();
        u16::try_from(run).unwrap_or(0)
    }

    fn erase_line(&mut self) {
        self.select(Pen::PLAIN);
        self.bytes.extend_from_slice(b"\x1b[K");
    }

    /// Writes the cell at `index`, where the cursor stands.
    fn put(&mut self, index: usize) {
        let cell = &self.next.content[index];
        let pen = Pen::of(cell);
        pen.select(self.pen, &mut self.bytes);
        self.pen = Some(pen);
        self.bytes.extend_from_slice(cell.symbol().as_bytes());
        let width = cell_width(cell);
        let certain = has_certain_width(cell.symbol());
        self.spot.column = self
            .spot
            .column
            .map(|column| column + width)
            .filter(|column| certain && *column < self.next.area.width);
    }

    /// Moves to a cell; writes what lies between again where that is shorter than a move.
    fn travel(&mut self, column: u16, row: u16) {
        let start = self.bytes.len();
        motion::travel(self.spot, column, row, &mut self.bytes);
        let cost = self.bytes.len() - start;
        if let Spot {
            row: Some(at_row),
            column: Some(at),
        } = self.spot
            && at_row == row
            && at < column
            && usize::from(column - at) <= cost
        {
            let first = self.next.index_of(0, row);
            let between = &self.next.content[first + usize::from(at)..first + usize::from(column)];
            let same = between
                .iter()
                .all(|cell| cell.symbol().len() == 1 && self.pen == Some(Pen::of(cell)));
            if same {
                self.bytes.truncate(start);
                for cell in between {
                    self.bytes.extend_from_slice(cell.symbol().as_bytes());
                }
            }
        }
        self.spot = Spot::at(column, row);
    }
}

fn bounded(size: Size) -> Rect {
    Rect::new(0, 0, size.width.min(LONGEST_SIDE), size.height.min(LONGEST_SIDE))
}

#[cfg(test)]
mod tests;
