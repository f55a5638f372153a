//! The command palette.

use ratatui::layout::{Position, Rect};

use crate::tui::{layer::Palette, model::Model, widget::Canvas};

use super::{
    dialog::{WIDTH, window},
    layout,
};

/// Where the palette stands.
pub fn area(body: Rect) -> Rect {
    let area = layout::dialog(body, WIDTH + 4, 16);
    Rect { y: body.y, ..area }
}

/// The command palette. The cursor is in its line.
pub fn draw(canvas: &mut Canvas<'_>, body: Rect, model: &Model, palette: &Palette) -> Position {
    let theme = canvas.theme;
    let inside = window(canvas, body, area(body), "Commands", theme.title);
    canvas.text(inside.x, inside.y, 1, ":", theme.key);
    let row = Rect::new(inside.x + 2, inside.y, inside.width.saturating_sub(2), 1);
    let cursor = palette.field.draw(canvas, row, theme.text);
    let rows = palette.entries.iter().enumerate().skip(palette.scroll.top);
    for (y, (at, entry)) in (inside.top() + 2..inside.bottom()).zip(rows) {
        let info = entry.action.info();
        let selected = at == palette.scroll.cursor;
        if selected {
            canvas.sign(inside.x, y, canvas.glyphs.cursor, theme.key);
        }
        let keys = model.settings.keymap.keys(palette.context, entry.action);
        let key = keys.first().map_or_else(String::new, ToString::to_string);
        let name = match info.argument {
            Some(argument) => format!("{} {argument}", info.name),
            None => info.name.to_owned(),
        };
        let style = canvas.selected(theme.text, selected);
        canvas.text(inside.x + 2, y, 10, &key, theme.key);
        canvas.text(inside.x + 13, y, 25, &name, style);
        let (note, style) = match &entry.enabled {
            Ok(()) => (info.title.to_owned(), theme.muted),
            Err(why) => (format!("not now: {}", why.0), theme.warn),
        };
        canvas.text(inside.x + 39, y, inside.width.saturating_sub(39), &note, style);
    }
    if palette.entries.is_empty() {
        canvas.text(
            inside.x + 2,
            inside.y + 2,
            inside.width.saturating_sub(2),
            "no action fits",
            theme.muted,
        );
    }
    cursor
}
