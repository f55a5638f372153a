//! The lines over the lists: how many of what, and what weighs most.

use ratatui::{layout::Rect, style::Style};

use crate::{
    domain::tls::Verdict,
    tui::{
        model::{Model, Reading},
        view::figures::counted,
        widget::Canvas,
    },
};

use super::{endpoints::outcome_word, style};

/// Draws both lines.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let theme = canvas.theme;
    let tab = &model.tls;
    let mut spans: Vec<(String, Style)> = Vec::new();
    if !tab.hosts.is_empty() {
        spans.push((counted(tab.hosts.len(), "host", "hosts"), theme.text));
        let mut joint = ": ";
        for verdict in [Verdict::Fail, Verdict::Warn] {
            let count = tab.hosts_that_are(verdict);
            if count > 0 {
                spans.push((joint.to_owned(), theme.text));
                spans.push((format!("{count} {}", super::word(verdict)), style(theme, verdict)));
                joint = ", ";
            }
        }
        let good = [Verdict::Ok, Verdict::Implicit, Verdict::Info]
            .into_iter()
            .map(|verdict| tab.hosts_that_are(verdict))
            .sum::<usize>();
        if good > 0 {
            spans.push((joint.to_owned(), theme.text));
            spans.push((format!("{good} ok"), theme.good));
            joint = ", ";
        }
        let unread = tab
            .hosts
            .iter()
            .filter(|row| matches!(row.reading, Reading::Unread(_)))
            .count();
        if unread > 0 {
            spans.push((joint.to_owned(), theme.text));
            spans.push((format!("{unread} not read"), theme.warn));
        }
        spans.push(("   ".to_owned(), theme.text));
    }
    if !tab.endpoints.is_empty() {
        let known = tab.endpoints.iter().filter_map(|row| row.report.as_ref());
        spans.push((counted(tab.endpoints.len(), "endpoint", "endpoints"), theme.text));
        let mut joint = ": ";
        for verdict in [Verdict::Fail, Verdict::Warn, Verdict::Info, Verdict::Ok] {
            let count = known.clone().filter(|report| report.verdict == verdict).count();
            if count > 0 {
                spans.push((joint.to_owned(), theme.text));
                spans.push((format!("{count} {}", super::word(verdict)), style(theme, verdict)));
                joint = ", ";
            }
        }
    }
    let spans: Vec<(&str, Style)> = spans
        .iter()
        .map(|(text, style)| (text.as_str(), *style))
        .collect();
    canvas.spans(area.x, area.y, area.width, &spans);
    let (text, text_style) = trouble(model, canvas);
    canvas.text(area.x, area.y + 1, area.width, &text, text_style);
}

/// What weighs most, in one sentence.
fn trouble(model: &Model, canvas: &Canvas<'_>) -> (String, Style) {
    let theme = canvas.theme;
    let tab = &model.tls;
    if let Some(failure) = &tab.failure {
        return (failure.clone(), theme.bad);
    }
    let read = || tab.hosts.iter().filter_map(|row| row.read());
    if let Some(host) = read().find(|host| !host.report.client_tls12) {
        let report = &host.report;
        return (
            format!(
                "FAIL {}: {}",
                report.host,
                report.client_reason.trim_start_matches("No: ")
            ),
            theme.bad,
        );
    }
    let known = || tab.endpoints.iter().filter_map(|row| row.report.as_deref());
    if let Some(report) = known().max_by_key(|report| report.verdict)
        && report.verdict.is_finding()
    {
        let text = format!(
            "{} {}:{} {}: {}",
            super::word(report.verdict),
            report.host,
            report.port,
            outcome_word(report.outcome),
            report.detail
        );
        return (text, style(theme, report.verdict));
    }
    if let Some(host) = read().find(|host| host.report.worst().is_finding()) {
        let report = &host.report;
        let text = format!(
            "{}: {} of {} values are set as Microsoft's script wants them; f shows the fix",
            report.host, report.strict.good, report.strict.of
        );
        return (text, style(theme, report.worst()));
    }
    match (tab.is_busy(), tab.hosts.is_empty() && tab.endpoints.is_empty()) {
        (true, _) => ("Looking at hosts and endpoints...".to_owned(), theme.info),
        (false, true) => (
            "Nothing to look at yet: i reads an export, p probes the endpoints.".to_owned(),
            theme.muted,
        ),
        (false, false) => ("Nothing needs a look.".to_owned(), theme.good),
    }
}
