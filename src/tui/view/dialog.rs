//! Dialogs in the middle of the screen: questions, prompts, menus, a plan being made.

use ratatui::{
    layout::{Position, Rect},
    style::Style,
};

use crate::tui::{
    layer::{Ask, Menu, MenuEntry, Planning, Prompt, Tone},
    widget::{Canvas, bar},
};

use super::{figures::grouped, layout};

/// How wide most dialogs are.
pub(super) const WIDTH: u16 = 72;

/// A frame in the middle. On a narrow screen the scraps left and right of it are blanked: they would only confuse.
pub(super) fn window(canvas: &mut Canvas<'_>, body: Rect, area: Rect, title: &str, style: Style) -> Rect {
    if body.width < area.width + 24 {
        canvas.clear(Rect {
            x: body.x,
            width: body.width,
            ..area
        });
    }
    canvas.frame(area, title, style)
}

fn inner_width(body: Rect) -> u16 {
    WIDTH.min(body.width).saturating_sub(4)
}

/// A question. The cursor is in its text field, if it has one.
pub fn ask(canvas: &mut Canvas<'_>, body: Rect, ask: &Ask) -> Option<Position> {
    let theme = canvas.theme;
    let cells = inner_width(body);
    let mut text = Vec::new();
    for paragraph in &ask.body {
        let style = match paragraph.tone {
            Tone::Plain => theme.text,
            Tone::Strong => theme.title,
            Tone::Warning => theme.warn,
            Tone::Muted => theme.muted,
        };
        if !text.is_empty() {
            text.push((String::new(), theme.text));
        }
        text.extend(
            canvas
                .wrap(&paragraph.text, cells)
                .into_iter()
                .map(|line| (line, style)),
        );
    }
    let controls = if ask.typed.is_some() { 5 } else { 2 };
    let area = layout::dialog(body, WIDTH, text.len() as u16 + controls + 2);
    let style = if ask.danger { theme.bad } else { theme.title };
    let inside = window(canvas, body, area, &ask.title, style);
    for (y, (line, style)) in (inside.top()..inside.bottom().saturating_sub(controls)).zip(&text) {
        canvas.text(inside.x, y, inside.width, line, *style);
    }
    let bottom = inside.bottom().saturating_sub(1);
    if let Some((field, wanted)) = &ask.typed {
        let y = bottom.saturating_sub(3);
        canvas.spans(
            inside.x,
            y,
            inside.width,
            &[
                ("Type  ", theme.muted),
                (wanted, theme.key),
                ("  to go on:", theme.muted),
            ],
        );
        canvas.text(inside.x, y + 1, 2, ">", theme.key);
        let row = Rect::new(inside.x + 2, y + 1, inside.width.saturating_sub(2), 1);
        let cursor = field.draw(canvas, row, theme.text);
        let harmless = ask.buttons.first().map_or("Cancel", |(label, _)| label);
        let last = ask.buttons.last().map_or("", |(label, _)| label);
        let ready = field.text().trim() == wanted;
        let enter = if ready { theme.key } else { theme.muted };
        canvas.spans(
            inside.x,
            bottom,
            inside.width,
            &[
                ("esc ", theme.key),
                (harmless, theme.text),
                ("    enter ", enter),
                (last, enter),
            ],
        );
        return Some(cursor);
    }
    let mut x = inside.x;
    for (at, (label, _)) in ask.buttons.iter().enumerate() {
        let text = format!("[ {label} ]");
        let style = canvas.selected(theme.text, at == ask.selected);
        x += canvas.text(x, bottom, inside.right().saturating_sub(x), &text, style) + 2;
    }
    None
}

/// A prompt. The cursor is in its text field.
pub fn prompt(canvas: &mut Canvas<'_>, body: Rect, prompt: &Prompt) -> Position {
    let theme = canvas.theme;
    let cells = inner_width(body);
    let hint = canvas.wrap(&prompt.hint, cells);
    let error = prompt
        .error
        .as_deref()
        .map_or_else(Vec::new, |error| canvas.wrap(error, cells));
    let area = layout::dialog(body, WIDTH, (hint.len() + error.len()) as u16 + 4);
    let inside = window(canvas, body, area, prompt.title, theme.title);
    let mut y = inside.y;
    for line in &hint {
        canvas.text(inside.x, y, inside.width, line, theme.muted);
        y += 1;
    }
    canvas.text(inside.x, y + 1, 2, ">", theme.key);
    let row = Rect::new(inside.x + 2, y + 1, inside.width.saturating_sub(2), 1);
    let cursor = prompt.field.draw(canvas, row, theme.text);
    for (line, y) in error.iter().zip(y + 2..inside.bottom()) {
        canvas.text(inside.x, y, inside.width, line, theme.bad);
    }
    cursor
}

/// Where a menu stands.
pub fn menu_area(body: Rect, menu: &Menu) -> Rect {
    let explained = explanation_lines(body, menu);
    let rows = menu.entries.len() as u16 + if explained > 0 { explained + 1 } else { 0 };
    layout::dialog(body, WIDTH, rows + 2)
}

/// How many entries of a menu fit.
pub fn menu_rows(body: Rect, menu: &Menu) -> usize {
    let explained = explanation_lines(body, menu);
    let inside = layout::inside(menu_area(body, menu));
    usize::from(
        inside
            .height
            .saturating_sub(if explained > 0 { explained + 1 } else { 0 }),
    )
}

/// Lines that the longest explanation of an entry may take: room is kept for it, so that the menu does not jump.
fn explanation_lines(body: Rect, menu: &Menu) -> u16 {
    let cells = usize::from(inner_width(body)).max(1);
    let lines = |entry: &MenuEntry| match entry.doc.chars().count() {
        0 => 0,
        // Words that are carried over leave gaps.
        letters => (letters * 9 / 8).div_ceil(cells) as u16,
    };
    menu.entries.iter().map(lines).max().unwrap_or(0)
}

/// A menu.
pub fn menu(canvas: &mut Canvas<'_>, body: Rect, menu: &Menu) {
    let theme = canvas.theme;
    let inside = window(canvas, body, menu_area(body, menu), &menu.title, theme.title);
    let explained = explanation_lines(body, menu);
    let list = inside
        .bottom()
        .saturating_sub(if explained > 0 { explained + 1 } else { 0 });
    if let Some(entry) = menu.entries.get(menu.scroll.cursor) {
        let area = Rect::new(inside.x, list + 1, inside.width, explained);
        canvas.paragraph(area, &entry.doc, theme.text);
    }
    let titles = menu.entries.iter().map(|entry| canvas.width(&entry.title));
    let titles = titles.max().unwrap_or(0).clamp(14, 30);
    let rows = menu.entries.iter().enumerate().skip(menu.scroll.top);
    for (y, (at, entry)) in (inside.top()..list).zip(rows) {
        let selected = at == menu.scroll.cursor;
        if selected {
            canvas.sign(inside.x, y, canvas.glyphs.cursor, theme.key);
        }
        let style = canvas.selected(theme.text, selected);
        canvas.text(inside.x + 2, y, titles, &entry.title, style);
        canvas.text(
            inside.x + titles + 4,
            y,
            inside.width.saturating_sub(titles + 4),
            &entry.note,
            theme.muted,
        );
    }
}

/// A plan that is being made.
pub fn planning(canvas: &mut Canvas<'_>, body: Rect, planning: &Planning) {
    let theme = canvas.theme;
    let area = layout::dialog(body, WIDTH, 7);
    let inside = window(canvas, body, area, "Making a plan", theme.title);
    canvas.text(inside.x, inside.y, inside.width, &planning.what, theme.text);
    if planning.total > 0 {
        let figures = format!("  {} of {}", grouped(planning.checked), grouped(planning.total));
        let cells = inside.width.saturating_sub(canvas.width(&figures));
        let filled = bar(canvas.glyphs, cells, planning.checked, planning.total);
        signs(canvas, inside.x, inside.y + 2, &filled);
        canvas.text(
            inside.x + cells,
            inside.y + 2,
            inside.width - cells,
            &figures,
            theme.text,
        );
    }
    let doing = match planning.doing.as_str() {
        "" => "reading and checking; nothing is written",
        doing => doing,
    };
    canvas.text(inside.x, inside.y + 3, inside.width, doing, theme.muted);
    canvas.spans(
        inside.x,
        inside.y + 4,
        inside.width,
        &[("esc ", theme.key), ("cancel", theme.text)],
    );
}

fn signs(canvas: &mut Canvas<'_>, x: u16, y: u16, text: &str) {
    let style = canvas.theme.good;
    for (at, sign) in text.chars().enumerate() {
        canvas.sign(x + at as u16, y, sign, style);
    }
}
