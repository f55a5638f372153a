//! The threshold of accidental deletions, who is told, and the tenant-wide prevention.

use super::{Draft, SteeringError, Way, lost, outcome, unread};
use crate::{
    domain::synchronization::NotificationSettings,
    engine::synchronization::{
        ActionOutcome, ActionPlan, SynchronizationAction as Action, TenantDeletePrevention,
    },
};

/// Longest list of recipients.
const LONGEST_RECIPIENTS: usize = 1_000;

pub(super) async fn prepare(mut draft: Draft<'_>) -> Result<ActionPlan, SteeringError> {
    match draft.plan.action.clone() {
        Action::SetNotification {
            configuration,
            settings,
        } => {
            check(&settings)?;
            let now = draft.service.notification_settings(&configuration).await?;
            if now.as_ref() == Some(&settings) {
                return Err(SteeringError::impossible("the settings are as wanted already"));
            }
            draft.say("Set the threshold of accidental deletions and who is told.");
            draft.say(match &now {
                Some(now) => format!("Now: {}.", words(now)),
                None => format!(
                    "Now: never set; the service assumes {}.",
                    words(&NotificationSettings::default())
                ),
            });
            draft.say(format!("Then: {}.", words(&settings)));
            draft.say("All secrets of the configuration are read, this one is changed, all are written back; none is shown.");
            let before = now.unwrap_or_default();
            if !settings.threshold_enabled {
                draft.plan.danger = true;
                draft.warn("Without a threshold any number of objects may be deleted in one run.");
            } else if before.threshold_enabled && settings.threshold > before.threshold {
                draft.warn(format!(
                    "Up to {} deletions pass per run instead of {}.",
                    settings.threshold - 1,
                    before.threshold.saturating_sub(1)
                ));
            }
            if !settings.notify {
                draft.warn("Nobody is told by e-mail when a job goes into quarantine.");
            }
        }
        Action::DisableDeletePrevention => {
            let now = draft.service.delete_prevention().await?;
            if is_off(&now) {
                return Err(SteeringError::impossible(
                    "the tenant's prevention of accidental deletions is off already",
                ));
            }
            draft.plan.danger = true;
            draft.say("Switch the tenant's prevention of accidental deletions off. It is that of Connect Sync, and can hold back Cloud Sync too.");
            draft.say(format!("Now: {}.", prevention(&now)));
            draft.warn("It then stops no run of Connect Sync either, however many objects that would delete. Switch it on again on the Connect server (Enable-ADSyncExportDeletionThreshold).");
            draft.warn("The threshold of each Cloud Sync configuration is another one and stays.");
        }
        _ => return Err(SteeringError::impossible("this action sets nothing")),
    }
    Ok(draft.plan)
}

fn check(settings: &NotificationSettings) -> Result<(), SteeringError> {
    if settings.threshold_enabled && settings.threshold == 0 {
        return Err(SteeringError::impossible(
            "the threshold must be 1 or more; 1 lets no deletion through",
        ));
    }
    let recipients = &settings.recipients;
    if crate::domain::text::clean(recipients) != *recipients || recipients.len() > LONGEST_RECIPIENTS {
        return Err(SteeringError::impossible(
            "the recipients must be readable e-mail addresses",
        ));
    }
    let mut addresses = recipients
        .split([',', ';'])
        .map(str::trim)
        .filter(|address| !address.is_empty())
        .peekable();
    if settings.notify && addresses.peek().is_none() {
        return Err(SteeringError::impossible(
            "notifications need at least one recipient",
        ));
    }
    for address in addresses {
        let parts: Vec<&str> = address.split('@').collect();
        if parts.len() != 2 || parts.iter().any(|part| part.is_empty()) || address.contains(' ') {
            return Err(SteeringError::impossible(format!(
                "`{address}` is no e-mail address"
            )));
        }
    }
    Ok(())
}

fn words(settings: &NotificationSettings) -> String {
    let threshold = if settings.threshold_enabled {
        format!(
            "threshold {} (at most {} deletions per run)",
            settings.threshold,
            settings.threshold.saturating_sub(1)
        )
    } else {
        "no threshold".to_owned()
    };
    match (settings.notify, settings.recipients.is_empty()) {
        (true, false) => format!("{threshold}, e-mail to {}", settings.recipients),
        (true, true) => format!("{threshold}, e-mail to nobody named"),
        (false, _) => format!("{threshold}, no e-mail"),
    }
}

fn is_off(prevention: &TenantDeletePrevention) -> bool {
    prevention.kind.eq_ignore_ascii_case("disabled")
}

fn prevention(prevention: &TenantDeletePrevention) -> String {
    match prevention.threshold {
        Some(threshold) => format!("{}, threshold {threshold}", prevention.kind),
        None => prevention.kind.clone(),
    }
}

pub(super) async fn carry_out(way: &Way<'_>) -> Result<ActionOutcome, SteeringError> {
    let mut found = Vec::new();
    match &way.plan.action {
        Action::SetNotification {
            configuration,
            settings,
        } => {
            let answer = way
                .service
                .set_notification_settings(configuration, settings)
                .await;
            lost(answer, &mut found)?;
            way.tell("Reading the settings again.").await;
            let read = way
                .read_until(
                    || way.service.notification_settings(configuration),
                    |now| now.as_ref() == Some(settings),
                )
                .await;
            Ok(match read {
                Ok((now, as_wanted)) => {
                    found.push(match &now {
                        Some(now) => format!("The settings are: {}.", words(now)),
                        None => "The configuration has no settings of its own.".to_owned(),
                    });
                    outcome(found, Some(as_wanted))
                }
                Err(error) => unread(found, &error),
            })
        }
        Action::DisableDeletePrevention => {
            lost(way.service.disable_delete_prevention().await, &mut found)?;
            let read = way.read_until(|| way.service.delete_prevention(), is_off).await;
            Ok(match read {
                Ok((now, as_wanted)) => {
                    found.push(format!(
                        "The tenant's prevention of accidental deletions is: {}.",
                        prevention(&now)
                    ));
                    outcome(found, Some(as_wanted))
                }
                Err(error) => unread(found, &error),
            })
        }
        _ => Err(SteeringError::impossible("this action sets nothing")),
    }
}
