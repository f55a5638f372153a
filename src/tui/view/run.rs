//! A run at work, and its summary.

use ratatui::{layout::Rect, style::Style};

use crate::{
    engine::{RunEnd, RunProgress, RunState, RunSummary},
    tui::{
        job::JobKind,
        model::Model,
        widget::{Canvas, Scroll, bar, sparkline},
    },
};

use super::{
    figures::{duration, grouped},
    lines::{self, Line, hanging, line},
};

/// Draws the screen.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model, scroll: Scroll) {
    let name = model
        .run
        .as_ref()
        .and_then(|run| match (&run.progress, &run.outcome) {
            (_, Some(Ok(outcome))) => Some(outcome.summary.run.as_str()),
            (Some(progress), _) => Some(progress.run.as_str()),
            _ => None,
        });
    let title = match name {
        Some(name) => format!("Run {name}"),
        None => "Run".to_owned(),
    };
    let inside = canvas.frame(area, &title, canvas.theme.title);
    let lines = lines(canvas, inside.width, model);
    lines::draw(canvas, inside, &lines, scroll.top);
    lines::draw_extent(canvas, area, scroll.top, usize::from(inside.height), lines.len());
}

/// Its lines.
pub fn lines(canvas: &Canvas<'_>, width: u16, model: &Model) -> Vec<Line> {
    let theme = canvas.theme;
    let Some(run) = &model.run else {
        return vec![line("No run was started yet.", theme.muted)];
    };
    let mut lines = Vec::new();
    match &run.outcome {
        Some(Ok(outcome)) => summary(canvas, width, &outcome.summary, &mut lines),
        Some(Err(failure)) => {
            let (word, style) = match failure.resumable {
                true => ("INTERRUPTED", theme.warn),
                false => ("FAILED", theme.bad),
            };
            lines.push(line(word, style));
            let advice = failure
                .advice
                .as_deref()
                .unwrap_or("Esc goes back to the mailboxes; M shows all messages.");
            for (word, text) in [("Reason", failure.message.as_str()), ("Next", advice)] {
                lines.extend(hanging(
                    canvas,
                    width,
                    (word, theme.muted),
                    (text, theme.text),
                    10,
                ));
            }
        }
        None => {}
    }
    let Some(progress) = &run.progress else {
        if run.outcome.is_none() {
            let word = if run.stopping { "STOPPING" } else { "STARTING" };
            lines.push(line(word, theme.info));
            let subject = model
                .jobs
                .active_of(JobKind::Run)
                .map_or("", |job| job.subject.as_str());
            lines.push(line(subject, theme.text));
        }
        return lines;
    };
    if run.outcome.is_none() {
        at_work(canvas, width, progress, run.stopping, &mut lines);
    }
    failures(canvas, width, progress, &mut lines);
    lines
}

fn state<'a>(canvas: &Canvas<'_>, progress: &RunProgress, stopping: bool) -> (&'a str, Style, &'a str) {
    let theme = canvas.theme;
    match &progress.state {
        RunState::Ended(_) => ("ENDED", theme.text, "writing the summary"),
        _ if stopping => (
            "STOPPING",
            theme.warn,
            "finishing the current step, then leaving; q leaves the screen now",
        ),
        RunState::Stopping => (
            "STOPPING",
            theme.warn,
            "finishing what is in flight; it can be resumed later",
        ),
        RunState::Starting => (
            "STARTING",
            theme.info,
            "checking the plan, taking the lock of the tenant",
        ),
        RunState::Settling => (
            "SETTLING",
            theme.info,
            "reading mailboxes that an interruption left open",
        ),
        RunState::Running => ("RUNNING", theme.good, "snapshot, write, read back"),
        RunState::Paused if progress.in_flight > 0 => {
            ("PAUSED", theme.warn, "what is in flight is finished first")
        }
        RunState::Paused => ("PAUSED", theme.warn, "nothing is in flight; r goes on, c cancels"),
    }
}

fn at_work(canvas: &Canvas<'_>, width: u16, progress: &RunProgress, stopping: bool, lines: &mut Vec<Line>) {
    let theme = canvas.theme;
    let (word, style, doing) = state(canvas, progress, stopping);
    lines.push(vec![
        (format!("{word:<9} "), style),
        (doing.to_owned(), theme.muted),
    ]);
    lines.push(vec![
        (
            format!("{} to {}", grouped(progress.total), progress.target.word()),
            theme.text,
        ),
        (" in ".to_owned(), theme.muted),
        (progress.tenant.domain.clone(), theme.text),
    ]);
    lines.push(Line::new());
    let settled = progress.done + progress.already_there + progress.failed + progress.unknown;
    let percent = if progress.total == 0 {
        0
    } else {
        u128::from(settled) * 100 / u128::from(progress.total)
    };
    let figures = format!(
        "  {} of {}  {percent} %",
        grouped(settled),
        grouped(progress.total)
    );
    let cells = width.saturating_sub(canvas.width(&figures)).min(60);
    lines.push(vec![
        (bar(canvas.glyphs, cells, settled, progress.total), theme.good),
        (figures, theme.text),
    ]);
    let remaining = progress.total.saturating_sub(settled);
    lines.push(figures_line(
        canvas,
        [
            progress.done,
            progress.already_there,
            progress.failed,
            progress.unknown,
            remaining,
        ],
    ));
    lines.push(Line::new());
    let pace = match (&progress.state, progress.remaining) {
        (RunState::Paused, _) => "no rate while paused".to_owned(),
        (_, Some(left)) => format!(
            "{:.1} per second, about {} left",
            progress.per_second,
            duration(left)
        ),
        (_, None) => "no rate yet".to_owned(),
    };
    let mut rate = vec![
        ("Rate      ".to_owned(), theme.muted),
        (format!("{pace}  "), theme.text),
    ];
    let cells = width.saturating_sub(10 + canvas.width(&pace) + 2);
    rate.push((sparkline(canvas.glyphs, cells, &progress.history), theme.info));
    lines.push(rate);
    let transport = &progress.transport;
    let service = match &transport.reason {
        Some(reason) => (reason.clone(), theme.warn),
        None => (
            format!(
                "{} of {} calls at once, no throttling",
                transport.in_flight, transport.limit
            ),
            theme.text,
        ),
    };
    lines.push(vec![("Service   ".to_owned(), theme.muted), service]);
    if transport.throttled + transport.retries > 0 {
        let text = format!(
            "throttled {} times, {} retries so far",
            grouped(transport.throttled),
            grouped(transport.retries)
        );
        lines.push(vec![("          ".to_owned(), theme.muted), (text, theme.muted)]);
    }
}

fn figures_line(canvas: &Canvas<'_>, numbers: [u64; 5]) -> Line {
    let theme = canvas.theme;
    let words = [
        ("Done", theme.good),
        ("Already there", theme.text),
        ("Failed", theme.bad),
        ("Unknown", theme.warn),
        ("Remaining", theme.text),
    ];
    let mut line = Line::new();
    for ((word, style), number) in words.into_iter().zip(numbers) {
        let style = if number == 0 { theme.muted } else { style };
        line.push((format!("{word} "), theme.muted));
        line.push((format!("{}   ", grouped(number)), style));
    }
    line
}

fn summary(canvas: &Canvas<'_>, width: u16, summary: &RunSummary, lines: &mut Vec<Line>) {
    let theme = canvas.theme;
    let open = summary.remaining + summary.unknown;
    let (word, style) = match (open, summary.failed) {
        _ if summary.abandoned => ("ABANDONED", theme.warn),
        (0, 0) => ("COMPLETE", theme.good),
        (0, _) => ("COMPLETE, NOT ALL DONE", theme.warn),
        _ => ("INTERRUPTED", theme.warn),
    };
    lines.push(line(word, style));
    let total = summary.done + summary.already_there + summary.failed + summary.unknown + summary.remaining;
    lines.push(vec![
        (
            format!("{} to {}", grouped(total), summary.target.word()),
            theme.text,
        ),
        (" in ".to_owned(), theme.muted),
        (summary.tenant.clone(), theme.text),
    ]);
    lines.push(Line::new());
    lines.push(figures_line(
        canvas,
        [
            summary.done,
            summary.already_there,
            summary.failed,
            summary.unknown,
            summary.remaining,
        ],
    ));
    lines.push(Line::new());
    let took = duration(std::time::Duration::try_from_secs_f64(summary.elapsed_seconds).unwrap_or_default());
    lines.push(vec![("Took      ".to_owned(), theme.muted), (took, theme.text)]);
    lines.extend(hanging(
        canvas,
        width,
        ("Folder", theme.muted),
        (&summary.directory, theme.text),
        10,
    ));
    if let Some(stopped) = &summary.stopped {
        lines.extend(hanging(
            canvas,
            width,
            ("Stopped", theme.warn),
            (stopped, theme.text),
            10,
        ));
    }
    let advice = match (open, summary.failed) {
        _ if summary.abandoned => "This run is closed for good: make a new plan for what is left.",
        (0, 0) => {
            "Esc goes back. o lists the runs: verify reads back, undo makes the plan that takes this one back."
        }
        (0, _) => "Those that failed are still marked in the table: look at the reasons, then plan again.",
        _ => "o lists the runs; r there resumes this one: every open mailbox is read first.",
    };
    lines.extend(hanging(
        canvas,
        width,
        ("Next", theme.muted),
        (advice, theme.text),
        10,
    ));
}

fn failures(canvas: &Canvas<'_>, width: u16, progress: &RunProgress, lines: &mut Vec<Line>) {
    let theme = canvas.theme;
    if let RunState::Ended(RunEnd::Stopped(sentence)) = &progress.state {
        lines.push(Line::new());
        lines.extend(hanging(
            canvas,
            width,
            ("Stopped", theme.warn),
            (sentence, theme.text),
            10,
        ));
    }
    if progress.failures.is_empty() {
        return;
    }
    lines.push(Line::new());
    lines.push(line("Latest failures, newest first", theme.heading));
    for failure in progress.failures.iter().rev() {
        let code = failure
            .error
            .code
            .as_ref()
            .map_or_else(String::new, |code| format!("  {code}"));
        lines.push(vec![(failure.address.clone(), theme.text), (code, theme.muted)]);
        lines.extend(hanging(
            canvas,
            width,
            ("  failed", theme.bad),
            (&failure.error.message, theme.text),
            10,
        ));
        if let Some(advice) = &failure.error.advice {
            lines.extend(hanging(
                canvas,
                width,
                ("  advice", theme.muted),
                (advice, theme.text),
                10,
            ));
        }
    }
}
