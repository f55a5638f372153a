//! The watch in paused time: how often it asks, what it tells, what it remembers.

use std::{sync::Arc, time::Duration};

use handover::{
    domain::{
        ErrorClass,
        synchronization::{AgentPresence, AgentStatus, Progress, QuarantineReason, StatusCode},
    },
    engine::synchronization::{
        Notice, NoticeLevel, WatchEvent,
        watch::{Focus, WatchControl, WatchSettings, watch_at},
    },
};
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::synchronization::{Class, Fake, World, error, execution, job_id, quarantine, world};

struct Stage {
    fake: Arc<Fake>,
    folder: tempfile::TempDir,
    begin: Instant,
    events: mpsc::Receiver<WatchEvent>,
    control: WatchControl,
    cancel: CancellationToken,
    ended: tokio::task::JoinHandle<()>,
}

impl Stage {
    fn new(world: World) -> Self {
        Self::at(world, tempfile::tempdir().unwrap(), 0)
    }

    /// A watch whose clock starts so many seconds after the first one's.
    fn at(world: World, folder: tempfile::TempDir, later: i64) -> Self {
        let fake = Fake::new(world);
        let (sender, events) = mpsc::channel(4_096);
        let cancel = CancellationToken::new();
        let begin = Instant::now();
        let now = move || {
            Timestamp::from_second(1_700_000_000 + later).unwrap()
                + SignedDuration::try_from(begin.elapsed()).unwrap()
        };
        let settings = WatchSettings {
            data_dir: folder.path().to_owned(),
            tenant_id: "tenant".to_owned(),
            seed: 3,
        };
        let (control, watching) = watch_at(
            fake.clone(),
            settings,
            sender,
            cancel.clone(),
            Focus::Everything,
            Arc::new(now),
        );
        let ended = tokio::spawn(watching);
        Self {
            fake,
            folder,
            begin,
            events,
            control,
            cancel,
            ended,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
            + SignedDuration::try_from(self.begin.elapsed()).unwrap()
    }

    async fn pass(&mut self, seconds: u64) -> Vec<WatchEvent> {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let mut told = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            told.push(event);
        }
        told
    }

    async fn end(self) -> tempfile::TempDir {
        self.cancel.cancel();
        self.ended.await.unwrap();
        self.folder
    }
}

fn notices(events: &[WatchEvent]) -> Vec<&Notice> {
    events
        .iter()
        .filter_map(|event| match event {
            WatchEvent::Notice(notice) => Some(notice),
            _ => None,
        })
        .collect()
}

/// facts/graph section 8: the smallest tenant may spend 3,500 units in ten seconds; at least half stays in reserve.
#[tokio::test(start_paused = true)]
async fn ten_minutes_stay_under_half_of_every_limit() {
    let mut stage = Stage::new(world(5, 20));
    for round in 0..60 {
        // Something always happens somewhere: a job runs, an agent comes and goes, a person refreshes.
        {
            let now = stage.now();
            let mut world = stage.fake.world();
            let job = &mut world.jobs.get_mut("d1").unwrap()[1];
            job.status.progress = if round % 2 == 0 {
                vec![Progress {
                    done: 1,
                    total: 2,
                    units: "objects".to_owned(),
                    observed: None,
                }]
            } else {
                Vec::new()
            };
            job.status.last = Some(execution(now));
            world.topology.agents[3].status = if round % 7 == 0 {
                AgentStatus::Inactive
            } else {
                AgentStatus::Active
            };
        }
        stage.control.refresh();
        stage.pass(10).await;
    }
    let (_, units) = stage.fake.busiest(Class::Directory);
    let (requests, synchronization_units) = stage.fake.busiest(Class::Synchronization);
    assert!(
        units + synchronization_units <= 1_750,
        "{units} + {synchronization_units} units"
    );
    assert!(requests <= 60, "{requests} requests for jobs in ten seconds");
    assert_eq!(
        stage.fake.busiest(Class::Reports),
        (0, 0),
        "watching reads no logs"
    );
    assert_eq!(stage.fake.busiest(Class::Provisioning), (0, 0));
    assert_eq!(stage.fake.overlaps.load(std::sync::atomic::Ordering::Relaxed), 0);
    assert!(stage.fake.asked("jobs d1") > 60, "it did watch");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_tenant_is_asked_seldom_and_a_running_job_often() {
    let mut stage = Stage::new(world(2, 3));
    stage.pass(300).await;
    let before = stage.fake.asked("jobs d0");
    stage.pass(600).await;
    let quiet = stage.fake.asked("jobs d0") - before;
    assert!((8..=12).contains(&quiet), "{quiet} in ten quiet minutes");
    stage.fake.world().jobs.get_mut("d0").unwrap()[1]
        .status
        .progress
        .push(Progress {
            done: 0,
            total: 0,
            units: String::new(),
            observed: None,
        });
    stage.pass(120).await;
    let before = stage.fake.asked("jobs d0");
    stage.pass(60).await;
    let busy = stage.fake.asked("jobs d0") - before;
    assert!((10..=14).contains(&busy), "{busy} in a busy minute");
}

#[tokio::test(start_paused = true)]
async fn many_configurations_share_one_limit() {
    let mut stage = Stage::new(world(150, 3));
    stage.pass(120).await;
    let (requests, _) = stage.fake.busiest(Class::Synchronization);
    assert!(requests <= 60, "{requests} requests in ten seconds");
    for index in 0..150 {
        assert!(
            stage.fake.asked(&format!("jobs d{index}")) > 0,
            "d{index} starved"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn hidden_for_long_it_pauses_and_shown_it_reads_at_once() {
    let mut stage = Stage::new(world(2, 3));
    stage.pass(10).await;
    stage.control.hide();
    stage.pass(150).await;
    let asked = stage.fake.world().asked.len();
    stage.pass(3_600).await;
    assert_eq!(stage.fake.world().asked.len(), asked, "nobody looks");
    stage.control.show();
    let told = stage.pass(2).await;
    assert!(told.iter().any(|event| matches!(event, WatchEvent::Agents(_))));
    assert!(told.iter().any(|event| matches!(event, WatchEvent::Jobs { .. })));
    // Hidden for a moment changes nothing.
    stage.control.hide();
    stage.pass(20).await;
    stage.control.show();
    assert!(!stage.pass(90).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn each_change_of_state_is_told_once() {
    let mut stage = Stage::new(world(1, 3));
    let first = stage.pass(30).await;
    assert!(notices(&first).is_empty(), "{first:?}");
    stage.fake.world().topology.agents[1].status = AgentStatus::Inactive;
    stage.fake.world().topology.agents[2].status = AgentStatus::Inactive;
    let told = stage.pass(150).await;
    let told = notices(&told);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0]
            .text
            .contains("a1.contoso.com turned from active to inactive"),
        "{}",
        told[0].text
    );
    assert!(
        told[2].text.contains("d0.com has one live agent, was 3"),
        "{}",
        told[2].text
    );
    {
        let mut world = stage.fake.world();
        world.topology.agents[0].status = AgentStatus::Inactive;
        world.topology.agents.remove(2);
        let job = &mut world.jobs.get_mut("d0").unwrap()[1];
        job.status.code = StatusCode::Quarantine;
        job.status.quarantine = Some(quarantine(
            QuarantineReason::EncounteredQuarantineException,
            "HybridIdentityServiceNoActiveAgents",
        ));
    }
    let told = stage.pass(150).await;
    let alarms: Vec<&str> = notices(&told)
        .into_iter()
        .filter(|notice| notice.level == NoticeLevel::Alarm)
        .map(|notice| notice.text.as_str())
        .collect();
    assert_eq!(alarms.len(), 2, "{alarms:?}");
    assert!(
        alarms
            .iter()
            .any(|text| text.contains("from Active into quarantine")
                && text.contains("HybridIdentityServiceNoActiveAgents")
                && text.contains("none of them listens")),
        "{alarms:?}"
    );
    assert!(
        alarms
            .iter()
            .any(|text| text.contains("d0.com has no live agent")),
        "{alarms:?}"
    );
    assert!(
        notices(&told)
            .iter()
            .any(|notice| notice.text.contains("a2.contoso.com vanished"))
    );
    let seen = told
        .iter()
        .rev()
        .find_map(|event| match event {
            WatchEvent::Jobs { jobs, .. } => Some(jobs),
            _ => None,
        })
        .unwrap();
    assert_eq!(
        seen[0].job.id,
        job_id("AD2AADProvisioning", "d0"),
        "the main job first"
    );
    assert!(seen[0].advice.is_some());
    let quiet = stage.pass(600).await;
    assert!(notices(&quiet).is_empty(), "told twice: {:?}", notices(&quiet));
    {
        let mut world = stage.fake.world();
        let job = &mut world.jobs.get_mut("d0").unwrap()[1];
        job.status.code = StatusCode::Active;
        job.status.quarantine = None;
    }
    let told = stage.pass(150).await;
    assert!(
        notices(&told)
            .iter()
            .any(|notice| notice.text.contains("left quarantine"))
    );
}

#[tokio::test(start_paused = true)]
async fn agents_are_remembered_over_restarts() {
    let mut stage = Stage::new(world(1, 3));
    stage.pass(10).await;
    let folder = stage.end().await;
    let mut later = world(1, 3);
    later.topology.agents.remove(0);
    let mut stage = Stage::at(later, folder, 86_400);
    let told = stage.pass(10).await;
    let text = &notices(&told)[0].text;
    assert!(text.contains("a0.contoso.com vanished"), "{text}");
    assert!(text.contains("2023-11-14"), "{text}");
    let seen = told
        .iter()
        .find_map(|event| match event {
            WatchEvent::Agents(seen) => Some(seen),
            _ => None,
        })
        .unwrap();
    assert_eq!(seen.records.len(), 3);
    assert_eq!(seen.records[0].presence(), AgentPresence::Vanished);
    assert_eq!(seen.domains[0].live, 2);
}

#[tokio::test(start_paused = true)]
async fn an_application_is_told_once_and_asks_again_on_refresh_only() {
    let mut first = world(1, 2);
    first.application = Some(true);
    let mut stage = Stage::new(first);
    let told = stage.pass(1_200).await;
    let refused: Vec<&WatchEvent> = told
        .iter()
        .filter(|event| matches!(event, WatchEvent::AgentsRefused { .. }))
        .collect();
    assert_eq!(refused.len(), 1);
    let WatchEvent::AgentsRefused { error, .. } = refused[0] else {
        panic!()
    };
    assert!(error.advice.as_ref().unwrap().contains("device-code"));
    assert_eq!(stage.fake.asked("agents"), 0, "the answer is known");
    assert!(
        told.iter().any(|event| matches!(event, WatchEvent::Jobs { .. })),
        "jobs go on"
    );
    stage.fake.world().application = Some(false);
    stage.control.refresh();
    let told = stage.pass(5).await;
    assert!(told.iter().any(|event| matches!(event, WatchEvent::Agents(_))));
}

#[tokio::test(start_paused = true)]
async fn failures_slow_one_resource_down_and_only_that() {
    let mut stage = Stage::new(world(2, 2));
    stage.pass(10).await;
    stage.fake.world().failures.insert(
        "agents".to_owned(),
        (0..500).map(|_| error(ErrorClass::Transient)).collect(),
    );
    let before = stage.fake.asked("agents");
    let told = stage.pass(1_200).await;
    let asked = stage.fake.asked("agents") - before;
    assert!((3..=9).contains(&asked), "{asked} in twenty minutes of failures");
    let failed = told
        .iter()
        .filter(|event| matches!(event, WatchEvent::Failed { what, .. } if what == "the agents"))
        .count();
    assert_eq!(failed, asked);
    assert!(stage.fake.asked("jobs d1") > 15);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_configuration_is_noticed_through_its_jobs() {
    let mut stage = Stage::new(world(2, 2));
    stage.pass(400).await;
    {
        let mut world = stage.fake.world();
        world.configurations.remove(0);
        world.jobs.remove("d0");
    }
    let told = stage.pass(90).await;
    assert!(
        notices(&told)
            .iter()
            .any(|notice| notice.text.contains("d0.com (AD to Entra) is gone")),
        "{told:?}"
    );
    let asked = stage.fake.asked("jobs d0");
    stage.pass(600).await;
    assert_eq!(stage.fake.asked("jobs d0"), asked, "it is not asked for any more");
}

#[tokio::test(start_paused = true)]
async fn history_and_cadence_grow_and_a_silent_job_is_overdue() {
    let mut stage = Stage::new(world(1, 1));
    for _ in 0..8 {
        stage.fake.world().jobs.get_mut("d0").unwrap()[1].status.last = Some(execution(stage.now()));
        stage.pass(120).await;
    }
    let told = stage.pass(600).await;
    assert!(
        notices(&told)
            .iter()
            .any(|notice| notice.text.contains("has ended no run") && notice.text.contains("every 2 min")),
        "{:?}",
        notices(&told)
    );
    let folder = stage.end().await;
    let lines = std::fs::read_to_string(folder.path().join("synchronization/tenant/history.jsonl")).unwrap();
    let of_job = lines
        .lines()
        .filter(|line| line.contains("AD2AADProvisioning"))
        .count();
    assert_eq!(of_job, 8, "{lines}");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_was_held_is_late_only_some_time_after_it_may_run_again() {
    let mut stage = Stage::new(world(1, 1));
    for _ in 0..8 {
        stage.fake.world().jobs.get_mut("d0").unwrap()[1].status.last = Some(execution(stage.now()));
        stage.pass(120).await;
    }
    let fake = Arc::clone(&stage.fake);
    let hold = |held: bool| {
        let mut world = fake.world();
        let status = &mut world.jobs.get_mut("d0").unwrap()[1].status;
        status.quarantine = held.then(|| quarantine(QuarantineReason::TooManyDeletes, "TooManyDeletes"));
    };
    hold(true);
    stage.control.refresh();
    let told = stage.pass(3_600).await;
    let alarm = notices(&told)
        .into_iter()
        .find(|notice| notice.level == NoticeLevel::Alarm);
    // Reason and code say the same: once is enough.
    let text = &alarm.unwrap().text;
    assert_eq!(text.matches("TooManyDeletes").count(), 1, "{text}");
    hold(false);
    stage.control.refresh();
    let late = |told: &[WatchEvent]| {
        notices(told)
            .iter()
            .any(|notice| notice.text.contains("has ended no run"))
    };
    let told = stage.pass(60).await;
    assert!(!late(&told), "{:?}", notices(&told));
    let told = stage.pass(900).await;
    assert!(late(&told), "{:?}", notices(&told));
}

#[tokio::test(start_paused = true)]
async fn a_damaged_memory_is_set_aside_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("synchronization/tenant");
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("agents.json"), "{\"agents\":[").unwrap();
    let mut stage = Stage::at(world(1, 1), folder, 0);
    let told = stage.pass(5).await;
    assert!(notices(&told)[0].text.contains("set aside"), "{told:?}");
    let folder = stage.end().await;
    let names: Vec<String> = std::fs::read_dir(folder.path().join("synchronization/tenant"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        names.iter().any(|name| name.starts_with("agents.json.damaged-")),
        "{names:?}"
    );
    assert!(names.iter().any(|name| name == "agents.json"), "{names:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_listens_so_it_ends() {
    let stage = Stage::new(world(1, 1));
    drop(stage.events);
    tokio::time::timeout(Duration::from_secs(5), stage.ended)
        .await
        .unwrap()
        .unwrap();
}
