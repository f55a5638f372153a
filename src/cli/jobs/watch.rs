//! `handover jobs watch`.

use std::collections::HashMap;

use serde_json::json;

use super::{arguments::WatchArguments, find, record::JobRow};
use crate::{
    cli::{
        Exit, Failure,
        arguments::Global,
        runtime,
        synchronization::{Line, Tenant, event, stream},
    },
    domain::synchronization::Configuration,
    engine::synchronization::{JobSeen, WatchEvent, watch::Focus},
};

/// Watches jobs and prints each change.
pub fn run(global: &Global, arguments: &WatchArguments) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let tenant = Tenant::open(global).await?;
        let only = match &arguments.job {
            Some(name) => Some(find::job(&tenant, name).await?.1.id),
            None => None,
        };
        let mut configurations: HashMap<String, Configuration> = HashMap::new();
        stream(global, &tenant, Focus::Jobs, |event| match event {
            WatchEvent::Configurations {
                configurations: read, ..
            } => {
                configurations = read.iter().map(|one| (one.id.clone(), one.clone())).collect();
                Vec::new()
            }
            WatchEvent::Jobs {
                configuration, jobs, ..
            } => {
                let Some(configuration) = configurations.get(configuration) else {
                    return Vec::new();
                };
                jobs.iter()
                    .filter(|seen| only.as_ref().is_none_or(|only| *only == seen.job.id))
                    .map(|seen| line(configuration, seen))
                    .collect()
            }
            _ => Vec::new(),
        })
        .await
    })
}

fn line(configuration: &Configuration, seen: &JobSeen) -> Line {
    let row = serde_json::to_value(JobRow::of(configuration, &seen.job)).unwrap_or_default();
    let mut record = event("job", row);
    if let Some(members) = record.as_object_mut() {
        members.insert("running".to_owned(), json!(seen.running));
        members.insert("progress".to_owned(), json!(seen.job.status.progress));
        members.insert(
            "cadenceSeconds".to_owned(),
            json!(seen.cadence.map(|cadence| cadence.as_secs())),
        );
    }
    let status = &seen.job.status;
    let mut text = format!(
        "job {} ({}): {}, schedule {}",
        configuration.display_name,
        seen.job.kind().title(),
        status.code.word(),
        seen.job.schedule.state.word(),
    );
    if let Some(quarantine) = &status.quarantine {
        text.push_str(&format!(", quarantine {}", quarantine.reason.word()));
    }
    for progress in &status.progress {
        text.push_str(&format!(
            ", running: {} of {} {}",
            progress.done, progress.total, progress.units
        ));
    }
    if let Some(last) = &status.last {
        text.push_str(&format!(
            ", last run {} ended {}, {} exports",
            last.state.word(),
            super::record::shown(last.ended),
            last.counts.count_exports
        ));
    }
    Line {
        subject: format!("job {}", seen.job.id),
        record,
        text,
    }
}
