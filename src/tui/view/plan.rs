//! A finished plan: figures, reasons, what can't be undone, what is blocked.

use ratatui::{layout::Rect, style::Style};

use crate::{
    domain::{Change, PlanItem, Severity},
    tui::{
        action::Action, context::Context, enabled, layer::PlanScreen, model::Model, update::plan_words,
        widget::Canvas,
    },
};

use super::{
    figures::{counted, grouped},
    lines::{self, Line, hanging, line},
};

/// How many entries of a list are shown; the plan file has all.
const SHOWN: usize = 500;

/// The rules about the version of Connect Sync, which the administrator can attest on this screen.
const CONNECT_RULES: [&str; 3] = ["connect-not-attested", "connect-too-old", "connect-unreadable"];

/// Draws the screen.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model, screen: &PlanScreen) {
    let title = format!("Plan: {}", plan_words(&screen.plan));
    lines::screen(canvas, area, &title, screen.scroll.top, |canvas, width| {
        lines(canvas, width, model, screen)
    });
}

fn weight(canvas: &Canvas<'_>, severity: Severity) -> (&'static str, Style) {
    match severity {
        Severity::Block => ("block", canvas.theme.bad),
        Severity::Warn => ("warn", canvas.theme.warn),
        Severity::Info => ("info", canvas.theme.info),
    }
}

/// Its lines.
pub fn lines(canvas: &Canvas<'_>, width: u16, model: &Model, screen: &PlanScreen) -> Vec<Line> {
    let theme = canvas.theme;
    let content = &screen.plan.content;
    let mut lines = Vec::new();
    lines.push(vec![
        ("Tenant ".to_owned(), theme.muted),
        (content.tenant.domain.clone(), theme.text),
        ("   made ".to_owned(), theme.muted),
        (model.day_and_time(content.created_at), theme.text),
        (" by ".to_owned(), theme.muted),
        (content.created_by.clone(), theme.text),
    ]);
    lines.push(Line::new());
    let figure = |word: &str, number: u64, style: Style| {
        let style = if number == 0 { theme.muted } else { style };
        [
            (format!("{word} "), theme.muted),
            (format!("{}    ", grouped(number)), style),
        ]
    };
    if let Change::SetTenantDefault { target } = &content.change {
        lines.push(vec![
            ("Will change ".to_owned(), theme.muted),
            (
                format!(
                    "the default for new mailboxes of the whole tenant, to {}",
                    target.word()
                ),
                theme.warn,
            ),
        ]);
    } else {
        lines.push(
            [
                figure("Will change", content.items.len() as u64, theme.good),
                figure("Already there", content.already_there, theme.text),
                figure("Blocked", content.blocked.len() as u64, theme.bad),
                figure("Warned", screen.digest.warned, theme.warn),
            ]
            .concat(),
        );
    }
    if let Change::SetAddresses { before, after } = &content.change {
        lines.push(Line::new());
        lines.push(line("Addresses", theme.heading));
        for address in before.iter().filter(|address| !after.contains(address)) {
            lines.push(vec![
                ("before  ".to_owned(), theme.warn),
                (address.clone(), theme.text),
            ]);
        }
        for address in after.iter().filter(|address| !before.contains(address)) {
            lines.push(vec![
                ("after   ".to_owned(), theme.good),
                (address.clone(), theme.text),
            ]);
        }
    }

    lines.push(Line::new());
    lines.push(line("Next", theme.heading));
    match enabled::can_apply_plan(model, &screen.plan) {
        Ok(()) => lines.push(line(
            "a applies the plan after a confirmation. s saves it to a file.",
            theme.text,
        )),
        Err(why) => {
            let text = format!("can't be applied now: {}", why.0);
            lines.extend(
                canvas
                    .wrap(&text, width)
                    .into_iter()
                    .map(|text| line(text, theme.warn)),
            );
        }
    }
    if let Some(path) = &screen.saved {
        lines.extend(hanging(
            canvas,
            width,
            ("saved in", theme.muted),
            (path, theme.text),
            10,
        ));
    }

    if !screen.digest.reasons.is_empty() {
        lines.push(Line::new());
        lines.push(line("Reasons", theme.heading));
    }
    for reason in &screen.digest.reasons {
        let (word, style) = weight(canvas, reason.severity);
        let count = match reason.count {
            0 => "the run".to_owned(),
            count => grouped(count),
        };
        let head = format!("{word:<6}{count:>8}  ");
        let more = if reason.count > 1 { " (first of them)" } else { "" };
        let text = format!("{}{more} [{}]", reason.text, reason.rule);
        lines.extend(hanging(canvas, width, (&head, style), (&text, theme.text), 17));
        if let Some(advice) = reason.advice {
            lines.extend(hanging(canvas, width, ("", style), (advice, theme.muted), 17));
        }
        let keys = model.settings.keymap.keys(Context::Plan, Action::ConnectVersion);
        if let (true, Some(key)) = (CONNECT_RULES.contains(&reason.rule.as_str()), keys.first()) {
            let here = format!("Here {key} takes the version; then make the plan again.");
            lines.extend(hanging(canvas, width, ("", style), (&here, theme.text), 17));
        }
    }

    if !content.irreversible.is_empty() {
        lines.push(Line::new());
        lines.push(line("What can't be undone", theme.heading));
        for sentence in &content.irreversible {
            lines.extend(hanging(
                canvas,
                width,
                ("-", theme.warn),
                (sentence, theme.text),
                2,
            ));
        }
    }
    overwrites(canvas, width, screen, &mut lines);
    items(canvas, width, "Blocked", &content.blocked, theme.bad, &mut lines);
    if screen.digest.warned > 0 {
        let warned = content.items.iter().filter(|item| !item.findings.is_empty());
        let warned: Vec<PlanItem> = warned.take(SHOWN).cloned().collect();
        items(canvas, width, "Warned", &warned, theme.warn, &mut lines);
    }
    lines
}

fn overwrites(canvas: &Canvas<'_>, width: u16, screen: &PlanScreen, lines: &mut Vec<Line>) {
    let theme = canvas.theme;
    let content = &screen.plan.content;
    if content.overwrites.is_empty() {
        return;
    }
    lines.push(Line::new());
    let accepted = if content.loss_accepted {
        ", loss accepted"
    } else {
        ""
    };
    let title = format!(
        "What the directory would overwrite ({}{accepted})",
        counted(content.overwrites.len(), "value", "values")
    );
    lines.push(line(title, theme.heading));
    for row in content.overwrites.iter().take(SHOWN) {
        lines.push(vec![
            (row.primary_smtp_address.clone(), theme.text),
            (
                format!("  {} / {}", row.attribute, row.directory_attribute),
                theme.muted,
            ),
        ]);
        let directory = row.directory.as_deref().unwrap_or("(not known)");
        let shown = |value: &str| {
            if value.is_empty() {
                "(empty)".to_owned()
            } else {
                value.to_owned()
            }
        };
        lines.extend(hanging(
            canvas,
            width,
            ("  cloud", theme.muted),
            (&shown(&row.cloud), theme.text),
            13,
        ));
        lines.extend(hanging(
            canvas,
            width,
            ("  directory", theme.muted),
            (&shown(directory), theme.warn),
            13,
        ));
    }
    rest(canvas, content.overwrites.len(), lines);
}

fn items(
    canvas: &Canvas<'_>,
    width: u16,
    title: &str,
    items: &[PlanItem],
    style: Style,
    lines: &mut Vec<Line>,
) {
    let theme = canvas.theme;
    if items.is_empty() {
        return;
    }
    lines.push(Line::new());
    lines.push(line(title, theme.heading));
    for item in items.iter().take(SHOWN) {
        lines.push(vec![
            (item.primary_smtp_address.clone(), theme.text),
            (format!("  {}", item.display_name), theme.muted),
        ]);
        for finding in &item.findings {
            let (word, _) = weight(canvas, finding.severity);
            let head = format!("  {word}");
            lines.extend(hanging(
                canvas,
                width,
                (&head, style),
                (&finding.text, theme.text),
                9,
            ));
        }
    }
    rest(canvas, items.len(), lines);
}

fn rest(canvas: &Canvas<'_>, count: usize, lines: &mut Vec<Line>) {
    if count > SHOWN {
        let text = format!(
            "and {} more; s saves the plan with all of them",
            grouped((count - SHOWN) as u64)
        );
        lines.push(line(text, canvas.theme.muted));
    }
}
