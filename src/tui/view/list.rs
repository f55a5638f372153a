//! Lists: runs, waves, jobs, calls, messages.

use ratatui::{layout::Rect, style::Style};

use crate::tui::{
    job::JobState,
    model::Model,
    msg::{Level, RunRowState},
    widget::{Canvas, Scroll},
};

use super::{
    figures::{duration, grouped},
    layout,
    lines::{self, Line, hanging},
};

/// A column of a list: its heading and how many cells it takes; 0 takes what is left.
type Column = (&'static str, u16);

/// Draws heading and rows; the first text of the row with the cursor is reversed.
fn draw<'a>(
    canvas: &mut Canvas<'_>,
    frame: Rect,
    title: &str,
    columns: &[Column],
    (scroll, length): (Scroll, usize),
    rows: impl Iterator<Item = Vec<(String, Style)>> + 'a,
    empty: &str,
) {
    let inside = canvas.frame(frame, title, canvas.theme.title);
    let fixed: u16 = columns.iter().map(|(_, cells)| cells).sum::<u16>() + columns.len() as u16 * 2;
    let rest = inside.width.saturating_sub(fixed).max(4);
    let places: Vec<(u16, u16)> = columns
        .iter()
        .scan(inside.x + 2, |x, (_, cells)| {
            let cells = if *cells == 0 { rest } else { *cells };
            let at = *x;
            *x += cells + 2;
            Some((at, cells.min(inside.right().saturating_sub(at))))
        })
        .collect();
    for ((heading, _), (x, cells)) in columns.iter().zip(&places) {
        canvas.text(*x, inside.y, *cells, heading, canvas.theme.heading);
    }
    if length == 0 {
        canvas.text(
            inside.x + 2,
            inside.y + 1,
            inside.width.saturating_sub(2),
            empty,
            canvas.theme.muted,
        );
        return;
    }
    let visible = inside.height.saturating_sub(1);
    for ((y, row), place) in (inside.y + 1..inside.bottom())
        .zip(rows.skip(scroll.top))
        .zip(scroll.top..)
    {
        let selected = place == scroll.cursor;
        if selected {
            canvas.sign(inside.x, y, canvas.glyphs.cursor, canvas.theme.key);
        }
        for (at, ((text, style), (x, cells))) in row.iter().zip(&places).enumerate() {
            let style = canvas.selected(*style, selected && at == 0);
            canvas.text(*x, y, *cells, text, style);
        }
    }
    lines::draw_extent(canvas, frame, scroll.top, usize::from(visible), length);
}

/// The runs on disk.
pub fn runs(canvas: &mut Canvas<'_>, area: Rect, model: &Model, scroll: Scroll) {
    let theme = canvas.theme;
    let empty = match &model.runs {
        None => "Reading the runs...",
        Some(_) => "No run was made on this machine yet.",
    };
    let columns = [
        ("Started", 16),
        ("What", 0),
        ("State", 11),
        ("Done", 8),
        ("Remaining", 9),
        ("Tenant", 24),
    ];
    let runs = model.runs.as_deref().unwrap_or(&[]);
    let rows = runs.iter().map(|run| {
        let state = match run.state {
            RunRowState::Open => theme.info,
            RunRowState::Interrupted => theme.warn,
            RunRowState::Done => theme.good,
        };
        vec![
            (model.day_and_time(run.started_at), theme.text),
            (run.what.clone(), theme.text),
            (run.state.word().to_owned(), state),
            (format!("{:>8}", grouped(run.done)), theme.text),
            (format!("{:>9}", grouped(run.remaining)), theme.text),
            (
                run.tenant.clone(),
                if run.this_tenant { theme.text } else { theme.muted },
            ),
        ]
    });
    // A narrow screen has no room for the tenant, which is this one most of the time.
    let columns = if area.width < 100 {
        &columns[..5]
    } else {
        &columns[..]
    };
    draw(canvas, area, "Runs", columns, (scroll, runs.len()), rows, empty);
}

/// Where the waves stand.
pub fn waves_area(body: Rect) -> Rect {
    layout::dialog(body, 64, 16)
}

/// The saved waves.
pub fn waves(canvas: &mut Canvas<'_>, body: Rect, model: &Model, scroll: Scroll) {
    let theme = canvas.theme;
    let empty = match &model.waves {
        None => "Reading the waves...",
        Some(_) => "No wave is saved. Mark mailboxes, then s saves them under a name.",
    };
    let waves = model.waves.as_deref().unwrap_or(&[]);
    let rows = waves.iter().map(|wave| {
        vec![
            (wave.name.clone(), theme.text),
            (format!("{:>9}", grouped(wave.mailboxes)), theme.text),
            (model.day_and_time(wave.saved_at), theme.muted),
        ]
    });
    let columns = [("Name", 0), ("Mailboxes", 9), ("Saved", 16)];
    draw(
        canvas,
        waves_area(body),
        "Waves",
        &columns,
        (scroll, waves.len()),
        rows,
        empty,
    );
}

/// The jobs drawer.
pub fn jobs(canvas: &mut Canvas<'_>, area: Rect, model: &Model, scroll: Scroll) {
    let theme = canvas.theme;
    let rows = model.jobs.newest_first().map(|job| {
        let style = match &job.state {
            JobState::Running => theme.info,
            JobState::Stopping | JobState::Cancelled => theme.warn,
            JobState::Done => theme.good,
            JobState::Failed(_) => theme.bad,
        };
        // Only ended jobs have a duration: a running one would change the screen by itself.
        let took = job
            .ended
            .map_or_else(String::new, |ended| duration(ended.saturating_sub(job.started)));
        let subject = match &job.state {
            JobState::Failed(message) => message.clone(),
            _ => job.subject.clone(),
        };
        vec![
            (job.kind.title().to_owned(), theme.text),
            (job.state.word().to_owned(), style),
            (took, theme.muted),
            (subject, theme.text),
        ]
    });
    let columns = [("Job", 23), ("State", 9), ("Took", 12), ("Subject", 0)];
    let length = model.jobs.newest_first().len();
    draw(
        canvas,
        area,
        "Jobs",
        &columns,
        (scroll, length),
        rows,
        "No job so far.",
    );
}

/// The call log, newest first.
pub fn calls(canvas: &mut Canvas<'_>, area: Rect, model: &Model, scroll: Scroll) {
    let theme = canvas.theme;
    let rows = model.calls.iter().rev().map(|call| {
        let (status, style) = match call.status {
            Some(status @ 200..=299) => (status.to_string(), theme.good),
            Some(status) => (status.to_string(), theme.bad),
            None => ("none".to_owned(), theme.bad),
        };
        let what = match &call.note {
            Some(note) => format!("{}: {note}", call.operation),
            None => call.operation.clone(),
        };
        vec![
            (model.clock(call.at), theme.text),
            (call.method.clone(), theme.text),
            (status, style),
            (format!("{:>7}", grouped(call.milliseconds)), theme.text),
            (short_path(&call.path), theme.text),
            (what, theme.muted),
            (call.request_id.clone().unwrap_or_default(), theme.muted),
        ]
    });
    let wide = area.width >= 100;
    let columns = [
        ("At", 8),
        ("Method", 6),
        ("Status", 6),
        ("     ms", 7),
        ("Path", 0),
        ("What", if wide { 24 } else { 16 }),
        ("Request id", 36),
    ];
    // The request id needs a wide screen; y copies it on every one.
    let columns = if area.width >= 140 {
        &columns[..]
    } else {
        &columns[..6]
    };
    let length = model.calls.len();
    draw(
        canvas,
        area,
        "Call log",
        columns,
        (scroll, length),
        rows,
        "No call so far.",
    );
}

/// A path with its ids cut to their first letters, so that what was called stays in sight.
fn short_path(path: &str) -> String {
    let short = |part: &str| match uuid::Uuid::try_parse(part) {
        Ok(_) => part.chars().take(4).chain("*".chars()).collect(),
        Err(_) => part.to_owned(),
    };
    path.split('/').map(short).collect::<Vec<String>>().join("/")
}

/// The messages so far.
pub fn messages(canvas: &mut Canvas<'_>, area: Rect, model: &Model, scroll: Scroll) {
    let inside = canvas.frame(area, "Messages, newest first", canvas.theme.title);
    let lines = message_lines(canvas, inside.width, model);
    lines::draw(canvas, inside, &lines, scroll.top);
    lines::draw_extent(canvas, area, scroll.top, usize::from(inside.height), lines.len());
}

/// Their lines.
pub fn message_lines(canvas: &Canvas<'_>, width: u16, model: &Model) -> Vec<Line> {
    let theme = canvas.theme;
    let mut lines = Vec::new();
    for note in model.notes.history().iter().rev() {
        let style = match note.level {
            Level::Info => theme.info,
            Level::Warn => theme.warn,
            Level::Error => theme.bad,
        };
        let head = format!("{} {}", model.clock(note.at), note.level.word());
        lines.extend(hanging(
            canvas,
            width,
            (&head, style),
            (&note.text, theme.text),
            18,
        ));
        for text in [&note.advice, &note.detail].into_iter().flatten() {
            lines.extend(hanging(canvas, width, ("", style), (text, theme.muted), 18));
        }
    }
    if lines.is_empty() {
        lines.push(lines::line("No message so far.", theme.muted));
    }
    lines
}
