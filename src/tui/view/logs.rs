//! The logs of a job. Only the rows in sight are drawn, however many were read.

use ratatui::layout::{Position, Rect};

use crate::{
    engine::synchronization::advice::advice_for,
    tui::{
        layer::{LogEntryScreen, LogKind, LogRecord, LogScreen},
        model::Model,
        widget::Canvas,
    },
};

use super::{
    figures::grouped,
    lines::{self, Line, hanging, line},
    timeline,
};

/// Lines above the rows: filter, counts, headings.
pub const HEAD: u16 = 3;
/// Cells for the names on the left of an entry.
const NAMES: u16 = 13;

/// Draws the screen. The cursor is in the filter line while it is edited.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model, screen: &LogScreen) -> Option<Position> {
    let title = format!("{}: {}", screen.kind.title(), screen.name);
    let inside = canvas.frame(area, &title, canvas.theme.title);
    let cursor = filter_line(canvas, inside, screen);
    counts(
        canvas,
        Rect {
            y: inside.y + 1,
            ..inside
        },
        model,
        screen,
    );
    rows(canvas, inside, model, screen);
    let visible = usize::from(inside.height.saturating_sub(HEAD));
    lines::draw_extent(canvas, area, screen.scroll.top, visible, screen.length());
    cursor
}

fn filter_line(canvas: &mut Canvas<'_>, inside: Rect, screen: &LogScreen) -> Option<Position> {
    let theme = canvas.theme;
    let row = Rect::new(inside.x + 2, inside.y, inside.width.saturating_sub(2), 1);
    if screen.editing.is_none() && screen.filter_text.is_empty() {
        let text = match screen.kind.is_audit() {
            true => "/ filters, such as  who:admin action:restart after:2026-11-20",
            false => "/ filters, such as  status:failure object:anna after:2026-11-20",
        };
        canvas.text(inside.x, inside.y, inside.width, text, theme.muted);
        return None;
    }
    canvas.text(inside.x, inside.y, 1, "/", theme.key);
    match &screen.editing {
        Some((field, _)) => Some(field.draw(canvas, row, theme.text)),
        None => {
            canvas.text(row.x, row.y, row.width, &screen.filter_text, theme.text);
            None
        }
    }
}

fn counts(canvas: &mut Canvas<'_>, row: Rect, model: &Model, screen: &LogScreen) {
    let theme = canvas.theme;
    if let Some(error) = &screen.filter_error {
        canvas.text(row.x, row.y, row.width, error, theme.bad);
        return;
    }
    let read = screen.pages.len() as u64;
    let mut text = match &screen.shown {
        Some(shown) => format!(
            "{} of {} entries read",
            grouped(shown.len() as u64),
            grouped(read)
        ),
        None => format!("{} entries read", grouped(read)),
    };
    if let Some(at) = screen.as_of {
        text += &format!(", newest as of {}", model.clock(at));
    }
    let style = match (&screen.failure, screen.reading) {
        (Some(failure), _) => {
            text += &format!("; reading failed: {failure}");
            theme.bad
        }
        (None, Some(_)) => {
            text += match screen.kind {
                LogKind::StagedDeletes => "; searching the newest entries...",
                _ => "; reading...",
            };
            theme.info
        }
        (None, None) if screen.has_more() => {
            text += "; older ones at the end";
            theme.muted
        }
        (None, None) if screen.kind == LogKind::StagedDeletes => {
            text += "; a plans to let them through";
            theme.muted
        }
        (None, None) => {
            text += "; that is all";
            theme.muted
        }
    };
    canvas.text(row.x, row.y, row.width, &text, style);
}

/// What a column shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    At,
    Status,
    Action,
    Object,
    Code,
}

/// Heading, cells and content of a column; one with no cells takes what is left.
type Column = (&'static str, u16, Part);

const PROVISIONING: [Column; 4] = [
    ("At", 16, Part::At),
    ("Action", 12, Part::Action),
    ("Status", 8, Part::Status),
    ("Object", 0, Part::Object),
];
const PROVISIONING_WIDE: [Column; 5] = [
    ("At", 16, Part::At),
    ("Action", 12, Part::Action),
    ("Status", 8, Part::Status),
    ("Object", 0, Part::Object),
    ("Code", 40, Part::Code),
];
/// Of one configuration: which one needs no column.
const AUDIT: [Column; 4] = [
    ("At", 16, Part::At),
    ("Result", 7, Part::Status),
    ("Activity", 0, Part::Action),
    ("Who", 20, Part::Code),
];
const TENANT_AUDIT: [Column; 5] = [
    ("At", 16, Part::At),
    ("Result", 7, Part::Status),
    ("Activity", 0, Part::Action),
    ("What", 13, Part::Object),
    ("Who", 13, Part::Code),
];
const AUDIT_WIDE: [Column; 5] = [
    ("At", 16, Part::At),
    ("Result", 7, Part::Status),
    ("Activity", 0, Part::Action),
    ("What", 20, Part::Object),
    ("Who", 24, Part::Code),
];

fn columns(kind: LogKind, wide: bool) -> &'static [Column] {
    match (kind, wide) {
        (LogKind::Audit, false) => &AUDIT,
        (LogKind::TenantAudit, false) => &TENANT_AUDIT,
        (LogKind::Audit | LogKind::TenantAudit, true) => &AUDIT_WIDE,
        (_, false) => &PROVISIONING,
        (_, true) => &PROVISIONING_WIDE,
    }
}

fn rows(canvas: &mut Canvas<'_>, inside: Rect, model: &Model, screen: &LogScreen) {
    let theme = canvas.theme;
    let columns = columns(screen.kind, inside.width >= 96);
    let fixed: u16 = columns.iter().map(|(_, cells, _)| cells + 2).sum();
    let rest = inside.width.saturating_sub(fixed + 2).max(4);
    let mut x = inside.x + 2;
    let mut places = Vec::with_capacity(columns.len());
    for (heading, cells, part) in columns {
        let cells = if *cells == 0 { rest } else { *cells };
        let cells = cells.min(inside.right().saturating_sub(x));
        places.push((x, cells, *part));
        canvas.text(x, inside.y + 2, cells, heading, theme.heading);
        x += cells + 2;
    }
    let first = inside.y + HEAD;
    if screen.length() == 0 && screen.reading.is_none() && screen.begun {
        let text = match (screen.kind, screen.pages.is_empty()) {
            (LogKind::StagedDeletes, true) => "The log shows no deletion that is held back.",
            (LogKind::Audit, true) => "The audit holds no change of this configuration.",
            (LogKind::TenantAudit, true) => "The audit holds no change of a configuration.",
            (_, true) => "The log holds no entry of this job.",
            (_, false) => "No entry fits the filter.",
        };
        canvas.text(
            inside.x + 2,
            first,
            inside.width.saturating_sub(2),
            text,
            theme.muted,
        );
        return;
    }
    let marked = match screen.kind.is_audit() {
        true => Part::Action,
        false => Part::Object,
    };
    for (y, place) in (first..inside.bottom()).zip(screen.scroll.top..) {
        let Some(record) = screen.at(place) else { return };
        let selected = place == screen.scroll.cursor;
        if selected {
            canvas.sign(inside.x, y, canvas.glyphs.cursor, theme.key);
        }
        let at = record
            .at()
            .map_or_else(|| "unknown".to_owned(), |at| model.day_and_time(at));
        for (x, cells, part) in &places {
            let (text, style) = match part {
                Part::At => (at.as_str(), theme.muted),
                Part::Status => (record.status(), status_style(canvas, record)),
                Part::Action => (record.action(), theme.text),
                Part::Object => (record.object(), theme.text),
                Part::Code => (record.code(), theme.text),
            };
            let style = canvas.selected(style, selected && *part == marked);
            canvas.text(*x, y, *cells, text, style);
        }
    }
}

fn status_style(canvas: &Canvas<'_>, record: &LogRecord) -> ratatui::style::Style {
    match record.status() {
        "success" => canvas.theme.good,
        "failure" => canvas.theme.bad,
        _ => canvas.theme.warn,
    }
}

/// Draws one entry in full.
pub fn draw_entry(canvas: &mut Canvas<'_>, area: Rect, model: &Model, screen: &LogEntryScreen) {
    lines::screen(canvas, area, "Log entry", screen.scroll.top, |canvas, width| {
        entry_lines(canvas, width, model, screen)
    });
}

/// Its lines.
pub fn entry_lines(canvas: &Canvas<'_>, width: u16, model: &Model, screen: &LogEntryScreen) -> Vec<Line> {
    let theme = canvas.theme;
    let record = &screen.record;
    let mut lines = Vec::new();
    let mut say = |name: &str, text: &str| {
        if !text.is_empty() {
            lines.extend(hanging(
                canvas,
                width,
                (name, theme.muted),
                (text, theme.text),
                NAMES,
            ));
        }
    };
    say("Object", record.object());
    say(
        "At",
        &record
            .at()
            .map_or_else(|| "unknown".to_owned(), |at| model.day_and_time(at)),
    );
    match record {
        LogRecord::Audit(entry) => {
            say("Activity", &entry.activity);
            say("Result", &entry.result);
            say("Who", &entry.by);
            say("What", &entry.targets.join(", "));
            say("Entry id", &entry.id);
            lines.extend(timeline::modified(canvas, width, &entry.modified));
        }
        LogRecord::Provisioning(entry) => {
            say("Action", entry.action.word());
            say("Status", entry.status.word());
            if let Some(error) = &entry.error {
                say("Error", &format!("{}: {}", error.code, error.message));
            }
            for (name, identity) in [("Source", &entry.source), ("Target", &entry.target)] {
                let parts = [&identity.display_name, &identity.kind, &identity.id];
                let parts: Vec<&str> = parts
                    .into_iter()
                    .map(String::as_str)
                    .filter(|part| !part.is_empty())
                    .collect();
                say(name, &parts.join(", "));
                if let Some(distinguished_name) = &identity.distinguished_name {
                    say("", distinguished_name);
                }
            }
            if let Some(milliseconds) = entry.milliseconds {
                let taken = u64::try_from(milliseconds).unwrap_or(0);
                say("Took", &format!("{} ms", grouped(taken)));
            }
            say("Entry id", &entry.id);
            let advice = entry.error.as_ref().and_then(|error| advice_for(&error.code));
            lines.extend(timeline::advice(
                canvas,
                width,
                advice.as_ref(),
                entry.recommended.as_deref(),
            ));
            lines.push(Line::new());
            lines.push(line("Steps", theme.heading));
            if entry.steps.is_empty() {
                lines.push(line("  The service told none.", theme.muted));
            }
            for step in &entry.steps {
                let style = match step.status.word() {
                    "success" => theme.good,
                    "failure" => theme.bad,
                    _ => theme.warn,
                };
                lines.push(vec![
                    (format!("  {:<20} ", step.kind.word()), theme.text),
                    (format!("{:<9} ", step.status.word()), style),
                    (step.name.clone(), theme.muted),
                ]);
                let described = (!step.description.is_empty()).then(|| step.description.clone());
                let details = step
                    .details
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}"));
                for text in described.into_iter().chain(details) {
                    lines.extend(hanging(canvas, width, ("", theme.text), (&text, theme.muted), 6));
                }
            }
            lines.extend(timeline::modified(canvas, width, &entry.modified));
        }
    }
    lines
}
