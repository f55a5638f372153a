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
    column("run", 25, |row| member(row, "run")),
    column("state", 11, state),
    column("what", 10, what),
    column("done", 6, |row| count(row, "done")),
    column("failed", 6, |row| count(row, "failed")),
    column("left", 6, |row| count(row, "remaining")),
    column("there", 6, |row| count(row, "alreadyThere")),
    column("unknown", 7, |row| count(row, "unknown")),
    column("started", 20, |row| {
        let text = member(row, "startedAt");
        text.parse::<jiff::Timestamp>()
            .map_or(text, |time| format!("{time:.0}"))
    }),
    Column {
        heading: "tenant",
        width: 20,
        grows: true,
        cell: |row| member(row, "tenant"),
    },
    Column {
        heading: "who",
        width: 20,
        grows: true,
        cell: |row| member(row, "who"),
    },
];

const fn column(heading: &'static str, width: usize, cell: fn(&Value) -> String) -> Column {
    Column {
        heading,
        width,
        grows: false,
        cell,
    }
}

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
