//! Applying plans against a service in memory: the order on disk, truth by re-read, stops, refusals, crashes.

// Helpers of tests may fail a test; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "apply/ending.rs"]
mod ending;
#[path = "apply/fake.rs"]
mod fake;
#[path = "apply/told.rs"]
mod told;
#[path = "apply/unfinished.rs"]
mod unfinished;

use std::{
    collections::HashSet,
    future::Future,
    io,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use fake::{CallFault, Fake, Unreliable, WriteFault, check_files, content, id, request, tenant, to_cloud};
use futures_util::future::BoxFuture;
use handover::{
    domain::{
        Change, CloudAttributes, ErrorClass, Finding, Overwrite, PlanContent, Policy, ServiceError, Severity,
        Target,
    },
    engine::{
        RunControl, RunEnd, RunProgress, RunState, RunSummary,
        apply::{ApplyRequest, DirectoryAttributes, DirectorySnapshots, Refusal, RunError, apply},
        resume::{ResumeRequest, resume},
        runs::{self, RunListState},
        verify::verify,
    },
    journal::{JournalError, RunFolder, SnapshotReader, TenantLock},
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

fn progress() -> watch::Sender<RunProgress> {
    watch::channel(RunProgress::starting(tenant(), Target::Cloud, 0)).0
}

async fn run(fake: &Arc<Fake>, request: ApplyRequest) -> Result<RunSummary, RunError> {
    apply(Arc::clone(fake), request, progress(), RunControl::default()).await
}

fn resuming(data: &Path) -> ResumeRequest {
    let run = RunFolder::list(data).unwrap().pop().unwrap().name().to_owned();
    ResumeRequest {
        write_enabled: true,
        ..ResumeRequest::new(run, data, "admin@contoso.com")
    }
}

async fn resume_once(fake: &Arc<Fake>, data: &Path) -> Result<RunSummary, RunError> {
    resume(
        Arc::clone(fake),
        resuming(data),
        progress(),
        RunControl::default(),
    )
    .await
}

fn counts(summary: &RunSummary) -> [u64; 5] {
    [
        summary.done,
        summary.already_there,
        summary.failed,
        summary.unknown,
        summary.remaining,
    ]
}

fn outcome_line(data: &Path, number: usize) -> serde_json::Value {
    let folder = RunFolder::list(data).unwrap().pop().unwrap();
    let text = std::fs::read_to_string(folder.path().join("journal.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["record"].clone())
        .rfind(|record| record["subject"] == id(number).to_string() && record.get("outcome").is_some())
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_plan_ends_with_every_mailbox_proven() {
    let data = tempfile::tempdir().unwrap();
    let mut fake = Fake::new(60);
    fake.audit = Some(data.path().to_owned());
    let fake = Arc::new(fake);
    for number in 0..5 {
        fake.set(number, "IsExchangeCloudManaged", json!("True"));
    }
    let request = request(content(to_cloud(), 0..53), data.path());
    let bytes = request.plan_bytes.clone();
    let summary = run(&fake, request).await.unwrap();
    assert_eq!(counts(&summary), [48, 5, 0, 0, 0]);
    assert_eq!(summary.stopped, None);
    assert_eq!(summary.tenant, "contoso.onmicrosoft.com");
    check_files(&fake, data.path());
    assert!((5..53).all(|number| fake.is_cloud(number)) && !fake.is_cloud(53));
    assert_eq!(fake.state().sent.len(), 48);

    let folder = RunFolder::find(data.path(), &summary.run).unwrap();
    assert_eq!(folder.plan_bytes().unwrap(), bytes);
    assert_eq!(folder.manifest().unwrap().dropped_attributes, ["NoSuchAttribute"]);
    let listed = runs::list(data.path()).unwrap();
    assert_eq!(
        (listed.len(), listed[0].state, listed[0].done),
        (1, RunListState::Done, 48)
    );
    assert!(TenantLock::holder(data.path(), fake::TENANT).is_none());

    // Nothing is left: nothing is sent.
    let before = fake.requests.load(std::sync::atomic::Ordering::SeqCst);
    let again = resume_once(&fake, data.path()).await.unwrap();
    assert_eq!(counts(&again), [48, 5, 0, 0, 0]);
    assert_eq!(fake.requests.load(std::sync::atomic::Ordering::SeqCst), before);
}

#[tokio::test(start_paused = true)]
async fn the_truth_decides_not_the_answer() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(100));
    fake.fault(10, &[WriteFault::FalseFailure]);
    fake.fault(20, &[WriteFault::LostAfter]);
    fake.fault(30, &[WriteFault::LostBefore]);
    fake.fault(40, &[WriteFault::Transient, WriteFault::Throttled]);
    fake.fault(50, &[WriteFault::Ignored]);
    fake.fault(60, &[WriteFault::Rejected]);
    fake.fault(70, &[WriteFault::LostBefore; 7]);
    let summary = run(&fake, request(content(to_cloud(), 0..100), data.path()))
        .await
        .unwrap();
    assert_eq!(counts(&summary), [98, 0, 1, 1, 0]);
    assert!(summary.stopped.unwrap().contains("1 mailbox could not be proven"));
    let note = outcome_line(data.path(), 10)["note"].as_str().unwrap().to_owned();
    assert!(
        note.contains("although the service answered: scripted: Rejected"),
        "{note}"
    );
    assert_eq!(outcome_line(data.path(), 60)["outcome"], "failed");
    assert_eq!(outcome_line(data.path(), 70)["outcome"], "unknown");
    let sent = |number| {
        fake.state()
            .sent
            .iter()
            .filter(|sent| **sent == id(number))
            .count()
    };
    assert_eq!(
        [sent(20), sent(30), sent(40), sent(60), sent(70)],
        [1, 2, 3, 1, 7]
    );
    drop(fake.state().write_faults.remove(&id(70)));

    // Unknown is read again; failed stays failed until asked for.
    let summary = resume_once(&fake, data.path()).await.unwrap();
    assert_eq!(counts(&summary), [99, 0, 1, 0, 0]);
    assert_eq!(sent(60), 1);
    let retry = ResumeRequest {
        retry_failed: true,
        ..resuming(data.path())
    };
    let summary = resume(Arc::clone(&fake), retry, progress(), RunControl::default())
        .await
        .unwrap();
    assert_eq!(counts(&summary), [100, 0, 0, 0, 0]);
    check_files(&fake, data.path());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_eligible_any_more_is_not_written() {
    for spoil in [
        (|fake| fake.set(7, "IsDirSynced", json!(false))) as fn(&Fake),
        |fake| fake.set(7, "IsDirSynced", json!(null)),
        |fake| fake.set(7, "RecipientTypeDetails", json!("SchedulingMailbox")),
        |fake| fake.set(7, "ExternalDirectoryObjectId", json!(id(8).to_string())),
        |fake| drop(fake.state().rows.remove(&id(7))),
    ] {
        let data = tempfile::tempdir().unwrap();
        let fake = Arc::new(Fake::new(20));
        spoil(&fake);
        let summary = run(&fake, request(content(to_cloud(), 0..20), data.path()))
            .await
            .unwrap();
        assert_eq!(counts(&summary), [19, 0, 1, 0, 0]);
        assert!(!fake.state().sent.contains(&id(7)));
        assert_eq!(
            runs::show(data.path(), &summary.run).unwrap().failures[0].address,
            "person7@contoso.com"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn reads_that_fail_are_tried_again_and_never_guessed() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(20));
    {
        let mut state = fake.state();
        state.read_faults = [
            Some(CallFault::Down),
            Some(CallFault::Short),
            None,
            Some(CallFault::Busy),
        ]
        .into();
        state.reread_faults = [
            Some(CallFault::Down),
            Some(CallFault::Busy),
            None,
            Some(CallFault::Short),
        ]
        .into();
        state.write_call_faults = [
            Some(CallFault::Lost),
            Some(CallFault::Down),
            Some(CallFault::Short),
        ]
        .into();
    }
    let summary = run(&fake, request(content(to_cloud(), 0..20), data.path()))
        .await
        .unwrap();
    assert_eq!(counts(&summary), [20, 0, 0, 0, 0]);
    check_files(&fake, data.path());
}

#[tokio::test(start_paused = true)]
async fn a_service_that_stays_down_stops_the_run_with_nothing_written() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(30));
    fake.state().read_faults = vec![Some(CallFault::Down); 1000].into();
    let summary = run(&fake, request(content(to_cloud(), 0..30), data.path()))
        .await
        .unwrap();
    assert_eq!(counts(&summary), [0, 0, 0, 0, 30]);
    assert!(summary.stopped.is_some());
    assert!(fake.state().sent.is_empty());
    fake.state().read_faults.clear();
    assert_eq!(
        counts(&resume_once(&fake, data.path()).await.unwrap()),
        [30, 0, 0, 0, 0]
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_right_stops_the_run_and_a_resume_finishes_it() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(300));
    for number in 40..300 {
        fake.fault(number, &[WriteFault::Permission]);
    }
    let mut first = request(content(to_cloud(), 0..300), data.path());
    first.concurrency = Some(2);
    let summary = run(&fake, first.clone()).await.unwrap();
    assert_eq!(counts(&summary)[..4], [40, 0, 0, 0]);
    assert!(summary.stopped.unwrap().contains("Permission"));
    let sent = fake.state().sent.len();
    assert!(sent <= 70, "{sent} writes were sent although every one fails");

    // Until it is finished, neither the same plan nor another one may begin.
    let same = run(&fake, first).await.unwrap_err();
    assert!(
        matches!(
            &same,
            RunError::Refused(Refusal::AlreadyApplied { finished: false, .. })
        ),
        "{same}"
    );
    assert!(same.to_string().contains("mailboxes resume"), "{same}");
    let other = run(&fake, request(content(to_cloud(), 290..300), data.path()))
        .await
        .unwrap_err();
    assert!(
        matches!(&other, RunError::Refused(Refusal::OpenRun { .. })),
        "{other}"
    );
    assert!(runs::interrupted(data.path(), fake::TENANT).unwrap().is_some());

    fake.state().write_faults.clear();
    assert_eq!(
        counts(&resume_once(&fake, data.path()).await.unwrap()),
        [300, 0, 0, 0, 0]
    );
    assert!(runs::interrupted(data.path(), fake::TENANT).unwrap().is_none());
    check_files(&fake, data.path());
}

#[tokio::test(start_paused = true)]
async fn too_many_failures_stop_the_run() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(1000));
    for number in (100..1000).step_by(9) {
        // Errors that are about their mailbox: only their number counts, not a row of them.
        fake.fault(number, &[WriteFault::OutOfScope]);
    }
    let summary = run(&fake, request(content(to_cloud(), 0..1000), data.path()))
        .await
        .unwrap();
    assert!(summary.failed >= 3 && summary.remaining > 600, "{summary:?}");
    assert!(summary.stopped.unwrap().contains("of the last"));
    let shown = runs::show(data.path(), &summary.run).unwrap();
    assert_eq!(shown.failures.len() as u64, summary.failed);
    assert_eq!(shown.entry.state, RunListState::Interrupted);
}

#[tokio::test(start_paused = true)]
async fn pause_resume_and_cancel_act_between_mailboxes() {
    let data = tempfile::tempdir().unwrap();
    let mut fake = Fake::new(500);
    fake.latency = Duration::from_millis(100);
    let fake = Arc::new(fake);
    let control = RunControl::default();
    let sender = progress();
    let mut seen = sender.subscribe();
    let mut limited = request(content(to_cloud(), 0..500), data.path());
    limited.concurrency = Some(2);
    let task = tokio::spawn(apply(Arc::clone(&fake), limited, sender, control.clone()));
    seen.wait_for(|now| now.done >= 40).await.unwrap();
    control.pause();
    let paused = seen
        .wait_for(|now| now.state == RunState::Paused && now.in_flight == 0)
        .await
        .unwrap()
        .clone();
    let sent = fake.state().sent.len() as u64;
    assert_eq!(sent, paused.done, "in flight was finished, nothing new was begun");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(fake.state().sent.len() as u64, sent);
    control.resume();
    seen.wait_for(|now| now.done >= sent + 40).await.unwrap();
    control.cancel();
    let summary = task.await.unwrap().unwrap();
    assert!(
        summary.remaining > 0 && summary.done + summary.remaining == 500,
        "{summary:?}"
    );
    assert_eq!(summary.unknown + summary.failed, 0);
    assert_eq!(fake.state().sent.len() as u64, summary.done);
    assert_eq!(seen.borrow().state, RunState::Ended(RunEnd::Interrupted));
    assert_eq!(
        counts(&resume_once(&fake, data.path()).await.unwrap()),
        [500, 0, 0, 0, 0]
    );
    check_files(&fake, data.path());
}

#[tokio::test]
async fn progress_comes_at_most_ten_times_a_second() {
    let data = tempfile::tempdir().unwrap();
    let mut fake = Fake::new(500);
    fake.latency = Duration::from_millis(100);
    let fake = Arc::new(fake);
    let sender = progress();
    let mut seen = sender.subscribe();
    let began = Instant::now();
    let task = tokio::spawn(apply(
        Arc::clone(&fake),
        request(content(to_cloud(), 0..500), data.path()),
        sender,
        RunControl::default(),
    ));
    let mut updates = 0;
    let mut best_rate: f64 = 0.0;
    let mut with_estimate = 0;
    while seen.changed().await.is_ok() {
        updates += 1;
        let now = seen.borrow_and_update();
        best_rate = best_rate.max(now.per_second);
        with_estimate += u32::from(now.remaining.is_some());
    }
    let seconds = began.elapsed().as_secs_f64();
    task.await.unwrap().unwrap();
    assert!(
        f64::from(updates) <= seconds * 10.0 + 3.0,
        "{updates} updates in {seconds} s"
    );
    assert!(best_rate > 50.0 && with_estimate > 0, "{best_rate}");
    let last = seen.borrow();
    assert_eq!((last.done, last.in_flight), (500, 0));
    assert!(!last.history.is_empty());
}

#[tokio::test(start_paused = true)]
async fn every_refusal_comes_before_anything_is_sent() {
    type Spoil = fn(&mut ApplyRequest);
    fn replan(request: &mut ApplyRequest, change: impl FnOnce(&mut PlanContent)) {
        let mut content = request.plan.content.clone();
        change(&mut content);
        let expect_count = request.expect_count;
        *request = fake::request(content, &request.data_dir);
        request.expect_count = expect_count;
    }
    let cases: [(&str, Spoil); 15] = [
        ("read-only", |request| request.write_enabled = false),
        ("changed after it was made", |request| {
            let text = String::from_utf8(request.plan_bytes.clone()).unwrap();
            request.plan_bytes = text.replace("Person 1\"", "Person 2\"").into_bytes();
        }),
        ("can't be read", |request| {
            request.plan_bytes.truncate(100);
        }),
        ("not the plan that was confirmed", |request| {
            let other = fake::request(content(to_cloud(), 0..30), &request.data_dir);
            request.plan_bytes = other.plan_bytes;
        }),
        ("is for tenant", |request| {
            replan(request, |plan| plan.tenant.id = "another".into())
        }),
        ("more than 24 hours ago", |request| {
            request.now = Timestamp::now() + SignedDuration::from_hours(25)
        }),
        ("Set the clock right", |request| {
            request.now = Timestamp::now() - SignedDuration::from_mins(6)
        }),
        ("not 29 as expected", |request| request.expect_count = Some(29)),
        ("--expect-count 30", |request| request.expect_count = None),
        ("allows 20 per run", |request| {
            request.policy = Policy {
                max_changes: 20,
                ..Policy::default()
            }
        }),
        ("Connect Sync is too old", |request| {
            replan(request, |plan| {
                plan.run_findings.push(Finding {
                    rule: "connect-version".into(),
                    severity: Severity::Block,
                    text: "Connect Sync is too old".into(),
                })
            })
        }),
        ("twice", |request| {
            replan(request, |plan| {
                let again = plan.items[0].clone();
                plan.items[1] = again;
            })
        }),
        ("would overwrite 1 values", |request| {
            replan(request, |plan| {
                plan.change = Change::SetAuthority {
                    target: Target::OnPremises,
                };
                plan.overwrites.push(Overwrite {
                    id: id(0),
                    primary_smtp_address: "a".into(),
                    attribute: "Alias".into(),
                    directory_attribute: "mailNickname".into(),
                    cloud: "x".into(),
                    directory: Some("y".into()),
                })
            })
        }),
        ("exactly one mailbox", |request| {
            replan(request, |plan| {
                plan.change = Change::SetAddresses {
                    before: vec![],
                    after: vec!["SMTP:a@b".into()],
                }
            })
        }),
        ("Free some space", |request| {
            struct Small;
            impl handover::journal::Storage for Small {
                fn append(&self, path: &Path) -> io::Result<Box<dyn handover::journal::DurableFile>> {
                    handover::journal::Disk.append(path)
                }
                fn available(&self, _: &Path) -> io::Result<u64> {
                    Ok(100_000)
                }
            }
            request.storage = Arc::new(Small);
        }),
    ];
    for (expected, spoil) in cases {
        let data = tempfile::tempdir().unwrap();
        let fake = Arc::new(Fake::new(30));
        let mut spoiled = request(content(to_cloud(), 0..30), data.path());
        spoil(&mut spoiled);
        let error = run(&fake, spoiled).await.unwrap_err();
        assert!(matches!(error, RunError::Refused(_)), "{error}");
        assert!(error.to_string().contains(expected), "{expected}: {error}");
        assert!(fake.state().sent.is_empty());
        assert_eq!(runs::list(data.path()).unwrap(), [], "{expected}");
        assert!(TenantLock::holder(data.path(), fake::TENANT).is_none());
    }
}

#[tokio::test]
async fn two_runs_never_write_in_one_tenant_at_once() {
    let data = tempfile::tempdir().unwrap();
    let mut slow = Fake::new(40);
    slow.latency = Duration::from_millis(1200);
    let slow = Arc::new(slow);
    let first = tokio::spawn(apply(
        Arc::clone(&slow),
        request(content(to_cloud(), 0..20), data.path()),
        progress(),
        RunControl::default(),
    ));
    while TenantLock::holder(data.path(), fake::TENANT).is_none_or(|holder| holder.run.is_empty()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let fake = Arc::new(Fake::new(40));
    let error = run(&fake, request(content(to_cloud(), 20..40), data.path()))
        .await
        .unwrap_err();
    assert!(matches!(&error, RunError::Refused(Refusal::Locked(_))), "{error}");
    assert!(
        error.to_string().contains(&std::process::id().to_string()),
        "{error}"
    );
    assert_eq!(runs::list(data.path()).unwrap()[0].state, RunListState::Open);
    let error = resume_once(&fake, data.path()).await.unwrap_err();
    assert!(matches!(&error, RunError::Refused(Refusal::Locked(_))), "{error}");
    assert!(fake.state().sent.is_empty());
    assert_eq!(counts(&first.await.unwrap().unwrap()), [20, 0, 0, 0, 0]);
    assert_eq!(
        counts(
            &run(&fake, request(content(to_cloud(), 20..40), data.path()))
                .await
                .unwrap()
        )[0],
        20
    );
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_stops_at_once_and_can_be_resumed() {
    for syncs in 1..14 {
        let data = tempfile::tempdir().unwrap();
        let mut fake = Fake::new(60);
        fake.audit = Some(data.path().to_owned());
        let fake = Arc::new(fake);
        let mut full = request(content(to_cloud(), 0..60), data.path());
        full.concurrency = Some(1);
        full.storage = Arc::new(Unreliable {
            syncs_left: Arc::new(Mutex::new(syncs)),
            kind: io::ErrorKind::StorageFull,
            seed: syncs,
        });
        let error = run(&fake, full).await.unwrap_err();
        let RunError::Record { run, source } = &error else {
            panic!("{error}")
        };
        assert!(
            run.is_some() && matches!(source, JournalError::Full { .. }),
            "{error}"
        );
        assert!(
            error.to_string().contains("Free some space, then resume"),
            "{error}"
        );
        // One batch at a time: a write goes out only after both files took its batch.
        assert!(fake.state().sent.len() as u64 <= syncs.div_ceil(3) * 10);
        assert_eq!(
            counts(&resume_once(&fake, data.path()).await.unwrap()),
            [60, 0, 0, 0, 0]
        );
        check_files(&fake, data.path());
    }
}

#[tokio::test(start_paused = true)]
async fn addresses_are_edited_unless_they_changed_since_the_plan() {
    let before = vec![
        "SMTP:person0@contoso.com".to_owned(),
        "smtp:p0@contoso.com".to_owned(),
    ];
    let after = vec![
        "SMTP:p0@contoso.com".to_owned(),
        "smtp:person0@contoso.com".to_owned(),
    ];
    let change = Change::SetAddresses { before, after };
    let attempt = async |spoil: fn(&Fake)| {
        let data = tempfile::tempdir().unwrap();
        let fake = Arc::new(Fake::new(1));
        fake.set(0, "IsExchangeCloudManaged", json!(true));
        spoil(&fake);
        let summary = run(&fake, request(content(change.clone(), 0..1), data.path()))
            .await
            .unwrap();
        let now = fake.state().rows[&id(0)].attributes["EmailAddresses"].clone();
        (counts(&summary), now, outcome_line(data.path(), 0))
    };
    let (summary, now, _) = attempt(|_| {}).await;
    assert_eq!(summary, [1, 0, 0, 0, 0]);
    assert_eq!(now, json!(["SMTP:p0@contoso.com", "smtp:person0@contoso.com"]));
    let (summary, now, line) =
        attempt(|fake| fake.set(0, "EmailAddresses", json!(["SMTP:new@contoso.com"]))).await;
    assert_eq!(summary, [0, 0, 1, 0, 0]);
    assert_eq!(now, json!(["SMTP:new@contoso.com"]));
    assert_eq!(line["error"]["class"], "conflict");
}

#[tokio::test(start_paused = true)]
async fn the_tenant_default_is_switched_and_proven() {
    let change = Change::SetTenantDefault {
        target: Target::Cloud,
    };
    for (faults, expected, writes) in [
        (vec![], [1, 0, 0, 0, 0], 1),
        (vec![WriteFault::LostAfter], [1, 0, 0, 0, 0], 1),
        (vec![WriteFault::LostBefore], [1, 0, 0, 0, 0], 2),
        (vec![WriteFault::Rejected], [0, 0, 1, 0, 0], 1),
        (vec![WriteFault::LostBefore; 7], [0, 0, 0, 1, 0], 7),
    ] {
        let data = tempfile::tempdir().unwrap();
        let fake = Arc::new(Fake::new(0));
        fake.state().default_faults = faults.into();
        let summary = run(&fake, request(content(change.clone(), []), data.path()))
            .await
            .unwrap();
        assert_eq!(
            (counts(&summary), fake.state().default_writes),
            (expected, writes)
        );
        assert_eq!(fake.state().default_cloud, summary.done == 1);
        let shown = runs::show(data.path(), &summary.run).unwrap();
        assert_eq!(shown.default_before, Some(false));
        if summary.unknown == 1 {
            assert_eq!(
                counts(&resume_once(&fake, data.path()).await.unwrap()),
                [1, 0, 0, 0, 0]
            );
        }
        if summary.done == 1 {
            let verified = |fake: &Arc<Fake>| {
                let (fake, run, folder) = (Arc::clone(fake), summary.run.clone(), data.path().to_owned());
                async move {
                    verify(fake, &folder, &run, watch::channel(0).0, CancellationToken::new())
                        .await
                        .unwrap()
                }
            };
            assert!(!verified(&fake).await.tenant_default_reverted);
            fake.state().default_cloud = false;
            assert!(verified(&fake).await.tenant_default_reverted);
        }
    }
}

struct Export;

impl DirectorySnapshots for Export {
    fn find<'a>(
        &'a self,
        mailboxes: &'a [&'a CloudAttributes],
    ) -> BoxFuture<'a, Result<Vec<Option<DirectoryAttributes>>, ServiceError>> {
        let found = mailboxes
            .iter()
            .map(|mailbox| {
                let name = mailbox.text("DisplayName")?;
                (name != "Person 3")
                    .then(|| DirectoryAttributes::from_iter([("displayName".into(), json!(name))]))
            })
            .collect();
        Box::pin(async move { Ok(found) })
    }
}

#[tokio::test(start_paused = true)]
async fn snapshots_hold_both_sides_where_a_directory_is_at_hand() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(12));
    let mut both = request(content(to_cloud(), 0..12), data.path());
    both.directory = Some(Arc::new(Export));
    let summary = run(&fake, both).await.unwrap();
    let folder = RunFolder::find(data.path(), &summary.run).unwrap();
    let mut seen = 0;
    for entry in SnapshotReader::open(&folder.snapshot_path()).unwrap() {
        let (_, snapshot) = entry.unwrap();
        let expected = (snapshot.id != id(3)).then(|| snapshot.cloud.0["DisplayName"].clone());
        assert_eq!(
            snapshot.directory.map(|side| side["displayName"].clone()),
            expected
        );
        assert_eq!(snapshot.cloud.flag("IsExchangeCloudManaged"), Some(false));
        seen += 1;
    }
    assert_eq!(seen, 12);
}

#[tokio::test(start_paused = true)]
async fn verify_finds_reverts_and_changed_attributes() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(45));
    let summary = run(&fake, request(content(to_cloud(), 0..45), data.path()))
        .await
        .unwrap();
    fake.set(7, "IsExchangeCloudManaged", json!(false));
    fake.set(31, "CustomAttribute1", json!("overwritten"));
    fake.state().rows.remove(&id(40));
    let (read, _) = watch::channel(0);
    let report = verify(
        Arc::clone(&fake),
        data.path(),
        &summary.run,
        read.clone(),
        CancellationToken::new(),
    )
    .await
    .unwrap();
    assert_eq!((report.done, report.confirmed, *read.borrow()), (45, 43, 45));
    assert_eq!(
        report.reverted.iter().map(|one| one.id).collect::<Vec<_>>(),
        [id(7)]
    );
    assert_eq!(report.changed.len(), 1);
    assert_eq!(report.changed[0].mailbox.address, "person31@contoso.com");
    assert_eq!(report.changed[0].before, json!("value 31"));
    assert_eq!(report.unreadable[0].error.class, ErrorClass::NotFound);
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let report = verify(fake, data.path(), &summary.run, read, cancelled)
        .await
        .unwrap();
    assert!(report.cancelled);
}

#[tokio::test(start_paused = true)]
async fn broken_folders_are_listed_with_their_problem() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(10));
    let summary = run(&fake, request(content(to_cloud(), 0..10), data.path()))
        .await
        .unwrap();
    std::fs::create_dir(data.path().join("runs/20200101T000000Z-broken00")).unwrap();
    let listed = runs::list(data.path()).unwrap();
    assert_eq!(
        listed.iter().map(|entry| entry.run.as_str()).collect::<Vec<_>>(),
        [summary.run.as_str(), "20200101T000000Z-broken00"]
    );
    assert!(listed[1].problem.as_ref().unwrap().contains("manifest.json"));
    let json = serde_json::to_value(&listed[0]).unwrap();
    for name in [
        "run",
        "state",
        "tenant",
        "target",
        "done",
        "remaining",
        "startedAt",
    ] {
        assert!(json.get(name).is_some(), "{name}");
    }
    assert_eq!(
        (json["state"].as_str(), json["target"].as_str()),
        (Some("done"), Some("cloud"))
    );

    // A plan that was changed inside the folder is not resumed.
    let folder = RunFolder::find(data.path(), &summary.run).unwrap();
    let text = String::from_utf8(folder.plan_bytes().unwrap()).unwrap();
    std::fs::write(
        folder.path().join("plan.json"),
        text.replace("Person 1\"", "Person X\""),
    )
    .unwrap();
    let error = resume(
        Arc::clone(&fake),
        ResumeRequest {
            write_enabled: true,
            ..ResumeRequest::new(summary.run, data.path(), "admin")
        },
        progress(),
        RunControl::default(),
    )
    .await
    .unwrap_err();
    assert!(
        matches!(
            error,
            RunError::Record {
                source: JournalError::Unreadable { .. },
                ..
            }
        ),
        "{error}"
    );
}

/// The figure that must hold: request slots never idle, although every batch waits for the disk.
#[test]
fn request_slots_never_wait_for_the_disk() {
    const MAILBOXES: usize = 2000;
    const CAP: u32 = 8;
    let ratio = || {
        let data = tempfile::tempdir().unwrap();
        let mut fake = Fake::new(MAILBOXES);
        fake.latency = Duration::from_millis(100);
        let fake = Arc::new(fake);
        let began = Instant::now();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let summary = runtime
            .block_on(run(
                &fake,
                request(content(to_cloud(), 0..MAILBOXES), data.path()),
            ))
            .unwrap();
        assert_eq!(summary.done, MAILBOXES as u64);
        let requests = fake.requests.load(std::sync::atomic::Ordering::SeqCst) as u32;
        began.elapsed().as_secs_f64() / (fake.latency * requests / CAP).as_secs_f64()
    };
    // Another process may have taken the machine for a moment: the better of two.
    let first = ratio();
    let best = if first <= 1.15 { first } else { first.min(ratio()) };
    eprintln!("wall time / (requests x latency / cap) = {best:.3}");
    assert!(best <= 1.15, "{best:.3}");
}

/// Runs a future in a process of its own, so to speak: when it ends or crashes, every task of it is gone.
fn process<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let value = runtime.block_on(future);
    drop(runtime);
    value
}

fn write_faults() -> impl Strategy<Value = Vec<WriteFault>> {
    prop::collection::vec(
        prop_oneof![
            3 => Just(WriteFault::LostAfter),
            3 => Just(WriteFault::LostBefore),
            2 => Just(WriteFault::FalseFailure),
            2 => Just(WriteFault::Ignored),
            1 => Just(WriteFault::Transient),
            1 => Just(WriteFault::Throttled),
            1 => Just(WriteFault::Permission),
        ],
        0..6,
    )
}

fn call_faults() -> impl Strategy<Value = Vec<Option<CallFault>>> {
    prop::collection::vec(
        prop_oneof![
            4 => Just(None),
            1 => Just(Some(CallFault::Lost)),
            1 => Just(Some(CallFault::Down)),
            1 => Just(Some(CallFault::Short)),
            1 => Just(Some(CallFault::Busy)),
        ],
        0..20,
    )
}

#[derive(Clone, Debug)]
enum Crash {
    AtRequest(u64),
    PowerAtSync(u64, u64),
}

fn crashes() -> impl Strategy<Value = Vec<Crash>> {
    prop::collection::vec(
        prop_oneof![
            (1..40_u64).prop_map(Crash::AtRequest),
            (0..25_u64, any::<u64>()).prop_map(|(sync, seed)| Crash::PowerAtSync(sync, seed)),
        ],
        0..5,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever the service answers and whenever the process dies: every mailbox ends in its target state, each write
    /// has its snapshot and intent on disk before it is sent, and no settled mailbox is written again.
    #[test]
    fn any_faults_and_crashes_end_well(
        faults in prop::collection::vec((0..45_usize, write_faults()), 0..12),
        (reads, rereads, writes) in (call_faults(), call_faults(), call_faults()),
        crashes in crashes(),
    ) {
        let data = tempfile::tempdir().unwrap();
        let mut fake = Fake::new(45);
        fake.audit = Some(data.path().to_owned());
        for (number, faults) in faults {
            fake.fault(number, &faults);
        }
        {
            let mut state = fake.state();
            state.read_faults = reads.into();
            state.reread_faults = rereads.into();
            state.write_call_faults = writes.into();
        }
        let plan = request(content(to_cloud(), 0..45), data.path());
        let mut crashes = crashes.into_iter();
        let mut last = None;
        for attempt in 0..60 {
            let crash = crashes.next();
            let mut storage: Arc<dyn handover::journal::Storage> = Arc::new(handover::journal::Disk);
            fake.crash_at = None;
            fake.crashed = CancellationToken::new();
            match crash {
                Some(Crash::AtRequest(number)) => {
                    fake.crash_at = Some(fake.requests.load(std::sync::atomic::Ordering::SeqCst) + number);
                }
                Some(Crash::PowerAtSync(syncs, seed)) => {
                    let kind = io::ErrorKind::Other;
                    storage = Arc::new(Unreliable { syncs_left: Arc::new(Mutex::new(syncs)), kind, seed });
                }
                None => {}
            }
            let shared = Arc::new(fake);
            let outcome = process(async {
                let crashed = shared.crashed.clone();
                let work = async {
                    if attempt == 0 || RunFolder::list(data.path()).unwrap().is_empty() {
                        run(&shared, ApplyRequest { storage, ..plan.clone() }).await
                    } else {
                        let again = ResumeRequest { storage, ..resuming(data.path()) };
                        resume(Arc::clone(&shared), again, progress(), RunControl::default()).await
                    }
                };
                tokio::select! {
                    outcome = work => Some(outcome),
                    () = crashed.cancelled() => None,
                }
            });
            fake = Arc::into_inner(shared).unwrap();
            match outcome {
                Some(Ok(summary)) if summary.stopped.is_none() => {
                    last = Some(summary);
                    break;
                }
                Some(Err(error)) => prop_assert!(matches!(error, RunError::Record { .. }), "{}", error),
                _ => {}
            }
        }
        let summary = last.expect("the run never came to its end");
        // Three mailboxes that were refused for good in a row... are not among these faults: all must arrive.
        prop_assert_eq!(summary.done + summary.already_there, 45, "{:?}", summary);
        prop_assert_eq!((summary.failed, summary.already_there), (0, 0));
        prop_assert!((0..45).all(|number| fake.is_cloud(number)));
        check_files(&fake, data.path());
        let written: HashSet<_> = fake.state().writes.iter().copied().collect();
        prop_assert_eq!(written.len(), 45);
        let done = runs::done_mailboxes(data.path(), &summary.run).unwrap();
        prop_assert_eq!(done.done.len(), 45);
    }
}
