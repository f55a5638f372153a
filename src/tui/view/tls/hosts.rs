//! The hosts: name, Microsoft's count, whether a client can use TLS 1.2, the worst verdict.

use ratatui::layout::Rect;

use crate::{
    domain::tls::Verdict,
    tui::{
        model::{Model, Reading, TlsPane},
        widget::Canvas,
    },
};

use super::{GUTTER, heading, style, word};

/// Cells of the columns behind the name: count, client, verdict.
const COUNT: u16 = 4;
const CLIENT: u16 = 6;
const VERDICT: u16 = 8;

/// Draws the list.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let theme = canvas.theme;
    let tab = &model.tls;
    heading(canvas, area, model, TlsPane::Hosts, "Hosts", tab.hosts.len());
    let wide = area.width >= 38;
    let right = area.right().saturating_sub(2);
    let verdict_at = right.saturating_sub(VERDICT);
    let client_at = if wide {
        verdict_at.saturating_sub(CLIENT + 2)
    } else {
        right.saturating_sub(CLIENT)
    };
    let count_at = client_at.saturating_sub(COUNT + 1);
    let name_cells = count_at.saturating_sub(area.x + GUTTER + 1);
    if !tab.hosts.is_empty() {
        canvas.text(count_at, area.y, COUNT, "Set", theme.heading);
        canvas.text(client_at, area.y, CLIENT, "Client", theme.heading);
        if wide {
            canvas.text(verdict_at, area.y, VERDICT, "Worst", theme.heading);
        }
    }
    if tab.length(TlsPane::Hosts) == 0 {
        let text = match (&tab.failure, tab.hosts.is_empty(), tab.is_busy()) {
            (Some(_), ..) => "nothing could be read",
            (None, false, _) => "nothing passes the filter",
            (None, true, true) => "looking...",
            (None, true, false) => "none: i reads a file",
        };
        let room = area.width.saturating_sub(GUTTER + 1);
        canvas.text(area.x + GUTTER, area.y + 1, room, text, theme.muted);
        return;
    }
    let scroll = tab.scroll(TlsPane::Hosts);
    let rows = tab.shown_hosts().enumerate().skip(scroll.top);
    for (y, (place, (_, row))) in (area.y + 1..area.bottom()).zip(rows) {
        let under_cursor = place == scroll.cursor;
        if under_cursor {
            canvas.sign(area.x, y, canvas.glyphs.cursor, theme.key);
        }
        // The host whose values stand beside stays marked, wherever the cursor is.
        let name_style = canvas.selected(theme.text, under_cursor);
        canvas.text(area.x + GUTTER, y, name_cells, row.name(), name_style);
        let room = right.saturating_sub(count_at);
        match &row.reading {
            Reading::Waiting => {
                canvas.text(count_at, y, room, "reading", theme.info);
            }
            Reading::Unread(_) => {
                canvas.text(count_at, y, room, "not read", theme.warn);
            }
            Reading::Read(host) => {
                let report = &host.report;
                let strict = report.strict;
                let text = format!("{}/{}", strict.good, strict.of);
                let count_style = if strict.good == strict.of {
                    theme.good
                } else {
                    theme.warn
                };
                canvas.text(count_at, y, COUNT, &text, count_style);
                let (text, client_style) = match report.client_tls12 {
                    true => ("yes", theme.good),
                    false => ("NO", theme.bad),
                };
                canvas.text(client_at, y, CLIENT, text, client_style);
                if wide {
                    // What says nothing about the products is no reason to look at the host.
                    let worst = match report.worst() {
                        Verdict::Implicit | Verdict::Info => Verdict::Ok,
                        worst => worst,
                    };
                    canvas.text(verdict_at, y, VERDICT, word(worst), style(theme, worst));
                }
            }
        }
    }
}
