//! Actions on jobs, settings and agents.

use std::time::Duration;

use handover::{
    domain::{
        ErrorClass,
        synchronization::{
            AgentStatus, NotificationSettings, OnDemandSubject, QuarantineReason, ResetScope, ScheduleState,
            StatusCode, UpdateWindow, UpdaterConfiguration,
        },
    },
    engine::synchronization::{ActionProgress, SynchronizationAction, steering::SteeringError},
};
use tokio::time::Instant;

use crate::{
    stage::{Stage, main_job, pause, restart, start},
    synchronization::{Class, Fake, error, quarantine, world},
};

#[tokio::test(start_paused = true)]
async fn pause_and_start_are_recorded_and_read_again() {
    let stage = Stage::new(world(1, 3));
    let paused = stage.done(pause()).await;
    assert_eq!(paused.confirmed, Some(true));
    assert!(paused.found[0].contains("schedule Paused"), "{:?}", paused.found);
    assert!(matches!(
        stage.prepare(pause()).await,
        Err(SteeringError::Impossible(_))
    ));
    let started = stage.done(start()).await;
    assert_eq!(started.confirmed, Some(true));
    assert_eq!(stage.phases(), ["intent", "outcome", "intent", "outcome"]);
    let trail = stage.trail();
    assert_eq!(trail[0]["plan"]["action"], "pause");
    assert_eq!(trail[0]["plan"]["job"], main_job());
    assert_eq!(trail[0]["who"], "ada@contoso.com");
    assert_eq!(trail[0]["id"], trail[1]["id"]);
    assert_eq!(trail[1]["confirmed"], true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(stage.trail_path())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test(start_paused = true)]
async fn read_only_and_missing_confirmations_change_nothing() {
    let mut stage = Stage::new(world(1, 3));
    let plan = stage.prepare(restart("full")).await.unwrap();
    assert!(plan.danger);
    assert!(plan.phrase.starts_with("contoso.com"), "{}", plan.phrase);
    for typed in ["", "yes", "contoso.co"] {
        let refused = stage.carry_out(&plan, typed).await;
        assert!(
            matches!(refused, Err(SteeringError::NotConfirmed { .. })),
            "{refused:?}"
        );
    }
    stage.policy.read_only = true;
    let phrase = plan.phrase.clone();
    assert_eq!(
        stage.carry_out(&plan, &phrase).await,
        Err(SteeringError::ReadOnly)
    );
    stage.policy.read_only = false;
    let mut old = plan.clone();
    old.made_at -= jiff::SignedDuration::from_hours(2);
    assert!(matches!(
        stage.carry_out(&old, &phrase).await,
        Err(SteeringError::Stale { .. })
    ));
    assert!(stage.fake.world().restarts.is_empty());
    assert!(stage.trail().is_empty());
    stage.carry_out(&plan, &phrase).await.unwrap();
    assert_eq!(stage.fake.world().restarts, [(main_job(), ResetScope::FULL)]);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_moved_since_is_left_alone() {
    let stage = Stage::new(world(1, 3));
    let plan = stage.prepare(pause()).await.unwrap();
    {
        let mut world = stage.fake.world();
        let job = world.job("d0", &main_job()).unwrap();
        job.status.code = StatusCode::Quarantine;
        job.status.quarantine = Some(quarantine(QuarantineReason::Unknown, ""));
    }
    let Err(SteeringError::Changed { difference, .. }) = stage.carry_out(&plan, "").await else {
        panic!("not refused");
    };
    assert!(
        difference
            .iter()
            .any(|line| line.contains("was state Active, is state Quarantine"))
    );
    stage.fake.world().jobs.clear();
    let gone = stage.carry_out(&plan, "").await;
    assert!(
        matches!(&gone, Err(SteeringError::Service(error)) if error.class == ErrorClass::NotFound),
        "{gone:?}"
    );
    assert_eq!(stage.fake.asked("pause"), 0);
    assert!(stage.trail().is_empty());
}

#[tokio::test(start_paused = true)]
async fn clearing_a_quarantine_heals_and_needs_one() {
    let stage = Stage::new(world(1, 3));
    assert!(matches!(
        stage.prepare(restart("clear-quarantine")).await,
        Err(SteeringError::Impossible(_))
    ));
    assert!(matches!(
        stage.prepare(restart("connector-data-store")).await,
        Err(SteeringError::Impossible(_))
    ));
    {
        let mut world = stage.fake.world();
        let job = world.job("d0", &main_job()).unwrap();
        job.status.code = StatusCode::Quarantine;
        job.status.quarantine = Some(quarantine(
            QuarantineReason::EncounteredQuarantineException,
            "HybridIdentityServiceNoActiveAgents",
        ));
    }
    let plan = stage.prepare(restart("clear-quarantine")).await.unwrap();
    assert!(
        plan.warnings[0].contains("none of them listens"),
        "{:?}",
        plan.warnings
    );
    let outcome = stage.carry_out(&plan, "").await.unwrap();
    assert_eq!(outcome.confirmed, Some(true));
    assert_eq!(stage.fake.world().restarts[0].1, ResetScope::QUARANTINE_STATE);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_read_and_never_sent_again() {
    let stage = Stage::new(world(1, 3));
    stage.fake.world().lost.insert("pause".to_owned(), 1);
    let outcome = stage.done(pause()).await;
    assert_eq!(outcome.confirmed, Some(true));
    assert!(outcome.found[0].contains("lost"), "{:?}", outcome.found);
    assert_eq!(stage.fake.asked("pause"), 1);
    // A restart that can't be seen is not claimed.
    stage.done(start()).await;
    stage.fake.world().lost.insert("restart".to_owned(), 1);
    let outcome = stage.done(restart("restart")).await;
    assert_eq!(outcome.confirmed, None, "{:?}", outcome.found);
}

#[tokio::test(start_paused = true)]
async fn what_did_not_happen_is_not_claimed() {
    let stage = Stage::new(world(1, 3));
    stage.fake.world().deaf = true;
    let begun = Instant::now();
    let outcome = stage.done(pause()).await;
    assert_eq!(outcome.confirmed, Some(false));
    assert!(begun.elapsed() > Duration::from_secs(20), "it was patient");
    stage
        .fake
        .world()
        .failures
        .insert("pause".to_owned(), [error(ErrorClass::Rejected)].into());
    let plan = stage.prepare(pause()).await.unwrap();
    assert!(matches!(
        stage.carry_out(&plan, "").await,
        Err(SteeringError::Service(_))
    ));
    let trail = stage.trail();
    assert!(
        trail.last().unwrap()["error"]
            .as_str()
            .unwrap()
            .contains("Rejected")
    );
}

fn subjects(count: usize) -> Vec<OnDemandSubject> {
    (0..count)
        .map(|index| OnDemandSubject {
            object_id: format!("CN=User {index},OU=Staff,DC=contoso,DC=com"),
            object_type: "user".to_owned(),
        })
        .collect()
}

fn provision(subjects: Vec<OnDemandSubject>) -> SynchronizationAction {
    SynchronizationAction::ProvisionOnDemand {
        configuration: "d0".to_owned(),
        job: main_job(),
        subjects,
    }
}

#[tokio::test(start_paused = true)]
async fn many_objects_go_five_in_ten_seconds() {
    let stage = Stage::new(world(1, 3));
    let plan = stage.prepare(provision(subjects(22))).await.unwrap();
    assert!(!plan.must_be_typed(&stage.policy));
    let begun = Instant::now();
    let (outcome, told) = stage.carry_out_telling(&plan, "").await.unwrap();
    assert_eq!(outcome.provisioned.len(), 22);
    assert_eq!(outcome.confirmed, Some(true));
    assert_eq!(stage.fake.busiest(Class::Provisioning).0, 5);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert!(matches!(
        told.last(),
        Some(ActionProgress::Provisioned { done: 22, of: 22, .. })
    ));
    // Above the policy's limit the count is typed.
    let plan = stage.prepare(provision(subjects(26))).await.unwrap();
    assert_eq!(plan.phrase, "contoso.com 26");
    assert!(matches!(
        stage.carry_out(&plan, "").await,
        Err(SteeringError::NotConfirmed { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn cancelling_ends_between_objects_and_fatal_errors_end_at_once() {
    let stage = Stage::new(world(1, 3));
    let plan = stage.prepare(provision(subjects(20))).await.unwrap();
    let cancel = stage.cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(12)).await;
        cancel.cancel();
    });
    let outcome = stage.carry_out(&plan, "").await.unwrap();
    let tried = outcome.provisioned.len();
    assert!((5..=10).contains(&tried), "{tried}");
    assert_eq!(
        stage.fake.world().provisioned.len(),
        tried,
        "none is left under way"
    );
    assert!(outcome.found[1].contains(&format!("{} objects were not tried", 20 - tried)));
    assert_eq!(outcome.confirmed, Some(false));

    let stage = Stage::new(world(1, 3));
    stage.fake.world().failures.insert(
        "provision".to_owned(),
        [error(ErrorClass::NotFound), error(ErrorClass::Permission)].into(),
    );
    let outcome = stage.done(provision(subjects(9))).await;
    assert_eq!(outcome.provisioned.len(), 2, "{:?}", outcome.found);
}

#[tokio::test(start_paused = true)]
async fn objects_must_fit_the_job() {
    let stage = Stage::new(world(1, 3));
    let id = OnDemandSubject {
        object_id: "11111111-2222-3333-4444-555555555555".to_owned(),
        object_type: "user".to_owned(),
    };
    assert!(matches!(
        stage.prepare(provision(vec![id])).await,
        Err(SteeringError::Impossible(_))
    ));
    assert!(matches!(
        stage.prepare(provision(Vec::new())).await,
        Err(SteeringError::Impossible(_))
    ));
}

#[tokio::test(start_paused = true)]
async fn notification_settings_are_checked_and_read_back() {
    let stage = Stage::new(world(1, 3));
    let settings = |threshold, recipients: &str| NotificationSettings {
        notify: true,
        recipients: recipients.to_owned(),
        threshold_enabled: threshold > 0,
        threshold,
    };
    let set = |settings| SynchronizationAction::SetNotification {
        configuration: "d0".to_owned(),
        settings,
    };
    for wrong in ["", "nobody", "a@b@c"] {
        assert!(matches!(
            stage.prepare(set(settings(50, wrong))).await,
            Err(SteeringError::Impossible(_))
        ));
    }
    let plan = stage.prepare(set(settings(50, "a@contoso.com"))).await.unwrap();
    assert!(!plan.danger);
    let outcome = stage.carry_out(&plan, "").await.unwrap();
    assert_eq!(outcome.confirmed, Some(true));
    assert!(
        outcome.found[0].contains("at most 49 deletions"),
        "{:?}",
        outcome.found
    );
    let off = stage.prepare(set(settings(0, "a@contoso.com"))).await.unwrap();
    assert!(off.danger, "no threshold at all");
    let off = stage
        .prepare(SynchronizationAction::DisableDeletePrevention)
        .await
        .unwrap();
    assert!(off.danger);
    assert_eq!(
        stage.carry_out(&off, "contoso.com").await.unwrap().confirmed,
        Some(true)
    );
}

#[tokio::test(start_paused = true)]
async fn agent_groups_live_and_die() {
    let stage = Stage::new(world(2, 4));
    let created = stage
        .done(SynchronizationAction::CreateAgentGroup {
            name: "Branch".to_owned(),
        })
        .await;
    let group = created.created[0].clone();
    assert!(matches!(
        stage
            .prepare(SynchronizationAction::CreateAgentGroup {
                name: "branch".to_owned()
            })
            .await,
        Err(SteeringError::Impossible(_))
    ));
    let renamed = stage
        .done(SynchronizationAction::RenameAgentGroup {
            group: group.clone(),
            name: "Branch 2".to_owned(),
        })
        .await;
    assert_eq!(renamed.confirmed, Some(true));
    let assigned = stage
        .done(SynchronizationAction::AssignAgent {
            agent: "a0".to_owned(),
            group: group.clone(),
        })
        .await;
    assert!(
        assigned.found[0].contains("a0.contoso.com"),
        "{:?}",
        assigned.found
    );
    let deleted = stage
        .done(SynchronizationAction::DeleteAgentGroup { group })
        .await;
    assert_eq!(deleted.confirmed, Some(true));
    assert!(matches!(
        stage
            .prepare(SynchronizationAction::DeleteAgentGroup {
                group: "g0".to_owned()
            })
            .await,
        Err(SteeringError::Impossible(_))
    ));
    // The last live agent of a domain is not taken away in passing.
    stage.fake.world().topology.agents[1].status = AgentStatus::Inactive;
    let plan = stage
        .prepare(SynchronizationAction::UnassignAgent {
            agent: "a3".to_owned(),
            group: "g1".to_owned(),
        })
        .await
        .unwrap();
    assert!(plan.danger);
    assert!(
        plan.warnings[0].contains("d1.com is then served by no live agent"),
        "{:?}",
        plan.warnings
    );
}

#[tokio::test(start_paused = true)]
async fn an_application_can_not_touch_agents() {
    let mut tenant = world(1, 1);
    tenant.application = Some(true);
    let stage = Stage::new(tenant);
    let refused = stage
        .prepare(SynchronizationAction::CreateAgentGroup { name: "X".to_owned() })
        .await;
    assert!(
        matches!(&refused, Err(SteeringError::Service(error)) if error.class == ErrorClass::Permission),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_updater_is_set_whatever_fractions_come_back() {
    let stage = Stage::new(world(1, 1));
    let updater = |start: &str| UpdaterConfiguration {
        allow_override: true,
        defer_until: None,
        window: Some(UpdateWindow {
            start: start.to_owned(),
            end: "04:00:00.0000000".to_owned(),
        }),
    };
    let outcome = stage
        .done(SynchronizationAction::SetUpdater {
            updater: updater("02:00:00.0000000"),
        })
        .await;
    assert_eq!(outcome.confirmed, Some(true));
    for wrong in ["25:00", "soon", "04:00"] {
        assert!(matches!(
            stage
                .prepare(SynchronizationAction::SetUpdater {
                    updater: updater(wrong)
                })
                .await,
            Err(SteeringError::Impossible(_))
        ));
    }
}

#[tokio::test(start_paused = true)]
async fn a_trail_that_can_not_be_written_stops_everything() {
    let stage = Stage::new(world(1, 1));
    std::fs::write(stage.trail_path().parent().unwrap(), "a file in the way").unwrap();
    let plan = stage.prepare(pause()).await.unwrap();
    assert!(matches!(
        stage.carry_out(&plan, "").await,
        Err(SteeringError::Audit { .. })
    ));
    assert_eq!(stage.fake.asked("pause"), 0);
    let untouched = |fake: &Fake| {
        fake.world()
            .job("d0", &main_job())
            .unwrap()
            .schedule
            .state
            .clone()
    };
    assert_eq!(untouched(&stage.fake), ScheduleState::Active);
}
