//! `handover jobs list`.

use super::{
    find,
    record::{COLUMNS, JobRow},
};
use crate::{
    cli::{Exit, Failure, Output, arguments::Global, note, runtime, synchronization::Tenant},
    engine::synchronization::{history::History, seen::jobs_seen},
};

/// Lists every job of every configuration, the main one of each first.
pub fn run(global: &Global) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let tenant = Tenant::open(global).await?;
        let mut output = Output::new(global.output).columns(COLUMNS);
        let history = History::empty(&tenant.data_dir, &tenant.id);
        for found in find::everything(&tenant).await? {
            if found.jobs.is_empty() {
                note(&format!(
                    "Configuration {} ({}) has no job.",
                    found.configuration.display_name, found.configuration.id
                ));
            }
            for seen in jobs_seen(found.jobs, &history, jiff::Timestamp::now()) {
                JobRow::of(&found.configuration, &seen.job).print(&seen.job, &mut output)?;
            }
        }
        output.finish()?;
        Ok(Exit::Done)
    })
}
