//! Dialogs in the middle of the screen.

use ratatui::{
    layout::{Position, Rect},
    style::Style,
};

use crate::tui::{
    layer::{
        AddressEditor, Ask, CLOUDS, FIELDS, METHODS, Menu, Palette, Planning, Prompt, SetupField, SetupForm,
        SignInDialog, Tone,
    },
    model::Model,
    msg::SignInPrompt,
    widget::{Canvas, bar},
};

use super::{figures::grouped, layout};

/// How wide most dialogs are.
const WIDTH: u16 = 72;

/// A frame in the middle. On a narrow screen the scraps left and right of it are blanked: they would only confuse.
fn window(canvas: &mut Canvas<'_>, body: Rect, area: Rect, title: &str, style: Style) -> Rect {
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
    layout::dialog(body, WIDTH, menu.entries.len() as u16 + 2)
}

/// A menu.
pub fn menu(canvas: &mut Canvas<'_>, body: Rect, menu: &Menu) {
    let theme = canvas.theme;
    let inside = window(canvas, body, menu_area(body, menu), &menu.title, theme.title);
    let rows = menu.entries.iter().enumerate().skip(menu.scroll.top);
    for (y, (at, entry)) in (inside.top()..inside.bottom()).zip(rows) {
        let selected = at == menu.scroll.cursor;
        if selected {
            canvas.sign(inside.x, y, canvas.glyphs.cursor, theme.key);
        }
        let style = canvas.selected(theme.text, selected);
        canvas.text(inside.x + 2, y, 14, &entry.title, style);
        canvas.text(
            inside.x + 18,
            y,
            inside.width.saturating_sub(18),
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

/// The sign-in.
pub fn sign_in(canvas: &mut Canvas<'_>, body: Rect, model: &Model, dialog: &SignInDialog) {
    let theme = canvas.theme;
    let area = layout::dialog(body, WIDTH, 13);
    let inside = window(canvas, body, area, "Sign in", theme.title);
    let mut y = inside.y;
    match &dialog.prompt {
        None => {
            canvas.text(
                inside.x,
                y,
                inside.width,
                "Asking the sign-in service...",
                theme.info,
            );
        }
        Some(SignInPrompt::DeviceCode { code, url, .. }) => {
            canvas.text(inside.x, y, inside.width, "On any device, open", theme.text);
            canvas.text(
                inside.x + 4,
                y + 1,
                inside.width.saturating_sub(4),
                url,
                theme.info,
            );
            canvas.text(inside.x, y + 3, inside.width, "and type the code", theme.text);
            // Spaced out and framed, so that it is read without a mistake across the room.
            let spaced: Vec<String> = code.chars().map(|character| character.to_string()).collect();
            let spaced = spaced.join(" ");
            let wide = canvas.width(&spaced) + 6;
            let rect = Rect::new(inside.x + 4, y + 4, wide.min(inside.width.saturating_sub(4)), 3);
            let inner = canvas.frame(rect, "", theme.title);
            canvas.text(inner.x + 1, inner.y, inner.width, &spaced, theme.title);
            y += 8;
            if let Some(countdown) = dialog.countdown(model.now) {
                canvas.text(inside.x, y, inside.width, &countdown, theme.muted);
            }
        }
        Some(SignInPrompt::Browser { url }) => {
            let text = "The browser of this machine was opened. Sign in there, then come back. If no browser came up, open \
                        this address on this machine:";
            let area = Rect { height: 3, ..inside };
            y += canvas.paragraph(area, text, theme.text) + 1;
            let area = Rect {
                y,
                height: inside.bottom().saturating_sub(y + 2),
                ..inside
            };
            canvas.paragraph(area, url, theme.info);
        }
    }
    let bottom = inside.bottom().saturating_sub(1);
    let copied = if dialog.copied { "copied" } else { "copy" };
    canvas.spans(
        inside.x,
        bottom,
        inside.width,
        &[
            ("c ", theme.key),
            (copied, theme.text),
            ("   b ", theme.key),
            ("open browser", theme.text),
            ("   esc ", theme.key),
            ("cancel", theme.text),
        ],
    );
}

/// Where the palette stands.
pub fn palette_area(body: Rect) -> Rect {
    let area = layout::dialog(body, WIDTH + 4, 16);
    Rect { y: body.y, ..area }
}

/// The command palette. The cursor is in its line.
pub fn palette(canvas: &mut Canvas<'_>, body: Rect, model: &Model, palette: &Palette) -> Position {
    let theme = canvas.theme;
    let inside = window(canvas, body, palette_area(body), "Commands", theme.title);
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

/// Where the addresses stand.
pub fn addresses_area(body: Rect) -> Rect {
    layout::dialog(body, WIDTH + 4, 20)
}

/// The addresses of one mailbox, before and after.
pub fn addresses(canvas: &mut Canvas<'_>, body: Rect, editor: &AddressEditor) {
    let theme = canvas.theme;
    let title = format!("Addresses of {}", editor.name);
    let inside = window(canvas, body, addresses_area(body), &title, theme.title);
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

/// The set-up of the first run. The cursor is in a text field, if one is at hand.
pub fn setup(canvas: &mut Canvas<'_>, body: Rect, form: &SetupForm) -> Option<Position> {
    let theme = canvas.theme;
    let area = layout::dialog(body, WIDTH, 14);
    let inside = window(canvas, body, area, "Set up Handover", theme.title);
    let text = "Which tenant, and how to sign in? This writes a commented configuration file; it holds no secret and can be \
                changed later.";
    let used = canvas.paragraph(Rect { height: 3, ..inside }, text, theme.muted);
    let mut y = inside.y + used + 1;
    let mut cursor = None;
    for field in FIELDS {
        let here = field == form.field;
        let label = match field {
            SetupField::Tenant => "Tenant",
            SetupField::Cloud => "Cloud",
            SetupField::Method => "Sign-in",
            SetupField::Client => "Client id",
            SetupField::Save => "",
        };
        if here {
            canvas.sign(inside.x, y, canvas.glyphs.cursor, theme.key);
        }
        canvas.text(inside.x + 2, y, 10, label, theme.text);
        let row = Rect::new(inside.x + 13, y, inside.width.saturating_sub(13), 1);
        match field {
            SetupField::Tenant | SetupField::Client => {
                let (own, hint) = match field {
                    SetupField::Tenant => (&form.tenant, "such as contoso.onmicrosoft.com"),
                    _ => (&form.client, "optional: your own app registration"),
                };
                let at = own.draw(canvas, row, theme.text);
                if own.text().is_empty() {
                    let x = row.x + u16::from(here);
                    canvas.text(x, y, row.width.saturating_sub(1), hint, theme.muted);
                }
                if here {
                    cursor = Some(at);
                }
            }
            SetupField::Cloud | SetupField::Method => {
                let value = match field {
                    SetupField::Cloud => CLOUDS.get(form.cloud).map_or("", |(_, word)| word),
                    _ => METHODS.get(form.method).map_or("", |method| method.word()),
                };
                let style = canvas.selected(theme.text, here);
                let end = canvas.text(row.x, y, row.width, value, style);
                if here {
                    canvas.text(row.x + end + 2, y, row.width, "enter changes it", theme.muted);
                }
            }
            SetupField::Save => {
                y += 1;
                if here {
                    canvas.sign(inside.x, y - 1, ' ', theme.text);
                    canvas.sign(inside.x, y, canvas.glyphs.cursor, theme.key);
                }
                let label = if form.saving {
                    "[ Writing... ]"
                } else {
                    "[ Write it and sign in ]"
                };
                let style = canvas.selected(theme.text, here);
                canvas.text(inside.x + 2, y, inside.width, label, style);
            }
        }
        y += 1;
    }
    if let Some(error) = &form.error {
        canvas.text(
            inside.x,
            inside.bottom().saturating_sub(1),
            inside.width,
            error,
            theme.bad,
        );
    }
    cursor
}
