//! The TLS tab: hosts at the left, their values at the right, endpoints below; or one of them in full.

mod detail;
mod endpoints;
mod fix;
mod hosts;
mod summary;
mod values;

use ratatui::{
    layout::{Position, Rect},
    style::Style,
};

use crate::{
    domain::tls::Verdict,
    tui::{
        model::{Model, TLS_PANES, TlsPane, TlsSubject},
        theme::Theme,
        widget::Canvas,
    },
};

use super::{
    figures::counted,
    filter_line,
    lines::{self, Line},
};

pub use fix::{draw as draw_fix, lines as fix_lines};

/// Cursor and a gap before the first column.
const GUTTER: u16 = 2;
/// Lines over the lists.
const SUMMARY: u16 = 2;
/// From this width on columns take their wide form.
pub const WIDE: u16 = 100;

/// Where the lists stand, each with a heading line of its own.
pub fn places(body: Rect) -> [Rect; TLS_PANES.len()] {
    let room = body.height.saturating_sub(SUMMARY);
    let lower = (room * 2 / 5).max(5).min(room);
    let upper = room - lower;
    let left = if body.width >= WIDE { 40 } else { 30 }.min(body.width);
    let top = body.y + SUMMARY;
    [
        Rect::new(body.x, top, left, upper),
        Rect::new(body.x + left, top, body.width - left, upper),
        Rect::new(body.x, top + upper, body.width, lower),
    ]
}

/// How many rows of each list fit into a body.
pub fn visible_rows(body: Rect) -> [u16; TLS_PANES.len()] {
    places(body).map(|place| place.height.saturating_sub(1))
}

/// The style of a verdict.
pub fn style(theme: &Theme, verdict: Verdict) -> Style {
    match verdict {
        Verdict::Ok | Verdict::Implicit => theme.good,
        Verdict::Info => theme.info,
        Verdict::Warn => theme.warn,
        Verdict::Fail => theme.bad,
    }
}

/// The word of a verdict; what fails stands out without colours too.
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "FAIL",
        other => other.word(),
    }
}

/// Draws the tab and says where the cursor of the filter line is, while it is edited.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) -> Option<Position> {
    if let Some(screen) = &model.tls.screen {
        let title = title(model, &screen.subject);
        lines::screen(canvas, area, &title, screen.scroll.top, |canvas, width| {
            lines(canvas, width, model)
        });
        return None;
    }
    let head = Rect {
        height: SUMMARY,
        ..area
    };
    summary::draw(canvas, head, model);
    let [left, right, below] = places(area);
    hosts::draw(canvas, left, model);
    values::draw(canvas, right, model);
    endpoints::draw(canvas, below, model);
    let last = Rect {
        y: area.y + SUMMARY - 1,
        height: 1,
        ..area
    };
    filter_line(canvas, last, model)
}

fn title(model: &Model, subject: &TlsSubject) -> String {
    let tab = &model.tls;
    let crumb = model.settings.glyphs.crumb;
    let host = |at: usize| tab.hosts.get(at).map_or("", |row| row.name());
    match subject {
        TlsSubject::Host(at) => host(*at).to_owned(),
        TlsSubject::Value(at, value) => {
            let name = tab.value(*at, *value).map_or("", |value| value.name.as_str());
            format!("{} {crumb} {name}", host(*at))
        }
        TlsSubject::Endpoint(at) => tab.endpoints.get(*at).map_or_else(String::new, |row| {
            format!("{}:{}", row.endpoint.host, row.endpoint.port)
        }),
    }
}

/// The lines of what is shown in full.
pub fn lines(canvas: &Canvas<'_>, width: u16, model: &Model) -> Vec<Line> {
    match model.tls.screen.as_ref().map(|screen| &screen.subject) {
        Some(TlsSubject::Host(at)) => detail::host(canvas, width, model, *at),
        Some(TlsSubject::Value(host, value)) => detail::value(canvas, width, model, *host, *value),
        Some(TlsSubject::Endpoint(at)) => detail::endpoint(canvas, width, model, *at),
        None => Vec::new(),
    }
}

/// The heading of a list: its name, how many rows, which of them are seen.
fn heading(canvas: &mut Canvas<'_>, area: Rect, model: &Model, pane: TlsPane, title: &str, total: usize) {
    let tab = &model.tls;
    let theme = canvas.theme;
    let active = tab.pane == pane;
    if active {
        canvas.sign(area.x, area.y, canvas.glyphs.cursor, theme.key);
    }
    let (length, top) = (tab.length(pane), tab.scroll(pane).top);
    let visible = usize::from(area.height.saturating_sub(1));
    let text = match (length < total, length > visible) {
        _ if total == 0 => title.to_owned(),
        (true, _) => format!("{title} {length} of {total}"),
        (_, true) => format!("{title} {}-{} of {length}", top + 1, (top + visible).min(length)),
        _ => format!("{title} {length}"),
    };
    let style = canvas.selected(theme.heading, active);
    canvas.text(
        area.x + GUTTER,
        area.y,
        area.width.saturating_sub(GUTTER),
        &text,
        style,
    );
}

/// The status line: place, filter, age of the data.
pub fn status(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let theme = canvas.theme;
    let tab = &model.tls;
    let waiting = tab.endpoints.iter().filter(|row| row.report.is_none()).count();
    let (text, style) = match (tab.is_busy(), tab.checked_at) {
        (true, _) if waiting > 0 => {
            let text = format!("checking, {} to go", counted(waiting, "endpoint", "endpoints"));
            (text, theme.info)
        }
        (true, _) => ("checking".to_owned(), theme.info),
        (false, Some(at)) => (format!("checked {}", model.clock(at)), theme.muted),
        (false, None) => (String::new(), theme.muted),
    };
    let right = canvas.text_right(area.right(), area.y, area.width, &text, style);
    let mut parts = Vec::new();
    if tab.screen.is_none() {
        let rows = tab.length(tab.pane);
        let title = match tab.pane {
            TlsPane::Hosts => "hosts",
            TlsPane::Values => "values",
            TlsPane::Endpoints => "endpoints",
        };
        if rows > 0 {
            parts.push(format!("{title}: {} of {rows}", tab.scroll(tab.pane).cursor + 1));
        }
        if !tab.filter_text.is_empty() {
            parts.push(format!("filter: {}", tab.filter_text));
        }
    }
    let text = parts.join(&format!("  {}  ", canvas.glyphs.dot));
    let room = right.saturating_sub(area.x + 2);
    canvas.text(area.x, area.y, room, &text, theme.muted);
}
