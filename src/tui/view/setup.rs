//! The set-up of the first run.

use ratatui::layout::{Position, Rect};

use crate::tui::{
    layer::{CLOUDS, FIELDS, METHODS, SetupField, SetupForm},
    widget::Canvas,
};

use super::{
    dialog::{WIDTH, window},
    layout,
};

/// The set-up of the first run. The cursor is in a text field, if one is at hand.
pub fn draw(canvas: &mut Canvas<'_>, body: Rect, form: &SetupForm) -> Option<Position> {
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
