//! The Agents tab: key scripts against the model, and pictures of every state of it.

// Helpers beside tests may fail loudly too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/cockpit.rs"]
mod support;
#[path = "support/synchronization.rs"]
mod synchronization;

use std::time::Duration;

use handover::{
    domain::{
        ErrorClass, ServiceError,
        synchronization::{
            AgentRecord, AgentStatus, AgentTopology, Configuration, ExecutionState, Progress,
            QuarantineReason, ScheduleState, StatusCode, UpdateWindow, UpdaterConfiguration, served_domains,
        },
    },
    engine::synchronization::{
        AgentsSeen, HistoryPoint, JobSeen, Notice, NoticeLevel, Running, WatchEvent, advice,
    },
    tui::{
        Effect, Failure, Glyphs, Identity, Model, Msg, Now, Pane, Settings, Tab, TabSubject, Theme,
        WatchOrder,
    },
};
use support::*;
use synchronization as sync;

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (120, 40);

fn at(time: &str) -> jiff::Timestamp {
    timestamp(&format!("2026-11-22T{time}Z"))
}

fn agents_settings() -> Settings {
    Settings {
        tab: Tab::Agents,
        ..settings()
    }
}

fn topology() -> AgentTopology {
    let mut world = sync::world(2, 6);
    world.topology.updater = Some(UpdaterConfiguration {
        allow_override: false,
        defer_until: None,
        window: Some(UpdateWindow {
            start: "02:00:00.0000000".into(),
            end: "05:00:00.0000000".into(),
        }),
    });
    world.topology
}

fn records(topology: &AgentTopology) -> Vec<AgentRecord> {
    topology
        .agents
        .iter()
        .map(|agent| AgentRecord {
            agent: agent.clone(),
            group_names: vec!["Group-d0".into()],
            domains: vec!["d0.com".into()],
            first_seen: at("08:00:00"),
            last_seen: at("14:01:00"),
            last_active: Some(at("14:01:00")),
            silent_since: (agent.status != AgentStatus::Active).then(|| at("13:40:00")),
            listed: true,
        })
        .collect()
}

fn seen(topology: AgentTopology) -> WatchEvent {
    let mut records = records(&topology);
    let last = records.first().cloned();
    records.extend(last.map(|last| AgentRecord {
        listed: false,
        silent_since: Some(at("09:00:00")),
        last_active: Some(at("08:30:00")),
        agent: sync::agent("old", &[]),
        ..last
    }));
    WatchEvent::Agents(Box::new(AgentsSeen {
        domains: served_domains(&topology),
        topology,
        records,
        at: at("14:01:00"),
    }))
}

fn configurations() -> Vec<Configuration> {
    let mut configurations = sync::world(2, 0).configurations;
    configurations.push(Configuration {
        id: "empty".into(),
        display_name: "woodgrove.com".into(),
        template_id: None,
        enabled: Some(true),
    });
    configurations
}

fn job(kind: &str, configuration: &str) -> JobSeen {
    JobSeen {
        job: sync::job(kind, configuration, at("14:00:00")),
        history: (0..30)
            .map(|number| HistoryPoint {
                ended: at("13:00:00") + Duration::from_secs(number * 120),
                seconds: Some(4.0 + (number % 7) as f64),
                exports: (number % 5) as i64 * 3,
                state: ExecutionState::Succeeded,
            })
            .collect(),
        cadence: Some(Duration::from_secs(120)),
        running: Running::No,
        advice: None,
    }
}

fn jobs(configuration: &str) -> Vec<JobSeen> {
    [
        "AD2AADProvisioning",
        "AD2AADPasswordHash",
        "AAD2ADExchangeHybridWriteback",
    ]
    .map(|kind| job(kind, configuration))
    .to_vec()
}

fn quarantined(configuration: &str) -> Vec<JobSeen> {
    let mut jobs = jobs(configuration);
    let seen = &mut jobs[0];
    seen.job.status.code = StatusCode::Quarantine;
    seen.job.status.quarantine = Some(sync::quarantine(
        QuarantineReason::TooManyDeletes,
        "TooManyDeletes",
    ));
    seen.advice = advice::job_advice(&seen.job);
    assert!(seen.advice.is_some(), "the advice table knows TooManyDeletes");
    jobs
}

trait Watched {
    fn tell(&mut self, event: WatchEvent);
}

impl Watched for Cockpit {
    fn tell(&mut self, event: WatchEvent) {
        let watch = self.model.agents.watch.expect("a watch was begun");
        self.send(Msg::Watch { watch, event });
    }
}

/// Signed in at the Agents tab, nothing told yet.
fn shown(settings: Settings, size: (u16, u16)) -> Cockpit {
    let mut cockpit = Cockpit::signed_in(settings, size);
    cockpit.wait(10_000);
    cockpit
}

/// All is well: six agents and one that vanished, two configurations with jobs and one without.
fn living(settings: Settings, size: (u16, u16)) -> Cockpit {
    let mut cockpit = shown(settings, size);
    cockpit.tell(seen(topology()));
    cockpit.tell(WatchEvent::Configurations {
        configurations: configurations(),
        at: at("14:01:00"),
    });
    for configuration in ["d0", "d1"] {
        cockpit.tell(WatchEvent::Jobs {
            configuration: configuration.into(),
            jobs: jobs(configuration),
            at: at("14:01:02"),
        });
    }
    cockpit.tell(WatchEvent::Jobs {
        configuration: "empty".into(),
        jobs: Vec::new(),
        at: at("14:01:02"),
    });
    cockpit
}

fn notice(level: NoticeLevel, text: &str) -> WatchEvent {
    WatchEvent::Notice(Notice {
        at: at("14:01:03"),
        level,
        text: text.into(),
    })
}

/// Agents fell silent, a job is in quarantine, one runs, one is paused.
fn troubled(settings: Settings, size: (u16, u16)) -> Cockpit {
    let mut cockpit = living(settings, size);
    let mut topology = topology();
    for agent in &mut topology.agents {
        if agent.id != "a0" && agent.id != "a1" {
            agent.status = AgentStatus::Inactive;
        }
        if agent.id == "a1" {
            agent.status = AgentStatus::from_word("updating");
        }
    }
    cockpit.tell(seen(topology));
    cockpit.tell(WatchEvent::Jobs {
        configuration: "d0".into(),
        jobs: quarantined("d0"),
        at: at("14:01:03"),
    });
    let mut jobs = jobs("d1");
    jobs[0].running = Running::Yes;
    jobs[0].job.status.progress = vec![Progress {
        done: 700,
        total: 2_000,
        units: "objects".into(),
        observed: None,
    }];
    jobs[1].job.schedule.state = ScheduleState::Paused;
    jobs[2].job.status.last = None;
    jobs[2].job.status.code = StatusCode::NotRun;
    cockpit.tell(WatchEvent::Jobs {
        configuration: "d1".into(),
        jobs,
        at: at("14:01:03"),
    });
    for (level, text) in [
        (
            NoticeLevel::Warn,
            "Agent a2.contoso.com turned from active to inactive.",
        ),
        (
            NoticeLevel::Alarm,
            "Job d0.com AD to Entra went into quarantine: TooManyDeletes.",
        ),
    ] {
        cockpit.tell(notice(level, text));
    }
    cockpit.wait(10_000);
    cockpit
}

fn refused() -> ServiceError {
    ServiceError::new(
        ErrorClass::Permission,
        "Agents can't be read with an application's sign-in.",
    )
}

fn orders(cockpit: &Cockpit) -> Vec<WatchOrder> {
    let orders = cockpit.effects.iter().filter_map(|effect| match effect {
        Effect::Watch(order) => Some(*order),
        _ => None,
    });
    orders.collect()
}

#[test]
fn the_watch_begins_when_the_tab_is_first_shown_and_knows_whether_somebody_looks() {
    let mut cockpit = Cockpit::loaded(settings(), SMALL, 20);
    assert!(orders(&cockpit).is_empty());
    cockpit.press("2");
    assert_eq!(cockpit.model.tab, Tab::Agents);
    assert_eq!(orders(&cockpit), [WatchOrder::Begin { watch: 1 }]);
    cockpit.press("4 [ ]");
    assert_eq!(
        orders(&cockpit)[1..],
        [WatchOrder::Hide, WatchOrder::Show, WatchOrder::Hide]
    );
    assert_eq!(cockpit.model.tab, Tab::Mailboxes);
    assert_eq!(cockpit.model.mailboxes.rows().len(), 20);
    cockpit.press("2 R");
    assert_eq!(orders(&cockpit).last(), Some(&WatchOrder::Refresh));
}

#[test]
fn mailboxes_are_loaded_only_when_their_tab_is_shown() {
    let mut cockpit = shown(agents_settings(), SMALL);
    let loads = |cockpit: &Cockpit| {
        let loads = |effect: &&Effect| matches!(effect, Effect::LoadInventory { .. });
        cockpit.effects.iter().filter(loads).count()
    };
    assert_eq!(loads(&cockpit), 0);
    cockpit.press("4");
    assert_eq!(loads(&cockpit), 1);
    cockpit.press("2 4");
    assert_eq!(loads(&cockpit), 1, "the load is under way already");
}

#[test]
fn what_an_older_watch_tells_is_dropped() {
    let mut cockpit = shown(agents_settings(), SMALL);
    cockpit.send(Msg::Watch {
        watch: 77,
        event: seen(topology()),
    });
    assert!(cockpit.model.agents.rows(Pane::Agents).is_empty());
}

#[test]
fn a_notice_is_told_and_leaves_a_word_at_the_tab_that_is_not_open() {
    let mut cockpit = living(agents_settings(), SMALL);
    cockpit.press("4");
    cockpit.tell(notice(NoticeLevel::Alarm, "Job d0.com went into quarantine."));
    cockpit.tell(notice(NoticeLevel::Info, "Agent a1 is active again."));
    assert!(
        cockpit.screen().contains("2 Agents ALARM"),
        "{}",
        cockpit.screen()
    );
    let told = |cockpit: &Cockpit| {
        let history = cockpit.model.notes.history().iter();
        history
            .map(|note| note.text.clone())
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(told(&cockpit).contains("went into quarantine"));
    assert!(told(&cockpit).contains("active again"));
    cockpit.press("2");
    assert!(!cockpit.screen().contains("ALARM"), "{}", cockpit.screen());
}

#[test]
fn the_cursor_stays_on_its_job_and_a_job_that_is_gone_stays_on_screen_as_gone() {
    let mut cockpit = living(agents_settings(), SMALL);
    cockpit.press("j j j");
    let subject = cockpit.model.agents.subject().unwrap();
    assert_eq!(subject.configuration(), Some("d1"));
    let mut more = jobs("d0");
    more.push(job("AAD2ADGroupProvisioning", "d0"));
    cockpit.tell(WatchEvent::Jobs {
        configuration: "d0".into(),
        jobs: more,
        at: at("14:02:00"),
    });
    assert_eq!(cockpit.model.agents.subject(), Some(subject.clone()));
    cockpit.press("enter");
    cockpit.tell(WatchEvent::Jobs {
        configuration: "d1".into(),
        jobs: Vec::new(),
        at: at("14:02:10"),
    });
    // An action must never be for another job than the one shown.
    assert_eq!(cockpit.model.agents.subject(), Some(subject));
    assert!(cockpit.screen().contains("does not list this job any more"));
    cockpit.press("esc");
    assert!(
        matches!(cockpit.model.agents.subject(), Some(found) if found.job().is_some() || found.configuration().is_some())
    );
}

#[test]
fn lists_are_walked_filtered_and_sorted() {
    let mut cockpit = living(agents_settings(), SMALL);
    cockpit.press("tab");
    assert_eq!(cockpit.model.agents.pane, Pane::Agents);
    assert!(matches!(
        cockpit.model.agents.subject(),
        Some(TabSubject::Agent { .. })
    ));
    cockpit.press("tab");
    assert!(matches!(
        cockpit.model.agents.subject(),
        Some(TabSubject::Domain { .. })
    ));
    cockpit.press("right");
    assert!(matches!(
        cockpit.model.agents.subject(),
        Some(TabSubject::Group { .. })
    ));
    cockpit.press("right shift-tab left left left");
    assert_eq!(cockpit.model.agents.pane, Pane::Jobs);

    cockpit.press("/").type_text("password !d1").press("enter");
    assert_eq!(cockpit.model.agents.rows(Pane::Jobs).len(), 1);
    assert!(cockpit.screen().contains("Jobs 1 of 7"), "{}", cockpit.screen());
    cockpit.press("esc");
    assert_eq!(cockpit.model.agents.rows(Pane::Jobs).len(), 7);
    cockpit.press("/").type_text("vanished").press("esc");
    assert_eq!(cockpit.model.agents.filter_text, "");

    cockpit.press("s j j enter g");
    let first = |cockpit: &Cockpit| cockpit.model.agents.rows(Pane::Jobs)[0].clone();
    let ascending = first(&cockpit);
    cockpit.press("s enter");
    assert_ne!(first(&cockpit), ascending);
    cockpit.press(":").type_text("sort state").press("enter");
    assert_eq!(cockpit.model.agents.sort(Pane::Jobs).unwrap().column, 2);
    cockpit.press(":").type_text("sort nonsense").press("enter");
    assert!(
        cockpit
            .model
            .notes
            .history()
            .back()
            .unwrap()
            .text
            .contains("last run")
    );
}

#[test]
fn the_sign_in_beside_is_offered_to_an_application_only_and_begins_another_watch() {
    let mut cockpit = living(agents_settings(), SMALL);
    cockpit.press("B");
    assert!(
        cockpit
            .model
            .notes
            .history()
            .back()
            .unwrap()
            .text
            .contains("not refused")
    );
    cockpit.tell(WatchEvent::AgentsRefused {
        error: refused(),
        records: Vec::new(),
    });
    assert!(
        cockpit.screen().contains("B signs a person in"),
        "{}",
        cockpit.screen()
    );
    cockpit.press("B");
    let job = cockpit.job(|effect| match effect {
        Effect::SignInBeside { job } => Some(*job),
        _ => None,
    });
    cockpit.press("B");
    assert!(
        cockpit
            .model
            .notes
            .history()
            .back()
            .unwrap()
            .text
            .contains("under way")
    );
    cockpit.send(Msg::SignedInBeside {
        job,
        result: Ok(Identity {
            name: "anna@contoso.com".into(),
            tenant_id: tenant().id,
            note: None,
        }),
    });
    let all = orders(&cockpit);
    assert_eq!(
        all[all.len() - 2..],
        [WatchOrder::End, WatchOrder::Begin { watch: 2 }]
    );
    cockpit.send(Msg::SignedInBeside {
        job,
        result: Err(Failure::new("stale")),
    });
    assert!(!cockpit.screen().contains("stale"));
}

#[test]
fn signing_in_again_asks_again_for_what_was_refused() {
    let mut cockpit = living(agents_settings(), SMALL);
    cockpit.press("S");
    let job = cockpit.job(|effect| match effect {
        Effect::SignIn { job } => Some(*job),
        _ => None,
    });
    cockpit.send(Msg::SignedIn {
        job,
        result: Ok(Identity {
            name: "admin@contoso.com".into(),
            tenant_id: tenant().id,
            note: None,
        }),
    });
    assert!(orders(&cockpit).contains(&WatchOrder::Refresh));
}

#[test]
fn switching_tabs_never_drops_work() {
    let mut cockpit = Cockpit::loaded(settings(), SMALL, 50);
    cockpit.press("enter 2");
    assert_eq!(cockpit.model.tab, Tab::Agents);
    assert!(cockpit.model.layers.is_empty(), "the details are closed");
    cockpit.press("4 space space p 2");
    assert_eq!(cockpit.model.tab, Tab::Mailboxes, "a plan is being made");
}

#[test]
fn what_repeats_changes_no_cell() {
    let mut cockpit = troubled(agents_settings(), LARGE);
    let before = cockpit.draw();
    // The same again, later: only the time of the reading differs.
    cockpit.tell(WatchEvent::Jobs {
        configuration: "d0".into(),
        jobs: quarantined("d0"),
        at: at("14:30:00"),
    });
    cockpit.tell(WatchEvent::Configurations {
        configurations: configurations(),
        at: at("14:30:01"),
    });
    cockpit.wait(60_000);
    assert_eq!(cockpit.draw(), before);
    assert_eq!(
        cockpit.model.wake_at(),
        None,
        "nothing may wake while nothing happens"
    );
}

#[test]
fn no_order_of_events_breaks_the_tab() {
    let events: Vec<WatchEvent> = vec![
        seen(topology()),
        seen(AgentTopology::default()),
        WatchEvent::AgentsRefused {
            error: refused(),
            records: records(&topology()),
        },
        WatchEvent::Configurations {
            configurations: configurations(),
            at: at("14:00:00"),
        },
        WatchEvent::Configurations {
            configurations: Vec::new(),
            at: at("14:00:00"),
        },
        WatchEvent::Jobs {
            configuration: "d0".into(),
            jobs: quarantined("d0"),
            at: at("14:00:00"),
        },
        WatchEvent::Jobs {
            configuration: "nobody".into(),
            jobs: jobs("d1"),
            at: at("14:00:00"),
        },
        WatchEvent::Failed {
            what: "the jobs of d0.com".into(),
            error: refused(),
            at: at("14:00:00"),
        },
    ];
    let mut random = fastrand::Rng::with_seed(3);
    let keys = [
        "j",
        "k",
        "G",
        "g",
        "tab",
        "shift-tab",
        "enter",
        "esc",
        "pgdn",
        "y",
        "s",
        "2",
        "4",
        "/",
        "x",
    ];
    for size in [SMALL, (60, 15), (61, 40), (200, 60)] {
        let mut cockpit = shown(agents_settings(), size);
        for _ in 0..400 {
            match random.bool() {
                true => cockpit.tell(events[random.usize(..events.len())].clone()),
                false => {
                    cockpit.press(keys[random.usize(..keys.len())]);
                }
            }
            cockpit.draw();
        }
    }
}

/// Plain ASCII without colour on the small screen, Unicode on the large one; the small one again with its colours.
fn pictures(name: &str, make: impl Fn(Settings, (u16, u16)) -> Cockpit, keys: &str) {
    for (size, glyphs) in [(SMALL, Glyphs::ASCII), (LARGE, Glyphs::UNICODE)] {
        let settings = Settings {
            glyphs,
            ..agents_settings()
        };
        let mut cockpit = make(settings, size);
        cockpit.press(keys);
        let screen = cockpit.screen();
        if size == SMALL {
            assert!(screen.is_ascii(), "{name} holds more than ASCII:\n{screen}");
        }
        insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), screen);
        });
    }
    let settings = Settings {
        theme: Theme::named("dark").unwrap(),
        ..agents_settings()
    };
    let mut cockpit = make(settings, SMALL);
    cockpit.press(keys);
    insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!(format!("{name}-dark"), cockpit.styled());
    });
}

fn failing(settings: Settings, size: (u16, u16)) -> Cockpit {
    let mut cockpit = living(settings, size);
    cockpit.tell(WatchEvent::Failed {
        what: "the jobs of d0.com".into(),
        error: ServiceError::new(ErrorClass::Throttled, "Graph asks to slow down."),
        at: at("14:02:00"),
    });
    cockpit
}

fn application(settings: Settings, size: (u16, u16)) -> Cockpit {
    let mut cockpit = living(settings, size);
    let mut records = records(&topology());
    for record in &mut records {
        record.last_seen = at("13:00:00");
    }
    cockpit.tell(WatchEvent::AgentsRefused {
        error: refused(),
        records,
    });
    cockpit
}

/// The large screen as people see it: Unicode and colours.
#[test]
fn pictures_at_120x40_in_colour() {
    for (name, make, keys) in [
        ("agents", living as fn(Settings, (u16, u16)) -> Cockpit, ""),
        ("agents-troubled", troubled, ""),
        ("job-quarantine", troubled, "enter"),
    ] {
        let settings = Settings {
            theme: Theme::named("dark").unwrap(),
            glyphs: Glyphs::UNICODE,
            ..agents_settings()
        };
        let mut cockpit = make(settings, LARGE);
        cockpit.press(keys);
        insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!(format!("{name}-dark-120x40"), cockpit.styled());
        });
    }
}

#[test]
fn nothing_needs_a_look_only_where_nothing_does() {
    let calm = "Nothing needs a look.";
    let said = |change: &dyn Fn(&mut AgentTopology)| {
        let mut cockpit = living(agents_settings(), LARGE);
        let mut topology = topology();
        change(&mut topology);
        let records = records(&topology);
        cockpit.tell(WatchEvent::Agents(Box::new(AgentsSeen {
            domains: served_domains(&topology),
            topology,
            records,
            at: at("14:02:00"),
        })));
        cockpit.screen()
    };
    assert!(said(&|_| {}).contains(calm));
    for (live, sentence) in [
        (4, "2 live agents serve d1.com: 3 are recommended"),
        (2, "WARNING only one live agent serves d1.com"),
        (0, "ALARM no live agent serves d1.com"),
    ] {
        let screen = said(&|topology| topology.agents.truncate(live));
        assert!(screen.contains(sentence) && !screen.contains(calm), "{screen}");
    }
    let screen = said(&|topology| topology.agents[4].status = AgentStatus::Inactive);
    assert!(
        screen.contains("is inactive since") && !screen.contains(calm),
        "{screen}"
    );

    let jobs_say = |change: &dyn Fn(&mut JobSeen)| {
        let mut cockpit = living(agents_settings(), LARGE);
        let mut seen = job("AD2AADProvisioning", "d0");
        change(&mut seen);
        cockpit.tell(WatchEvent::Jobs {
            configuration: "d0".into(),
            jobs: vec![seen],
            at: at("14:02:00"),
        });
        cockpit.screen()
    };
    assert!(jobs_say(&|_| {}).contains(calm));
    let screen = jobs_say(&|seen| seen.job.status.last.as_mut().unwrap().state = ExecutionState::Failed);
    assert!(
        screen.contains("the last run failed") && !screen.contains(calm),
        "{screen}"
    );
    let screen = jobs_say(&|seen| seen.running = Running::Perhaps);
    assert!(
        screen.contains("no run has ended") && !screen.contains(calm),
        "{screen}"
    );

    // Agents came, jobs did not: nobody knows yet.
    let mut cockpit = shown(agents_settings(), LARGE);
    cockpit.tell(WatchEvent::Configurations {
        configurations: configurations(),
        at: at("14:01:00"),
    });
    cockpit.tell(seen(topology()));
    assert!(!cockpit.screen().contains(calm), "{}", cockpit.screen());
}

#[test]
fn pictures_of_the_lists() {
    pictures("agents", living, "");
    pictures("agents-reading", shown, "");
    pictures("agents-troubled", troubled, "");
    pictures("agents-pane", troubled, "tab j j");
    pictures("agents-application", application, "");
    pictures("agents-failing", failing, "");
    pictures("agents-signed-out", Cockpit::started, "");
    pictures("agents-sort", living, "s");
    pictures("agents-copy", living, "y");
    pictures(
        "agents-elsewhere",
        |settings, size| {
            let mut cockpit = troubled(settings, size);
            cockpit.press("4");
            cockpit.tell(notice(NoticeLevel::Alarm, "Job d1.com went into quarantine."));
            cockpit.wait(10_000);
            cockpit
        },
        "",
    );
    pictures(
        "agents-filter",
        |settings, size| {
            let mut cockpit = troubled(settings, size);
            cockpit.press("/").type_text("d0 !password");
            cockpit
        },
        "",
    );
}

#[test]
fn pictures_of_what_is_shown_in_full() {
    pictures("job-quarantine", troubled, "enter");
    pictures("job-below", troubled, "enter pgdn");
    pictures("job-running", troubled, "j j j enter");
    pictures("job-none", troubled, "G enter");
    pictures("agent", troubled, "tab enter");
    pictures("agent-inactive", troubled, "tab j j enter");
    pictures("domain", troubled, "tab tab enter");
    pictures("agent-group", troubled, "shift-tab enter");
}

#[test]
fn a_narrow_and_low_screen_shows_every_list() {
    let cockpit = living(agents_settings(), (60, 15));
    let screen = cockpit.screen();
    for title in ["Jobs", "Agents", "Domains", "Groups"] {
        assert!(screen.contains(title), "{title}:\n{screen}");
    }
}

#[test]
fn the_first_frame_at_the_agents_tab_needs_no_message() {
    let model = Model::new(agents_settings(), SMALL, Now::default());
    assert_eq!(model.tab, Tab::Agents);
}
