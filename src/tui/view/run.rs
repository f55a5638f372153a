//! A run at work, and its summary.

use ratatui::{layout::Rect, style::Style};

use crate::{
    engine::{ItemFailure, RunEnd, RunProgress, RunState, RunSummary},
    tui::{
        model::{Model, RunView},
        widget::{Canvas, Scroll, bar, sparkline},
    },
};

use super::{
    figures::{counted, duration, grouped},
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
    lines::screen(canvas, area, &title, scroll.top, |canvas, width| {
        lines(canvas, width, model)
    });
}

/// Its lines.
pub fn lines(canvas: &Canvas<'_>, width: u16, model: &Model) -> Vec<Line> {
    let theme = canvas.theme;
    let Some(run) = &model.run else {
        return vec![line("No run was started yet.", theme.muted)];
    };
    let mut lines = Vec::new();
    match &run.outcome {
        Some(Ok(outcome)) => summary(canvas, width, &run.what, &outcome.summary, &mut lines),
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
            lines.push(line(run.what.as_str(), theme.text));
        }
        return lines;
    };
    if run.outcome.is_none() {
        at_work(canvas, width, run, progress, &mut lines);
    }
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
    let latest = progress.failures.iter().rev();
    failures(canvas, width, "Latest failures, newest first", latest, &mut lines);
    lines
}

fn state(canvas: &Canvas<'_>, progress: &RunProgress, stopping: bool) -> (&'static str, Style, String) {
    let theme = canvas.theme;
    let flying = match progress.in_flight {
        0 => "nothing is in flight".to_owned(),
        count => format!("{} in flight, finished first", grouped(count)),
    };
    match &progress.state {
        RunState::Ended(_) => ("ENDED", theme.text, "writing the summary".to_owned()),
        _ if stopping => (
            "STOPPING",
            theme.warn,
            format!("{flying}; q leaves the screen now"),
        ),
        RunState::Stopping => (
            "STOPPING",
            theme.warn,
            format!("{flying}; it can be resumed later"),
        ),
        RunState::Starting => (
            "STARTING",
            theme.info,
            "checking the plan, taking the lock of the tenant".to_owned(),
        ),
        RunState::Settling => (
            "SETTLING",
            theme.info,
            "reading mailboxes that an interruption left open".to_owned(),
        ),
        RunState::Running => ("RUNNING", theme.good, "snapshot, write, read back".to_owned()),
        RunState::Paused => {
            let word = if progress.in_flight > 0 {
                "PAUSING"
            } else {
                "PAUSED"
            };
            (word, theme.warn, format!("{flying}; r goes on, c cancels"))
        }
    }
}

fn at_work(canvas: &Canvas<'_>, width: u16, run: &RunView, progress: &RunProgress, lines: &mut Vec<Line>) {
    let theme = canvas.theme;
    let (word, style, doing) = state(canvas, progress, run.stopping);
    lines.push(vec![(format!("{word:<9} "), style), (doing, theme.muted)]);
    lines.push(vec![
        (run.what.clone(), theme.text),
        (" in ".to_owned(), theme.muted),
        (progress.tenant.domain.clone(), theme.text),
    ]);
    lines.push(Line::new());
    let settled = progress.settled();
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
        None => {
            let none = match transport.throttled {
                0 => "no throttling",
                _ => "no throttling now",
            };
            let calls = format!("{} of {} calls at once", transport.in_flight, transport.limit);
            (format!("{calls}, {none}"), theme.text)
        }
    };
    lines.push(vec![("Service   ".to_owned(), theme.muted), service]);
    if transport.throttled + transport.retries > 0 {
        let text = format!(
            "throttled {}, {} so far",
            counted(transport.throttled as usize, "time", "times"),
            counted(transport.retries as usize, "retry", "retries")
        );
        lines.push(vec![("          ".to_owned(), theme.muted), (text, theme.muted)]);
    }
}

pub(super) fn figures_line(canvas: &Canvas<'_>, numbers: [u64; 5]) -> Line {
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

fn summary(canvas: &Canvas<'_>, width: u16, what: &str, summary: &RunSummary, lines: &mut Vec<Line>) {
    let theme = canvas.theme;
    let open = summary.remaining + summary.unknown;
    let (word, style) = match (open, summary.failed) {
        _ if summary.abandoned => ("ABANDONED", theme.warn),
        (0, 0) => ("COMPLETE", theme.good),
        (0, _) => ("COMPLETE, NOT ALL DONE", theme.warn),
        _ => ("INTERRUPTED", theme.warn),
    };
    lines.push(line(word, style));
    lines.push(vec![
        (what.to_owned(), theme.text),
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

/// Mailboxes that failed, each with its reason and advice.
pub(super) fn failures<'a>(
    canvas: &Canvas<'_>,
    width: u16,
    title: &str,
    failures: impl Iterator<Item = &'a ItemFailure>,
    lines: &mut Vec<Line>,
) {
    let theme = canvas.theme;
    for (at, failure) in failures.enumerate() {
        if at == 0 {
            lines.push(Line::new());
            lines.push(line(title, theme.heading));
        }
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
