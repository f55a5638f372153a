//! Lists: runs, waves, jobs, calls, messages.

use ratatui::{layout::Rect, style::Style};

use crate::tui::{
    glyphs::Glyphs,
    job::{Job, JobKind, JobState},
    model::Model,
    msg::{Level, RunRowState},
    widget::{Canvas, Scroll},
};

use super::{
    figures::{counted, duration, grouped},
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
    // A narrow screen has no room for the tenant, which is this one most of the time, nor for what was there before.
    let wide = area.width >= 100;
    let columns: &[Column] = match wide {
        true => &[
            ("Started", 16),
            ("What", 0),
            ("State", 11),
            ("   Done", 7),
            ("Already there", 13),
            (" Failed", 7),
            ("Remaining", 9),
            ("Tenant", 15),
        ],
        false => &[
            ("Started", 11),
            ("What", 0),
            ("State", 11),
            ("   Done", 7),
            ("Failed", 6),
            ("Remaining", 9),
        ],
    };
    let runs = model.runs.as_deref().unwrap_or(&[]);
    let rows = runs.iter().map(|run| {
        let state = match run.state {
            RunRowState::Open => theme.info,
            RunRowState::Interrupted => theme.warn,
            RunRowState::Done => theme.good,
            RunRowState::Damaged => theme.bad,
        };
        let started = model.day_and_time(run.started_at);
        let failed = if run.failed > 0 { theme.bad } else { theme.text };
        let number = |number: u64, cells: usize| match run.state {
            RunRowState::Damaged => format!("{:>cells$}", "?"),
            _ => format!("{:>cells$}", grouped(number)),
        };
        let tenant = if run.this_tenant { theme.text } else { theme.muted };
        let word = if run.abandoned {
            "abandoned"
        } else {
            run.state.word()
        };
        let cells = [
            Some((
                if wide {
                    started
                } else {
                    started.chars().skip(5).collect()
                },
                theme.text,
            )),
            Some((run.work.short(), theme.text)),
            Some((word.to_owned(), state)),
            Some((number(run.done, 7), theme.text)),
            wide.then(|| (number(run.already_there, 13), theme.text)),
            Some((number(run.failed, if wide { 7 } else { 6 }), failed)),
            Some((number(run.remaining, 9), theme.text)),
            wide.then(|| (run.tenant.clone(), tenant)),
        ];
        cells.into_iter().flatten().collect()
    });
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
        let progress = progress(model, job);
        // Of the jobs at work only those that report have a duration: another one would change the screen by itself.
        let until = job.ended.or(progress.is_some().then_some(model.now.elapsed));
        let took = until.map_or_else(String::new, |until| duration(until.saturating_sub(job.started)));
        let subject = match (&job.state, progress) {
            (JobState::Failed(message), _) => message.clone(),
            (_, Some(progress)) => format!("{progress}  {}", job.subject).trim_end().to_owned(),
            (_, None) => job.subject.clone(),
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

/// How far a job at work is, if it reports.
fn progress(model: &Model, job: &Job) -> Option<String> {
    if !job.state.is_active() {
        return None;
    }
    match job.kind {
        JobKind::Run => {
            let run = model.run.as_ref().filter(|run| run.job == job.id)?;
            let progress = run.progress.as_ref()?;
            let settled = progress.settled();
            let percent = u128::from(settled) * 100 / u128::from(progress.total.max(1));
            Some(format!(
                "{} of {}  {percent} %",
                grouped(settled),
                grouped(progress.total)
            ))
        }
        JobKind::Inventory => {
            let loading = model.mailboxes.loading.filter(|loading| loading.job == job.id)?;
            Some(counted(loading.rows as usize, "row", "rows"))
        }
        _ => None,
    }
}

/// The call log, newest first.
pub fn calls(canvas: &mut Canvas<'_>, area: Rect, model: &Model, scroll: Scroll) {
    let theme = canvas.theme;
    let whole_id = area.width >= 140;
    let roomy = area.width >= 100;
    let glyphs = canvas.glyphs;
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
        let request_id = call.request_id.as_deref().unwrap_or_default();
        let request_id = match whole_id {
            true => request_id.to_owned(),
            false => request_id.chars().take(8).collect(),
        };
        vec![
            (model.clock(call.at), theme.text),
            (call.method.clone(), theme.text),
            (status, style),
            (format!("{:>7}", grouped(call.milliseconds)), theme.text),
            (
                if roomy {
                    short_path(&call.path)
                } else {
                    path_end(glyphs, &call.path)
                },
                theme.text,
            ),
            (what, theme.muted),
            (request_id, theme.muted),
        ]
    });
    // A narrow screen shows the beginning of the request id; y copies all of it.
    let columns = [
        ("At", 8),
        ("Method", 6),
        ("Status", 6),
        ("     ms", 7),
        ("Path", 0),
        ("What", if roomy { 24 } else { 12 }),
        if whole_id {
            ("Request id", 36)
        } else {
            ("Request", 8)
        },
    ];
    let length = model.calls.len();
    draw(
        canvas,
        area,
        "Call log",
        &columns,
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

/// The end of a path, which says more than its beginning.
fn path_end(glyphs: Glyphs, path: &str) -> String {
    match path.rsplit_once('/') {
        Some(("", _)) | None => path.to_owned(),
        Some((_, end)) => format!("{}/{}", glyphs.ellipsis, short_path(end)),
    }
}

/// The messages so far.
pub fn messages(canvas: &mut Canvas<'_>, area: Rect, model: &Model, scroll: Scroll) {
    lines::screen(
        canvas,
        area,
        "Messages, newest first",
        scroll.top,
        |canvas, width| message_lines(canvas, width, model),
    );
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
