//! Draws texts and frames into a buffer. The one place where text reaches a cell, so the one place that cleans it.

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::{Modifier, Style},
};

use crate::{
    domain::text::{clean, fit, width},
    tui::{
        glyphs::{Glyphs, Letters},
        theme::Theme,
    },
};

/// A buffer with theme and glyphs. Nothing drawn leaves `area`.
pub struct Canvas<'a> {
    /// The cells.
    pub buffer: &'a mut Buffer,
    /// Colours.
    pub theme: &'a Theme,
    /// Signs.
    pub glyphs: Glyphs,
}

impl Canvas<'_> {
    /// Draws a text in at most `cells` cells, cut with an ellipsis, and says how many it took.
    pub fn text(&mut self, x: u16, y: u16, cells: u16, text: &str, style: Style) -> u16 {
        let area = self.buffer.area;
        if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
            return 0;
        }
        let cells = cells.min(area.right() - x);
        let text = self.safe(text);
        let text = fit(&text, usize::from(cells), self.glyphs.ellipsis);
        let (end, _) = self.buffer.set_stringn(x, y, &text, usize::from(cells), style);
        end.saturating_sub(x)
    }

    /// Draws a text so that it ends before `right`, and says where it begins.
    pub fn text_right(&mut self, right: u16, y: u16, cells: u16, text: &str, style: Style) -> u16 {
        let wide = self.width(text).min(cells);
        let x = right.saturating_sub(wide);
        self.text(x, y, wide, text, style);
        x
    }

    /// Draws a row of texts with their styles, one after the other, and says where they end.
    pub fn spans(&mut self, x: u16, y: u16, cells: u16, spans: &[(&str, Style)]) -> u16 {
        let end = x.saturating_add(cells);
        let mut at = x;
        for (text, style) in spans {
            if at >= end {
                break;
            }
            at += self.text(at, y, end - at, text, *style);
        }
        at
    }

    /// How many cells a text takes when it is drawn.
    pub fn width(&self, text: &str) -> u16 {
        u16::try_from(width(&self.safe(text))).unwrap_or(u16::MAX)
    }

    /// A text without anything that steers a terminal, and without letters that the terminal lacks.
    fn safe<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let cleaned = clean(text);
        let letters = self.glyphs.letters;
        if letters == Letters::All || cleaned.is_ascii() {
            return cleaned;
        }
        let drawn = |character: char| match character {
            '›' => '>',
            '…' => '~',
            '·' | '–' | '—' => '-',
            '’' | '‘' => '\'',
            _ if letters.have(character) => character,
            _ => '?',
        };
        Cow::Owned(cleaned.chars().map(drawn).collect())
    }

    /// One sign.
    pub fn sign(&mut self, x: u16, y: u16, sign: char, style: Style) {
        if let Some(cell) = self.buffer.cell_mut(Position::new(x, y)) {
            cell.set_char(sign).set_style(style);
        }
    }

    /// Blanks an area.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut(Position::new(x, y)) {
                    cell.reset();
                }
            }
        }
    }

    /// Blanks an area, draws a frame around it with a title, and gives back the inside with one column of margin.
    pub fn frame(&mut self, area: Rect, title: &str, title_style: Style) -> Rect {
        self.clear(area);
        if area.width < 4 || area.height < 2 {
            return Rect::ZERO;
        }
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        let (glyphs, border) = (self.glyphs, self.theme.border);
        for x in area.left()..=right {
            self.sign(x, area.top(), glyphs.horizontal, border);
            self.sign(x, bottom, glyphs.horizontal, border);
        }
        for y in area.top()..=bottom {
            self.sign(area.left(), y, glyphs.vertical, border);
            self.sign(right, y, glyphs.vertical, border);
        }
        for (x, y, sign) in [
            (area.left(), area.top(), glyphs.top_left),
            (right, area.top(), glyphs.top_right),
            (area.left(), bottom, glyphs.bottom_left),
            (right, bottom, glyphs.bottom_right),
        ] {
            self.sign(x, y, sign, border);
        }
        if !title.is_empty() {
            let title = format!(" {title} ");
            self.text(area.x + 2, area.y, area.width - 4, &title, title_style);
        }
        Rect::new(area.x + 2, area.y + 1, area.width - 4, area.height - 2)
    }

    /// A horizontal line with a title in it.
    pub fn rule(&mut self, area: Rect, title: &str) {
        for x in area.left()..area.right() {
            self.sign(x, area.y, self.glyphs.horizontal, self.theme.border);
        }
        if !title.is_empty() && area.width > 6 {
            let title = format!(" {title} ");
            self.text(area.x + 2, area.y, area.width - 4, &title, self.theme.heading);
        }
    }

    /// Draws a paragraph broken at words, and says how many rows it took. Never more than the area has.
    pub fn paragraph(&mut self, area: Rect, text: &str, style: Style) -> u16 {
        let mut y = area.y;
        for line in self.wrap(text, area.width) {
            if y >= area.bottom() {
                break;
            }
            self.text(area.x, y, area.width, &line, style);
            y += 1;
        }
        y - area.y
    }

    /// Breaks a text at words into lines of at most `cells` cells.
    pub fn wrap(&self, text: &str, cells: u16) -> Vec<String> {
        wrap(&self.safe(text), usize::from(cells))
    }

    /// Whether the style shows the selection; used where a whole entry is one text.
    pub fn selected(&self, style: Style, selected: bool) -> Style {
        match selected {
            true => style.add_modifier(Modifier::REVERSED),
            false => style,
        }
    }
}

fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut word = word;
        let gap = usize::from(!line.is_empty());
        if width(&line) + gap + width(word) > cells && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        // A word longer than a line is broken where the line ends.
        while width(word) > cells {
            let mut end = 0;
            for (at, character) in word.char_indices() {
                let next = at + character.len_utf8();
                if width(&word[..next]) > cells {
                    break;
                }
                end = next;
            }
            if end == 0 {
                break;
            }
            lines.push(word[..end].to_owned());
            word = &word[end..];
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_break_at_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("漢字漢字", 4), ["漢字", "漢字"]);
    }
}
