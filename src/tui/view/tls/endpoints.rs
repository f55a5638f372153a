//! The endpoints with what was seen there, live.

use std::borrow::Cow;

use ratatui::layout::Rect;

use crate::{
    domain::tls::ProbeOutcome,
    tui::{
        model::{Model, TlsPane},
        widget::Canvas,
    },
};

use super::{GUTTER, WIDE, heading, style, word};

const VERDICT: u16 = 8;
const OUTCOME: u16 = 20;
const PROTOCOL: u16 = 7;
const TIME: u16 = 8;
/// Cells of the issuer on a wide screen, and of the suite on a very wide one.
const ISSUER: u16 = 24;
const SUITE: u16 = 28;
/// From this width on there is room for the suite.
const VERY_WIDE: u16 = 150;

/// What happened, in words for a reader.
pub fn outcome_word(outcome: ProbeOutcome) -> &'static str {
    match outcome {
        ProbeOutcome::Reached => "reached",
        ProbeOutcome::OldProtocolsOffered => "old TLS offered too",
        ProbeOutcome::Intercepted => "INTERCEPTED",
        ProbeOutcome::NameNotFound => "name not found",
        ProbeOutcome::Refused => "refused",
        ProbeOutcome::Blocked => "no answer",
        ProbeOutcome::Silent => "silent",
        ProbeOutcome::Reset => "cut off",
        ProbeOutcome::NotTls => "no TLS there",
        ProbeOutcome::NotHttp => "no HTTP there",
        ProbeOutcome::PageInstead => "a page in the way",
        ProbeOutcome::AuthorityUnknownHere => "unknown here",
        ProbeOutcome::OldProtocolOnly => "old TLS only",
        ProbeOutcome::NoCommonSuite => "no common suite",
        ProbeOutcome::CertificateExpired => "certificate expired",
        ProbeOutcome::ClockWrong => "clock wrong",
        ProbeOutcome::CertificateUntrusted => "not trusted",
        ProbeOutcome::CertificateWrongName => "wrong name",
        ProbeOutcome::ProxyRefused => "proxy refused",
        ProbeOutcome::HandshakeFailed => "handshake failed",
        ProbeOutcome::SchannelFailed => "not with Windows",
    }
}

/// A host without the tenant's id in front, which would push what tells it from others off the screen.
fn short(host: &str) -> Cow<'_, str> {
    match host.split_once('.') {
        Some((id, rest)) if uuid::Uuid::try_parse(id).is_ok() => format!("(tenant).{rest}").into(),
        _ => host.into(),
    }
}

/// The common name of a name in parts, or all of it.
fn common_name(name: &str) -> &str {
    let part = name.split(", ").find_map(|part| part.strip_prefix("CN="));
    part.unwrap_or(name)
}

/// Draws the list.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let theme = canvas.theme;
    let tab = &model.tls;
    let title = "Endpoints as seen from this machine";
    heading(
        canvas,
        area,
        model,
        TlsPane::Endpoints,
        title,
        tab.endpoints.len(),
    );
    let left = area.x + GUTTER;
    if tab.length(TlsPane::Endpoints) == 0 {
        let text = match (tab.endpoints.is_empty(), tab.is_busy()) {
            (false, _) => "nothing passes the filter; Esc takes it away",
            (true, true) => "looking which there are...",
            (true, false) => "none probed; p probes them",
        };
        canvas.text(
            left,
            area.y + 1,
            area.width.saturating_sub(GUTTER),
            text,
            theme.muted,
        );
        return;
    }
    let wide = area.width >= WIDE;
    let outcome_at = left + VERDICT + 1;
    let host_at = outcome_at + OUTCOME + 1;
    let time_at = area.right().saturating_sub(TIME);
    let issuer_at = time_at.saturating_sub(if wide { ISSUER + 1 } else { 0 });
    let very_wide = area.width >= VERY_WIDE;
    let suite_at = issuer_at.saturating_sub(if very_wide { SUITE + 1 } else { 0 });
    let protocol_at = suite_at.saturating_sub(PROTOCOL + 1);
    let host_cells = protocol_at.saturating_sub(host_at + 1);
    let scroll = tab.scroll(TlsPane::Endpoints);
    let active = tab.pane == TlsPane::Endpoints;
    let rows = tab.shown_endpoints().enumerate().skip(scroll.top);
    for (y, (place, (_, row))) in (area.y + 1..area.bottom()).zip(rows) {
        let under_cursor = active && place == scroll.cursor;
        if under_cursor {
            canvas.sign(area.x, y, canvas.glyphs.cursor, theme.key);
        }
        let name = format!("{}:{}", short(&row.endpoint.host), row.endpoint.port);
        let name_style = canvas.selected(theme.text, under_cursor);
        canvas.text(host_at, y, host_cells, &name, name_style);
        let Some(report) = &row.report else {
            canvas.text(left, y, VERDICT, "probing", theme.info);
            continue;
        };
        let verdict_style = style(theme, report.verdict);
        canvas.text(left, y, VERDICT, word(report.verdict), verdict_style);
        canvas.text(
            outcome_at,
            y,
            OUTCOME,
            outcome_word(report.outcome),
            verdict_style,
        );
        let protocol = report.protocol.as_deref().unwrap_or_default();
        canvas.text(protocol_at, y, PROTOCOL, protocol, theme.text);
        if very_wide {
            let suite = report.suite.as_deref().unwrap_or_default();
            canvas.text(suite_at, y, SUITE, suite.trim_start_matches("TLS_"), theme.muted);
        }
        if wide {
            let issuer = common_name(report.issuer.as_deref().unwrap_or_default());
            canvas.text(issuer_at, y, ISSUER, issuer, theme.muted);
        }
        let time = format!("{} ms", report.milliseconds);
        canvas.text_right(area.right(), y, TIME, &time, theme.muted);
    }
}
