//! `handover agents updater`: when agents update themselves.

use jiff::Timestamp;
use serde_json::json;

use super::{arguments::UpdaterArguments, list::topology, refused};
use crate::{
    cli::{
        Exit, Failure, Output,
        arguments::Global,
        runtime,
        synchronization::{Tenant, act, report},
    },
    domain::synchronization::{UpdateWindow, UpdaterConfiguration},
    engine::synchronization::SynchronizationAction,
};

/// Shows the updater, or sets it.
pub fn run(global: &Global, arguments: &UpdaterArguments) -> Result<Exit, Failure> {
    if !arguments.set.is_empty() {
        arguments.confirm.permit(global)?;
    }
    runtime()?.block_on(async {
        let as_person = arguments.person.as_person;
        let tenant = Tenant::open_for_people(global, as_person).await?;
        let now = topology(&tenant)
            .await
            .map_err(|error| refused(error, as_person))?
            .updater;
        if arguments.set.is_empty() {
            let Some(updater) = now else {
                return Err(Failure::new(
                    Exit::Findings,
                    "the service does not say how the updater is set",
                ));
            };
            Output::new(global.output).object(&json!({
                "allowOverride": updater.allow_override,
                "deferUntil": updater.defer_until,
                "window": updater.window,
            }))?;
            return Ok(Exit::Done);
        }
        let mut updater = now.unwrap_or_default();
        for setting in &arguments.set {
            apply(&mut updater, setting)?;
        }
        let action = SynchronizationAction::SetUpdater { updater };
        let outcome = act(global, &tenant, &arguments.confirm, action).await?;
        report(global, outcome.as_ref())
    })
}

fn apply(updater: &mut UpdaterConfiguration, setting: &str) -> Result<(), Failure> {
    let wrong = || {
        Failure::usage(format!("--set {setting}: not understood"))
            .advise("Give window=02:00-04:00, defer-until=2026-12-01T00:00:00Z or allow-override=true; `none` takes one away.")
    };
    let (name, value) = setting.split_once('=').ok_or_else(wrong)?;
    match (name, value) {
        ("window", "none") => updater.window = None,
        ("window", value) => {
            let (start, end) = value.split_once('-').ok_or_else(wrong)?;
            let time = |text: &str| {
                text.trim()
                    .parse::<jiff::civil::Time>()
                    .map(|time| time.strftime("%H:%M:%S.0000000").to_string())
                    .map_err(|_| wrong())
            };
            updater.window = Some(UpdateWindow {
                start: time(start)?,
                end: time(end)?,
            });
        }
        ("defer-until", "none") => updater.defer_until = None,
        ("defer-until", value) => {
            updater.defer_until = Some(value.parse::<Timestamp>().map_err(|_| wrong())?);
        }
        ("allow-override", value) => updater.allow_override = value.parse().map_err(|_| wrong())?,
        _ => return Err(wrong()),
    }
    Ok(())
}
