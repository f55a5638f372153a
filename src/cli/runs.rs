//! `handover runs`: the runs on this machine.

use serde_json::Value;

use super::{
    Exit, Failure, Output,
    arguments::{Global, RunsVerb},
    config::{Settings, process_environment},
    note,
    output::member,
    table::Column,
};
use crate::engine::runs;

/// Lists runs, or shows one.
pub fn run(global: &Global, verb: &RunsVerb) -> Result<Exit, Failure> {
    let settings = Settings::load(global, &process_environment)?;
    match verb {
        RunsVerb::List => {
            let mut output = Output::new(global.output).columns(COLUMNS);
            for entry in runs::list(&settings.data_dir)? {
                output.row(&entry)?;
            }
            if output.is_table() && output.rows() == 0 {
                note(&format!("There are no runs in {}.", settings.data_dir.display()));
            }
            output.finish()?;
            Ok(Exit::Done)
        }
        RunsVerb::Show { run } => {
            let name = resolve(&settings, run)?;
            let detail = runs::show(&settings.data_dir, &name)?;
            Output::new(global.output).object(&detail)?;
            Ok(Exit::Done)
        }
    }
}

/// The columns of a list of runs.
const COLUMNS: &[Column] = &[
    Column::fixed("run", 25, |row| member(row, "run")),
    Column::fixed("state", 11, state),
    Column::fixed("what", 10, what),
    Column::fixed("done", 6, |row| count(row, "done")),
    Column::fixed("failed", 6, |row| count(row, "failed")),
    Column::fixed("left", 6, |row| count(row, "remaining")),
    Column::fixed("there", 6, |row| count(row, "alreadyThere")),
    Column::fixed("unknown", 7, |row| count(row, "unknown")),
    Column::fixed("started", 20, |row| {
        let text = member(row, "startedAt");
        text.parse::<jiff::Timestamp>()
            .map_or(text, |time| format!("{time:.0}"))
    }),
    Column::growing("tenant", 20, |row| member(row, "tenant")),
    Column::growing("who", 20, |row| member(row, "who")),
];

fn state(row: &Value) -> String {
    match row.get("abandoned") {
        Some(Value::Bool(true)) => "given up".to_owned(),
        _ => member(row, "state"),
    }
}

/// What a run does, in few cells.
fn what(row: &Value) -> String {
    match (member(row, "kind").as_str(), member(row, "target").as_str()) {
        ("set-addresses", _) => "addresses".to_owned(),
        ("set-tenant-default", _) => "default".to_owned(),
        (_, "on-premises") => "to on-prem".to_owned(),
        (_, "cloud") => "to cloud".to_owned(),
        _ => String::new(),
    }
}

/// A count; none where the record does not tell.
fn count(row: &Value, name: &str) -> String {
    if member(row, "state") == "damaged" {
        "?".to_owned()
    } else {
        member(row, name)
    }
}

/// The run behind a name; `latest` is the newest.
pub fn resolve(settings: &Settings, name: &str) -> Result<String, Failure> {
    if name != "latest" {
        return Ok(name.to_owned());
    }
    runs::list(&settings.data_dir)?
        .first()
        .map(|entry| entry.run.clone())
        .ok_or_else(|| Failure::usage(format!("there are no runs in {}", settings.data_dir.display())))
}
