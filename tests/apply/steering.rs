//! Pause and cancel: what still happens afterwards, and how soon it is over, under a service that admits few requests.
//!
//! The clock of these tests runs on while a thread waits for the disk, so bounds of time are coarse.

use super::*;

fn starting(
    fake: &Arc<Fake>,
    request: ApplyRequest,
) -> (
    tokio::task::JoinHandle<Result<RunSummary, RunError>>,
    watch::Receiver<RunProgress>,
    RunControl,
) {
    let (sender, control) = (progress(), RunControl::default());
    let seen = sender.subscribe();
    let task = tokio::spawn(apply(Arc::clone(fake), request, sender, control.clone()));
    (task, seen, control)
}

/// Batches that only wait for a place at the service must not be written after a pause.
#[tokio::test(start_paused = true)]
async fn a_pause_leaves_only_what_the_service_works_on() {
    let data = tempfile::tempdir().unwrap();
    let mut fake = Fake::new(500).limited_to(2);
    fake.latency = Duration::from_millis(300);
    let fake = Arc::new(fake);
    let (task, mut seen, control) = starting(&fake, request(content(to_cloud(), 0..500), data.path()));
    let before = seen.wait_for(|now| now.done >= 60).await.unwrap().done;
    let requests = || fake.requests.load(std::sync::atomic::Ordering::SeqCst);
    let asked = requests();
    control.pause();
    let paused = seen
        .wait_for(|now| now.state == RunState::Paused && now.in_flight == 0)
        .await
        .unwrap()
        .clone();
    assert!(paused.done - before <= 30, "{before} -> {}", paused.done);
    assert!(requests() - asked <= 6, "{} more requests", requests() - asked);
    assert_eq!(fake.state().sent.len() as u64, paused.done);

    // What was put back is the first to go on, and nothing is left out or done twice.
    control.resume();
    let before = seen.wait_for(|now| now.done >= 200).await.unwrap().done;
    control.cancel();
    let summary = task.await.unwrap().unwrap();
    assert!(summary.done - before <= 30, "{before} -> {}", summary.done);
    assert_eq!(summary.done + summary.remaining, 500);
    let replay = RunFolder::find(data.path(), &summary.run)
        .unwrap()
        .replay()
        .unwrap();
    let announced = (0..500).filter(|number| replay.item(id(*number)).is_some_and(|item| item.intended));
    assert_eq!(announced.count() as u64, summary.done);
    assert_eq!(
        counts(&resume_once(&fake, data.path()).await.unwrap()),
        [500, 0, 0, 0, 0]
    );
    assert_eq!(fake.state().sent.len(), 500);
    check_files(&fake, data.path());
}

/// More batches than the service admits requests would only wait; fewer would leave places idle.
#[tokio::test(start_paused = true)]
async fn batches_follow_the_limit_of_the_service() {
    let data = tempfile::tempdir().unwrap();
    let mut fake = Fake::new(2_000).limited_to(4);
    fake.latency = Duration::from_millis(100);
    let fake = Arc::new(fake);
    let (task, mut seen, _) = starting(&fake, request(content(to_cloud(), 0..2_000), data.path()));
    seen.wait_for(|now| now.done >= 100).await.unwrap();
    assert!(
        (40..=50).contains(&seen.borrow().in_flight),
        "{:?}",
        seen.borrow()
    );
    fake.transport.send_modify(|state| state.limit = 8);
    let done = seen.borrow().done;
    seen.wait_for(|now| now.done >= done + 200).await.unwrap();
    assert!(
        (80..=100).contains(&seen.borrow().in_flight),
        "{:?}",
        seen.borrow()
    );
    fake.transport.send_modify(|state| state.limit = 1);
    let done = seen.borrow().done;
    seen.wait_for(|now| now.done >= done + 300).await.unwrap();
    assert!(seen.borrow().in_flight <= 20, "{:?}", seen.borrow());
    assert_eq!(task.await.unwrap().unwrap().done, 2_000);
}

/// A read changes nothing, so nobody has to wait for its answer.
#[tokio::test(start_paused = true)]
async fn a_first_read_that_hangs_keeps_neither_pause_nor_cancel_waiting() {
    let data = tempfile::tempdir().unwrap();
    let mut fake = Fake::new(100).limited_to(2);
    fake.latency = Duration::from_secs(86_400);
    let fake = Arc::new(fake);
    let (task, mut seen, control) = starting(&fake, request(content(to_cloud(), 0..100), data.path()));
    seen.wait_for(|now| now.in_flight > 0).await.unwrap();
    let began = tokio::time::Instant::now();
    control.pause();
    seen.wait_for(|now| now.state == RunState::Paused && now.in_flight == 0)
        .await
        .unwrap();
    control.resume();
    seen.wait_for(|now| now.state == RunState::Running && now.in_flight > 0)
        .await
        .unwrap();
    control.cancel();
    let summary = task.await.unwrap().unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(3_600),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(counts(&summary), [0, 0, 0, 0, 100]);
    assert!(fake.state().sent.is_empty());
}

/// The same for the reads that settle what an interruption left open.
#[tokio::test(start_paused = true)]
async fn settling_that_hangs_can_be_cancelled() {
    let data = tempfile::tempdir().unwrap();
    let mut fake = Fake::new(50);
    fake.crash_at = Some(10);
    let fake = Arc::new(fake);
    let crashed = fake.crashed.clone();
    tokio::select! {
        _ = run(&fake, request(content(to_cloud(), 0..50), data.path())) => panic!("it was to crash"),
        () = crashed.cancelled() => {}
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut slow = Fake::new(50).limited_to(1);
    slow.latency = Duration::from_secs(86_400);
    let slow = Arc::new(slow);
    let (sender, control) = (progress(), RunControl::default());
    let mut seen = sender.subscribe();
    let task = tokio::spawn(resume(
        Arc::clone(&slow),
        resuming(data.path()),
        sender,
        control.clone(),
    ));
    seen.wait_for(|now| now.in_flight > 0).await.unwrap();
    let began = tokio::time::Instant::now();
    control.cancel();
    let summary = task.await.unwrap().unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(3_600),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(summary.stopped, None);
    assert!(summary.remaining > 0, "{summary:?}");
    assert!(slow.state().sent.is_empty());
}

/// Another run at work is known from this machine alone; no throttled service is asked for it.
#[tokio::test(start_paused = true)]
async fn a_locked_tenant_is_told_before_any_call() {
    let data = tempfile::tempdir().unwrap();
    let first = Arc::new(Fake::new(20));
    run(&first, request(content(to_cloud(), 0..10), data.path()))
        .await
        .unwrap();
    let _held = TenantLock::acquire(data.path(), fake::TENANT, "theirs").unwrap();
    let mut fake = Fake::new(20);
    fake.organization_takes = Duration::from_secs(86_400);
    let fake = Arc::new(fake);
    let began = tokio::time::Instant::now();
    let refused = run(&fake, request(content(to_cloud(), 10..20), data.path())).await;
    assert!(
        matches!(refused, Err(RunError::Refused(Refusal::Locked(_)))),
        "{refused:?}"
    );
    let refused = resume_once(&fake, data.path()).await;
    assert!(
        matches!(refused, Err(RunError::Refused(Refusal::Locked(_)))),
        "{refused:?}"
    );
    assert!(
        began.elapsed() < Duration::from_secs(3_600),
        "{:?}",
        began.elapsed()
    );
}

/// Before the first batch there is one read of the organisation: its waits are told, and a cancel ends them.
#[tokio::test(start_paused = true)]
async fn the_wait_before_a_run_is_told_and_can_be_cancelled() {
    let data = tempfile::tempdir().unwrap();
    let mut fake = Fake::new(20);
    fake.organization_takes = Duration::from_secs(86_400);
    let fake = Arc::new(fake);
    let (task, mut seen, control) = starting(&fake, request(content(to_cloud(), 0..20), data.path()));
    tokio::time::sleep(Duration::from_secs(1)).await;
    fake.transport
        .send_modify(|state| state.reason = Some("429: the service asked for 30 s".into()));
    let told = seen
        .wait_for(|now| now.transport.reason.is_some())
        .await
        .unwrap()
        .clone();
    assert_eq!(told.state, RunState::Starting);
    let began = tokio::time::Instant::now();
    control.cancel();
    let error = task.await.unwrap().unwrap_err();
    assert!(
        began.elapsed() < Duration::from_secs(3_600),
        "{:?}",
        began.elapsed()
    );
    assert!(
        matches!(&error, RunError::Service(error) if error.class == ErrorClass::Cancelled),
        "{error}"
    );
    // Nothing was begun, so nothing is left behind that stands in the way of another run.
    assert_eq!(runs::list(data.path()).unwrap(), []);
    assert!(TenantLock::holder(data.path(), fake::TENANT).is_none());
}

/// The one read before the tenant-wide default is switched can be cancelled, too.
#[tokio::test(start_paused = true)]
async fn a_switch_whose_first_look_hangs_can_be_cancelled() {
    let data = tempfile::tempdir().unwrap();
    let mut fake = Fake::new(1);
    fake.organization_takes = Duration::from_secs(86_400);
    let fake = Arc::new(fake);
    let change = Change::SetTenantDefault {
        target: Target::Cloud,
    };
    let (task, mut seen, control) = starting(&fake, request(content(change, []), data.path()));
    seen.wait_for(|now| now.state == RunState::Running).await.unwrap();
    let began = tokio::time::Instant::now();
    control.cancel();
    let summary = task.await.unwrap().unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(3_600),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(counts(&summary), [0, 0, 0, 0, 1]);
    assert_eq!(fake.state().default_writes, 0);
}
