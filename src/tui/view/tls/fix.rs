//! The fix of a host: every change with what stands there now.

use ratatui::layout::Rect;

use crate::tui::{layer::FixScreen, view::figures::counted, widget::Canvas};

use super::super::lines::{self, Line, hanging, line};

/// Cells before values.
const INDENT: u16 = 10;

/// Draws the screen.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, screen: &FixScreen) {
    let title = format!("Fix for {}", screen.host.report.host);
    lines::screen(canvas, area, &title, screen.scroll.top, |canvas, width| {
        lines(canvas, width, screen)
    });
}

/// Its lines.
pub fn lines(canvas: &Canvas<'_>, width: u16, screen: &FixScreen) -> Vec<Line> {
    let theme = canvas.theme;
    let mut lines = Vec::new();
    let mut say = |text: &str, style| {
        for part in canvas.wrap(text, width) {
            lines.push(line(part, style));
        }
    };
    if screen.changes.is_empty() {
        say(
            "Nothing to change: every value is set as Microsoft's script wants it.",
            theme.good,
        );
        for note in &screen.notes {
            say(note, theme.text);
        }
        return lines;
    }
    let count = counted(screen.changes.len(), "value", "values");
    say(
        &format!(
            "Sets {count}; what is right already is not touched. The undo restores every value as it is now."
        ),
        theme.text,
    );
    say(
        "Windows reads these values when it starts: restart the host afterwards.",
        theme.warn,
    );
    let mut said = Vec::new();
    if screen.applying.is_some() {
        said.push(("applying...".to_owned(), theme.info));
    }
    if let Some(backup) = &screen.applied {
        said.push((
            format!("Applied. The values before stand in {backup}."),
            theme.good,
        ));
    }
    if let Some((fix, undo)) = &screen.saved {
        said.push((format!("Saved to {fix}, the undo to {undo}."), theme.good));
    }
    said.extend(screen.notes.iter().map(|note| (note.clone(), theme.warn)));
    for (text, style) in &said {
        say(text, *style);
    }
    let mut path = "";
    for change in &screen.changes {
        if change.path != path {
            path = &change.path;
            lines.push(Line::new());
            for part in canvas.wrap(path, width) {
                lines.push(line(part, theme.heading));
            }
        }
        lines.push(line(format!("  {}", change.name), theme.text));
        lines.extend(hanging(
            canvas,
            width,
            ("    now", theme.muted),
            (&change.before, theme.text),
            INDENT,
        ));
        lines.extend(hanging(
            canvas,
            width,
            ("    then", theme.muted),
            (&change.after, theme.good),
            INDENT,
        ));
    }
    lines
}
