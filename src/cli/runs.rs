//! `handover runs`: the runs on this machine.

use super::{
    Exit, Failure, Output,
    arguments::{Global, RunsVerb},
    config::{Settings, process_environment},
};
use crate::engine::runs;

/// Lists runs, or shows one.
pub fn run(global: &Global, verb: &RunsVerb) -> Result<Exit, Failure> {
    let settings = Settings::load(global, &process_environment)?;
    match verb {
        RunsVerb::List => {
            let mut output = Output::new(global.output);
            for entry in runs::list(&settings.data_dir)? {
                output.row(&entry)?;
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
