//! One mailbox in full: what the table knows, differences to the directory, cloud attributes, directory attributes.

use ratatui::layout::Rect;
use serde_json::Value;

use crate::tui::{layer::DetailsScreen, model::Model, msg::DifferenceRow, widget::Canvas};

use super::{
    lines::{self, Line, hanging, line},
    table,
};

/// The cloud attributes that stand first.
const FIRST: [&str; 5] = [
    "IsExchangeCloudManaged",
    "IsDirSynced",
    "DisplayName",
    "PrimarySmtpAddress",
    "EmailAddresses",
];

/// Draws the screen.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model, screen: &DetailsScreen) {
    let name = model
        .mailboxes
        .table
        .find(screen.id)
        .and_then(|row| model.mailboxes.table.row(row))
        .map_or("", |mailbox| mailbox.display_name);
    lines::screen(canvas, area, name, screen.scroll.top, |canvas, width| {
        lines(canvas, width, model, screen)
    });
}

/// Its lines.
pub fn lines(canvas: &Canvas<'_>, width: u16, model: &Model, screen: &DetailsScreen) -> Vec<Line> {
    let theme = canvas.theme;
    let mut lines = Vec::new();
    let indent = if width < 60 { 12 } else { 30 };
    let row =
        |name: &str, value: &str| hanging(canvas, width, (name, theme.muted), (value, theme.text), indent);
    if let Some(mailbox) = model
        .mailboxes
        .table
        .find(screen.id)
        .and_then(|row| model.mailboxes.table.row(row))
    {
        lines.extend(row("Address", mailbox.primary_smtp_address));
        lines.extend(row("Sign-in", mailbox.user_principal_name));
        lines.extend(row("Object id", &mailbox.id.to_string()));
        lines.extend(row("Type", mailbox.recipient_type.word()));
        let authority = (
            mailbox.authority.word(),
            table::authority(canvas, mailbox.authority),
        );
        lines.extend(hanging(
            canvas,
            width,
            ("Authority", theme.muted),
            authority,
            indent,
        ));
    }
    lines.push(Line::new());
    match (&screen.details, &screen.failure) {
        (_, Some(failure)) => {
            let style = theme.bad;
            lines.extend(
                canvas
                    .wrap(&format!("error: {failure}"), width)
                    .into_iter()
                    .map(|text| line(text, style)),
            );
            lines.push(line("R reads it again.", theme.muted));
        }
        (None, None) => lines.push(line("Reading all attributes...", theme.info)),
        (Some(_), None) if screen.job.is_some() => lines.push(line("Reading again...", theme.info)),
        _ => {}
    }
    let Some(details) = &screen.details else {
        return lines;
    };

    match &details.directory {
        Some(_) => differences(canvas, width, &details.differences, &mut lines),
        // Without the other side every attribute would be an unknown difference: one sentence says it.
        None => {
            let sentence = match &model.directory {
                Some(_) => {
                    "The directory side is not known: the export holds no single object for this mailbox."
                }
                None => {
                    "The directory side is not known. x imports an export; then this shows what would change."
                }
            };
            let sentence = canvas.wrap(sentence, width);
            lines.extend(sentence.into_iter().map(|text| line(text, theme.muted)));
        }
    }
    lines.push(Line::new());
    lines.push(line("Cloud attributes", theme.heading));
    // What decides stands first; the rest is in the order of the alphabet.
    let mut attributes: Vec<_> = details.cloud.0.iter().collect();
    attributes.sort_by_key(|(name, _)| {
        FIRST
            .iter()
            .position(|first| first == name)
            .unwrap_or(FIRST.len())
    });
    for (name, value) in attributes {
        for (at, text) in texts(value).iter().enumerate() {
            let name = if at == 0 { name.as_str() } else { "" };
            lines.extend(row(name, text));
        }
    }
    if let Some(directory) = &details.directory {
        lines.push(Line::new());
        lines.push(line("Directory attributes", theme.heading));
        let mut before = "";
        for (name, value) in directory {
            lines.extend(row(if name == before { "" } else { name }, value));
            before = name;
        }
    }
    lines
}

/// The attributes that differ, those that would change something first.
fn differences(canvas: &Canvas<'_>, width: u16, differences: &[DifferenceRow], lines: &mut Vec<Line>) {
    let theme = canvas.theme;
    let mut open: Vec<_> = differences.iter().filter(|row| row.class != "equal").collect();
    open.sort_by_key(|row| matches!(row.class.as_str(), "cloud-noise" | "unknown"));
    lines.push(line("Differences between cloud and directory", theme.heading));
    if open.is_empty() {
        lines.push(line("none: both sides are equal", theme.good));
    }
    for difference in open {
        let style = match difference.class.as_str() {
            "changed" => theme.bad,
            "cloud-noise" | "unknown" => theme.muted,
            _ => theme.warn,
        };
        lines.push(vec![
            (format!("{}  ", difference.attribute), theme.text),
            (difference.class.clone(), style),
        ]);
        let inner = width.saturating_sub(2);
        let sides = [
            ("cloud", Some(difference.cloud.as_str())),
            ("directory", difference.directory.as_deref()),
        ];
        for (side, value) in sides {
            let shown = match value {
                None => "(unknown)",
                Some("") => "(empty)",
                Some(value) => value,
            };
            for mut found in hanging(canvas, inner, (side, theme.muted), (shown, theme.text), 11) {
                found.insert(0, ("  ".to_owned(), theme.text));
                lines.push(found);
            }
        }
    }
}

/// A JSON value as people read it, one text per element of a list.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => vec!["-".to_owned()],
        Value::String(text) if text.is_empty() => vec!["-".to_owned()],
        Value::String(text) => vec![text.clone()],
        Value::Array(values) if values.is_empty() => vec!["-".to_owned()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        other => vec![other.to_string()],
    }
}
