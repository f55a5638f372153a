//! Key scripts against the model: what keys do, without a terminal.

// Helpers beside tests may fail loudly too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/cockpit.rs"]
mod support;

use std::time::Duration;

use handover::{
    domain::{Call, CloudAttributes, Service, SourceOfAuthority, Target, address_list::Line},
    engine::{RunProgress, RunState, RunSummary, SettledMailbox, Steering},
    journal::Outcome,
    tui::{
        ACTIONS, CONTEXTS, Context, Effect, Failure, ImportedMarks, JobId, Layer, Level, MailboxDetails, Msg,
        PlanRequest, RunOutcome, RunRow, RunRowState, RunWork, SignInPrompt, WaveRow,
    },
};
use proptest::prelude::*;
use support::*;

const SIZE: (u16, u16) = (80, 24);

fn loaded(count: u64) -> Cockpit {
    Cockpit::loaded(settings(), SIZE, count)
}

fn writable(count: u64) -> Cockpit {
    let mut settings = settings();
    settings.policy.read_only = false;
    Cockpit::loaded(settings, SIZE, count)
}

fn note(cockpit: &Cockpit) -> String {
    cockpit
        .model
        .notes
        .history()
        .back()
        .map_or(String::new(), |note| note.text.clone())
}

#[test]
fn starting_signs_in_and_then_loads() {
    let mut cockpit = Cockpit::started(settings(), SIZE);
    assert!(matches!(cockpit.effects[0], Effect::SignIn { .. }));
    assert!(
        !cockpit
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::LoadInventory { .. }))
    );
    cockpit = Cockpit::signed_in(settings(), SIZE);
    assert!(
        cockpit
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::LoadInventory { .. }))
    );
}

#[test]
fn marking_filtering_and_planning() {
    let mut cockpit = loaded(200);
    cockpit.press("j j space space A p");
    let Some(Effect::BuildPlan { request, .. }) = cockpit.effects.last() else {
        panic!("{:?}", cockpit.effects.last());
    };
    let PlanRequest::Authority { target, mailboxes } = request else {
        panic!("{request:?}")
    };
    assert_eq!((*target, mailboxes.len()), (Target::Cloud, 200));
}

#[test]
fn a_plan_without_marks_is_for_the_mailbox_under_the_cursor() {
    let mut cockpit = loaded(20);
    cockpit.press("j j P");
    let Some(Effect::BuildPlan { request, .. }) = cockpit.effects.last() else {
        panic!()
    };
    assert_eq!(
        *request,
        PlanRequest::Authority {
            target: Target::OnPremises,
            mailboxes: vec![id(2)]
        }
    );
}

#[test]
fn marks_survive_filter_and_sort_and_the_cursor_keeps_its_mailbox() {
    let mut cockpit = loaded(300);
    cockpit.press("j j j space"); // marks 3, cursor on 4
    let under = cockpit.model.mailboxes.cursor().unwrap().id;
    cockpit.press("s j enter"); // by name
    assert_eq!(cockpit.model.mailboxes.cursor().unwrap().id, under);
    cockpit.press("/").type_text("type:shared").press("enter");
    assert!(cockpit.model.layers.is_empty());
    assert!(cockpit.model.mailboxes.rows().len() < 40);
    assert_eq!(cockpit.model.mailboxes.marks.count(), 1);
    cockpit.press("esc");
    assert_eq!(cockpit.model.mailboxes.rows().len(), 300);
}

#[test]
fn the_same_column_again_turns_the_order_round() {
    let mut cockpit = loaded(30);
    cockpit.press("s j enter s enter");
    assert!(cockpit.model.mailboxes.sort.unwrap().descending);
    cockpit.press("s enter");
    assert!(!cockpit.model.mailboxes.sort.unwrap().descending);
}

#[test]
fn a_range_grows_and_shrinks_and_inversion_turns_the_view_round() {
    let mut cockpit = loaded(30);
    cockpit.press("v j j j k");
    assert_eq!(cockpit.model.mailboxes.marks.count(), 3);
    cockpit.press("v j j");
    assert_eq!(cockpit.model.mailboxes.marks.count(), 3);
    cockpit.press("I");
    assert_eq!(cockpit.model.mailboxes.marks.count(), 27);
    cockpit.press("U shift-down shift-down");
    assert_eq!(cockpit.model.mailboxes.marks.count(), 3);
}

#[test]
fn a_mistake_in_the_filter_is_shown_and_keeps_the_last_good_filter() {
    let mut cockpit = loaded(100);
    cockpit.press("/").type_text("type:room");
    let rooms = cockpit.model.mailboxes.rows().len();
    assert!(rooms > 0 && rooms < 100);
    // A lone `!` has nothing to look for.
    cockpit.press("space !");
    assert!(cockpit.model.mailboxes.filter_error.is_some());
    assert_eq!(cockpit.model.mailboxes.rows().len(), rooms);
    cockpit.press("enter");
    assert!(matches!(cockpit.model.layers.last(), Some(Layer::Filter { .. })));
    cockpit.press("esc");
    assert_eq!(cockpit.model.mailboxes.filter_text, "");
}

#[test]
fn esc_goes_back_by_one_level() {
    let mut cockpit = loaded(10);
    cockpit.press("enter J ?");
    assert_eq!(cockpit.model.layers.len(), 3);
    for left in [2, 1, 0, 0] {
        cockpit.press("esc");
        assert_eq!(cockpit.model.layers.len(), left);
    }
}

#[test]
fn esc_stops_loading_and_keeps_the_rows() {
    let mut cockpit = Cockpit::signed_in(settings(), SIZE);
    let job = load_job(&cockpit);
    cockpit.send(Msg::MailboxesLoaded {
        job,
        mailboxes: (0..50).map(mailbox).collect(),
    });
    cockpit.press("j j space esc");
    assert!(matches!(cockpit.effects.last(), Some(Effect::CancelJob(cancelled)) if *cancelled == job));
    cockpit.send(Msg::InventoryEnded {
        job,
        result: Err(Failure::cancelled()),
    });
    assert_eq!(cockpit.model.mailboxes.rows().len(), 50);
    assert!(cockpit.model.mailboxes.partial);
    assert_eq!(cockpit.model.mailboxes.marks.count(), 1);
}

fn load_job(cockpit: &Cockpit) -> JobId {
    cockpit.job(|effect| match effect {
        Effect::LoadInventory { job, .. } => Some(*job),
        _ => None,
    })
}

#[test]
fn a_reload_keeps_the_screen_until_it_is_complete() {
    let mut cockpit = loaded(50);
    cockpit.press("j j j space R");
    let job = load_job(&cockpit);
    let under = cockpit.model.mailboxes.cursor().unwrap().id;
    cockpit.send(Msg::MailboxesLoaded {
        job,
        mailboxes: (2..60).rev().map(mailbox).collect(),
    });
    assert_eq!(cockpit.model.mailboxes.rows().len(), 50);
    cockpit.send(Msg::InventoryEnded {
        job,
        result: Ok(Default::default()),
    });
    assert_eq!(cockpit.model.mailboxes.rows().len(), 58);
    assert_eq!(cockpit.model.mailboxes.cursor().unwrap().id, under);
    let row = cockpit.model.mailboxes.table.find(id(3)).unwrap();
    assert!(cockpit.model.mailboxes.marks.contains(row));
}

#[test]
fn a_reload_that_breaks_off_keeps_the_older_rows() {
    let mut cockpit = loaded(50);
    cockpit.press("R");
    let job = load_job(&cockpit);
    cockpit.send(Msg::MailboxesLoaded {
        job,
        mailboxes: (0..5).map(mailbox).collect(),
    });
    cockpit.send(Msg::InventoryEnded {
        job,
        result: Err(Failure::new("HTTP 503")),
    });
    assert_eq!(cockpit.model.mailboxes.rows().len(), 50);
    assert!(note(&cockpit).contains("rows from before are kept"));
}

#[test]
fn stale_arrangements_are_dropped() {
    let mut cockpit = loaded(50);
    let before = cockpit.model.mailboxes.rows().to_vec();
    cockpit.send(Msg::Arranged {
        generation: 1,
        rows: vec![1, 2],
    });
    assert_eq!(cockpit.model.mailboxes.rows(), before);
}

#[test]
fn a_disabled_action_says_why() {
    let mut cockpit = Cockpit::started(settings(), SIZE);
    cockpit.press("p");
    assert!(note(&cockpit).contains("not signed in"), "{}", note(&cockpit));
    let mut cockpit = loaded(5);
    cockpit.press("a");
    assert!(
        note(&cockpit).contains("mastered in Active Directory"),
        "{}",
        note(&cockpit)
    );
}

fn with_plan(cockpit: &mut Cockpit, target: Target, count: u64) {
    cockpit.press(if target == Target::Cloud { "A p" } else { "A P" });
    let job = cockpit.plan_job();
    cockpit.send(Msg::PlanReady {
        job,
        result: Ok(plan(target, count)),
    });
}

#[test]
fn read_only_refuses_apply_until_the_tenant_is_typed() {
    let mut cockpit = loaded(200);
    with_plan(&mut cockpit, Target::Cloud, 200);
    cockpit.press("a");
    assert!(note(&cockpit).contains("read-only"));
    cockpit.press("esc W").type_text("wrong").press("enter");
    assert!(cockpit.model.settings.policy.read_only);
    cockpit
        .press("ctrl-u")
        .type_text("contoso.onmicrosoft.com")
        .press("enter");
    assert!(!cockpit.model.settings.policy.read_only);
    assert!(matches!(cockpit.effects.last(), Some(Effect::UnlockWriting)));
    cockpit.press("W");
    assert!(cockpit.model.settings.policy.read_only);
    assert!(matches!(cockpit.effects.last(), Some(Effect::LockWriting)));
}

#[test]
fn a_big_plan_wants_tenant_and_count_typed() {
    let mut cockpit = writable(200);
    with_plan(&mut cockpit, Target::Cloud, 200);
    cockpit
        .press("a")
        .type_text("contoso.onmicrosoft.com 20")
        .press("enter");
    assert!(
        !cockpit
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Apply { .. }))
    );
    // The first letters fell into the 300 ms in which a dangerous dialog swallows keys.
    cockpit
        .press("ctrl-u")
        .type_text("contoso.onmicrosoft.com 200")
        .press("enter");
    assert!(matches!(
        cockpit.effects.last(),
        Some(Effect::Apply {
            expect_count: 200,
            ..
        })
    ));
}

#[test]
fn a_small_plan_has_buttons_and_cancel_is_the_default() {
    let mut cockpit = writable(20);
    with_plan(&mut cockpit, Target::Cloud, 20);
    cockpit.press("a enter");
    assert!(
        !cockpit
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Apply { .. }))
    );
    cockpit.press("a tab enter");
    assert!(matches!(
        cockpit.effects.last(),
        Some(Effect::Apply { expect_count: 20, .. })
    ));
}

#[test]
fn keys_are_swallowed_after_a_dangerous_dialog_opens() {
    let mut cockpit = writable(20);
    with_plan(&mut cockpit, Target::Cloud, 20);
    cockpit.press("a");
    for key in ["tab", "enter"] {
        cockpit.wait(140);
        cockpit.send(Msg::Key(key.parse().unwrap()));
    }
    assert!(matches!(cockpit.model.layers.last(), Some(Layer::Ask(_))));
    assert!(
        !cockpit
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Apply { .. }))
    );
    cockpit.press("tab enter");
    assert!(matches!(cockpit.effects.last(), Some(Effect::Apply { .. })));
}

#[test]
fn a_loss_must_be_typed_out_before_going_back() {
    let mut cockpit = writable(20);
    with_plan(&mut cockpit, Target::OnPremises, 20);
    cockpit.press("a tab enter");
    assert!(
        !cockpit
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Apply { .. }))
    );
    cockpit
        .press("ctrl-u")
        .type_text("accept the loss of 1")
        .press("enter");
    assert!(matches!(cockpit.effects.last(), Some(Effect::AcceptLoss { .. })));
    let mut content = plan(Target::OnPremises, 20).content.clone();
    content.loss_accepted = true;
    let job = cockpit.plan_job();
    cockpit.send(Msg::PlanReady {
        job,
        result: Ok(seal(content)),
    });
    cockpit.press("a tab enter");
    assert!(matches!(cockpit.effects.last(), Some(Effect::Apply { .. })));
}

#[test]
fn a_cancelled_plan_does_not_come_back() {
    let mut cockpit = loaded(20);
    cockpit.press("p");
    let job = cockpit.plan_job();
    cockpit.press("esc");
    assert!(matches!(cockpit.effects.last(), Some(Effect::CancelJob(cancelled)) if *cancelled == job));
    cockpit.send(Msg::PlanReady {
        job,
        result: Ok(plan(Target::Cloud, 1)),
    });
    assert!(cockpit.model.layers.is_empty());
}

fn running() -> Cockpit {
    let mut cockpit = writable(20);
    with_plan(&mut cockpit, Target::Cloud, 20);
    cockpit.press("a tab enter");
    cockpit
}

#[test]
fn a_run_is_paused_continued_and_cancelled_by_keys() {
    let mut cockpit = running();
    let job = cockpit.run_job();
    cockpit.send(Msg::RunProgress {
        job,
        progress: Box::new(progress()),
    });
    cockpit.press("p");
    assert!(matches!(
        cockpit.effects.last(),
        Some(Effect::SteerRun {
            steering: Steering::Pause,
            ..
        })
    ));
    cockpit.press("c j enter");
    assert!(matches!(
        cockpit.effects.last(),
        Some(Effect::SteerRun {
            steering: Steering::Cancel,
            ..
        })
    ));
}

fn progress() -> handover::engine::RunProgress {
    handover::engine::RunProgress {
        run: "20261122-140210-ab12".into(),
        tenant: tenant(),
        target: Target::Cloud,
        total: 20,
        done: 5,
        already_there: 1,
        failed: 0,
        unknown: 0,
        in_flight: 2,
        per_second: 3.0,
        remaining: Some(Duration::from_secs(5)),
        history: vec![1, 2, 3],
        state: handover::engine::RunState::Running,
        transport: Default::default(),
        failures: Vec::new(),
    }
}

fn ended(job: JobId, failed: u64) -> Msg {
    Msg::RunEnded {
        job,
        result: Ok(RunOutcome {
            summary: RunSummary {
                run: "20261122-140210-ab12".into(),
                tenant: tenant().domain,
                target: Target::Cloud,
                done: 20 - failed,
                already_there: 0,
                failed,
                unknown: 0,
                remaining: 0,
                elapsed_seconds: 6.0,
                directory: "/data/runs/x".into(),
                stopped: None,
                abandoned: false,
            },
            unsettled: (0..failed).map(id).collect(),
        }),
    }
}

/// What a run to the cloud tells of mailboxes.
fn settled(job: JobId, numbers: impl IntoIterator<Item = u64>, outcome: Outcome) -> Msg {
    let authority = match outcome {
        Outcome::Done | Outcome::AlreadyThere => Some(SourceOfAuthority::Cloud),
        Outcome::Unknown => Some(SourceOfAuthority::Unknown),
        Outcome::Failed => None,
    };
    let mailboxes = numbers.into_iter().map(|number| SettledMailbox {
        id: id(number),
        authority,
        outcome,
    });
    Msg::Settled {
        job,
        mailboxes: mailboxes.collect(),
    }
}

fn authority(cockpit: &Cockpit, number: u64) -> SourceOfAuthority {
    let table = &cockpit.model.mailboxes.table;
    table.row(table.find(id(number)).unwrap()).unwrap().authority
}

fn arrangements(cockpit: &Cockpit) -> usize {
    let is_one = |effect: &&Effect| matches!(effect, Effect::Arrange(_));
    cockpit.effects.iter().filter(is_one).count()
}

#[test]
fn the_table_follows_a_run_and_failed_rows_stay_marked() {
    let mut cockpit = running();
    let job = cockpit.run_job();
    let arranged = arrangements(&cockpit);
    cockpit.send(settled(job, 3..20, Outcome::Done));
    cockpit.send(settled(job, [0, 1], Outcome::Failed));
    cockpit.send(settled(job, [2], Outcome::Unknown));
    for (number, expected) in [
        (0, SourceOfAuthority::OnPremises),
        (2, SourceOfAuthority::Unknown),
        (6, SourceOfAuthority::Cloud),
    ] {
        assert_eq!(authority(&cockpit, number), expected, "{number}");
    }
    assert_eq!(cockpit.model.mailboxes.marks.count(), 3);
    // Marked again for the next run: the end of this one does not take it away.
    cockpit.press("esc G space");
    assert_eq!(cockpit.model.mailboxes.marks.count(), 4);
    cockpit.send(ended(job, 3));
    let tab = &cockpit.model.mailboxes;
    assert_eq!(tab.marks.count(), 4);
    let counts = tab.table.counts();
    assert_eq!((counts.cloud, counts.on_premises, counts.unknown), (17, 2, 1));
    // No flag in filter or order: nothing to arrange.
    assert_eq!(arrangements(&cockpit), arranged);
}

#[test]
fn a_view_by_flag_follows_a_run_a_few_times_a_second() {
    let mut cockpit = writable(400);
    cockpit.press("/").type_text("flag:onprem").press("enter");
    let shown = cockpit.model.mailboxes.rows().len();
    with_plan(&mut cockpit, Target::Cloud, 20);
    cockpit.press("a tab enter esc");
    let job = cockpit.run_job();
    let arranged = arrangements(&cockpit);
    for number in 0..200 {
        cockpit.send(settled(job, [number], Outcome::Done));
        cockpit.wait(10);
    }
    let often = arrangements(&cockpit) - arranged;
    assert!((6..=8).contains(&often), "{often} arrangements in two seconds");
    // The rest of the changes needs no further message but the time.
    let due = cockpit.model.wake_at().unwrap();
    assert!(
        due <= cockpit.now().elapsed + Duration::from_millis(300),
        "{due:?}"
    );
    cockpit.wait(300);
    let tab = &cockpit.model.mailboxes;
    assert_eq!(tab.rows().len(), tab.table.counts().on_premises);
    assert!(tab.rows().len() < shown);
    // Sorted by flag without a filter: the same.
    cockpit.press("/ ctrl-u enter");
    let sort = handover::domain::arrange::Sort {
        column: handover::domain::arrange::Column::Authority,
        descending: false,
    };
    cockpit.model.mailboxes.set_sort(Some(sort));
    cockpit.wait(1_000);
    let (arranged, last) = (arrangements(&cockpit), cockpit.model.mailboxes.rows()[399]);
    let moved = cockpit.model.mailboxes.table.row(last).unwrap().id;
    cockpit.send(Msg::Settled {
        job,
        mailboxes: vec![SettledMailbox {
            id: moved,
            authority: Some(SourceOfAuthority::Cloud),
            outcome: Outcome::Done,
        }],
    });
    assert_eq!(arrangements(&cockpit), arranged + 1);
    assert_ne!(cockpit.model.mailboxes.rows()[399], last);
}

#[test]
fn a_view_that_follows_a_run_waits_for_a_range_to_be_marked() {
    let mut cockpit = writable(200);
    cockpit.press("/").type_text("flag:onprem").press("enter");
    with_plan(&mut cockpit, Target::Cloud, 20);
    cockpit.press("a tab enter esc U v j j");
    let job = cockpit.run_job();
    let shown = cockpit.model.mailboxes.rows().to_vec();
    cockpit.send(settled(job, 100..200, Outcome::Done));
    cockpit.wait(1_000);
    cockpit.press("j");
    assert_eq!(cockpit.model.mailboxes.rows(), shown);
    assert_eq!(cockpit.model.mailboxes.marks.count(), 4);
    assert_eq!(cockpit.model.mailboxes.follows_at(), None);
    cockpit.press("v");
    assert!(cockpit.model.mailboxes.rows().len() < shown.len());
}

#[test]
fn a_reload_during_a_run_does_not_bring_older_flags_back() {
    let mut cockpit = running();
    let job = cockpit.run_job();
    cockpit.press("esc R");
    let load = load_job(&cockpit);
    let rows = |from: u64, to: u64| Msg::MailboxesLoaded {
        job: load,
        mailboxes: (from..to).map(mailbox).collect(),
    };
    cockpit.send(rows(0, 10));
    cockpit.send(settled(job, 5..15, Outcome::Done));
    cockpit.send(rows(10, 20));
    cockpit.send(Msg::InventoryEnded {
        job: load,
        result: Ok(Default::default()),
    });
    for number in 5..15 {
        assert_eq!(authority(&cockpit, number), SourceOfAuthority::Cloud, "{number}");
    }
    // The next reload is newer than the run.
    cockpit.press("R");
    let load = load_job(&cockpit);
    cockpit.send(Msg::MailboxesLoaded {
        job: load,
        mailboxes: (0..20).map(mailbox).collect(),
    });
    cockpit.send(Msg::InventoryEnded {
        job: load,
        result: Ok(Default::default()),
    });
    assert_eq!(authority(&cockpit, 5), mailbox(5).authority);
}

#[test]
fn quit_asks_only_while_jobs_run() {
    let mut cockpit = loaded(5);
    cockpit.press("q");
    assert!(matches!(cockpit.effects.last(), Some(Effect::Quit)));
    let mut cockpit = running();
    let job = cockpit.run_job();
    cockpit.press("q");
    assert!(
        !cockpit
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quit))
    );
    cockpit.press("tab enter");
    assert!(matches!(
        cockpit.effects.last(),
        Some(Effect::SteerRun {
            steering: Steering::Cancel,
            ..
        })
    ));
    assert!(
        !cockpit
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quit))
    );
    cockpit.send(ended(job, 0));
    assert!(
        cockpit
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quit))
    );
}

#[test]
fn ctrl_c_once_pauses_and_asks_twice_stops_after_the_step() {
    let mut cockpit = running();
    let job = cockpit.run_job();
    cockpit.press("ctrl-c");
    assert!(matches!(
        cockpit.effects.last(),
        Some(Effect::SteerRun {
            steering: Steering::Pause,
            ..
        })
    ));
    assert!(matches!(cockpit.model.layers.last(), Some(Layer::Ask(_))));
    cockpit.press("ctrl-c");
    assert!(matches!(
        cockpit.effects.last(),
        Some(Effect::SteerRun {
            steering: Steering::Cancel,
            ..
        })
    ));
    cockpit.send(ended(job, 0));
    assert!(
        cockpit
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quit))
    );
    let mut cockpit = loaded(5);
    cockpit.press("ctrl-c");
    assert!(
        !cockpit
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quit))
    );
    cockpit.press("ctrl-c");
    assert!(matches!(cockpit.effects.last(), Some(Effect::Quit)));
}

fn run_row(state: RunRowState) -> RunRow {
    RunRow {
        run: "r1".into(),
        state,
        tenant: tenant().domain,
        work: RunWork::Authority {
            count: 1_200,
            target: Target::Cloud,
        },
        done: 60,
        already_there: 12,
        failed: 5,
        unknown: 0,
        remaining: 1_123,
        abandoned: false,
        started_at: timestamp("2026-11-22T09:00:00Z"),
        this_tenant: true,
    }
}

/// The list of runs with one run in it.
fn runs_listed(cockpit: &mut Cockpit, row: RunRow) {
    cockpit.press("o");
    let job = cockpit.job(|effect| match effect {
        Effect::ListRuns { job } => Some(*job),
        _ => None,
    });
    cockpit.send(Msg::Runs {
        job,
        result: Ok(vec![row]),
    });
}

#[test]
fn enter_opens_a_run_and_resumes_nothing() {
    let mut cockpit = writable(5);
    runs_listed(&mut cockpit, run_row(RunRowState::Interrupted));
    cockpit.press("enter");
    assert!(!has_resume(&cockpit));
    assert!(matches!(cockpit.model.layers.last(), Some(Layer::Record(_))));
    assert!(matches!(cockpit.effects.last(), Some(Effect::ShowRun { run, .. }) if run == "r1"));
    // From the open run too it takes r and a confirmation.
    cockpit.press("enter");
    assert!(!has_resume(&cockpit));
    cockpit.press("r");
    assert!(!has_resume(&cockpit));
    cockpit.press("right enter");
    assert!(has_resume(&cockpit));
    assert!(cockpit.screen().contains("1,200 mailboxes to cloud"));
}

#[test]
fn resuming_names_the_count_first() {
    let mut cockpit = writable(5);
    runs_listed(&mut cockpit, run_row(RunRowState::Interrupted));
    cockpit.press("r");
    let screen = cockpit.screen();
    assert!(screen.contains("Resume the run"), "{screen}");
    assert!(screen.contains("1,200 mailboxes to cloud"), "{screen}");
    assert!(screen.contains("1,123 left"), "{screen}");
    // Cancel has the cursor.
    cockpit.press("enter");
    assert!(!has_resume(&cockpit));
}

#[test]
fn runs_of_different_kinds_and_their_failures_are_told_apart() {
    let kinds = [
        (
            RunWork::Authority {
                count: 1,
                target: Target::Cloud,
            },
            "1 to cloud",
        ),
        (RunWork::Addresses, "address edit"),
        (
            RunWork::TenantDefault {
                target: Target::Cloud,
            },
            "default to cloud",
        ),
    ];
    for (work, what) in kinds {
        let mut cockpit = loaded(5);
        let row = RunRow {
            work,
            done: 0,
            already_there: 151,
            failed: 7,
            remaining: 0,
            ..run_row(RunRowState::Done)
        };
        runs_listed(&mut cockpit, row);
        let screen = cockpit.screen();
        let line = screen.lines().find(|line| line.contains(what)).unwrap();
        let cells: Vec<&str> = line.split_whitespace().rev().skip(1).take(3).collect();
        assert_eq!(cells, ["0", "7", "0"], "remaining, failed, done: {line}");
    }
}

#[test]
fn a_pause_is_told_as_reached_only_when_nothing_is_in_flight() {
    let mut cockpit = running();
    let job = cockpit.run_job();
    let report = |in_flight| RunProgress {
        in_flight,
        state: RunState::Paused,
        ..progress()
    };
    cockpit.send(Msg::RunProgress {
        job,
        progress: Box::new(report(40)),
    });
    let screen = cockpit.screen();
    assert!(
        screen.contains("PAUSING") && screen.contains("40 in flight"),
        "{screen}"
    );
    assert!(!screen.contains("PAUSED"), "{screen}");
    cockpit.send(Msg::RunProgress {
        job,
        progress: Box::new(report(0)),
    });
    let screen = cockpit.screen();
    assert!(
        screen.contains("PAUSED") && !screen.contains("PAUSING"),
        "{screen}"
    );
}

#[test]
fn throttling_that_is_over_is_told_as_over() {
    let mut cockpit = running();
    let job = cockpit.run_job();
    let mut report = progress();
    report.transport.throttled = 1;
    report.transport.retries = 2;
    cockpit.send(Msg::RunProgress {
        job,
        progress: Box::new(report),
    });
    let screen = cockpit.screen();
    assert!(screen.contains("no throttling now"), "{screen}");
    assert!(screen.contains("throttled 1 time, 2 retries"), "{screen}");
}

#[test]
fn hidden_marks_are_told() {
    let mut cockpit = loaded(300);
    cockpit.press("space /").type_text("type:shared").press("enter A");
    let shown = cockpit.model.mailboxes.rows().len();
    assert_eq!(cockpit.model.mailboxes.hidden_marks(), 1);
    let text = format!("{} marked, 1 hidden", shown + 1);
    assert!(cockpit.screen().contains(&text), "{}", cockpit.screen());
    cockpit.press("p");
    assert!(
        note(&cockpit).contains("1 marked mailbox is hidden"),
        "{}",
        note(&cockpit)
    );
    cockpit.press("esc U");
    assert_eq!(cockpit.model.mailboxes.hidden_marks(), 0);
    assert!(note(&cockpit).contains("no longer marked"), "{}", note(&cockpit));
    assert!(!cockpit.screen().contains(&format!("{shown} mailboxes marked")));
}

#[test]
fn a_row_follows_an_edit_of_its_addresses() {
    let mut cockpit = running();
    let job = cockpit.run_job();
    cockpit.press("esc");
    assert!(cockpit.screen().contains("dmitri.okafor3@contoso.com"));
    cockpit.send(Msg::Settled {
        job,
        mailboxes: vec![SettledMailbox {
            id: id(3),
            authority: None,
            outcome: Outcome::Done,
        }],
    });
    let Some(Effect::ReadDetails { job, id: read }) = cockpit.effects.last().cloned() else {
        panic!("{:?}", cockpit.effects.last());
    };
    assert_eq!(read, id(3));
    let mut cloud = attributes(true);
    cloud
        .0
        .insert("PrimarySmtpAddress".into(), "dmitri@contoso.com".into());
    cockpit.send(Msg::Details {
        job,
        id: read,
        result: Ok(Box::new(MailboxDetails {
            cloud,
            ..MailboxDetails::default()
        })),
    });
    let screen = cockpit.screen();
    assert!(screen.contains("dmitri@contoso.com"), "{screen}");
    assert!(!screen.contains("dmitri.okafor3@contoso.com"), "{screen}");
    // What that read did not hold stays.
    let row = cockpit.model.mailboxes.table.find(id(3)).unwrap();
    let row = cockpit.model.mailboxes.table.row(row).unwrap();
    assert_eq!(row.alias, "dmitri.okafor3");
}

#[test]
fn lines_of_an_import_that_fit_nothing_are_told_with_their_numbers_and_no_error() {
    let mut cockpit = loaded(20);
    cockpit.press("i").type_text("wave.csv").press("enter");
    let job = cockpit.job(|effect| match effect {
        Effect::ImportMarks { job, .. } => Some(*job),
        _ => None,
    });
    let line = |number: u64, text: &str| Line {
        number,
        text: text.into(),
    };
    cockpit.send(Msg::MarksImported {
        job,
        result: Ok(ImportedMarks {
            mailboxes: vec![id(1)],
            duplicates: 1,
            unknown: vec![line(7, "nobody@contoso.com")],
            unknown_total: 1,
            ambiguous: Vec::new(),
            ambiguous_total: 0,
        }),
    });
    let history = cockpit.model.notes.history();
    assert!(history.iter().all(|note| note.level != Level::Error));
    assert!(history.iter().any(|note| {
        note.text
            .starts_with("line 7: nobody@contoso.com: no mailbox has this as primary")
    }));
    let told = note(&cockpit);
    assert!(
        told.starts_with("marked 1 mailbox, 1 line named one again; 1 line fits no mailbox"),
        "{told}"
    );
}

#[test]
fn calls_show_the_beginning_of_their_request_id() {
    for columns in [80, 120] {
        let mut cockpit = Cockpit::loaded(settings(), (columns, 24), 5);
        cockpit.send(Msg::Calls(vec![Call {
            at: timestamp("2026-11-22T14:02:00Z"),
            service: Service::Exchange,
            method: "POST".into(),
            path: "/adminapi/beta/InvokeCommand".into(),
            operation: "Set-Mailbox".into(),
            status: Some(500),
            request_id: Some("7f3a91c2-5555-4444-3333-222222222222".into()),
            milliseconds: 120,
            note: None,
        }]));
        cockpit.press("L");
        let screen = cockpit.screen();
        assert!(screen.contains(" 7f3a91c2 "), "{screen}");
    }
}

#[test]
fn the_jobs_drawer_tells_how_far_a_run_is_and_for_how_long() {
    let mut cockpit = running();
    let job = cockpit.run_job();
    cockpit.wait(65_000);
    cockpit.send(Msg::RunProgress {
        job,
        progress: Box::new(RunProgress {
            total: 200,
            done: 50,
            ..progress()
        }),
    });
    cockpit.press("J");
    let screen = cockpit.screen();
    let line = screen.lines().find(|line| line.contains("running")).unwrap();
    assert!(line.contains("51 of 200  25 %"), "{line}");
    assert!(line.contains("1 min 0"), "{line}");
}

#[test]
fn a_single_mailbox_is_named_before_it_is_written() {
    let mut cockpit = writable(5);
    cockpit.press("p");
    let job = cockpit.plan_job();
    cockpit.send(Msg::PlanReady {
        job,
        result: Ok(plan(Target::Cloud, 1)),
    });
    cockpit.press("a");
    let screen = cockpit.screen();
    assert!(
        screen.contains("anna.schmidt0@contoso.com to cloud in contoso.onmicrosoft.com"),
        "{screen}"
    );
    assert!(screen.contains("Display name: Anna Schmidt"), "{screen}");
}

#[test]
fn interrupted_runs_are_offered_once() {
    let mut cockpit = Cockpit::started(settings(), SIZE);
    let runs = vec![RunRow {
        run: "r1".into(),
        state: RunRowState::Interrupted,
        tenant: tenant().domain,
        work: RunWork::Authority {
            count: 200,
            target: Target::Cloud,
        },
        done: 120,
        remaining: 80,
        ..run_row(RunRowState::Interrupted)
    }];
    let job = cockpit.job(|effect| match effect {
        Effect::ListRuns { job } => Some(*job),
        _ => None,
    });
    cockpit.send(Msg::Runs {
        job,
        result: Ok(runs.clone()),
    });
    assert!(matches!(cockpit.model.layers.last(), Some(Layer::Ask(_))));
    cockpit.press("enter");
    assert!(cockpit.model.layers.is_empty());
    cockpit.press("o");
    let job = cockpit.job(|effect| match effect {
        Effect::ListRuns { job } => Some(*job),
        _ => None,
    });
    cockpit.send(Msg::Runs {
        job,
        result: Ok(runs),
    });
    assert!(matches!(cockpit.model.layers.last(), Some(Layer::Runs(_))));
}

#[test]
fn resuming_needs_writing_unlocked() {
    for (read_only, state, allowed) in [
        (true, RunRowState::Interrupted, false),
        (false, RunRowState::Interrupted, true),
        (false, RunRowState::Open, false),
        (false, RunRowState::Done, false),
        (false, RunRowState::Damaged, false),
    ] {
        let mut cockpit = if read_only { loaded(5) } else { writable(5) };
        cockpit.press("o");
        let job = cockpit.job(|effect| match effect {
            Effect::ListRuns { job } => Some(*job),
            _ => None,
        });
        cockpit.send(Msg::Runs {
            job,
            result: Ok(vec![run_row(state)]),
        });
        cockpit.press("r");
        assert!(!has_resume(&cockpit), "a key alone resumes nothing");
        cockpit.press("right enter");
        let resumed = matches!(cockpit.effects.last(), Some(Effect::Resume { .. }));
        assert_eq!(resumed, allowed, "{state:?} {read_only}");
    }
}

#[test]
fn addresses_of_a_cloud_managed_mailbox_are_edited_and_planned() {
    let mut cockpit = loaded(10);
    cockpit.press("j j j a");
    let Some(Effect::ReadDetails { job, id }) = cockpit.effects.last() else {
        panic!()
    };
    let (job, id) = (*job, *id);
    cockpit.send(Msg::Details {
        job,
        id,
        result: Ok(Box::new(MailboxDetails {
            cloud: attributes(true),
            ..MailboxDetails::default()
        })),
    });
    cockpit.press("d"); // the primary stays
    assert!(note(&cockpit).contains("primary"), "{}", note(&cockpit));
    cockpit
        .press("j p a")
        .type_text("new@contoso.com")
        .press("enter enter");
    let Some(Effect::BuildPlan { request, .. }) = cockpit.effects.last() else {
        panic!()
    };
    let PlanRequest::Addresses { before, after, .. } = request else {
        panic!("{request:?}")
    };
    assert_eq!(before.len(), 4);
    assert_eq!(after.len(), 5);
    assert_eq!(
        after
            .iter()
            .filter(|address| address.starts_with("SMTP:"))
            .count(),
        1
    );
    assert!(after.contains(&"SMTP:dmitri@contoso.com".to_owned()));
    assert!(after.contains(&"smtp:new@contoso.com".to_owned()));
}

#[test]
fn the_palette_finds_runs_and_remembers() {
    let mut cockpit = loaded(30);
    cockpit.press(":").type_text("filter type:room").press("enter");
    assert_eq!(cockpit.model.mailboxes.filter_text, "type:room");
    cockpit.press(":").type_text("mkall").press("enter");
    assert_eq!(
        cockpit.model.mailboxes.marks.count(),
        cockpit.model.mailboxes.rows().len()
    );
    cockpit.press(": ctrl-p ctrl-p");
    let Some(Layer::Palette(palette)) = cockpit.model.layers.last() else {
        panic!()
    };
    assert_eq!(palette.field.text(), "filter type:room");
    cockpit.press("esc :").type_text("sort name").press("enter");
    assert!(cockpit.model.mailboxes.sort.is_some());
    cockpit
        .press(":")
        .type_text("export-view out.json")
        .press("enter");
    assert!(matches!(cockpit.effects.last(), Some(Effect::ExportView { path, .. }) if path == "out.json"));
    cockpit.press(":").type_text("help now").press("enter");
    assert!(note(&cockpit).contains("no argument"));
}

#[test]
fn waves_are_saved_loaded_and_deleted() {
    let mut cockpit = loaded(30);
    cockpit.press("space space w s").type_text("pilot").press("enter");
    let Some(Effect::SaveWave { name, mailboxes, job }) = cockpit.effects.last() else {
        panic!()
    };
    assert_eq!(
        (name.as_str(), mailboxes.as_slice()),
        ("pilot", &[id(0), id(1)][..])
    );
    let job = *job;
    cockpit.send(Msg::Waves {
        job,
        result: Ok(vec![WaveRow {
            name: "pilot".into(),
            mailboxes: 2,
            saved_at: timestamp("2026-11-22T09:00:00Z"),
        }]),
    });
    cockpit.press("enter");
    let Some(Effect::LoadWave { job, .. }) = cockpit.effects.last() else {
        panic!()
    };
    let job = *job;
    cockpit.send(Msg::WaveLoaded {
        job,
        name: "pilot".into(),
        result: Ok(vec![id(7), id(8), id(999)]),
    });
    assert_eq!(cockpit.model.mailboxes.marks.count(), 2);
    assert!(note(&cockpit).contains("1 not in the table"));
}

#[test]
fn errors_stay_until_a_key_and_notes_lapse() {
    let mut cockpit = loaded(5);
    cockpit.send(Msg::Note(Level::Info, "hello".into()));
    assert!(cockpit.model.wake_at().is_some());
    cockpit.wait(4_100);
    assert!(cockpit.model.notes.shown().is_none());
    assert_eq!(cockpit.model.wake_at(), None);
    cockpit.send(Msg::Note(Level::Error, "trouble".into()));
    cockpit.wait(60_000);
    assert!(cockpit.model.notes.shown().is_some());
    cockpit.press("esc");
    assert!(cockpit.model.notes.shown().is_none());
}

#[test]
fn a_resting_screen_needs_no_timer_and_no_drawing() {
    let mut cockpit = loaded(5);
    assert_eq!(cockpit.model.wake_at(), None);
    cockpit.model.take_dirty();
    cockpit.wait(100_000);
    assert!(!cockpit.model.take_dirty());
}

#[test]
fn the_device_code_counts_down_and_is_copied() {
    let mut cockpit = Cockpit::started(settings(), SIZE);
    let job = cockpit.job(|effect| match effect {
        Effect::SignIn { job } => Some(*job),
        _ => None,
    });
    cockpit.send(Msg::SignInPrompt {
        job,
        prompt: SignInPrompt::DeviceCode {
            code: "HJKL2345".into(),
            url: "https://microsoft.com/devicelogin".into(),
            valid_for: Duration::from_secs(900),
        },
    });
    assert!(cockpit.model.wake_at().is_some());
    cockpit.press("c");
    assert!(matches!(cockpit.effects.last(), Some(Effect::Copy(text)) if text == "HJKL2345"));
    cockpit.press("esc");
    assert!(matches!(cockpit.effects.last(), Some(Effect::CancelJob(_))));
}

#[test]
fn the_first_run_opens_the_set_up() {
    let mut settings = settings();
    settings.profile = None;
    let mut cockpit = Cockpit::started(settings, SIZE);
    assert!(cockpit.effects.is_empty());
    cockpit.press("tab tab tab tab enter");
    assert!(cockpit.effects.is_empty());
    cockpit
        .type_text("fabrikam.onmicrosoft.com")
        .press("enter enter tab tab tab enter");
    let Some(Effect::WriteConfig { setup, .. }) = cockpit.effects.last() else {
        panic!()
    };
    assert_eq!(setup.tenant, "fabrikam.onmicrosoft.com");
    assert_eq!(setup.cloud, handover::domain::Cloud::GccHigh);
}

#[test]
fn a_screen_that_is_too_small_swallows_keys() {
    let mut cockpit = loaded(20);
    cockpit.send(Msg::Resize(59, 24));
    cockpit.press("space A p D");
    assert_eq!(cockpit.model.mailboxes.marks.count(), 0);
    assert!(cockpit.model.layers.is_empty());
    cockpit.press("q");
    assert!(matches!(cockpit.effects.last(), Some(Effect::Quit)));
}

#[test]
fn a_paste_presses_no_keys() {
    let mut cockpit = loaded(20);
    cockpit.effects.clear();
    cockpit.send(Msg::Paste("Apq\n".into()));
    assert!(cockpit.effects.is_empty());
    cockpit.press("/");
    cockpit.send(Msg::Paste("type:room\u{1b}[31m\n".into()));
    assert!(!cockpit.model.mailboxes.filter_text.contains('\u{1b}'));
}

#[test]
fn every_action_stands_once_in_help_with_its_key() {
    let mut cockpit = Cockpit::loaded(settings(), (120, 240), 5);
    cockpit.press("?");
    let screen = cockpit.screen();
    for info in ACTIONS {
        let keys = cockpit.model.settings.keymap.keys_anywhere(info.action);
        assert!(!keys.is_empty(), "{} has no key", info.name);
        let doc: String = info.doc.chars().take(40).collect();
        assert_eq!(screen.matches(&doc).count(), 1, "{}: {doc}", info.name);
        let line = screen.lines().find(|line| line.contains(&doc)).unwrap();
        assert!(line.contains(info.title), "{line}");
        assert!(line.contains(&keys[0].to_string()), "{}: {line}", info.name);
    }
}

#[test]
fn what_is_in_use_opens_scrolls_copies_and_closes() {
    let mut cockpit = loaded(20);
    cockpit.press("f2");
    let open = |cockpit: &Cockpit| match cockpit.model.layers.last() {
        Some(Layer::Information(screen)) => Some(screen.clone()),
        _ => None,
    };
    assert!(open(&cockpit).unwrap().information.is_none());
    cockpit.press("y");
    assert!(open(&cockpit).is_some(), "nothing is there to copy yet");
    cockpit.press("f2");
    assert!(cockpit.model.layers.is_empty());

    open_information(&mut cockpit);
    assert_eq!(
        open(&cockpit).unwrap().information.as_deref(),
        Some(&information())
    );
    cockpit.press("G");
    assert!(open(&cockpit).unwrap().scroll.top > 0);
    cockpit.press("g j k y j j enter");
    let Some(Effect::Copy(text)) = cockpit.effects.last() else {
        panic!("{:?}", cockpit.effects.last());
    };
    assert_eq!(*text, information().runs);
    cockpit.press("esc");
    assert!(cockpit.model.layers.is_empty());

    cockpit.press("f2");
    let job = cockpit.job(|effect| match effect {
        Effect::ReadInformation { job } => Some(*job),
        _ => None,
    });
    cockpit.send(Msg::Information {
        job,
        result: Err(Failure::new("broken")),
    });
    assert!(cockpit.screen().contains("broken"));
}

#[test]
fn names_of_actions_and_contexts_are_their_own() {
    let mut names: Vec<_> = ACTIONS.iter().map(|info| info.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ACTIONS.len());
    let mut actions: Vec<_> = ACTIONS.iter().map(|info| info.action).collect();
    actions.sort_unstable();
    actions.dedup();
    assert_eq!(actions.len(), ACTIONS.len());
    for (context, name) in CONTEXTS {
        assert_eq!(Context::named(name), Some(context));
    }
}

/// Every message with an answer that may come at any time, also for jobs that never were.
fn answers() -> Vec<Msg> {
    let job = JobId(3);
    let broken = || Failure::new("broken");
    vec![
        Msg::PlanReady {
            job: JobId(5),
            result: Ok(plan(Target::Cloud, 30)),
        },
        Msg::PlanReady {
            job: JobId(6),
            result: Ok(plan(Target::OnPremises, 2)),
        },
        Msg::PlanReady {
            job,
            result: Err(broken()),
        },
        Msg::RunProgress {
            job: JobId(7),
            progress: Box::new(progress()),
        },
        ended(JobId(7), 3),
        Msg::InventoryEnded {
            job: JobId(4),
            result: Err(Failure::cancelled()),
        },
        Msg::MailboxesLoaded {
            job: JobId(4),
            mailboxes: (0..7).map(mailbox).collect(),
        },
        Msg::Arranged {
            generation: 2,
            rows: vec![900, 1, 2],
        },
        Msg::Details {
            job: JobId(6),
            id: id(0),
            result: Ok(Box::new(MailboxDetails {
                cloud: CloudAttributes::default(),
                ..MailboxDetails::default()
            })),
        },
        Msg::Information {
            job: JobId(5),
            result: Ok(Box::new(information())),
        },
        Msg::Note(Level::Error, "trouble".into()),
        Msg::Resize(100, 30),
        Msg::Resize(60, 15),
        Msg::Resize(20, 4),
        Msg::Resize(0, 0),
        Msg::Paste("contoso\u{202e}".into()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_sequence_of_keys_and_answers_panics(
        steps in proptest::collection::vec((0usize..62, 0u64..600, any::<bool>()), 0..120),
        read_only in any::<bool>(),
    ) {
        const KEYS: [&str; 46] = [
            "j", "k", "space", "v", "A", "I", "U", "s", "i", "e", "w", "y", "R", "p", "P", "D", "a", "x", "W", "o", "S",
            "enter", "esc", "tab", "shift-tab", "up", "down", "left", "right", "pgdn", "pgup", "home", "end", "g", "G",
            "J", "L", "M", "T", "?", ":", "/", "ctrl-c", "backspace", "shift-down", "f2",
        ];
        let mut settings = settings();
        settings.policy.read_only = read_only;
        let mut cockpit = Cockpit::loaded(settings, SIZE, 40);
        let answers = answers();
        for (which, milliseconds, draw) in steps {
            cockpit.wait(milliseconds);
            match KEYS.get(which) {
                Some(key) => cockpit.send(Msg::Key(key.parse().unwrap())),
                None => cockpit.send(answers[which - KEYS.len()].clone()),
            }
            if draw {
                cockpit.draw();
            }
            let tab = &cockpit.model.mailboxes;
            prop_assert!(tab.rows().is_empty() || tab.cursor().is_some());
        }
    }
}

#[test]
fn a_resume_waits_for_unlocking_and_for_the_sign_in() {
    let mut cockpit = Cockpit::started(settings(), SIZE);
    let (sign_in, list) = (
        cockpit.job(|effect| match effect {
            Effect::SignIn { job } => Some(*job),
            _ => None,
        }),
        cockpit.job(|effect| match effect {
            Effect::ListRuns { job } => Some(*job),
            _ => None,
        }),
    );
    cockpit.send(Msg::Runs {
        job: list,
        result: Ok(vec![RunRow {
            run: "r1".into(),
            state: RunRowState::Interrupted,
            tenant: tenant().domain,
            done: 1,
            remaining: 1,
            ..run_row(RunRowState::Interrupted)
        }]),
    });
    cockpit.press("tab tab enter").wait(500);
    cockpit.type_text("contoso.onmicrosoft.com").press("enter");
    assert!(
        !cockpit
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Resume { .. }))
    );
    cockpit.send(Msg::SignedIn {
        job: sign_in,
        result: Ok(handover::tui::Identity {
            name: "admin".into(),
            tenant_id: tenant().id,
            note: None,
        }),
    });
    assert!(
        cockpit
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Resume { run, .. } if run == "r1"))
    );
    assert!(cockpit.model.run_active());
}

#[test]
fn a_second_reload_does_not_let_the_first_one_in() {
    let mut cockpit = loaded(50);
    cockpit.press("R");
    let job = load_job(&cockpit);
    cockpit.send(Msg::MailboxesLoaded {
        job,
        mailboxes: (0..60).map(mailbox).collect(),
    });
    // The arrangement of the complete reload is still under way when the next one starts.
    let waiting: Vec<_> = handover::tui::update(
        &mut cockpit.model,
        Msg::InventoryEnded {
            job,
            result: Ok(Default::default()),
        },
    );
    let Some(Effect::Arrange(request)) = waiting
        .into_iter()
        .find(|effect| matches!(effect, Effect::Arrange(_)))
    else {
        panic!("no arrangement was asked for")
    };
    cockpit.press("R");
    let job = load_job(&cockpit);
    cockpit.send(Msg::MailboxesLoaded {
        job,
        mailboxes: (0..3).map(mailbox).collect(),
    });
    cockpit.send(Msg::Arranged {
        generation: request.generation,
        rows: (0..60).collect(),
    });
    assert_eq!(cockpit.model.mailboxes.rows().len(), 50);
    assert_eq!(cockpit.model.mailboxes.table.len(), 50);
}

/// Started, with an interrupted run whose resume waits for the sign-in; gives the job of the sign-in.
fn waiting_to_resume() -> (Cockpit, JobId) {
    let mut settings = settings();
    settings.policy.read_only = false;
    let mut cockpit = Cockpit::started(settings, SIZE);
    let sign_in = cockpit.job(|effect| match effect {
        Effect::SignIn { job } => Some(*job),
        _ => None,
    });
    let list = cockpit.job(|effect| match effect {
        Effect::ListRuns { job } => Some(*job),
        _ => None,
    });
    let run = RunRow {
        run: "r1".into(),
        state: RunRowState::Interrupted,
        tenant: tenant().domain,
        done: 1,
        remaining: 1,
        ..run_row(RunRowState::Interrupted)
    };
    cockpit.send(Msg::Runs {
        job: list,
        result: Ok(vec![run]),
    });
    cockpit.press("tab tab enter");
    assert_eq!(cockpit.model.resume_when_signed_in.as_deref(), Some("r1"));
    (cockpit, sign_in)
}

fn signed_in(job: JobId) -> Msg {
    Msg::SignedIn {
        job,
        result: Ok(handover::tui::Identity {
            name: "admin".into(),
            tenant_id: tenant().id,
            note: None,
        }),
    }
}

fn has_resume(cockpit: &Cockpit) -> bool {
    cockpit
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Resume { .. }))
}

#[test]
fn locking_takes_a_waiting_resume_back() {
    let (mut cockpit, sign_in) = waiting_to_resume();
    cockpit.press("W");
    assert!(matches!(cockpit.effects.last(), Some(Effect::LockWriting)));
    assert_eq!(cockpit.model.resume_when_signed_in, None);
    cockpit.send(signed_in(sign_in));
    assert!(!has_resume(&cockpit));
}

#[test]
fn a_waiting_resume_does_not_start_while_writing_is_locked() {
    let (mut cockpit, sign_in) = waiting_to_resume();
    cockpit.model.settings.policy.read_only = true;
    cockpit.send(signed_in(sign_in));
    assert!(!has_resume(&cockpit));
    let told = cockpit.model.notes.history().iter();
    assert!(
        told.map(|note| &note.text)
            .any(|text| text.contains("r1") && text.contains("read-only"))
    );
}

/// A tenant-wide switch, confirmed and under way.
fn switching_the_default() -> (Cockpit, JobId) {
    let mut cockpit = writable(5);
    cockpit.press("D tab enter");
    let mut content = plan(Target::Cloud, 0).content.clone();
    content.change = handover::domain::Change::SetTenantDefault {
        target: Target::Cloud,
    };
    let job = cockpit.plan_job();
    cockpit.send(Msg::PlanReady {
        job,
        result: Ok(seal(content)),
    });
    cockpit.press("a").wait(500);
    cockpit
        .type_text("contoso.onmicrosoft.com default")
        .press("enter");
    let job = cockpit.run_job();
    cockpit.effects.clear();
    (cockpit, job)
}

fn reads_organization(cockpit: &Cockpit) -> bool {
    cockpit
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::ReadOrganization { .. }))
}

#[test]
fn the_organisation_is_read_again_after_a_switch_of_the_default() {
    let (mut cockpit, job) = switching_the_default();
    let progress = handover::engine::RunProgress {
        total: 1,
        ..progress()
    };
    cockpit.send(Msg::RunProgress {
        job,
        progress: Box::new(progress),
    });
    cockpit.send(ended(job, 0));
    assert!(reads_organization(&cockpit));

    let mut cockpit = running();
    let job = cockpit.run_job();
    cockpit.effects.clear();
    cockpit.send(ended(job, 0));
    assert!(!reads_organization(&cockpit));
}

#[test]
fn a_run_whose_record_broke_is_told_as_stopped() {
    let failed = |resumable| Failure {
        message: "no space left on the disk".into(),
        advice: Some("r there resumes this one".into()),
        resumable,
        ..Failure::default()
    };
    for (resumable, told, word) in [
        (true, "the run stopped: ", "INTERRUPTED"),
        (false, "did not go ahead: ", "FAILED"),
    ] {
        let mut cockpit = running();
        let job = cockpit.run_job();
        cockpit.send(Msg::RunEnded {
            job,
            result: Err(failed(resumable)),
        });
        assert!(note(&cockpit).contains(told), "{}", note(&cockpit));
        cockpit.press("x"); // puts the error away
        let screen = cockpit.screen();
        assert!(
            screen.contains(word) && screen.contains("resumes this one"),
            "{screen}"
        );
    }
}

#[test]
fn asking_again_leaves_a_run_that_stops() {
    for again in ["q", "ctrl-c"] {
        let mut cockpit = running();
        cockpit.press("q tab enter");
        assert!(cockpit.model.leaving);
        cockpit.effects.clear();
        cockpit.press(again);
        assert!(
            cockpit
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Quit)),
            "{again}"
        );
    }
}

#[test]
fn the_hint_bar_says_what_the_lock_key_does() {
    let wide = |read_only| {
        let mut settings = settings();
        settings.policy.read_only = read_only;
        let mut cockpit = Cockpit::loaded(settings, (400, 24), 5);
        cockpit.press("o");
        cockpit.screen()
    };
    assert!(wide(true).contains("W unlock writing"));
    let screen = wide(false);
    assert!(
        screen.contains("W lock writing") && !screen.contains("unlock"),
        "{screen}"
    );
}

#[test]
fn the_version_of_connect_sync_is_attested_for_the_session() {
    let mut cockpit = loaded(5);
    cockpit.press("V").type_text("newest").press("enter");
    assert!(
        cockpit.screen().contains("2.5.190.0"),
        "a mistake is answered in the prompt"
    );
    assert!(matches!(cockpit.model.layers.last(), Some(Layer::Prompt(_))));
    cockpit.press("esc V").type_text("2.5.190.0").press("enter");
    assert!(matches!(
        cockpit.effects.last(),
        Some(Effect::AttestConnectVersion(version)) if version == "2.5.190.0"
    ));
    cockpit.press("V");
    let Some(Layer::Prompt(prompt)) = cockpit.model.layers.last() else {
        panic!()
    };
    assert_eq!(prompt.field.text(), "2.5.190.0");
    cockpit
        .press("esc :")
        .type_text("connect-version 2.5.200.1")
        .press("enter");
    assert_eq!(cockpit.model.connect_version.as_deref(), Some("2.5.200.1"));
}
