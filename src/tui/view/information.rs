//! What is in use: version, paths, tenant, rules, environment.

use ratatui::layout::Rect;

use crate::tui::{
    layer::{InformationScreen, sections},
    widget::Canvas,
};

use super::lines::{self, Line, hanging, line};

/// Cells for the names; more where a section has longer ones.
const NAMES: u16 = 20;

/// Draws the screen.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, screen: &InformationScreen) {
    lines::screen(
        canvas,
        area,
        "What is in use",
        screen.scroll.top,
        |canvas, width| lines(canvas, width, screen),
    );
}

/// Its lines.
pub fn lines(canvas: &Canvas<'_>, width: u16, screen: &InformationScreen) -> Vec<Line> {
    let theme = canvas.theme;
    let Some(information) = &screen.information else {
        return match &screen.failure {
            Some(failure) => hanging(canvas, width, ("error:", theme.bad), (failure, theme.text), 7),
            None => vec![line("Looking, and asking the keyring...", theme.info)],
        };
    };
    let mut lines = Vec::new();
    for section in sections(information) {
        if !lines.is_empty() {
            lines.push(Line::new());
        }
        lines.push(line(section.title, theme.heading));
        let names = section.entries.iter().map(|(name, _)| canvas.width(name) + 2);
        let indent = names.max().unwrap_or(0).max(NAMES);
        for (name, value) in &section.entries {
            lines.extend(hanging(
                canvas,
                width,
                (name, theme.muted),
                (value, theme.text),
                indent,
            ));
        }
    }
    lines
}
