//! Provisioning logs: what the threshold holds back, and exports.

use std::{
    collections::HashSet,
    io::{self, Write},
};

use super::{Answer, SynchronizationService, pacer::Pacer};
use crate::{
    domain::{
        ServiceError,
        synchronization::{
            AuditEntry, AuditQuery, LogQuery, ModifiedProperty, ProvisioningAction, ProvisioningLogEntry,
        },
        text::spreadsheet_safe,
    },
    engine::export,
};

pub use export::ExportFormat as Format;

/// Pages without a held-back deletion before the search gives up: they are among the newest entries, because a job in
/// quarantine logs them at each attempt.
const DRY_AT_FIRST: usize = 10;
/// As many once some were found.
const DRY_LATER: usize = 2;
/// Pages in all: at five in ten seconds two minutes.
const MOST_PAGES: usize = 60;

/// The deletions that the threshold holds back, newest first, each object once. Looks through the newest entries only.
pub async fn staged_deletes(
    service: &dyn SynchronizationService,
    job_id: &str,
    at_most: usize,
) -> Result<Vec<ProvisioningLogEntry>, ServiceError> {
    let query = LogQuery {
        job_id: Some(job_id.to_owned()),
        action: Some(ProvisioningAction::StagedDelete),
        ..LogQuery::default()
    };
    let mut pacer = Pacer::of_reports();
    let mut known = HashSet::new();
    let mut found: Vec<ProvisioningLogEntry> = Vec::new();
    let mut next: Option<String> = None;
    let mut dry = 0;
    for _ in 0..MOST_PAGES {
        pacer.wait().await;
        let page = service.provisioning_log(&query, next.as_deref()).await?;
        let before = found.len();
        for entry in page.entries {
            let object = if entry.source.id.is_empty() {
                format!("{}\n{}", entry.target.id, entry.source.display_name)
            } else {
                entry.source.id.clone()
            };
            if found.len() < at_most && known.insert(object.to_lowercase()) {
                found.push(entry);
            }
        }
        dry = if found.len() > before { 0 } else { dry + 1 };
        let patience = if found.is_empty() { DRY_AT_FIRST } else { DRY_LATER };
        next = page.next;
        if next.is_none() || found.len() >= at_most || dry >= patience {
            break;
        }
    }
    Ok(found)
}

/// Columns of an export.
const COLUMNS: [&str; 14] = [
    "id",
    "at",
    "jobId",
    "cycleId",
    "action",
    "status",
    "errorCode",
    "errorMessage",
    "milliseconds",
    "sourceId",
    "sourceName",
    "targetId",
    "targetName",
    "modified",
];

/// Writes entries: CSV with one row each (steps left out), JSON with everything.
pub fn export_logs(entries: &[ProvisioningLogEntry], format: Format, mut into: impl Write) -> io::Result<()> {
    match format {
        Format::Csv => write_csv(&COLUMNS, entries.iter().map(row), &mut into)?,
        Format::Json | Format::JsonLines => write_json(entries, format, &mut into)?,
    }
    into.flush()
}

fn write_csv<const N: usize>(
    columns: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
    into: impl Write,
) -> io::Result<()> {
    let mut writer = export::spreadsheet(into)?;
    writer.write_record(columns)?;
    for cells in rows {
        writer.write_record(cells.iter().map(|cell| spreadsheet_safe(cell).into_owned()))?;
    }
    writer.flush()
}

fn write_json<T: serde::Serialize>(entries: &[T], format: Format, mut into: impl Write) -> io::Result<()> {
    if format == Format::Json {
        serde_json::to_writer(&mut into, entries)?;
        return into.write_all(b"\n");
    }
    for entry in entries {
        serde_json::to_writer(&mut into, entry)?;
        into.write_all(b"\n")?;
    }
    Ok(())
}

fn modified(properties: &[ModifiedProperty]) -> String {
    let modified: Vec<String> = properties
        .iter()
        .map(|property| {
            format!(
                "{}: {} -> {}",
                property.name,
                property.old.as_deref().unwrap_or("-"),
                property.new.as_deref().unwrap_or("-")
            )
        })
        .collect();
    modified.join("; ")
}

fn row(entry: &ProvisioningLogEntry) -> [String; 14] {
    let error = entry.error.clone().unwrap_or_default();
    [
        entry.id.clone(),
        entry.at.map(|at| at.to_string()).unwrap_or_default(),
        entry.job_id.clone(),
        entry.cycle_id.clone(),
        entry.action.word().to_owned(),
        entry.status.word().to_owned(),
        error.code,
        error.message,
        entry
            .milliseconds
            .map(|milliseconds| milliseconds.to_string())
            .unwrap_or_default(),
        entry.source.id.clone(),
        entry.source.display_name.clone(),
        entry.target.id.clone(),
        entry.target.display_name.clone(),
        modified(&entry.modified),
    ]
}

/// Columns of an export of the audit.
const AUDIT_COLUMNS: [&str; 7] = ["id", "at", "activity", "result", "by", "targets", "modified"];

/// Writes entries of the audit: CSV with one row each, JSON with everything.
pub fn export_audit(entries: &[AuditEntry], format: Format, mut into: impl Write) -> io::Result<()> {
    match format {
        Format::Csv => {
            let rows = entries.iter().map(|entry| {
                [
                    entry.id.clone(),
                    entry.at.map(|at| at.to_string()).unwrap_or_default(),
                    entry.activity.clone(),
                    entry.result.clone(),
                    entry.by.clone(),
                    entry.targets.join("; "),
                    modified(&entry.modified),
                ]
            });
            write_csv(&AUDIT_COLUMNS, rows, &mut into)?;
        }
        Format::Json | Format::JsonLines => write_json(entries, format, &mut into)?,
    }
    into.flush()
}

/// Reads pages of the provisioning log until `at_most` entries are there, handing each page over as it comes.
pub async fn read_log(
    service: &dyn SynchronizationService,
    query: &LogQuery,
    at_most: usize,
    page_came: impl FnMut(Vec<ProvisioningLogEntry>) -> bool,
) -> Result<(), ServiceError> {
    let fetch = |next: Option<String>| -> Answer<'_, _> {
        Box::pin(async move {
            let page = service.provisioning_log(query, next.as_deref()).await?;
            Ok((page.entries, page.next))
        })
    };
    read_pages(fetch, at_most, page_came).await
}

/// Reads pages of the audit of configuration changes until `at_most` entries are there, handing each page over as it comes.
pub async fn read_audit(
    service: &dyn SynchronizationService,
    query: &AuditQuery,
    at_most: usize,
    page_came: impl FnMut(Vec<AuditEntry>) -> bool,
) -> Result<(), ServiceError> {
    let fetch = |next: Option<String>| -> Answer<'_, _> {
        Box::pin(async move {
            let page = service.audit(query, next.as_deref()).await?;
            Ok((page.entries, page.next))
        })
    };
    read_pages(fetch, at_most, page_came).await
}

/// Fetches pages at the pace of the reports until `at_most` entries are there, the last page is, or nobody wants more.
async fn read_pages<'a, T>(
    fetch: impl Fn(Option<String>) -> Answer<'a, (Vec<T>, Option<String>)>,
    at_most: usize,
    mut page_came: impl FnMut(Vec<T>) -> bool,
) -> Result<(), ServiceError> {
    let mut pacer = Pacer::of_reports();
    let mut next: Option<String> = None;
    let mut left = at_most;
    while left > 0 {
        pacer.wait().await;
        let (mut entries, following) = fetch(next).await?;
        entries.truncate(left);
        left -= entries.len();
        if !page_came(entries) {
            return Ok(());
        }
        next = following;
        if next.is_none() {
            break;
        }
    }
    Ok(())
}
