//! How a run ends: what is final, what stays open, and what its record says about itself.

use super::*;

/// A cancel is no stop rule: what is left can be resumed, and that is all there is to say.
#[tokio::test(start_paused = true)]
async fn a_cancelled_run_names_no_reason_to_stop() {
    let data = tempfile::tempdir().unwrap();
    let mut fake = Fake::new(200);
    fake.latency = Duration::from_millis(100);
    let fake = Arc::new(fake);
    let control = RunControl::default();
    let sender = progress();
    let mut seen = sender.subscribe();
    let mut limited = request(content(to_cloud(), 0..200), data.path());
    limited.concurrency = Some(1);
    let task = tokio::spawn(apply(Arc::clone(&fake), limited, sender, control.clone()));
    seen.wait_for(|now| now.done >= 20).await.unwrap();
    control.cancel();
    let summary = task.await.unwrap().unwrap();
    assert!(summary.remaining > 0, "{summary:?}");
    assert_eq!(summary.stopped, None);
}

/// An error answer says nothing about a change that shows a moment later.
#[tokio::test(start_paused = true)]
async fn a_lasting_error_is_final_only_after_the_last_look() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(3));
    fake.fault(1, &[WriteFault::LateFailure]);
    fake.state().late_looks = 2;
    let summary = run(&fake, request(content(to_cloud(), 0..3), data.path()))
        .await
        .unwrap();
    assert_eq!(counts(&summary), [3, 0, 0, 0, 0]);
    let note = outcome_line(data.path(), 1)["note"].as_str().unwrap().to_owned();
    assert!(note.contains("although the service answered"), "{note}");
}

/// Where the right is missing nothing was done: no further look is needed, and no further write is sent.
#[tokio::test(start_paused = true)]
async fn an_error_that_proves_that_nothing_was_done_is_final_at_once() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(1));
    fake.fault(0, &[WriteFault::OutOfScope]);
    let summary = run(&fake, request(content(to_cloud(), 0..1), data.path()))
        .await
        .unwrap();
    assert_eq!(counts(&summary), [0, 0, 1, 0, 0]);
    // One read, one write, one look.
    assert_eq!(fake.requests.load(std::sync::atomic::Ordering::SeqCst), 3);
}

/// An answer without the flag is no answer: nothing is written again on it, and nothing is called failed.
#[tokio::test(start_paused = true)]
async fn a_proof_without_the_flag_counts_as_unread() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(3));
    fake.fault(1, &[WriteFault::FalseFailure]);
    fake.state().flag_hidden_from_looks.insert(id(1));
    let summary = run(&fake, request(content(to_cloud(), 0..3), data.path()))
        .await
        .unwrap();
    assert_eq!(counts(&summary), [2, 0, 0, 1, 0]);
    let sent = fake.state().sent.iter().filter(|sent| **sent == id(1)).count();
    assert_eq!(sent, 1, "written again without a look");
    fake.state().flag_hidden_from_looks.clear();
    assert_eq!(
        counts(&resume_once(&fake, data.path()).await.unwrap()),
        [3, 0, 0, 0, 0]
    );
}

/// A begun run can be resumed, so its name belongs into the error.
#[tokio::test(start_paused = true)]
async fn a_record_that_fails_from_the_first_line_on_names_its_run() {
    let unreliable = |syncs| Unreliable {
        syncs_left: Arc::new(Mutex::new(syncs)),
        kind: io::ErrorKind::StorageFull,
        seed: 1,
    };
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(10));
    let mut full = request(content(to_cloud(), 0..10), data.path());
    full.storage = Arc::new(unreliable(0));
    let error = run(&fake, full).await.unwrap_err();
    assert!(
        matches!(&error, RunError::Record { run: Some(_), .. }),
        "{error:?}"
    );
    let mut again = resuming(data.path());
    again.storage = Arc::new(unreliable(0));
    let error = resume(Arc::clone(&fake), again, progress(), RunControl::default())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, RunError::Record { run: Some(_), .. }),
        "{error:?}"
    );
}

/// A look back that can't read a snapshot did not interrupt any run.
#[tokio::test(start_paused = true)]
async fn a_damaged_snapshot_is_no_interrupted_run() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(10));
    let summary = run(&fake, request(content(to_cloud(), 0..10), data.path()))
        .await
        .unwrap();
    let folder = RunFolder::find(data.path(), &summary.run).unwrap();
    std::fs::write(folder.snapshot_path(), "damaged\ndamaged\n").unwrap();
    let error = verify(
        fake,
        data.path(),
        &summary.run,
        watch::channel(0).0,
        CancellationToken::new(),
    )
    .await
    .unwrap_err();
    assert!(matches!(&error, RunError::Record { run: None, .. }), "{error:?}");
}

/// The service learns which attributes the tenant lacks only when it reads; every part of a run adds what it learned.
#[tokio::test(start_paused = true)]
async fn the_manifest_names_the_attributes_that_were_dropped_on_the_way() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(30));
    fake.state().dropped_on_read = Some("LaterAttribute".into());
    for number in 20..30 {
        fake.fault(number, &[WriteFault::Permission]);
    }
    let mut first = request(content(to_cloud(), 0..30), data.path());
    first.concurrency = Some(1);
    let summary = run(&fake, first).await.unwrap();
    let dropped = || {
        let folder = RunFolder::find(data.path(), &summary.run).unwrap();
        folder.manifest().unwrap().dropped_attributes
    };
    assert_eq!(dropped(), ["LaterAttribute", "NoSuchAttribute"]);
    {
        let mut state = fake.state();
        state.write_faults.clear();
        state.dropped_on_read = Some("LastAttribute".into());
    }
    assert_eq!(resume_once(&fake, data.path()).await.unwrap().done, 30);
    assert_eq!(dropped(), ["LastAttribute", "LaterAttribute", "NoSuchAttribute"]);
}

/// Going back overwrites values: a mailbox that was edited after the plan told what would be lost is left alone.
#[tokio::test(start_paused = true)]
async fn on_the_way_back_a_mailbox_that_changed_since_the_plan_is_not_written() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(4));
    let back = Change::SetAuthority {
        target: Target::OnPremises,
    };
    let mut plan = content(back, 0..4);
    plan.created_at = Timestamp::now() - SignedDuration::from_hours(2);
    let made = plan.created_at;
    for (number, minutes) in [(0, -60), (1, 1), (2, 30)] {
        fake.set(number, "IsExchangeCloudManaged", json!(true));
        let changed = (made + SignedDuration::from_mins(minutes)).strftime("%Y-%m-%dT%H:%M:%S");
        fake.set(number, "WhenChangedUTC", json!(changed.to_string()));
    }
    fake.set(3, "IsExchangeCloudManaged", json!(true));
    let summary = run(&fake, request(plan, data.path())).await.unwrap();
    assert_eq!(counts(&summary), [3, 0, 1, 0, 0]);
    assert!(fake.is_cloud(2) && !fake.state().sent.contains(&id(2)));
    let line = outcome_line(data.path(), 2);
    let reason = line["error"]["message"].as_str().unwrap();
    assert!(
        reason.contains("changed in the cloud since the plan was made"),
        "{reason}"
    );
}
