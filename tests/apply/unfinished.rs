//! Runs that stay unfinished: giving up, taking back, a damaged folder, a plan that grew old.

use handover::engine::{
    apply::Refusal::{Abandoned, DamagedRun, OpenRun, StaleRest, TooManyLeft},
    planning::{Surroundings, UndoRun, run_facts, undo_run},
};

use super::*;

/// Forty are done, then the right is lost: some have an intent, most were never reached.
async fn stuck(data: &Path, mailboxes: usize, created_at: Timestamp) -> (Arc<Fake>, RunSummary) {
    let fake = Arc::new(Fake::new(mailboxes + 10));
    for number in 40..mailboxes {
        fake.fault(number, &[WriteFault::Permission]);
    }
    let mut plan = content(to_cloud(), 0..mailboxes);
    plan.created_at = created_at;
    let mut first = request(plan, data);
    first.concurrency = Some(1);
    let summary = run(&fake, first).await.unwrap();
    assert_eq!(summary.done, 40);
    (fake, summary)
}

async fn resumed(fake: &Arc<Fake>, request: ResumeRequest) -> Result<RunSummary, RunError> {
    resume(Arc::clone(fake), request, progress(), RunControl::default()).await
}

fn giving_up(data: &Path) -> ResumeRequest {
    ResumeRequest {
        abandon: true,
        ..resuming(data)
    }
}

fn refusal(outcome: Result<RunSummary, RunError>) -> Refusal {
    match outcome {
        Err(RunError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_given_up_settles_what_is_open_and_frees_the_tenant() {
    let data = tempfile::tempdir().unwrap();
    let (fake, summary) = stuck(data.path(), 100, Timestamp::now()).await;
    // Two of the announced ones arrived after all; one can't be read.
    fake.set(40, "IsExchangeCloudManaged", json!(true));
    fake.set(41, "IsExchangeCloudManaged", json!(true));
    fake.state().flag_hidden_from_looks.insert(id(42));
    let sent = fake.state().sent.len();
    let given_up = resumed(&fake, giving_up(data.path())).await.unwrap();
    // What was announced and not written is left as it is: it did not fail.
    assert_eq!(counts(&given_up), [42, 0, 0, 1, 57]);
    assert!(given_up.abandoned && given_up.stopped.is_none());
    assert_eq!(fake.state().sent.len(), sent, "nothing is written");
    let listed = runs::list(data.path()).unwrap();
    assert_eq!(
        (listed[0].state, listed[0].abandoned, listed[0].remaining),
        (RunListState::Done, true, 58)
    );
    assert!(runs::interrupted(data.path(), fake::TENANT).unwrap().is_none());
    // Once more says the same; going on is refused; a new run may begin.
    assert_eq!(
        counts(&resumed(&fake, giving_up(data.path())).await.unwrap()),
        [42, 0, 0, 1, 57]
    );
    assert!(matches!(
        refusal(resume_once(&fake, data.path()).await),
        Abandoned { .. }
    ));
    {
        let mut state = fake.state();
        state.write_faults.clear();
        state.flag_hidden_from_looks.clear();
    }
    let rest = run(&fake, request(content(to_cloud(), 42..100), data.path()))
        .await
        .unwrap();
    assert_eq!(counts(&rest), [58, 0, 0, 0, 0]);
    assert_ne!(rest.run, summary.run);
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_that_stays_unknown_stays_resumable_until_the_run_is_given_up() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(10));
    fake.fault(3, &[WriteFault::LostBefore; 100]);
    run(&fake, request(content(to_cloud(), 0..10), data.path()))
        .await
        .unwrap();
    for _ in 0..3 {
        let again = resume_once(&fake, data.path()).await.unwrap();
        assert_eq!(counts(&again), [9, 0, 0, 1, 0]);
        assert_eq!(
            runs::list(data.path()).unwrap()[0].state,
            RunListState::Interrupted
        );
    }
    let given_up = resumed(&fake, giving_up(data.path())).await.unwrap();
    assert_eq!(counts(&given_up), [9, 0, 1, 0, 0]);
    assert_eq!(runs::list(data.path()).unwrap()[0].state, RunListState::Done);
}

/// The way out must not depend on the service: what can't be read stays unknown.
#[tokio::test(start_paused = true)]
async fn a_service_that_answers_nothing_does_not_keep_a_run_from_being_given_up() {
    let data = tempfile::tempdir().unwrap();
    let (fake, _) = stuck(data.path(), 100, Timestamp::now()).await;
    fake.state().reread_faults = vec![Some(CallFault::Down); 1000].into();
    let given_up = resumed(&fake, giving_up(data.path())).await.unwrap();
    assert_eq!(counts(&given_up), [40, 0, 0, 10, 50]);
    assert_eq!(runs::list(data.path()).unwrap()[0].state, RunListState::Done);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_can_be_taken_back() {
    let data = tempfile::tempdir().unwrap();
    let (fake, summary) = stuck(data.path(), 100, Timestamp::now()).await;
    let organization = handover::engine::MailboxService::organization(&*fake)
        .await
        .unwrap();
    let surroundings = Surroundings {
        data_dir: data.path().to_owned(),
        token_tenant: fake::TENANT.into(),
        connect_version: None,
    };
    let facts = run_facts(&*fake, &organization, surroundings).await;
    assert_eq!(facts.open_runs, [summary.run.as_str()]);
    let undo = UndoRun {
        data_dir: data.path().to_owned(),
        run: summary.run.clone(),
        created_by: "admin".into(),
        directory: None,
        accept_loss: None,
    };
    let report = undo_run(&*fake, undo, facts, &|_| (), CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(report.plan.content.items.len(), 40);
    assert!(
        !report
            .plan
            .content
            .run_findings
            .iter()
            .any(|finding| finding.severity == Severity::Block)
    );
    let back = run(&fake, request(report.plan.content.clone(), data.path()))
        .await
        .unwrap();
    assert_eq!(counts(&back), [40, 0, 0, 0, 0]);
    // Any other run still waits.
    let other = run(&fake, request(content(to_cloud(), 100..105), data.path())).await;
    assert!(matches!(refusal(other), OpenRun { .. }));
}

/// Two administrators with data folders of their own on one machine.
#[tokio::test(start_paused = true)]
async fn data_folders_that_share_a_lock_do_not_write_at_once() {
    let (data, other, shared) = (
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let fake = Arc::new(Fake::new(20));
    let held = TenantLock::acquire(other.path(), fake::TENANT, "theirs")
        .unwrap()
        .shared(&SharedLocks::new(shared.path()), fake::TENANT)
        .unwrap();
    let mut mine = request(content(to_cloud(), 0..20), data.path());
    mine.shared_locks = Some(SharedLocks::new(shared.path()));
    let refused = refusal(run(&fake, mine.clone()).await);
    assert!(
        matches!(&refused, Refusal::Locked(holder) if holder.elsewhere),
        "{refused}"
    );
    assert!(fake.state().sent.is_empty());
    assert_eq!(runs::list(data.path()).unwrap(), []);
    drop(held);
    assert_eq!(counts(&run(&fake, mine).await.unwrap()), [20, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_damaged_folder_is_named_and_moved_away() {
    type Damage = fn(&Path);
    let damages: [Damage; 3] = [
        |folder| std::fs::write(folder.join("manifest.json"), "{").unwrap(),
        |folder| std::fs::write(folder.join("journal.jsonl"), "x\ny\n").unwrap(),
        |folder| std::fs::write(folder.join("plan.json"), "{}").unwrap(),
    ];
    for damage in damages {
        let data = tempfile::tempdir().unwrap();
        let (fake, summary) = stuck(data.path(), 100, Timestamp::now()).await;
        damage(Path::new(&summary.directory));
        let organization = handover::engine::MailboxService::organization(&*fake)
            .await
            .unwrap();
        let surroundings = Surroundings {
            data_dir: data.path().to_owned(),
            token_tenant: fake::TENANT.into(),
            connect_version: None,
        };
        let facts = run_facts(&*fake, &organization, surroundings).await;
        assert!(facts.open_runs.is_empty());
        assert!(facts.damaged_runs[0].starts_with(&summary.directory));
        let next = || run(&fake, request(content(to_cloud(), 100..105), data.path()));
        let refused = refusal(next().await);
        assert!(matches!(refused, DamagedRun { .. }));
        assert!(
            refused
                .to_string()
                .contains(&format!("move the folder {}", summary.directory)),
            "{refused}"
        );
        std::fs::rename(&summary.directory, data.path().join("evidence")).unwrap();
        assert_eq!(counts(&next().await.unwrap()), [5, 0, 0, 0, 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_resume_keeps_to_the_limit_of_the_policy() {
    let data = tempfile::tempdir().unwrap();
    let (fake, _) = stuck(data.path(), 100, Timestamp::now()).await;
    fake.state().write_faults.clear();
    let limited = |max_changes| {
        let mut again = resuming(data.path());
        again.policy = Policy {
            max_changes,
            ..Policy::default()
        };
        again
    };
    let refused = refusal(resumed(&fake, limited(49)).await);
    assert!(
        matches!(
            refused,
            TooManyLeft {
                left: 50,
                limit: 49,
                ..
            }
        ),
        "{refused}"
    );
    assert!(TenantLock::holder(data.path(), fake::TENANT).is_none());
    assert_eq!(
        counts(&resumed(&fake, limited(50)).await.unwrap()),
        [100, 0, 0, 0, 0]
    );
}

#[tokio::test(start_paused = true)]
async fn an_old_plan_is_settled_and_its_rest_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let (fake, summary) = stuck(data.path(), 100, Timestamp::now()).await;
    fake.state().write_faults.clear();
    fake.set(40, "IsExchangeCloudManaged", json!(true));
    let sent = fake.state().sent.len();
    let late = |stale_ok| ResumeRequest {
        now: Timestamp::now() + SignedDuration::from_hours(25),
        stale_ok,
        ..resuming(data.path())
    };
    let refused = refusal(resumed(&fake, late(false)).await);
    assert!(matches!(refused, StaleRest { left: 59, .. }), "{refused}");
    assert!(refused.to_string().contains("--stale-ok"), "{refused}");
    let shown = runs::show(data.path(), &summary.run).unwrap();
    assert_eq!(
        (shown.entry.done, shown.entry.state),
        (41, RunListState::Interrupted)
    );
    assert_eq!(fake.state().sent.len(), sent, "nothing is written");
    assert_eq!(
        counts(&resumed(&fake, late(true)).await.unwrap()),
        [100, 0, 0, 0, 0]
    );
}

fn default_to_cloud() -> Change {
    Change::SetTenantDefault {
        target: Target::Cloud,
    }
}

#[tokio::test(start_paused = true)]
async fn the_tenant_default_can_be_paused_and_cancelled_between_attempts() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(0));
    fake.state().default_faults = vec![WriteFault::LostBefore; 3].into();
    let control = RunControl::default();
    let sender = progress();
    let mut seen = sender.subscribe();
    let task = tokio::spawn(apply(
        Arc::clone(&fake),
        request(content(default_to_cloud(), []), data.path()),
        sender,
        control.clone(),
    ));
    seen.wait_for(|now| now.state == RunState::Running && now.in_flight == 1)
        .await
        .unwrap();
    control.pause();
    seen.wait_for(|now| now.state == RunState::Paused).await.unwrap();
    let writes = fake.state().default_writes;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(fake.state().default_writes, writes);
    control.cancel();
    let summary = task.await.unwrap().unwrap();
    assert_eq!((counts(&summary), summary.stopped), ([0, 0, 0, 0, 1], None));
    assert_eq!(
        counts(&resume_once(&fake, data.path()).await.unwrap()),
        [1, 0, 0, 0, 0]
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_look_at_the_tenant_default_counts_too() {
    let data = tempfile::tempdir().unwrap();
    for fault in [WriteFault::LostBefore, WriteFault::Rejected] {
        let fake = Arc::new(Fake::new(0));
        fake.state().default_faults = vec![fault].into();
        fake.state().default_shows_after = Some(2);
        let mut plan = content(default_to_cloud(), []);
        plan.created_by = format!("{fault:?}");
        let summary = run(&fake, request(plan, data.path())).await.unwrap();
        assert_eq!(counts(&summary), [1, 0, 0, 0, 0], "{fault:?}");
        assert_eq!(fake.state().default_writes, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_switch_of_the_tenant_default_can_be_given_up() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(0));
    fake.state().default_faults = vec![WriteFault::LostBefore; 7].into();
    let summary = run(&fake, request(content(default_to_cloud(), []), data.path()))
        .await
        .unwrap();
    assert_eq!(summary.unknown, 1);
    let given_up = resumed(&fake, giving_up(data.path())).await.unwrap();
    assert_eq!(counts(&given_up), [0, 0, 1, 0, 0]);
    assert_eq!(fake.state().default_writes, 7);
    assert_eq!(runs::list(data.path()).unwrap()[0].state, RunListState::Done);
}
