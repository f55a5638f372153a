//! One action on Cloud Sync: the plan, the steps, what was found.

use ratatui::{layout::Rect, style::Style};

use crate::{
    domain::ErrorClass,
    tui::{
        layer::{Settled, SteeringPhase, SteeringScreen, TimelineScreen},
        model::Model,
        widget::Canvas,
    },
};

use super::{
    lines::{self, Line, hanging, line},
    timeline,
};

/// Lines above the list of objects at most.
const HEAD: usize = 6;

/// Draws the screen.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model, screen: &SteeringScreen) {
    let title = format!("Cloud Sync: {} ({})", screen.what, screen.word());
    if !screen.is_list() {
        lines::screen(canvas, area, &title, screen.scroll.top, |canvas, width| {
            lines(canvas, width, model, screen)
        });
        return;
    }
    let inside = canvas.frame(area, &title, canvas.theme.title);
    let lines = lines(canvas, inside.width, model, screen);
    let head = lines.len().min(HEAD) as u16;
    lines::draw(canvas, inside, &lines[..usize::from(head)], 0);
    let list = Rect {
        y: inside.y + head + 1,
        height: inside.height.saturating_sub(head + 1),
        ..inside
    };
    objects(canvas, list, screen);
    let visible = usize::from(list.height.saturating_sub(1));
    lines::draw_extent(canvas, area, screen.scroll.top, visible, screen.settled.len());
}

/// How many entries or lines there are, and how many of them fit.
pub fn extent(canvas: &Canvas<'_>, inside: Rect, model: &Model, screen: &SteeringScreen) -> (usize, usize) {
    let lines = lines(canvas, inside.width, model, screen).len();
    let height = usize::from(inside.height);
    match screen.is_list() {
        true => (screen.settled.len(), height.saturating_sub(lines.min(HEAD) + 2)),
        false => (lines, height),
    }
}

fn objects(canvas: &mut Canvas<'_>, area: Rect, screen: &SteeringScreen) {
    let theme = canvas.theme;
    canvas.text(area.x + 2, area.y, 9, "State", theme.heading);
    canvas.text(area.x + 13, area.y, 9, "Action", theme.heading);
    let wide = area.width.saturating_sub(24);
    canvas.text(area.x + 24, area.y, wide, "Object", theme.heading);
    let rows = screen.settled.iter().enumerate().skip(screen.scroll.top);
    for (y, (at, settled)) in (area.y + 1..area.bottom()).zip(rows) {
        let selected = at == screen.scroll.cursor;
        if selected {
            canvas.sign(area.x, y, canvas.glyphs.cursor, theme.key);
        }
        let (word, good) = word(settled);
        let style = if good { theme.good } else { theme.bad };
        canvas.text(area.x + 2, y, 9, word, style);
        let action = settled.1.as_ref().map_or_else(
            |error| error.code.clone().unwrap_or_default(),
            |outcome| outcome.action.clone(),
        );
        canvas.text(area.x + 13, y, 10, &action, theme.muted);
        let style = canvas.selected(theme.text, selected);
        canvas.text(area.x + 24, y, wide, &settled.0.object_id, style);
    }
}

/// The word for what came of an object, and whether it is a good one.
pub fn word(settled: &Settled) -> (&'static str, bool) {
    match &settled.1 {
        Ok(outcome) if outcome.is_good() => ("in step", true),
        Ok(outcome) if outcome.result.eq_ignore_ascii_case("Skipped") => ("skipped", false),
        Ok(_) => ("failed", false),
        Err(error) if error.class == ErrorClass::Lost => ("unknown", false),
        Err(error) if error.class == ErrorClass::Cancelled => ("cancelled", false),
        Err(_) => ("failed", false),
    }
}

/// Its lines; with a list of objects these are the lines above it.
pub fn lines(canvas: &Canvas<'_>, width: u16, model: &Model, screen: &SteeringScreen) -> Vec<Line> {
    let theme = canvas.theme;
    let mut lines = Vec::new();
    let mut say = |text: &str, style| {
        let indent = if text.starts_with(' ') { 4 } else { 0 };
        for part in canvas.wrap(text, width.saturating_sub(indent).max(1)) {
            lines.push(vec![(" ".repeat(usize::from(indent)), theme.text), (part, style)]);
        }
    };
    match &screen.phase {
        SteeringPhase::Preparing => {
            say("Looking at the present state; nothing is changed...", theme.info);
        }
        SteeringPhase::Planned => {
            let Some(plan) = &screen.plan else { return lines };
            for (at, text) in plan.summary.iter().enumerate() {
                say(text, if at == 0 { theme.title } else { theme.text });
            }
            say(&format!("Tenant: {}.", plan.tenant), theme.muted);
            lines.push(Line::new());
            for text in &plan.warnings {
                if text.starts_with(' ') {
                    lines.extend(hanging(
                        canvas,
                        width,
                        ("", theme.text),
                        (text.trim(), theme.text),
                        9,
                    ));
                } else {
                    lines.extend(hanging(
                        canvas,
                        width,
                        ("WARNING:", theme.warn),
                        (text, theme.text),
                        9,
                    ));
                }
            }
            if let Some(schema) = &plan.schema {
                lines.push(line("Change of the schema:", theme.heading));
                for text in &schema.difference {
                    let style = change_style(canvas, text, theme.text);
                    lines.extend(hanging(canvas, width, ("", style), (text, style), 2));
                }
            }
            lines.push(Line::new());
            let how = match plan.must_be_typed(&model.settings.policy) {
                true => format!(
                    "Nothing is changed yet. a asks for `{}` and carries it out.",
                    plan.phrase
                ),
                false => "Nothing is changed yet. a carries it out after a question.".to_owned(),
            };
            for part in canvas.wrap(&how, width) {
                lines.push(line(part, theme.muted));
            }
        }
        SteeringPhase::Working => {
            deed(screen, &mut say, theme.title);
            say("Being carried out; c ends it between two steps.", theme.info);
            if screen.is_list() {
                say(&count(screen), theme.text);
            }
            for step in &screen.steps {
                say(step, theme.text);
            }
        }
        SteeringPhase::Ended { found, confirmed } => {
            deed(screen, &mut say, theme.title);
            let style = match confirmed {
                Some(true) => theme.good,
                Some(false) => theme.bad,
                None => theme.warn,
            };
            say(&format!("Outcome: {}", screen.word()), style);
            for text in found {
                say(text, theme.text);
            }
            if !screen.is_list()
                && let Some(settled) = screen.settled.first()
            {
                lines.push(Line::new());
                lines.extend(timeline::lines(canvas, width, model, settled));
            }
        }
        SteeringPhase::Failed(failure) => {
            deed(screen, &mut say, theme.title);
            lines.extend(hanging(
                canvas,
                width,
                (if failure.cancelled { "note:" } else { "error:" }, theme.bad),
                (&failure.message, theme.text),
                7,
            ));
            if let Some(advice) = &failure.advice {
                lines.extend(hanging(canvas, width, ("", theme.muted), (advice, theme.text), 7));
            }
            let detail = failure.detail.iter().flat_map(|detail| detail.lines());
            for text in detail {
                lines.extend(hanging(
                    canvas,
                    width,
                    ("", theme.muted),
                    (text, change_style(canvas, text, theme.muted)),
                    7,
                ));
            }
        }
    }
    lines
}

/// The style of a line of a difference: added, taken away, or `otherwise`.
fn change_style(canvas: &Canvas<'_>, text: &str, otherwise: Style) -> Style {
    match text.chars().next() {
        Some('+') => canvas.theme.good,
        Some('-') => canvas.theme.bad,
        _ => otherwise,
    }
}

fn deed(screen: &SteeringScreen, say: &mut impl FnMut(&str, Style), style: Style) {
    if let Some(deed) = screen.plan.as_ref().and_then(|plan| plan.summary.first()) {
        say(deed, style);
    }
}

fn count(screen: &SteeringScreen) -> String {
    let of = screen.plan.as_ref().map_or(0, |plan| plan.count);
    let good = screen.settled.iter().filter(|settled| word(settled).1).count();
    format!(
        "{} of {of} settled, {good} in step. At most five in ten seconds.",
        screen.settled.len()
    )
}

/// What came of one object of many, in full.
pub fn draw_timeline(canvas: &mut Canvas<'_>, area: Rect, model: &Model, screen: &TimelineScreen) {
    lines::screen(
        canvas,
        area,
        "Provisioned on demand",
        screen.scroll.top,
        |canvas, width| timeline::lines(canvas, width, model, &screen.settled),
    );
}
