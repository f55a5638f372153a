//! The logs of a job: opened, read page by page when they are wanted, filtered.

use crate::{
    engine::synchronization::SynchronizationAction,
    tui::{
        effect::{Effect, LogEffect, LogPageRequest},
        job::{JobId, JobKind},
        layer::{Layer, LogEntryScreen, LogKind, LogPages, LogRecord, LogScreen},
        model::Model,
        msg::{Failure, Level, LogMsg, LogPageRead},
        view,
        widget::{Scroll, TextField},
    },
};

use super::{Effects, steering, tell_failure};

/// Pages that are read without a key because the filter shows less than a screen of rows.
const READ_ON: usize = 10;

/// Opens the provisioning log of a job. `name` is what people call it.
pub fn open_logs(model: &mut Model, configuration: &str, job: &str, name: &str, effects: &mut Effects) {
    open(model, LogKind::Provisioning, configuration, job, name, effects);
}

/// Opens a log.
pub fn open(
    model: &mut Model,
    kind: LogKind,
    configuration: &str,
    job: &str,
    name: &str,
    effects: &mut Effects,
) {
    let screen = LogScreen::new(kind, configuration.to_owned(), job.to_owned(), name.to_owned());
    model.layers.push(Layer::Logs(Box::new(screen)));
    read_page(model, effects);
}

fn top(model: &mut Model) -> Option<&mut LogScreen> {
    match model.layers.last_mut() {
        Some(Layer::Logs(screen)) => Some(screen),
        _ => None,
    }
}

/// Reads the next older page, one at a time.
pub fn read_page(model: &mut Model, effects: &mut Effects) {
    let Some(screen) = top(model) else { return };
    if screen.reading.is_some() || !screen.has_more() {
        return;
    }
    let request = LogPageRequest {
        kind: screen.kind,
        configuration: screen.configuration.clone(),
        job_id: screen.job_id.clone(),
        after: screen.window.0,
        before: screen.window.1,
        next: screen.next.clone(),
    };
    let subject = format!("{} of {}", screen.kind.title().to_lowercase(), screen.name);
    let job = model.jobs.start(model.now, JobKind::ReadSynchronization, subject);
    if let Some(screen) = top(model) {
        screen.reading = Some(job);
        screen.failure = None;
    }
    effects.push(Effect::Log(LogEffect::ReadPage { job, request }));
}

/// Reads the log again from its newest entry; the filter stays.
pub fn reload(model: &mut Model, effects: &mut Effects) {
    let Some(screen) = top(model) else { return };
    let stale = screen.reading.take();
    screen.restart();
    if let Some(job) = stale {
        model.jobs.stopping(job);
        effects.push(Effect::CancelJob(job));
    }
    read_page(model, effects);
}

/// Takes an answer in.
pub fn answer(model: &mut Model, msg: LogMsg, effects: &mut Effects) {
    match msg {
        LogMsg::Page { job, result } if model.jobs.end(model.now, job, &result) => {
            page(model, job, result, effects);
        }
        LogMsg::Filtered {
            generation,
            rows,
            looked_at,
        } => {
            let taken = model.layers.iter_mut().any(|layer| match layer {
                Layer::Logs(screen) => screen.filtered(generation, rows.clone(), looked_at),
                _ => false,
            });
            if taken {
                keep(model);
                read_on(model, effects);
            }
        }
        LogMsg::Page { .. } => {}
    }
}

fn page(model: &mut Model, job: JobId, result: Result<LogPageRead, Failure>, effects: &mut Effects) {
    let now = model.now;
    let screen = model.layers.iter_mut().find_map(|layer| match layer {
        Layer::Logs(screen) if screen.reading == Some(job) => Some(screen),
        _ => None,
    });
    let Some(screen) = screen else { return };
    screen.reading = None;
    match result {
        Ok(page) => {
            screen.begun = true;
            screen.as_of.get_or_insert(now.wall);
            screen.next = page.next;
            screen.take(page.rows);
            keep(model);
            read_on(model, effects);
        }
        Err(failure) => {
            screen.failure = Some(failure.message.clone());
            let what = screen.kind.title();
            if !failure.cancelled {
                tell_failure(model, what, &failure);
            }
        }
    }
}

/// Keeps the cursor in sight after the rows changed.
fn keep(model: &mut Model) {
    let (length, visible) = view::extent(model);
    if let Some(screen) = top(model) {
        screen.scroll.keep(length, visible);
    }
}

/// Reads on while the filter shows less than a screen of rows, though not for ever.
fn read_on(model: &mut Model, effects: &mut Effects) {
    let (length, visible) = view::extent(model);
    let Some(screen) = top(model) else { return };
    if screen.next.is_none() || screen.filtering || length >= visible {
        return;
    }
    if screen.read_on < READ_ON {
        screen.read_on += 1;
        read_page(model, effects);
    }
}

/// The cursor stands at the end of what was read: older entries are wanted.
pub fn at_end(model: &mut Model, effects: &mut Effects) {
    if let Some(screen) = top(model) {
        screen.read_on = 0;
    }
    read_page(model, effects);
}

/// Begins to edit the filter line, or takes one from the palette.
pub fn filter(model: &mut Model, argument: &str, effects: &mut Effects) {
    if !argument.is_empty() {
        set_filter(model, argument, effects);
        return;
    }
    if let Some(screen) = top(model) {
        let before = screen.filter_text.clone();
        screen.editing = Some((TextField::new(&before), before));
    }
}

/// The filter line changed: the rows follow at once.
pub fn set_filter(model: &mut Model, text: &str, effects: &mut Effects) {
    let Some(screen) = top(model) else { return };
    screen.read_on = 0;
    if let Some(request) = screen.set_filter(text) {
        effects.push(Effect::Log(LogEffect::Filter(request)));
    }
    keep(model);
}

/// Enter: the filter line is put away, or the entry under the cursor is opened.
pub fn accept(model: &mut Model, effects: &mut Effects) {
    let Some(screen) = top(model) else { return };
    if screen.editing.is_none() {
        if let Some(record) = screen.selected() {
            let record = record.clone();
            model.layers.push(Layer::LogEntry(Box::new(LogEntryScreen {
                record,
                scroll: Scroll::default(),
            })));
        }
        return;
    }
    if screen.filter_error.is_some() {
        let text = "the filter has a mistake; put it right, or go back with Esc";
        model.notes.tell(model.now, Level::Warn, text);
        return;
    }
    screen.editing = None;
    let window = (screen.filter.after, screen.filter.before);
    if screen.kind != LogKind::StagedDeletes && window != screen.window {
        // The service knows these times too: reading on would take pages of the wrong ones.
        screen.window = window;
        reload(model, effects);
    } else {
        read_on(model, effects);
    }
}

/// Back by one level; `screen` was taken off the layers.
pub fn back(model: &mut Model, mut screen: Box<LogScreen>, effects: &mut Effects) {
    if let Some((_, before)) = screen.editing.take() {
        model.layers.push(Layer::Logs(screen));
        set_filter(model, &before, effects);
        return;
    }
    if !screen.filter_text.is_empty() {
        let unwindowed = screen.window == (None, None);
        screen.window = (None, None);
        model.layers.push(Layer::Logs(screen));
        set_filter(model, "", effects);
        if !unwindowed {
            reload(model, effects);
        }
        return;
    }
    if let Some(job) = screen.reading {
        model.jobs.stopping(job);
        effects.push(Effect::CancelJob(job));
    }
}

/// Plans to let the held-back deletions through: their list is on screen.
pub fn allow_deletes(model: &mut Model, effects: &mut Effects) {
    let Some(screen) = top(model) else { return };
    let action = SynchronizationAction::Restart {
        configuration: screen.configuration.clone(),
        job: screen.job_id.clone(),
        choice: "allow-deletes".to_owned(),
    };
    steering::begin_action(model, action, effects);
}

/// Copies the entry: id, object, code, message.
pub fn copied(record: &LogRecord) -> String {
    let at = record.at().map(|at| at.to_string()).unwrap_or_default();
    let mut parts = vec![
        at,
        record.action().to_owned(),
        record.status().to_owned(),
        record.object().to_owned(),
        record.code().to_owned(),
    ];
    match record {
        LogRecord::Provisioning(entry) => {
            if let Some(error) = &entry.error {
                parts.push(error.message.clone());
            }
            parts.push(entry.id.clone());
        }
        LogRecord::Audit(entry) => parts.push(entry.id.clone()),
    }
    parts.join("\t")
}

/// The rows to export.
pub fn exported(model: &Model) -> Option<(LogPages, Option<Vec<u32>>)> {
    match model.layers.last() {
        Some(Layer::Logs(screen)) => Some((screen.pages.clone(), screen.shown.clone())),
        _ => None,
    }
}
