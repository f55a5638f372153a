//! Held-back deletions and exports.

use std::time::Duration;

use handover::{
    domain::synchronization::{
        LogIdentity, LogQuery, ProvisioningAction, ProvisioningLogEntry, ProvisioningStatus,
        QuarantineReason, ResetScope, StatusCode, SynchronizationError,
    },
    engine::synchronization::{
        logs::{Format, export_logs, read_log, staged_deletes},
        steering::SteeringError,
    },
};
use tokio::time::Instant;

use crate::{
    stage::{Stage, main_job, restart},
    synchronization::{Class, quarantine, world},
};

fn entry(index: usize, action: ProvisioningAction) -> ProvisioningLogEntry {
    ProvisioningLogEntry {
        id: format!("l{index}"),
        at: Some(jiff::Timestamp::from_second(1_700_000_000 - index as i64).unwrap()),
        job_id: main_job(),
        cycle_id: "c".to_owned(),
        action,
        status: ProvisioningStatus::Failure,
        error: Some(SynchronizationError {
            code: "Code".to_owned(),
            message: "=evil".to_owned(),
            tenant_actionable: None,
        }),
        recommended: None,
        milliseconds: Some(7),
        source: LogIdentity {
            id: format!("s{}", index % 40),
            display_name: format!("User {}", index % 40),
            kind: "user".to_owned(),
            distinguished_name: None,
        },
        target: LogIdentity::default(),
        steps: Vec::new(),
        modified: Vec::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn held_back_deletions_are_listed_once_each_and_counted_before_they_are_allowed() {
    let stage = Stage::new(world(1, 1));
    {
        let mut world = stage.fake.world();
        // 120 entries about 40 objects, two attempts ago and before, beneath newer updates; then a long dull past.
        world.logs = (0..250)
            .map(|index| entry(index, ProvisioningAction::Update))
            .chain((250..370).map(|index| entry(index, ProvisioningAction::StagedDelete)))
            .chain((370..9_000).map(|index| entry(index, ProvisioningAction::Update)))
            .collect();
    }
    let found = staged_deletes(&*stage.fake, &main_job(), 1_000).await.unwrap();
    assert_eq!(found.len(), 40);
    assert!(stage.fake.asked("log") < 10, "it does not read the past");
    assert!(stage.fake.busiest(Class::Reports).0 <= 5);
    assert_eq!(
        staged_deletes(&*stage.fake, &main_job(), 3).await.unwrap().len(),
        3
    );

    {
        let mut world = stage.fake.world();
        let job = world.job("d0", &main_job()).unwrap();
        job.status.code = StatusCode::Quarantine;
        job.status.quarantine = Some(quarantine(QuarantineReason::TooManyDeletes, ""));
    }
    let plan = stage.prepare(restart("allow-deletes")).await.unwrap();
    assert!(plan.danger);
    assert_eq!(plan.phrase, "contoso.com 40");
    assert!(
        plan.warnings.iter().any(|line| line.contains("User 10 (s10)")),
        "{:?}",
        plan.warnings
    );
    assert!(matches!(
        stage.carry_out(&plan, "contoso.com").await,
        Err(SteeringError::NotConfirmed { .. })
    ));
    let outcome = stage.carry_out(&plan, "contoso.com 40").await.unwrap();
    assert_eq!(outcome.confirmed, None, "the next run does it");
    assert_eq!(stage.fake.world().restarts[0].1, ResetScope::FORCE_DELETES);
    assert_eq!(ResetScope::FORCE_DELETES.wire(), "ForceDeletes", "alone");
}

#[tokio::test(start_paused = true)]
async fn deletions_that_are_not_held_back_can_not_be_allowed() {
    let stage = Stage::new(world(1, 1));
    assert!(matches!(
        stage.prepare(restart("allow-deletes")).await,
        Err(SteeringError::Impossible(_))
    ));
}

#[tokio::test(start_paused = true)]
async fn pages_are_read_at_five_in_ten_seconds_and_no_further_than_asked() {
    let stage = Stage::new(world(1, 1));
    stage.fake.world().logs = (0..5_000)
        .map(|index| entry(index, ProvisioningAction::Update))
        .collect();
    let begun = Instant::now();
    let mut rows = 0;
    read_log(&*stage.fake, &LogQuery::default(), 1_950, |page| {
        rows += page.len();
        true
    })
    .await
    .unwrap();
    assert_eq!(rows, 1_950);
    assert_eq!(stage.fake.asked("log"), 20);
    assert_eq!(stage.fake.busiest(Class::Reports).0, 5);
    assert!(begun.elapsed() < Duration::from_secs(40));
}

#[test]
fn exports_are_whole_and_safe_in_a_spreadsheet() {
    let entries: Vec<ProvisioningLogEntry> = (0..3)
        .map(|index| entry(index, ProvisioningAction::Create))
        .collect();
    let mut csv = Vec::new();
    export_logs(&entries, Format::Csv, &mut csv).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert!(csv.starts_with("\u{feff}id,at,jobId,"));
    assert!(csv.contains(",'=evil,"), "{csv}");
    assert_eq!(csv.lines().count(), 4);
    let mut lines = Vec::new();
    export_logs(&entries, Format::JsonLines, &mut lines).unwrap();
    for line in String::from_utf8(lines).unwrap().lines() {
        let back: ProvisioningLogEntry = serde_json::from_str(line).unwrap();
        assert_eq!(back.action, ProvisioningAction::Create);
    }
}
