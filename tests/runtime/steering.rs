//! Actions on Cloud Sync and its logs, from effects to what the sandbox's Graph then says.

use std::{sync::Arc, time::Duration};

use handover::{
    domain::{
        Policy,
        synchronization::{JobKind, ScheduleState},
    },
    engine::synchronization::{ActionOutcome, ActionPlan, ActionProgress, SynchronizationAction, WatchEvent},
    tui::{
        Effect, Failure, LogEffect, LogFilter, LogFilterRequest, LogKind, LogMsg, LogPageRead,
        LogPageRequest, LogPages, LogRecord, Msg, SteeringEffect, SteeringMsg, WatchOrder,
    },
};

use super::Cockpit;

/// The first job of a kind, with its configuration.
async fn find_job(cockpit: &mut Cockpit, kind: JobKind) -> (String, String) {
    let begin = Effect::Watch(WatchOrder::Begin { watch: 1 });
    cockpit
        .ask(begin, |message| match message {
            Msg::Watch {
                event: WatchEvent::Jobs {
                    configuration, jobs, ..
                },
                ..
            } => {
                let fitting = |seen: &&handover::engine::synchronization::JobSeen| {
                    seen.job.kind() == kind && seen.job.schedule.state == ScheduleState::Active
                };
                let job = jobs.iter().find(fitting)?;
                Some((configuration, job.job.id.clone()))
            }
            _ => None,
        })
        .await
}

async fn prepare(cockpit: &mut Cockpit, action: SynchronizationAction) -> Result<Arc<ActionPlan>, Failure> {
    let job = cockpit.job();
    let action = Box::new(action);
    cockpit
        .ask(
            Effect::Steering(SteeringEffect::Prepare { job, action }),
            |message| match message {
                Msg::Steering(SteeringMsg::Prepared { result, .. }) => Some(result),
                _ => None,
            },
        )
        .await
}

async fn carry_out(
    cockpit: &mut Cockpit,
    plan: &Arc<ActionPlan>,
    told: &mut Vec<ActionProgress>,
) -> Result<Box<ActionOutcome>, Failure> {
    let effect = SteeringEffect::CarryOut {
        job: cockpit.job(),
        plan: plan.clone(),
        confirmed: plan.phrase.clone(),
    };
    cockpit
        .ask(Effect::Steering(effect), |message| match message {
            Msg::Steering(SteeringMsg::Progress { progress, .. }) => {
                told.push(*progress);
                None
            }
            Msg::Steering(SteeringMsg::Ended { result, .. }) => Some(result),
            _ => None,
        })
        .await
}

async fn page(cockpit: &mut Cockpit, request: LogPageRequest) -> LogPageRead {
    let job = cockpit.job();
    cockpit
        .ask(
            Effect::Log(LogEffect::ReadPage { job, request }),
            |message| match message {
                Msg::Log(LogMsg::Page { result, .. }) => Some(result),
                _ => None,
            },
        )
        .await
        .unwrap()
}

#[tokio::test]
async fn a_job_is_paused_and_an_object_provisioned_and_the_log_tells() {
    let folder = tempfile::tempdir().unwrap();
    let mut cockpit = Cockpit::start_with(
        folder.path(),
        200,
        Duration::ZERO,
        Policy {
            read_only: true,
            ..Policy::default()
        },
    );
    cockpit.sign_in().await;
    let (configuration, job_id) = find_job(&mut cockpit, JobKind::Provisioning).await;
    let pause = SynchronizationAction::Pause {
        configuration: configuration.clone(),
        job: job_id.clone(),
    };
    let plan = prepare(&mut cockpit, pause.clone()).await.unwrap();
    let mut told = Vec::new();
    let refused = carry_out(&mut cockpit, &plan, &mut told).await.unwrap_err();
    assert!(refused.message.contains("read-only"), "{refused:?}");

    cockpit.runtime.perform(Effect::UnlockWriting);
    let outcome = carry_out(&mut cockpit, &plan, &mut told).await.unwrap();
    assert_eq!(outcome.confirmed, Some(true), "{outcome:?}");
    assert!(!told.is_empty());
    let again = prepare(&mut cockpit, pause).await.unwrap_err();
    assert!(again.message.contains("paused already"), "{again:?}");
    let trail = std::fs::read_dir(folder.path().join("audit")).unwrap().count();
    assert_eq!(trail, 1, "every action leaves a record");

    // The log: a page, filtered off the loop, exported.
    let request = LogPageRequest {
        kind: LogKind::Provisioning,
        configuration: configuration.clone(),
        job_id: job_id.clone(),
        after: None,
        before: None,
        next: None,
    };
    let read = page(&mut cockpit, request.clone()).await;
    assert!(!read.rows.is_empty());
    let LogRecord::Provisioning(first) = &read.rows.records()[0] else {
        panic!()
    };
    let name = first.source.display_name.clone();
    let mut pages = LogPages::default();
    pages.push(read.rows.clone());
    let filter = LogFilter::parse(&format!("object:{}", name.split(' ').next().unwrap())).unwrap();
    let effect = LogEffect::Filter(LogFilterRequest {
        generation: 3,
        pages: pages.clone(),
        filter,
    });
    let shown = cockpit
        .ask(Effect::Log(effect), |message| match message {
            Msg::Log(LogMsg::Filtered {
                generation: 3,
                rows,
                looked_at,
            }) => Some((rows, looked_at)),
            _ => None,
        })
        .await;
    assert_eq!((shown.0[0], shown.1 as usize), (0, read.rows.len()));
    let path = folder.path().join("log.jsonl");
    let job = cockpit.job();
    let export = LogEffect::Export {
        job,
        path: path.display().to_string(),
        pages,
        shown: Some(vec![0]),
    };
    let (_, count) = cockpit
        .ask(Effect::Log(export), |message| match message {
            Msg::Exported { result, .. } => Some(result),
            _ => None,
        })
        .await
        .unwrap();
    assert_eq!(count, 1);
    assert_eq!(std::fs::read_to_string(path).unwrap().lines().count(), 1);
    let audit = LogPageRequest {
        kind: LogKind::Audit,
        ..request
    };
    let changes = page(&mut cockpit, audit.clone()).await;
    let is_change = |record: &LogRecord| matches!(record, LogRecord::Audit(_));
    assert!(changes.rows.records().iter().all(is_change));
    // Those of the whole tenant are more, and a time is asked of the service.
    let all = LogPageRequest {
        kind: LogKind::TenantAudit,
        configuration: String::new(),
        ..audit
    };
    let everything = page(&mut cockpit, all.clone()).await;
    assert!(everything.rows.len() > changes.rows.len() && everything.rows.records().iter().all(is_change));
    let future = LogPageRequest {
        after: Some(jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24)),
        ..all
    };
    assert!(page(&mut cockpit, future).await.rows.is_empty());
    // A file of objects.
    let list = folder.path().join("staff.txt");
    std::fs::write(
        &list,
        "CN=Ada,DC=contoso,DC=com\n# nobody\nCN=Bert,DC=contoso,DC=com\n",
    )
    .unwrap();
    let read = SteeringEffect::ReadSubjects {
        job: cockpit.job(),
        path: list.display().to_string(),
        object_type: "user".to_owned(),
    };
    let subjects = cockpit
        .ask(Effect::Steering(read), |message| match message {
            Msg::Steering(SteeringMsg::Subjects { result, .. }) => Some(result),
            _ => None,
        })
        .await
        .unwrap();
    assert_eq!(subjects.len(), 2);
    // The threshold can be read; nothing secret comes with it.
    let read = SteeringEffect::ReadNotification {
        job: cockpit.job(),
        configuration: configuration.clone(),
    };
    cockpit
        .ask(Effect::Steering(read), |message| match message {
            Msg::Steering(SteeringMsg::Notification { result, .. }) => Some(result),
            _ => None,
        })
        .await
        .unwrap();
    // A name that the directory does not know is answered, not lost.
    let start = SynchronizationAction::Start {
        configuration: configuration.clone(),
        job: job_id.clone(),
    };
    let plan = prepare(&mut cockpit, start).await.unwrap();
    carry_out(&mut cockpit, &plan, &mut told).await.unwrap();
    let provision = SynchronizationAction::ProvisionOnDemand {
        configuration,
        job: job_id,
        subjects,
    };
    let plan = prepare(&mut cockpit, provision).await.unwrap();
    told.clear();
    let outcome = carry_out(&mut cockpit, &plan, &mut told).await.unwrap();
    assert_eq!(outcome.provisioned.len(), 2);
    let provisioned = told
        .iter()
        .filter(|told| matches!(told, ActionProgress::Provisioned { .. }));
    assert_eq!(provisioned.count(), 2);
}
