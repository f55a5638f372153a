//! A form of a few settings, and the list of objects to provision.

use ratatui::layout::{Position, Rect};

use crate::tui::{
    layer::{FieldValue, Form, SubjectsForm},
    widget::Canvas,
};

use super::{
    dialog::{WIDTH, window},
    figures::counted,
    layout,
};

/// Cells for the labels.
const LABELS: u16 = 24;

/// A form. The cursor is in a text field, if one is at hand.
pub fn draw(canvas: &mut Canvas<'_>, body: Rect, form: &Form) -> Option<Position> {
    let theme = canvas.theme;
    let cells = WIDTH.min(body.width).saturating_sub(4);
    let hint = canvas.wrap(&form.hint, cells);
    let error = form
        .error
        .as_deref()
        .map_or_else(Vec::new, |error| canvas.wrap(error, cells));
    let height = hint.len() + form.fields.len() + error.len() + 6;
    let area = layout::dialog(body, WIDTH, height as u16);
    let inside = window(canvas, body, area, form.title, theme.title);
    let mut y = inside.y;
    for text in &hint {
        canvas.text(inside.x, y, inside.width, text, theme.muted);
        y += 1;
    }
    y += 1;
    if form.reading.is_some() {
        canvas.text(
            inside.x,
            y,
            inside.width,
            "Reading the present settings...",
            theme.info,
        );
        return None;
    }
    let mut cursor = None;
    for (at, field) in form.fields.iter().enumerate() {
        let here = at == form.at;
        if here {
            canvas.sign(inside.x, y, canvas.glyphs.cursor, theme.key);
        }
        canvas.text(inside.x + 2, y, LABELS - 2, field.label, theme.text);
        let row = Rect::new(inside.x + LABELS, y, inside.width.saturating_sub(LABELS), 1);
        match &field.value {
            FieldValue::Text(text) => {
                let place = text.draw(canvas, row, theme.text);
                if text.text().is_empty() {
                    let x = row.x + u16::from(here);
                    canvas.text(x, y, row.width.saturating_sub(1), field.hint, theme.muted);
                }
                if here {
                    cursor = Some(place);
                }
            }
            FieldValue::Switch(on) => {
                let style = canvas.selected(theme.text, here);
                let end = canvas.text(row.x, y, row.width, if *on { "on" } else { "off" }, style);
                if here {
                    canvas.text(row.x + end + 2, y, row.width, "enter changes it", theme.muted);
                }
            }
        }
        y += 1;
    }
    y += 1;
    let here = form.at >= form.fields.len();
    if here {
        canvas.sign(inside.x, y, canvas.glyphs.cursor, theme.key);
    }
    let style = canvas.selected(theme.text, here);
    canvas.text(inside.x + 2, y, inside.width, "[ Look what it would do ]", style);
    for (text, y) in error.iter().zip(y + 1..inside.bottom()) {
        canvas.text(inside.x, y, inside.width, text, theme.bad);
    }
    cursor
}

/// Where the objects stand.
pub fn subjects_area(body: Rect) -> Rect {
    layout::dialog(body, WIDTH + 4, 18)
}

/// Lines around the list of objects.
pub const SUBJECTS_FRAME: u16 = 9;

/// Which objects to provision. The cursor is in the line.
pub fn subjects(canvas: &mut Canvas<'_>, body: Rect, form: &SubjectsForm) -> Position {
    let theme = canvas.theme;
    let title = format!("Provision now: {}", form.name);
    let inside = window(canvas, body, subjects_area(body), &title, theme.title);
    let hint = format!(
        "Type or paste {}, paste a list with one object a line, or name a file of them.",
        form.naming()
    );
    let mut y = inside.y;
    y += canvas.paragraph(Rect { height: 3, ..inside }, &hint, theme.muted);
    y += 1;
    canvas.text(inside.x, y, 2, ">", theme.key);
    let row = Rect::new(inside.x + 2, y, inside.width.saturating_sub(2), 1);
    let cursor = form.field.draw(canvas, row, theme.text);
    y += 1;
    let (text, style) = match (&form.error, form.reading) {
        (Some(error), _) => (error.clone(), theme.bad),
        (None, Some(_)) => ("Reading the file...".to_owned(), theme.info),
        (None, None) => {
            let count = counted(form.subjects.len(), "object", "objects");
            (format!("{count} so far, at most five in ten seconds"), theme.text)
        }
    };
    let used = canvas.paragraph(
        Rect {
            y,
            height: 2,
            ..inside
        },
        &text,
        style,
    );
    y += used.max(1);
    let last = inside.bottom().saturating_sub(1);
    for (y, subject) in (y..last).zip(form.subjects.iter().skip(form.scroll.top)) {
        canvas.text(inside.x + 2, y, 8, &subject.object_type, theme.muted);
        let cells = inside.width.saturating_sub(11);
        canvas.text(inside.x + 11, y, cells, &subject.object_id, theme.text);
    }
    let mut keys = vec![
        ("enter ", theme.key),
        ("look what it would do", theme.text),
        ("   esc ", theme.key),
        ("back", theme.text),
    ];
    if form.types().len() > 1 {
        keys.extend([
            ("   tab ", theme.key),
            ("type: ", theme.text),
            (form.type_word(), theme.title),
        ]);
    }
    canvas.spans(inside.x, last, inside.width, &keys);
    cursor
}
