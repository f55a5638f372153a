//! The record of one run: what it did, how far it came, what failed.

use ratatui::layout::Rect;

use crate::{
    engine::runs::RunDetail,
    tui::{
        layer::RecordScreen,
        model::Model,
        msg::{RunRow, RunRowState, RunWork},
        widget::Canvas,
    },
};

use super::{
    figures::grouped,
    lines::{self, Line, hanging, line},
    run,
};

/// How many failures are shown; `handover runs show` has all.
const SHOWN: usize = 500;

/// Draws the screen.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model, screen: &RecordScreen) {
    lines::screen(
        canvas,
        area,
        &format!("Run {}", screen.row.run),
        screen.scroll.top,
        |canvas, width| lines(canvas, width, model, screen),
    );
}

/// Its lines.
pub fn lines(canvas: &Canvas<'_>, width: u16, model: &Model, screen: &RecordScreen) -> Vec<Line> {
    let theme = canvas.theme;
    let row = &screen.row;
    let (word, style) = match row.state {
        RunRowState::Open => ("AT WORK", theme.info),
        RunRowState::Interrupted => ("INTERRUPTED", theme.warn),
        RunRowState::Done if row.abandoned => ("ABANDONED", theme.warn),
        RunRowState::Done if row.failed > 0 => ("COMPLETE, NOT ALL DONE", theme.warn),
        RunRowState::Done => ("COMPLETE", theme.good),
        RunRowState::Damaged => ("DAMAGED", theme.bad),
    };
    let mut lines = vec![line(word, style)];
    if let RunWork::Unreadable(problem) = &row.work {
        let problem = (problem.as_str(), theme.text);
        lines.extend(hanging(canvas, width, ("Record", theme.muted), problem, 10));
        lines.extend(hanging(
            canvas,
            width,
            ("Next", theme.muted),
            (next(row), theme.text),
            10,
        ));
        return lines;
    }
    lines.extend([
        vec![
            (row.work.words(), theme.text),
            (" in ".to_owned(), theme.muted),
            (row.tenant.clone(), theme.text),
        ],
        Line::new(),
        run::figures_line(
            canvas,
            [
                row.done,
                row.already_there,
                row.failed,
                row.unknown,
                row.remaining.saturating_sub(row.unknown),
            ],
        ),
        Line::new(),
    ]);
    let mut entry = |word: &str, text: &str| {
        lines.extend(hanging(
            canvas,
            width,
            (word, theme.muted),
            (text, theme.text),
            10,
        ));
    };
    entry("Started", &model.day_and_time(row.started_at));
    if let Some(detail) = &screen.detail {
        facts(detail, &mut entry);
    }
    entry("Next", next(row));
    match (&screen.detail, &screen.failure) {
        (Some(detail), _) => {
            let shown = detail.failures.iter().take(SHOWN);
            run::failures(canvas, width, "Failed or unknown", shown, &mut lines);
            if let Some(more) = detail.failures.len().checked_sub(SHOWN).filter(|more| *more > 0) {
                let text = format!("and {} more; `handover runs show` has all", grouped(more as u64));
                lines.push(line(text, theme.muted));
            }
        }
        (None, Some(failure)) => {
            lines.extend(hanging(
                canvas,
                width,
                ("Record", theme.bad),
                (failure, theme.text),
                10,
            ));
        }
        (None, None) => {
            lines.push(Line::new());
            lines.push(line("Reading the record...", theme.muted));
        }
    }
    lines
}

fn facts(detail: &RunDetail, entry: &mut impl FnMut(&str, &str)) {
    entry(
        "By",
        &format!("{}, with version {}", detail.entry.who, detail.version),
    );
    if let Some(run) = &detail.undo_of {
        entry("Undo of", run);
    }
    entry("Folder", &detail.entry.directory);
    if let Some(stopped) = &detail.stopped {
        entry("Stopped", stopped);
    }
    if !detail.dropped_attributes.is_empty() {
        let text = format!(
            "not in the snapshot, unknown to the tenant: {}",
            detail.dropped_attributes.join(", ")
        );
        entry("Left out", &text);
    }
}

fn next(row: &RunRow) -> &'static str {
    match row.state {
        RunRowState::Damaged => {
            "Nothing can be resumed, verified or undone from a record that can't be read. Keep its folder; a new plan finds \
             what is done already."
        }
        _ if !row.this_tenant => "This run belongs to another tenant: it can be looked at only.",
        RunRowState::Open => "It is at work, here or in another process.",
        RunRowState::Interrupted => {
            "r resumes it after a confirmation: every open mailbox is read first. v reads back what it wrote."
        }
        RunRowState::Done => "v reads back what it wrote, u makes the plan that takes it back.",
    }
}
