//! Logs: pages on demand, filters, the figures for a hundred thousand rows.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use handover::{
    engine::synchronization::SynchronizationAction,
    tui::{Effect, Layer, LogEffect, LogKind, LogMsg, LogPageRead, LogRecord, Msg, SteeringEffect},
};

use crate::{stage::*, support::Cockpit};

fn opened() -> Cockpit {
    let mut cockpit = writable();
    cockpit.press("l");
    cockpit
}

fn rows(cockpit: &Cockpit) -> (usize, usize) {
    match cockpit.model.layers.last() {
        Some(Layer::Logs(screen)) => (screen.length(), screen.pages.len()),
        other => panic!("{other:?}"),
    }
}

fn cursor(cockpit: &Cockpit) -> String {
    match cockpit.model.layers.last() {
        Some(Layer::Logs(screen)) => screen.selected().unwrap().object().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn pages_come_when_they_are_wanted_one_at_a_time() {
    let mut cockpit = opened();
    let (_, request) = asked_page(&cockpit);
    assert_eq!((request.kind, request.next), (LogKind::Provisioning, None));
    answer_page(&mut cockpit, 0..100, true);
    assert_eq!(pages_asked(&cockpit), 1, "a screen is full");
    cockpit.press("j j pgdn");
    assert_eq!(pages_asked(&cockpit), 1);
    cockpit.press("G");
    assert_eq!(pages_asked(&cockpit), 2);
    assert_eq!(asked_page(&cockpit).1.next.as_deref(), Some("next"));
    cockpit.press("k j n G");
    assert_eq!(pages_asked(&cockpit), 2, "one is under way");
    let here = cursor(&cockpit);
    answer_page(&mut cockpit, 100..200, false);
    assert_eq!(cursor(&cockpit), here, "the cursor stays where it is");
    cockpit.press("G");
    assert_eq!(pages_asked(&cockpit), 2, "that was all");
    assert_eq!(rows(&cockpit), (200, 200));
}

#[test]
fn filters_look_at_what_is_there_and_at_what_comes() {
    let mut cockpit = opened();
    answer_page(&mut cockpit, 0..100, true);
    cockpit.press("/").type_text("status:failure");
    answer_filter(&mut cockpit);
    assert_eq!(rows(&cockpit).0, 14);
    // Less than a screen: it reads on by itself, ten pages at most.
    for page in 1..=10 {
        assert_eq!(pages_asked(&cockpit), 1 + page);
        answer_page(&mut cockpit, 1..3, true);
    }
    assert_eq!(pages_asked(&cockpit), 11);
    cockpit.press("enter n");
    assert_eq!(pages_asked(&cockpit), 12, "a key reads on");
    answer_page(&mut cockpit, 100..200, true);
    assert_eq!(rows(&cockpit).0, 29);
    cockpit.press("esc");
    assert_eq!(rows(&cockpit).0, 220);
    cockpit.press("esc");
    assert!(cockpit.model.layers.is_empty());
}

#[test]
fn answers_about_an_older_filter_are_dropped() {
    let mut cockpit = opened();
    answer_page(&mut cockpit, 0..100, false);
    cockpit.press("/").type_text("a");
    let old = cockpit.effects.last().cloned();
    cockpit.type_text("da");
    answer_filter(&mut cockpit);
    assert_eq!(rows(&cockpit).0, 20);
    let Some(Effect::Log(LogEffect::Filter(old))) = old else {
        panic!()
    };
    cockpit.send(Msg::Log(LogMsg::Filtered {
        generation: old.generation,
        rows: (0..100).collect(),
        looked_at: 100,
    }));
    assert_eq!(rows(&cockpit).0, 20);
    // A mistake keeps what is shown and holds Enter back.
    cockpit.type_text(" colour:red").press("enter");
    assert!(cockpit.screen().contains("there is no `colour:`"));
    assert_eq!(rows(&cockpit).0, 20);
}

#[test]
fn a_time_in_the_filter_is_asked_of_the_service() {
    let mut cockpit = opened();
    answer_page(&mut cockpit, 0..100, true);
    cockpit.press("/").type_text("before:2026-11-20").press("enter");
    let (_, request) = asked_page(&cockpit);
    assert_eq!(request.before, Some("2026-11-20T00:00:00Z".parse().unwrap()));
    assert_eq!(request.next, None);
    assert_eq!(rows(&cockpit), (0, 0));
    cockpit.press("esc");
    assert_eq!(asked_page(&cockpit).1.before, None);
}

#[test]
fn a_failed_page_can_be_asked_for_again() {
    let mut cockpit = opened();
    let (job, _) = asked_page(&cockpit);
    cockpit.send(Msg::Log(LogMsg::Page {
        job,
        result: Err(refused("Microsoft Graph refuses this sign-in the audit log")),
    }));
    assert!(cockpit.screen().contains("refuses this sign-in"));
    cockpit.press("x R");
    assert_eq!(pages_asked(&cockpit), 2);
}

#[test]
fn leaving_a_log_ends_its_reading_and_exports_name_what_is_shown() {
    let mut cockpit = opened();
    let (job, _) = asked_page(&cockpit);
    cockpit.press("esc");
    assert!(matches!(cockpit.effects.last(), Some(Effect::CancelJob(cancelled)) if *cancelled == job));
    let mut cockpit = opened();
    answer_page(&mut cockpit, 0..100, false);
    cockpit.press("/").type_text("chiara");
    answer_filter(&mut cockpit);
    cockpit
        .press("enter e ctrl-u")
        .type_text("found.jsonl")
        .press("enter");
    let Some(Effect::Log(LogEffect::Export { path, shown, .. })) = cockpit.effects.last() else {
        panic!("{:?}", cockpit.effects.last())
    };
    assert_eq!(
        (path.as_str(), shown.as_ref().unwrap().len()),
        ("found.jsonl", 20)
    );
}

#[test]
fn changes_of_the_whole_tenant_are_told_filtered_and_exported_like_any_log() {
    let mut cockpit = writable();
    for (keys, kind, configuration) in [
        ("C", LogKind::TenantAudit, ""),
        ("tab C", LogKind::TenantAudit, ""),
        ("shift-tab A", LogKind::Audit, "d0"),
    ] {
        cockpit.press(keys);
        let (_, request) = asked_page(&cockpit);
        assert_eq!(
            (request.kind, request.configuration.as_str()),
            (kind, configuration)
        );
        answer_audit(&mut cockpit, 0..30);
        cockpit.press("esc");
        assert!(cockpit.model.layers.is_empty());
    }
    cockpit.press("C");
    answer_audit(&mut cockpit, 0..30);
    cockpit.press("/").type_text("who:robot after:2026-11-22T06:00");
    answer_filter(&mut cockpit);
    assert_eq!(rows(&cockpit).0, 6);
    cockpit.press("enter");
    let (_, request) = asked_page(&cockpit);
    assert_eq!(request.after, Some("2026-11-22T06:00:00Z".parse().unwrap()));
    answer_audit(&mut cockpit, 0..12);
    cockpit.press("e ctrl-u").type_text("changes.csv").press("enter");
    let Some(Effect::Log(LogEffect::Export {
        path, pages, shown, ..
    })) = cockpit.effects.last()
    else {
        panic!("{:?}", cockpit.effects.last())
    };
    assert_eq!(path, "changes.csv");
    assert_eq!((pages.len(), shown.as_ref().unwrap().len()), (12, 6));
}

/// The line of the form, and what is wrong.
fn proposed(cockpit: &Cockpit) -> (String, Option<String>) {
    match cockpit.model.layers.last() {
        Some(Layer::Subjects(form)) => (form.field.text().to_owned(), form.error.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_object_of_an_entry_is_proposed_to_be_provisioned_now() {
    let mut cockpit = opened();
    answer_page(&mut cockpit, 0..100, true);
    cockpit.press("o");
    let name = "CN=Ada Lovelace 0,OU=Staff,DC=contoso,DC=com";
    assert_eq!(proposed(&cockpit), (name.to_owned(), None));
    cockpit.press("esc");
    cockpit.press("j o");
    let (line, why) = proposed(&cockpit);
    assert_eq!(line, "");
    assert!(why.unwrap().contains("does not say"));
    cockpit.press("esc j enter");
    assert!(said(&cockpit).contains("CN=Chiara Rossi 2"), "{}", said(&cockpit));
    cockpit.press("o enter");
    let Some(Effect::Steering(SteeringEffect::Prepare { action, .. })) = cockpit.effects.last() else {
        panic!("{:?}", cockpit.effects.last())
    };
    let SynchronizationAction::ProvisionOnDemand { subjects, .. } = action.as_ref() else {
        panic!("{action:?}")
    };
    let [subject] = subjects.as_slice() else {
        panic!("{subjects:?}")
    };
    assert_eq!(subject.object_id, "CN=Chiara Rossi 2,OU=Staff,DC=contoso,DC=com");
    assert_eq!(subject.object_type, "user");
}

#[test]
fn changes_of_configurations_are_no_objects_to_provision() {
    let mut cockpit = writable();
    cockpit.press("C");
    let hints = said(&cockpit);
    assert!(
        !hints.contains("provision now") && !hints.contains("allow deletes"),
        "{hints}"
    );
    cockpit.press("o");
    assert!(matches!(cockpit.model.layers.last(), Some(Layer::Logs(_))));
}

/// A hundred thousand rows scroll and filter as fast as mailboxes do. The bounds are wide, since tests run
/// unoptimized on busy machines: drawing every row, or copying all of them for a filter, would break them all the same.
#[test]
fn a_hundred_thousand_rows_scroll_and_filter() {
    let mut cockpit = opened();
    for page in 0..1_000 {
        let (job, _) = asked_page(&cockpit);
        let rows = (page * 100..page * 100 + 100).map(|number| LogRecord::Provisioning(entry(number)));
        cockpit.send(Msg::Log(LogMsg::Page {
            job,
            result: Ok(LogPageRead {
                rows: Arc::new(rows.collect()),
                next: Some("next".to_owned()),
            }),
        }));
        cockpit.send(Msg::Key("G".parse().unwrap()));
    }
    assert_eq!(rows(&cockpit).0, 100_000);
    let begun = Instant::now();
    for _ in 0..100 {
        cockpit.send(Msg::Key("pgup".parse().unwrap()));
        cockpit.draw();
    }
    let scrolled = begun.elapsed() / 100;
    assert!(scrolled < Duration::from_millis(20), "a page took {scrolled:?}");

    cockpit.press("/");
    let begun = Instant::now();
    cockpit.type_text("status:failure lovelace");
    cockpit.draw();
    let typed = begun.elapsed() / 23;
    assert!(
        typed < Duration::from_millis(20),
        "a letter took {typed:?} on the loop"
    );
    let begun = Instant::now();
    answer_filter(&mut cockpit);
    let filtered = begun.elapsed();
    assert!(rows(&cockpit).0 > 2_000);
    assert!(filtered < Duration::from_secs(3), "filtering took {filtered:?}");
    eprintln!("page {scrolled:?}, letter {typed:?}, filter {filtered:?}");
}
