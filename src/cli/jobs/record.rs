//! A job as the verbs show it (design section 2).

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    cli::{
        Failure, Output,
        output::{inside, member, minute},
        table::Column,
    },
    domain::synchronization::{Configuration, EXECUTION_COUNTS, Execution, SynchronizationJob},
    engine::synchronization::advice::{job_advice, quarantine_advice},
};

/// A row of `jobs list`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobRow {
    configuration: String,
    service_principal_id: String,
    job_id: String,
    kind: String,
    title: String,
    schedule: Value,
    code: String,
    quarantine: Value,
    last_execution: Value,
    last_good_execution: Value,
    advice: Option<String>,
}

impl JobRow {
    /// From a job.
    pub fn of(configuration: &Configuration, job: &SynchronizationJob) -> Self {
        let quarantine = job.status.quarantine.as_ref().map(|quarantine| {
            json!({
                "reason": quarantine.reason,
                "since": quarantine.since,
                "nextAttempt": quarantine.next_attempt,
                "seriesBegan": quarantine.series_began,
                "seriesCount": quarantine.series_count,
                "error": quarantine.error,
                "advice": quarantine_advice(quarantine)
                    .map(|advice| format!("{} {}", advice.meaning, advice.action)),
            })
        });
        Self {
            configuration: configuration.display_name.clone(),
            service_principal_id: configuration.id.clone(),
            job_id: job.id.clone(),
            kind: job.kind().word().to_owned(),
            title: job.kind().title().to_owned(),
            schedule: json!({
                "state": job.schedule.state,
                "interval": job.schedule.interval,
                "expiration": job.schedule.expiration,
            }),
            code: job.status.code.word().to_owned(),
            quarantine: quarantine.unwrap_or(Value::Null),
            last_execution: execution(job.status.last.as_ref()),
            last_good_execution: execution(job.status.last_good.as_ref()),
            advice: job_advice(job).map(|advice| format!("{} {}", advice.meaning, advice.action)),
        }
    }

    /// With everything, or without what is nested where that has no place.
    pub fn print(&self, job: &SynchronizationJob, output: &mut Output) -> Result<(), Failure> {
        if !output.is_flat() || output.is_table() {
            return output.row(self);
        }
        let last = job.status.last.as_ref();
        output.row(&json!({
            "configuration": self.configuration,
            "kind": self.kind,
            "code": self.code,
            "schedule": job.schedule.state,
            "quarantine": job.status.quarantine.as_ref().map(|quarantine| quarantine.reason.word()),
            "lastRun": last.map(|last| last.state.word()),
            "ended": shown(last.and_then(|last| last.ended)),
            "jobId": self.job_id,
        }))
    }
}

/// The columns of a list of jobs. Configuration and kind name a job on the command line, so the kind is never cut.
pub const COLUMNS: &[Column] = &[
    Column::growing("configuration", 14, |row| member(row, "configuration")),
    Column::fixed("kind", 40, |row| member(row, "kind")),
    Column::fixed("state", 10, |row| match inside(row, "/schedule/state").as_str() {
        "Active" => member(row, "code"),
        other => other.to_owned(),
    }),
    Column::fixed("result", 7, |row| {
        match inside(row, "/lastExecution/state").as_str() {
            "Succeeded" => "good".to_owned(),
            "EntryLevelErrors" => "errors".to_owned(),
            other => other.to_lowercase(),
        }
    }),
    Column::fixed("last run", 17, |row| minute(row, "/lastExecution/timeEnded")),
    Column::growing("quarantine", 14, |row| inside(row, "/quarantine/reason")),
];

/// A point in time for people.
pub fn shown(at: Option<Timestamp>) -> String {
    at.map_or_else(
        || "never".to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
    )
}

/// An execution with all counters, under their names on the wire.
pub fn execution(execution: Option<&Execution>) -> Value {
    let Some(execution) = execution else {
        return Value::Null;
    };
    let counts: serde_json::Map<String, Value> = EXECUTION_COUNTS
        .iter()
        .map(|count| (count.name.to_owned(), json!((count.value)(&execution.counts))))
        .collect();
    json!({
        "state": execution.state,
        "timeBegan": execution.began,
        "timeEnded": execution.ended,
        "counts": counts,
        "error": execution.error,
        "activity": execution.activity,
    })
}
