//! `handover jobs logs`: the provisioning log, held-back deletions, the audit of configuration changes.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter},
    path::Path,
};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{arguments::LogsArguments, find};
use crate::{
    cli::{
        Exit, Failure, Output, arguments::Global, note, output::member, runtime, signals,
        synchronization::Tenant, table::Column,
    },
    domain::synchronization::{
        AuditEntry, AuditQuery, LogQuery, ProvisioningAction, ProvisioningLogEntry, ProvisioningStatus,
    },
    engine::synchronization::{
        advice::advice_for,
        logs::{Format, export_audit, export_logs, read_audit, read_log, staged_deletes},
    },
};
use tokio_util::sync::CancellationToken;

const COLUMNS: &[Column] = &[
    Column::fixed("at", 20, |row| member(row, "at")),
    Column::fixed("action", 12, |row| member(row, "action")),
    Column::fixed("status", 7, |row| member(row, "status")),
    Column::growing("object", 24, |row| member(row, "object")),
    Column::growing("error", 24, |row| member(row, "error")),
    Column::fixed("id", 36, |row| member(row, "id")),
];
const AUDIT_COLUMNS: &[Column] = &[
    Column::fixed("at", 20, |row| member(row, "at")),
    Column::fixed("result", 7, |row| member(row, "result")),
    Column::growing("activity", 20, |row| member(row, "activity")),
    Column::growing("what", 12, |row| member(row, "targets")),
    Column::growing("who", 12, |row| member(row, "by")),
];

/// Prints entries, newest first.
pub fn run(global: &Global, arguments: &LogsArguments) -> Result<Exit, Failure> {
    let mut query = query(arguments, Timestamp::now())?;
    if let Some(path) = &arguments.out
        && path.exists()
    {
        return Err(Failure::file(path, "exists already; choose another name"));
    }
    runtime()?.block_on(async {
        let tenant = Tenant::open(global).await?;
        if arguments.audit {
            return audit(global, &tenant, arguments, query).await;
        }
        if let Some(name) = &arguments.job {
            query.job_id = Some(find::job(&tenant, name).await?.1.id);
        }
        let cancel = CancellationToken::new();
        signals::cancel_on_interrupt(cancel.clone());
        if let (true, Some(job)) = (arguments.staged_deletes, &query.job_id) {
            let listing = staged_deletes(&*tenant.service, job, arguments.max);
            let Some(found) = cancel.run_until_cancelled(listing).await else {
                return Ok(Exit::Interrupted);
            };
            let found = found?;
            note(&format!("{} deletions are held back.", found.len()));
            return finish(global, arguments.out.as_deref(), found);
        }
        if arguments.out.is_some() {
            let mut entries = Vec::new();
            let reading = read_log(&*tenant.service, &query, arguments.max, |page| {
                entries.extend(page);
                true
            });
            let Some(read) = cancel.run_until_cancelled(reading).await else {
                return Ok(Exit::Interrupted);
            };
            read?;
            return finish(global, arguments.out.as_deref(), entries);
        }
        // Page by page: a long log is read at five pages in ten seconds.
        let mut output = Output::new(global.output).columns(COLUMNS);
        let mut failed = None;
        let reading = read_log(&*tenant.service, &query, arguments.max, |page| {
            let printed = page
                .iter()
                .try_for_each(|entry| print(&mut output, entry))
                .and_then(|()| output.flush());
            failed = printed.err();
            failed.is_none()
        });
        let ended = cancel.run_until_cancelled(reading).await;
        if let Some(failure) = failed {
            return Err(failure);
        }
        output.finish()?;
        match ended {
            Some(read) => {
                read?;
                Ok(Exit::Done)
            }
            None => Ok(Exit::Interrupted),
        }
    })
}

fn finish(global: &Global, out: Option<&Path>, entries: Vec<ProvisioningLogEntry>) -> Result<Exit, Failure> {
    let Some(path) = out else {
        let mut output = Output::new(global.output).columns(COLUMNS);
        for entry in &entries {
            print(&mut output, entry)?;
        }
        output.finish()?;
        return Ok(Exit::Done);
    };
    write_file(path, entries.len(), |file, format| {
        export_logs(&entries, format, file)
    })?;
    Ok(Exit::Done)
}

/// Writes a file that does not exist yet.
fn write_file(
    path: &Path,
    entries: usize,
    write: impl FnOnce(BufWriter<File>, Format) -> io::Result<()>,
) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::file(path, error);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(failed)?;
    write(BufWriter::new(file), Format::of_path(path)).map_err(failed)?;
    note(&format!("{entries} entries were written to {}.", path.display()));
    Ok(())
}

fn query(arguments: &LogsArguments, now: Timestamp) -> Result<LogQuery, Failure> {
    let status = match &arguments.status {
        Some(word) => match ProvisioningStatus::from_word(word) {
            ProvisioningStatus::Other(_) => {
                return Err(
                    Failure::usage(format!("--status {word}: there is no such status"))
                        .advise("Give success, failure, skipped or warning."),
                );
            }
            known => Some(known),
        },
        None => None,
    };
    let action = match &arguments.action {
        Some(word) => match ProvisioningAction::from_word(word) {
            ProvisioningAction::Other(_) => {
                return Err(
                    Failure::usage(format!("--action {word}: there is no such action"))
                        .advise("Give create, update, delete, disable, stagedDelete or other."),
                );
            }
            known => Some(known),
        },
        None => None,
    };
    Ok(LogQuery {
        job_id: None,
        after: time("--after", arguments.after.as_deref(), now)?,
        before: time("--before", arguments.before.as_deref(), now)?,
        action,
        status,
        object: arguments.object.clone(),
    })
}

/// A point in time, or how long ago.
fn time(option: &str, text: Option<&str>, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = text else { return Ok(None) };
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Some(at));
    }
    let days = text
        .strip_suffix('d')
        .and_then(|days| days.parse::<i64>().ok())
        .filter(|days| (0..=10_000).contains(days))
        .map(|days| SignedDuration::from_hours(24 * days));
    days.or_else(|| text.parse::<SignedDuration>().ok())
        .and_then(|ago| now.checked_sub(ago.abs()).ok())
        .map(Some)
        .ok_or_else(|| {
            Failure::usage(format!("{option} {text}: not understood"))
                .advise("Give a time such as 2026-12-01T08:00:00Z, or how long ago: 30m, 2h, 7d.")
        })
}

fn print(output: &mut Output, entry: &ProvisioningLogEntry) -> Result<(), Failure> {
    let code = entry
        .error
        .as_ref()
        .map(|error| error.code.as_str())
        .unwrap_or_default();
    if output.is_flat() {
        let name = if entry.source.display_name.is_empty() {
            &entry.source.id
        } else {
            &entry.source.display_name
        };
        return output.row(&json!({
            "at": super::record::shown(entry.at),
            "action": entry.action,
            "status": entry.status,
            "object": name,
            "error": code,
            "id": entry.id,
        }));
    }
    let mut record = serde_json::to_value(entry)?;
    if let Some(members) = record.as_object_mut() {
        // Names and values as an object, which is what readers of JSON expect.
        if let Some(steps) = members.get_mut("steps").and_then(|steps| steps.as_array_mut()) {
            for (step, read) in steps.iter_mut().zip(&entry.steps) {
                let details: serde_json::Map<String, serde_json::Value> = read
                    .details
                    .iter()
                    .map(|(name, value)| (name.clone(), json!(value)))
                    .collect();
                if let Some(step) = step.as_object_mut() {
                    step.insert("details".to_owned(), details.into());
                }
            }
        }
        members.insert(
            "advice".to_owned(),
            json!(advice_for(code).map(|advice| format!("{} {}", advice.meaning, advice.action))),
        );
    }
    output.row(&record)
}

async fn audit(
    global: &Global,
    tenant: &Tenant,
    arguments: &LogsArguments,
    query: LogQuery,
) -> Result<Exit, Failure> {
    let configuration = match &arguments.job {
        Some(name) => Some(find::configuration(tenant, name).await?.id),
        None => None,
    };
    let query = AuditQuery {
        configuration,
        after: query.after,
        before: query.before,
        object: query.object,
    };
    let cancel = CancellationToken::new();
    signals::cancel_on_interrupt(cancel.clone());
    let mut entries = Vec::new();
    let mut output = Output::new(global.output).columns(AUDIT_COLUMNS);
    let mut failed = None;
    let reading = read_audit(&*tenant.service, &query, arguments.max, |page| {
        if arguments.out.is_some() {
            entries.extend(page);
            return true;
        }
        failed = page
            .iter()
            .try_for_each(|entry| print_audit(&mut output, entry))
            .and_then(|()| output.flush())
            .err();
        failed.is_none()
    });
    let ended = cancel.run_until_cancelled(reading).await;
    if let Some(failure) = failed {
        return Err(failure);
    }
    match (ended, &arguments.out) {
        (None, Some(_)) => return Ok(Exit::Interrupted),
        (None, None) => {
            output.finish()?;
            return Ok(Exit::Interrupted);
        }
        (Some(read), None) => {
            output.finish()?;
            read?;
        }
        (Some(read), Some(path)) => {
            read?;
            write_file(path, entries.len(), |file, format| {
                export_audit(&entries, format, file)
            })?;
        }
    }
    Ok(Exit::Done)
}

fn print_audit(output: &mut Output, entry: &AuditEntry) -> Result<(), Failure> {
    if !output.is_flat() {
        return output.row(entry);
    }
    output.row(&json!({
        "at": super::record::shown(entry.at),
        "activity": entry.activity,
        "by": entry.by,
        "result": entry.result,
        "targets": entry.targets,
    }))
}
