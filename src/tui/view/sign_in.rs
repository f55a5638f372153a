//! The dialog of the sign-in.

use ratatui::layout::Rect;

use crate::tui::{layer::SignInDialog, model::Model, msg::SignInPrompt, widget::Canvas};

use super::{
    dialog::{WIDTH, window},
    layout,
};

/// The sign-in.
pub fn draw(canvas: &mut Canvas<'_>, body: Rect, model: &Model, dialog: &SignInDialog) {
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
