//! What came of one object: result, advice, the steps in order, changed attributes.

use crate::{
    domain::synchronization::{ModifiedProperty, OnDemandOutcome},
    engine::synchronization::{Advice, advice::on_demand_advice},
    tui::{layer::Settled, model::Model, widget::Canvas},
};

use super::{
    lines::{Line, hanging, line},
    steering,
};

/// Cells for the names on the left.
const NAMES: u16 = 13;

/// The lines.
pub fn lines(canvas: &Canvas<'_>, width: u16, model: &Model, settled: &Settled) -> Vec<Line> {
    let theme = canvas.theme;
    let (subject, answer) = settled;
    let (word, good) = steering::word(settled);
    let mut lines = Vec::new();
    let mut say = |name: &str, text: &str| {
        let pair = hanging(canvas, width, (name, theme.muted), (text, theme.text), NAMES);
        lines.extend(pair);
    };
    say(
        "Object",
        &format!("{} ({})", subject.object_id, subject.object_type),
    );
    let outcome = match answer {
        Ok(outcome) => outcome,
        Err(error) => {
            lines.extend(hanging(
                canvas,
                width,
                ("State", theme.muted),
                (word, theme.bad),
                NAMES,
            ));
            let text = [Some(error.message.clone()), error.advice.clone()];
            for text in text.into_iter().flatten() {
                lines.extend(hanging(
                    canvas,
                    width,
                    ("", theme.muted),
                    (&text, theme.text),
                    NAMES,
                ));
            }
            return lines;
        }
    };
    let style = if good { theme.good } else { theme.bad };
    let state = match outcome.action.as_str() {
        "" => format!("{word} ({})", outcome.result),
        action => format!("{word} ({}, {action})", outcome.result),
    };
    lines.extend(hanging(
        canvas,
        width,
        ("State", theme.muted),
        (&state, style),
        NAMES,
    ));
    if let Some(error) = &outcome.error {
        let text = format!("{}: {}", error.code, error.message);
        lines.extend(hanging(
            canvas,
            width,
            ("Error", theme.bad),
            (&text, theme.text),
            NAMES,
        ));
    }
    lines.extend(advice(
        canvas,
        width,
        on_demand_advice(outcome).as_ref(),
        outcome.recommended.as_deref(),
    ));
    for (name, id) in [("Source", &outcome.source), ("Target", &outcome.target)] {
        if let Some(id) = id.as_deref().filter(|id| !id.is_empty()) {
            lines.extend(hanging(
                canvas,
                width,
                (name, theme.muted),
                (id, theme.text),
                NAMES,
            ));
        }
    }
    lines.push(Line::new());
    steps(canvas, width, model, outcome, &mut lines);
    lines.extend(modified(canvas, width, &outcome.modified));
    lines
}

fn steps(canvas: &Canvas<'_>, width: u16, model: &Model, outcome: &OnDemandOutcome, lines: &mut Vec<Line>) {
    let theme = canvas.theme;
    lines.push(line("Steps", theme.heading));
    if outcome.steps.is_empty() {
        lines.push(line("  The service told none.", theme.muted));
    }
    for step in &outcome.steps {
        let at = step.at.map_or_else(|| " ".repeat(8), |at| model.clock(at));
        let style = match step.status.to_ascii_lowercase().as_str() {
            "success" => theme.good,
            "failure" => theme.bad,
            _ => theme.warn,
        };
        lines.push(vec![
            (format!("  {at}  "), theme.muted),
            (format!("{:<10} ", step.kind), theme.text),
            (format!("{:<9} ", step.status), style),
            (step.name.clone(), theme.muted),
        ]);
        if !step.description.is_empty() {
            let text = (step.description.as_str(), theme.text);
            lines.extend(hanging(canvas, width, ("", theme.text), text, 12));
        }
        for (name, value) in &step.details {
            let text = format!("{name}: {value}");
            lines.extend(hanging(canvas, width, ("", theme.text), (&text, theme.muted), 12));
        }
    }
}

/// What to do about it, as the table of advice and the service say.
pub fn advice(
    canvas: &Canvas<'_>,
    width: u16,
    advice: Option<&Advice>,
    recommended: Option<&str>,
) -> Vec<Line> {
    let theme = canvas.theme;
    let mut lines = Vec::new();
    if let Some(advice) = advice {
        let text = format!("{} {}", advice.meaning, advice.action);
        lines.extend(hanging(
            canvas,
            width,
            ("Advice", theme.info),
            (&text, theme.text),
            NAMES,
        ));
    }
    if let Some(text) = recommended.filter(|text| !text.is_empty()) {
        lines.extend(hanging(
            canvas,
            width,
            ("Microsoft", theme.info),
            (text, theme.text),
            NAMES,
        ));
    }
    lines
}

/// Changed attributes, old and new.
pub fn modified(canvas: &Canvas<'_>, width: u16, modified: &[ModifiedProperty]) -> Vec<Line> {
    let theme = canvas.theme;
    let mut lines = vec![Line::new(), line("Changed attributes", theme.heading)];
    if modified.is_empty() {
        lines.push(line("  none", theme.muted));
    }
    let names = modified.iter().map(|property| canvas.width(&property.name) + 4);
    let indent = names.max().unwrap_or(0).min(width / 2);
    for property in modified {
        let shown = |value: &Option<String>| match value.as_deref() {
            None | Some("") => "(empty)".to_owned(),
            Some(value) => value.to_owned(),
        };
        let text = format!("{} -> {}", shown(&property.old), shown(&property.new));
        let name = format!("  {}", property.name);
        lines.extend(hanging(
            canvas,
            width,
            (&name, theme.text),
            (&text, theme.text),
            indent,
        ));
    }
    lines
}
