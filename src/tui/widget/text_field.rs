//! A single line of text to edit.

use std::borrow::Cow;

use ratatui::{
    layout::{Position, Rect},
    style::Style,
};
use tui_textarea::{CursorMove, Input, Key as FieldKey, TextArea};

use crate::{
    domain::text::{clean, width},
    tui::chord::{Chord, Key},
};

use super::Canvas;

/// Longest text a field takes, in characters.
const LONGEST: usize = 2_000;

/// A single-line text field.
#[derive(Clone, Debug, Default)]
pub struct TextField {
    // Boxed because it is ten times bigger than the dialogs around it.
    area: Box<TextArea<'static>>,
}

impl TextField {
    /// A field that holds a text, cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(vec![clean(text).into_owned()]);
        area.move_cursor(CursorMove::End);
        Self { area: Box::new(area) }
    }

    /// What it holds.
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// Replaces what it holds.
    pub fn set(&mut self, text: &str) {
        *self = Self::new(text);
    }

    /// Takes a key in. True when the text changed.
    pub fn key(&mut self, chord: Chord) -> bool {
        let before = self.text().len();
        match (chord.key, chord.ctrl) {
            (Key::Char('w'), true) => return self.area.delete_word(),
            (Key::Char('u'), true) => return self.area.delete_line_by_head(),
            (Key::Char('k'), true) => return self.area.delete_line_by_end(),
            (Key::Char('e'), true) => {
                self.area.move_cursor(CursorMove::End);
                return false;
            }
            _ => {}
        }
        let key = match chord.key {
            Key::Char(character) if chord.text().is_some() && before < LONGEST => FieldKey::Char(character),
            Key::Backspace => FieldKey::Backspace,
            Key::Delete => FieldKey::Delete,
            Key::Left => FieldKey::Left,
            Key::Right => FieldKey::Right,
            Key::Home => FieldKey::Home,
            Key::End => FieldKey::End,
            _ => return false,
        };
        if matches!(key, FieldKey::Backspace) && self.area.cursor().1 == 0 {
            return false;
        }
        self.area.input_without_shortcuts(Input {
            key,
            ctrl: false,
            alt: false,
            shift: false,
        })
    }

    /// Takes pasted text in, on one line and cut to what fits. True when the text changed.
    pub fn paste(&mut self, text: &str) -> bool {
        let room = LONGEST.saturating_sub(self.text().chars().count());
        let line: String = clean(text.trim()).chars().take(room).collect();
        !line.is_empty() && self.area.insert_str(line)
    }

    /// Draws the part around the cursor and says where the cursor is.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, style: Style) -> Position {
        let text = self.text();
        let column = self.area.cursor().1;
        let before: String = text.chars().take(column).collect();
        let room = usize::from(area.width).saturating_sub(1);
        // Scrolls by whole characters until the cursor is inside.
        let mut hidden = 0;
        let mut shown_before = Cow::Borrowed(before.as_str());
        while width(&shown_before) > room {
            hidden += 1;
            shown_before = Cow::Owned(before.chars().skip(hidden).collect());
        }
        let mut shown = String::new();
        for character in text.chars().skip(hidden) {
            shown.push(character);
            if width(&shown) > usize::from(area.width) {
                shown.pop();
                break;
            }
        }
        canvas.text(area.x, area.y, area.width, &shown, style);
        let cursor = width(&shown_before).min(room) as u16;
        Position::new(area.x + cursor, area.y)
    }
}

impl PartialEq for TextField {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}
