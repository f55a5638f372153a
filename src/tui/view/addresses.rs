//! The address editor.

use ratatui::layout::Rect;

use crate::tui::{layer::AddressEditor, widget::Canvas};

use super::{
    dialog::{WIDTH, window},
    layout,
};

/// Where the addresses stand.
pub fn area(body: Rect) -> Rect {
    layout::dialog(body, WIDTH + 4, 20)
}

/// The addresses of one mailbox, before and after.
pub fn draw(canvas: &mut Canvas<'_>, body: Rect, editor: &AddressEditor) {
    let theme = canvas.theme;
    let title = format!("Addresses of {}", editor.name);
    let inside = window(canvas, body, area(body), &title, theme.title);
    if editor.before.is_none() {
        canvas.text(
            inside.x,
            inside.y,
            inside.width,
            "Reading the addresses...",
            theme.info,
        );
        return;
    }
    let list = Rect {
        height: inside.height.saturating_sub(4),
        ..inside
    };
    let rows = editor.rows();
    for (y, (at, row)) in (list.top()..list.bottom()).zip(rows.iter().enumerate().skip(editor.scroll.top)) {
        let selected = at == editor.scroll.cursor;
        if selected {
            canvas.sign(inside.x, y, canvas.glyphs.cursor, theme.key);
        }
        let primary = row.address.starts_with("SMTP:");
        let role = if primary && row.word != "removed" {
            "primary"
        } else {
            ""
        };
        let style = match row.word {
            "" => theme.text,
            "removed" => theme.bad,
            _ => theme.good,
        };
        canvas.text(inside.x + 2, y, 8, role, theme.info);
        let room = inside.width.saturating_sub(10 + 13);
        let text = canvas.selected(theme.text, selected);
        canvas.text(inside.x + 10, y, room, &row.address, text);
        canvas.text(inside.right().saturating_sub(12), y, 12, row.word, style);
    }
    let y = list.bottom();
    for (y, warning) in (y..y + 2).zip(&editor.warnings) {
        canvas.text(inside.x, y, inside.width, &format!("note: {warning}"), theme.warn);
    }
    let next = match editor.changed() {
        true => "enter makes a plan of these changes; nothing is written yet",
        false => "nothing has changed yet",
    };
    canvas.text(
        inside.x,
        inside.bottom().saturating_sub(2),
        inside.width,
        next,
        theme.muted,
    );
    canvas.spans(
        inside.x,
        inside.bottom().saturating_sub(1),
        inside.width,
        &[
            ("a ", theme.key),
            ("add", theme.text),
            ("   d ", theme.key),
            ("remove or take back", theme.text),
            ("   p ", theme.key),
            ("set primary", theme.text),
            ("   esc ", theme.key),
            ("drop changes", theme.text),
        ],
    );
}
