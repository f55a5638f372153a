//! `handover jobs show`.

use std::io::Write;

use serde_json::{Value, json};

use super::{
    arguments::ShowArguments,
    find,
    record::{JobRow, execution, shown},
};
use crate::{
    cli::{Exit, Failure, Output, arguments::Global, runtime, synchronization::Tenant},
    engine::synchronization::{history::History, schema_view::scope_of, seen::jobs_seen},
};

/// Points of the history that are shown.
const SHOWN_POINTS: usize = 50;

/// Shows one job with everything that is known of it, or its schema.
pub fn run(global: &Global, arguments: &ShowArguments) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let tenant = Tenant::open(global).await?;
        let (configuration, job) = find::job(&tenant, &arguments.job).await?;
        if arguments.schema {
            let schema = tenant.service.schema(&configuration.id, &job.id).await?;
            let mut out = std::io::stdout().lock();
            out.write_all(&schema)?;
            out.flush()?;
            return Ok(Exit::Done);
        }
        let scope = match arguments.scope {
            true => scope_of(&tenant.service.schema(&configuration.id, &job.id).await?),
            false => None,
        };
        let history = History::load(&tenant.data_dir, &tenant.id)?;
        let row = JobRow::of(&configuration, &job);
        let Some(seen) = jobs_seen(vec![job], &history, jiff::Timestamp::now()).pop() else {
            return Ok(Exit::Done);
        };
        let status = &seen.job.status;
        let output = Output::new(global.output);
        let flat = output.is_flat();
        let mut whole = serde_json::to_value(row)?;
        let more = json!({
            "direction": configuration.direction(),
            "domain": seen.job.domain(),
            "running": seen.running,
            "cadenceSeconds": seen.cadence.map(|cadence| cadence.as_secs()),
            "failuresInARow": status.failures_in_a_row,
            "escrowsPruned": status.escrows_pruned,
            "steadyStateFirst": status.steady_first,
            "steadyStateLast": status.steady_last,
            "lastExecutionWithExports": execution(status.last_good_with_exports.as_ref()),
            "entries": status.entries,
            "progress": status.progress,
            "settings": seen.job.settings,
            "troubleshootingUrl": status.troubleshooting_url,
            "history": seen.history.iter().rev().take(SHOWN_POINTS).collect::<Vec<_>>(),
        });
        if let (Some(whole), Value::Object(more)) = (whole.as_object_mut(), more) {
            whole.extend(more);
            if arguments.scope {
                whole.insert("scope".to_owned(), json!(scope));
            }
            if flat {
                // Dates that never came are nothing in JSON; people read a word.
                for name in ["steadyStateFirst", "steadyStateLast"] {
                    let at = match name {
                        "steadyStateFirst" => status.steady_first,
                        _ => status.steady_last,
                    };
                    whole.insert(name.to_owned(), json!(shown(at)));
                }
            }
        }
        output.object(&whole)?;
        Ok(Exit::Done)
    })
}
