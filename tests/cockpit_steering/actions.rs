//! Actions: planned, confirmed, carried out.

use handover::{
    domain::{
        ErrorClass, ServiceError,
        synchronization::{NotificationSettings, UpdateWindow, UpdaterConfiguration},
    },
    engine::synchronization::{ActionOutcome, ActionProgress, SynchronizationAction as Action},
    tui::{Effect, Failure, JobState, LogKind, Msg, SteeringEffect, SteeringMsg, WatchOrder},
};

use crate::{stage::*, synchronization::job_id};

fn screen(cockpit: &crate::support::Cockpit) -> String {
    said(cockpit)
}

fn ended(cockpit: &mut crate::support::Cockpit, result: Result<ActionOutcome, Failure>) {
    let (job, _, _) = carried_out(cockpit).unwrap();
    cockpit.send(Msg::Steering(SteeringMsg::Ended {
        job,
        result: result.map(Box::new),
    }));
}

fn done() -> ActionOutcome {
    ActionOutcome {
        found: vec!["Job d0.com: paused.".to_owned()],
        confirmed: Some(true),
        provisioned: Vec::new(),
        created: Vec::new(),
    }
}

#[test]
fn a_job_is_paused_after_a_look_and_a_question() {
    let mut cockpit = writable();
    cockpit.press("p");
    let (_, action) = prepared(&cockpit);
    let Action::Pause { configuration, .. } = &action else {
        panic!("{action:?}")
    };
    assert_eq!(configuration, "d0");
    // Nothing can be confirmed before the look is over.
    cockpit.press("a");
    assert!(carried_out(&cockpit).is_none());
    answer_plan(&mut cockpit, |_| {});
    cockpit.press("a");
    assert!(screen(&cockpit).contains("[ Cancel ]"));
    // The cursor stands on the harmless button.
    cockpit.press("enter");
    assert!(carried_out(&cockpit).is_none());
    cockpit.press("enter right enter");
    let (_, plan, confirmed) = carried_out(&cockpit).unwrap();
    assert_eq!((plan.action.clone(), confirmed.as_str()), (action, ""));
    assert!(screen(&cockpit).contains("at work"));
    ended(&mut cockpit, Ok(done()));
    assert!(screen(&cockpit).contains("Outcome: done"), "{}", screen(&cockpit));
    assert!(
        matches!(cockpit.effects.last(), Some(Effect::Watch(WatchOrder::Refresh))),
        "the tab looks again"
    );
    cockpit.press("esc");
    assert!(cockpit.model.layers.is_empty());
}

#[test]
fn read_only_stops_at_the_plan() {
    let mut cockpit = tab(agents_settings(false), SMALL);
    cockpit.press("u");
    answer_plan(&mut cockpit, |_| {});
    cockpit.press("a");
    assert!(screen(&cockpit).contains("read-only; W unlocks writing"));
    cockpit.press("W");
    cockpit.wait(500);
    cockpit
        .type_text("contoso.onmicrosoft.com")
        .press("enter a right enter");
    assert!(carried_out(&cockpit).is_some(), "{}", cockpit.screen());
}

#[test]
fn danger_must_be_typed() {
    let mut cockpit = writable();
    cockpit.press("r j j enter");
    assert!(matches!(prepared(&cockpit).1, Action::Restart { choice, .. } if choice == "full"));
    answer_plan(&mut cockpit, |plan| {
        plan.danger = true;
        plan.count = 812;
        plan.phrase = "contoso.onmicrosoft.com 812".to_owned();
    });
    cockpit.press("a enter");
    assert!(carried_out(&cockpit).is_none());
    cockpit.type_text("contoso.onmicrosoft.com 812").press("enter");
    let (_, _, confirmed) = carried_out(&cockpit).unwrap();
    assert_eq!(confirmed, "contoso.onmicrosoft.com 812");
}

#[test]
fn keys_are_swallowed_while_nobody_has_read_the_question() {
    let mut cockpit = writable();
    cockpit.press("p");
    answer_plan(&mut cockpit, |_| {});
    cockpit.press("a");
    for key in ["right", "enter"] {
        cockpit.send(Msg::Key(key.parse().unwrap()));
    }
    assert!(carried_out(&cockpit).is_none());
}

#[test]
fn leaving_the_look_cancels_it_and_leaving_the_work_does_not() {
    let mut cockpit = writable();
    cockpit.press("p");
    let (job, _) = prepared(&cockpit);
    cockpit.press("esc");
    assert!(matches!(cockpit.effects.last(), Some(Effect::CancelJob(cancelled)) if *cancelled == job));
    // Its late answer opens nothing.
    answer_plan(&mut cockpit, |_| {});
    assert!(cockpit.model.layers.is_empty() && cockpit.model.steering.is_none());

    cockpit.press("p");
    answer_plan(&mut cockpit, |_| {});
    cockpit.press("a right enter esc");
    assert!(cockpit.model.layers.is_empty());
    let (job, _, _) = carried_out(&cockpit).unwrap();
    assert_eq!(cockpit.model.jobs.get(job).unwrap().state, JobState::Running);
    // No second action meanwhile, and quitting asks.
    cockpit.press("u");
    assert_eq!(screen(&cockpit).matches("at work").count(), 1);
    cockpit.press("esc q");
    assert!(screen(&cockpit).contains("waits for the step in flight"));
    cockpit.press("esc :").type_text("show-action").press("enter c");
    assert!(matches!(cockpit.effects.last(), Some(Effect::CancelJob(cancelled)) if *cancelled == job));
}

#[test]
fn what_can_not_be_done_is_told_over_the_tab() {
    let mut cockpit = writable();
    cockpit.press("r enter");
    let (job, _) = prepared(&cockpit);
    cockpit.send(Msg::Steering(SteeringMsg::Prepared {
        job,
        result: Err(refused(
            "job d0.com is not in quarantine; there is nothing to clear",
        )),
    }));
    assert!(cockpit.model.layers.is_empty());
    assert!(screen(&cockpit).contains("there is nothing to clear"));
}

#[test]
fn a_failed_action_says_why_and_stays_on_screen() {
    let mut cockpit = writable();
    cockpit.press("p");
    answer_plan(&mut cockpit, |_| {});
    cockpit.press("a right enter");
    ended(
        &mut cockpit,
        Err(refused(
            "the job changed since it was looked at; nothing was changed",
        )),
    );
    assert!(screen(&cockpit).contains("(failed)"));
    cockpit.press("a");
    assert!(screen(&cockpit).contains("begin it anew"));
}

#[test]
fn what_changed_meanwhile_is_shown_line_by_line() {
    let mut cockpit = writable();
    cockpit.press("p");
    answer_plan(&mut cockpit, |_| {});
    cockpit.press("a right enter");
    let mut failure = refused("the schema changed since it was looked at; nothing was changed");
    failure.detail = Some("- .rules[a].name: one\n+ .rules[a].name: two".to_owned());
    ended(&mut cockpit, Err(failure));
    let lines = cockpit.screen();
    assert!(
        lines.contains("- .rules[a].name: one   ") && lines.contains("+ .rules[a].name: two   "),
        "{lines}"
    );
}

#[test]
fn hostile_text_leaves_no_control_character_on_any_screen() {
    const HOSTILE: &str = "a\u{1b}[2J\u{202e}\r\nb\u{7}\u{9b}c";
    let mut cockpit = writable();
    cockpit.press("p");
    answer_plan(&mut cockpit, |plan| {
        plan.summary = vec![HOSTILE.to_owned()];
        plan.warnings = vec![HOSTILE.to_owned(), format!("  {HOSTILE}")];
        plan.phrase = HOSTILE.to_owned();
        plan.danger = true;
    });
    let mut screens = vec![cockpit.screen()];
    cockpit.press("a");
    screens.push(cockpit.screen());
    for text in screens {
        assert!(
            !text
                .chars()
                .any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'),
            "{text:?}"
        );
    }
}

#[test]
fn held_back_deletions_are_listed_before_they_can_be_let_through() {
    let mut cockpit = writable();
    cockpit.press("r G enter");
    let (_, request) = asked_page(&cockpit);
    assert_eq!(request.kind, LogKind::StagedDeletes);
    cockpit.press("a");
    assert!(screen(&cockpit).contains("still being searched"));
    answer_page(&mut cockpit, 0..40, false);
    cockpit.press("a");
    let (_, action) = prepared(&cockpit);
    assert!(matches!(action, Action::Restart { choice, .. } if choice == "allow-deletes"));
    // From an ordinary log it is not offered.
    let mut cockpit = writable();
    cockpit.press("l");
    answer_page(&mut cockpit, 0..40, false);
    cockpit.press("a");
    assert!(screen(&cockpit).contains("looked at before they are let through"));
}

#[test]
fn objects_are_typed_pasted_or_named_by_a_file() {
    let mut cockpit = writable();
    cockpit.press("o enter");
    assert!(screen(&cockpit).contains("name an object first"));
    cockpit.send(Msg::Paste(
        "CN=Ada,DC=contoso,DC=com\r\nCN=Bert,DC=contoso,DC=com\nCN=ada,DC=contoso,DC=com\n".to_owned(),
    ));
    assert!(screen(&cockpit).contains("2 objects so far"));
    cockpit.send(Msg::Paste("CN=Carl,DC=contoso,DC=com\nnobody\n".to_owned()));
    assert!(screen(&cockpit).contains("names no object"));
    cockpit.type_text("staff.csv").press("enter");
    let Some(Effect::Steering(SteeringEffect::ReadSubjects {
        job,
        path,
        object_type,
    })) = cockpit.effects.last()
    else {
        panic!("{:?}", cockpit.effects.last())
    };
    assert_eq!((path.as_str(), object_type.as_str()), ("staff.csv", "user"));
    let job = *job;
    cockpit.send(Msg::Steering(SteeringMsg::Subjects {
        job,
        result: Ok(vec![subject("Carl"), subject("Dora")]),
    }));
    cockpit
        .press("tab")
        .type_text("CN=Team,DC=contoso,DC=com")
        .press("enter");
    let (_, action) = prepared(&cockpit);
    let Action::ProvisionOnDemand { subjects, .. } = action else {
        panic!("{action:?}")
    };
    let types: Vec<&str> = subjects
        .iter()
        .map(|subject| subject.object_type.as_str())
        .collect();
    assert_eq!(types, ["user", "user", "user", "user", "group"]);
}

#[test]
fn provisioning_shows_each_object_and_its_steps() {
    let mut cockpit = writable();
    cockpit.press("o");
    cockpit.send(Msg::Paste(
        "CN=Ada,OU=Staff,DC=contoso,DC=com\nCN=Bert,OU=Staff,DC=contoso,DC=com".to_owned(),
    ));
    cockpit.press("enter");
    answer_plan(&mut cockpit, |plan| plan.count = 2);
    cockpit.press("a right enter");
    let (job, _, _) = carried_out(&cockpit).unwrap();
    let lost = ServiceError::new(ErrorClass::Lost, "the answer was lost");
    for (done, (name, outcome)) in [("Ada", Ok(outcome(true))), ("Bert", Err(lost))]
        .into_iter()
        .enumerate()
    {
        let progress = ActionProgress::Provisioned {
            subject: subject(name),
            outcome,
            done: done as u64 + 1,
            of: 2,
        };
        cockpit.send(Msg::Steering(SteeringMsg::Progress {
            job,
            progress: Box::new(progress),
        }));
    }
    assert!(screen(&cockpit).contains("2 of 2 settled, 1 in step"));
    cockpit.press("j enter");
    assert!(screen(&cockpit).contains("the answer was lost"));
    cockpit.press("esc k enter G");
    assert!(screen(&cockpit).contains("Sales -> Research"));
    cockpit.press("y");
    assert!(
        matches!(cockpit.effects.last(), Some(Effect::Copy(text)) if text.contains("Steps\n") && text.contains("Sales -> Research"))
    );
    cockpit.press("esc y");
    assert!(matches!(cockpit.effects.last(), Some(Effect::Copy(text)) if text.contains("unknown  CN=Bert")));
}

#[test]
fn the_threshold_is_read_first_and_then_set() {
    let mut cockpit = writable();
    cockpit.press("t");
    let Some(Effect::Steering(SteeringEffect::ReadNotification { job, configuration })) =
        cockpit.effects.last()
    else {
        panic!()
    };
    let (job, configuration) = (*job, configuration.clone());
    assert_eq!(configuration, "d0");
    cockpit.send(Msg::Steering(SteeringMsg::Notification {
        job,
        result: Ok(Some(NotificationSettings {
            recipients: "ops@contoso.com".to_owned(),
            ..NotificationSettings::default()
        })),
    }));
    cockpit
        .press("tab backspace backspace backspace")
        .type_text("many");
    cockpit.press("tab tab tab enter");
    assert!(screen(&cockpit).contains("the threshold is a number"));
    cockpit
        .press("ctrl-u")
        .type_text("25")
        .press("tab enter shift-tab tab tab tab enter");
    let (_, action) = prepared(&cockpit);
    assert_eq!(
        action,
        Action::SetNotification {
            configuration,
            settings: NotificationSettings {
                threshold: 25,
                threshold_enabled: true,
                notify: false,
                recipients: "ops@contoso.com".to_owned(),
            }
        }
    );
}

#[test]
fn agents_and_groups_are_changed_by_menu() {
    let mut cockpit = writable();
    cockpit.press("tab a enter");
    let screen_now = screen(&cockpit);
    assert!(
        screen_now.contains("Put a0.contoso.com into") && screen_now.contains("> Group-d1 +--"),
        "{screen_now}"
    );
    cockpit.press("enter");
    assert_eq!(
        prepared(&cockpit).1,
        Action::AssignAgent {
            agent: "a0".to_owned(),
            group: "g1".to_owned()
        }
    );
    cockpit
        .press("esc :")
        .type_text("create-group Branch offices")
        .press("enter");
    assert!(matches!(prepared(&cockpit).1, Action::CreateAgentGroup { name } if name == "Branch offices"));
    cockpit.press("esc :").type_text("updates").press("enter");
    cockpit
        .type_text("02:00")
        .press("enter")
        .type_text("4")
        .press("enter tab tab enter");
    assert!(
        screen(&cockpit).contains("no time of day"),
        "{}",
        screen(&cockpit)
    );
    cockpit
        .press("ctrl-u")
        .type_text("04:30")
        .press("tab tab tab enter");
    assert_eq!(
        prepared(&cockpit).1,
        Action::SetUpdater {
            updater: UpdaterConfiguration {
                allow_override: false,
                defer_until: None,
                window: Some(UpdateWindow {
                    start: "02:00:00.0000000".to_owned(),
                    end: "04:30:00.0000000".to_owned()
                })
            }
        }
    );
}

#[test]
fn what_does_not_fit_the_subject_says_why() {
    let mut cockpit = writable();
    cockpit.press("a j j j j j j j");
    let menu = screen(&cockpit);
    assert!(
        menu.contains("only jobs that write Exchange attributes"),
        "{menu}"
    );
    cockpit.press("esc tab p");
    assert!(
        screen(&cockpit).contains("no job under the cursor"),
        "{}",
        screen(&cockpit)
    );
    assert!(!job_id("x", "y").is_empty());
}
