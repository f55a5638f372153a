//! `handover jobs start`, `pause`, `restart`, `notify`, `delete-prevention`.

use serde_json::json;

use super::{
    arguments::{DeletePreventionArguments, NotifyArguments, RestartArguments, SteerArguments},
    find,
};
use crate::{
    cli::{
        Exit, Failure, Output,
        arguments::Global,
        runtime,
        synchronization::{ConfirmArguments, Tenant, act, offer_person, report},
    },
    engine::synchronization::SynchronizationAction as Action,
};

/// Starts or resumes a job.
pub fn start(global: &Global, arguments: &SteerArguments) -> Result<Exit, Failure> {
    steer(
        global,
        &arguments.job,
        &arguments.confirm,
        |configuration, job| Action::Start { configuration, job },
    )
}

/// Pauses a job.
pub fn pause(global: &Global, arguments: &SteerArguments) -> Result<Exit, Failure> {
    steer(
        global,
        &arguments.job,
        &arguments.confirm,
        |configuration, job| Action::Pause { configuration, job },
    )
}

/// Restarts a job.
pub fn restart(global: &Global, arguments: &RestartArguments) -> Result<Exit, Failure> {
    let choice = arguments.scope.clone();
    steer(
        global,
        &arguments.job,
        &arguments.confirm,
        |configuration, job| Action::Restart {
            configuration,
            job,
            choice,
        },
    )
}

fn steer(
    global: &Global,
    name: &str,
    confirm: &ConfirmArguments,
    action: impl FnOnce(String, String) -> Action,
) -> Result<Exit, Failure> {
    confirm.permit(global)?;
    runtime()?.block_on(async {
        let tenant = Tenant::open(global).await?;
        let (configuration, job) = find::job(&tenant, name).await?;
        let outcome = act(global, &tenant, confirm, action(configuration.id, job.id)).await?;
        report(global, outcome.as_ref())
    })
}

/// Shows or sets the threshold and the recipients.
pub fn notify(global: &Global, arguments: &NotifyArguments) -> Result<Exit, Failure> {
    let change = arguments.threshold.is_some() || arguments.recipients.is_some() || arguments.email.is_some();
    if change {
        arguments.confirm.permit(global)?;
    }
    runtime()?.block_on(async {
        let tenant = Tenant::open(global).await?;
        let configuration = find::configuration(&tenant, &arguments.configuration).await?;
        let now = tenant.service.notification_settings(&configuration.id).await?;
        let set = now.is_some();
        let mut settings = now.unwrap_or_default();
        if !change {
            Output::new(global.output).object(&json!({
                "configuration": configuration.display_name,
                "servicePrincipalId": configuration.id,
                "set": set,
                "notify": settings.notify,
                "recipients": settings.recipients,
                "thresholdEnabled": settings.threshold_enabled,
                "threshold": settings.threshold,
            }))?;
            return Ok(Exit::Done);
        }
        match arguments.threshold.as_deref() {
            Some("off") => settings.threshold_enabled = false,
            Some(number) => {
                settings.threshold_enabled = true;
                settings.threshold = number.parse().map_err(|_| {
                    Failure::usage(format!(
                        "--threshold {number}: give a number of 1 or more, or `off`"
                    ))
                })?;
            }
            None => {}
        }
        if let Some(recipients) = &arguments.recipients {
            settings.recipients.clone_from(recipients);
        }
        if let Some(email) = &arguments.email {
            settings.notify = email == "on";
        }
        let action = Action::SetNotification {
            configuration: configuration.id,
            settings,
        };
        let outcome = act(global, &tenant, &arguments.confirm, action).await?;
        report(global, outcome.as_ref())
    })
}

/// Shows or switches off the tenant-wide prevention.
pub fn delete_prevention(global: &Global, arguments: &DeletePreventionArguments) -> Result<Exit, Failure> {
    if arguments.disable {
        arguments.confirm.permit(global)?;
    }
    runtime()?.block_on(async {
        let as_person = arguments.person.as_person;
        let tenant = Tenant::open_for_people(global, as_person).await?;
        // Read in any case: an application is refused here, with the way out.
        let now = tenant.service.delete_prevention().await.map_err(|error| {
            let class = error.class;
            offer_person(error.into(), class, as_person)
        })?;
        if !arguments.disable {
            Output::new(global.output).object(&json!({
                "type": now.kind,
                "threshold": now.threshold,
            }))?;
            return Ok(Exit::Done);
        }
        let action = Action::DisableDeletePrevention;
        let outcome = act(global, &tenant, &arguments.confirm, action).await?;
        report(global, outcome.as_ref())
    })
}
