//! Pictures of every state: at 80x24 in plain ASCII without colour, at 120x40 in Unicode, and with styles as markers.

use handover::{
    engine::synchronization::{ActionOutcome, ActionProgress, SchemaChange},
    tui::{LogKind, Msg, SteeringMsg, Theme},
};

use crate::{stage::*, support::Cockpit};

fn picture(name: &str, scene: impl Fn(&mut Cockpit)) {
    for size in [SMALL, LARGE] {
        let settings = match size {
            SMALL => agents_settings(true),
            _ => unicode(agents_settings(true)),
        };
        let mut cockpit = tab(settings, size);
        scene(&mut cockpit);
        let screen = cockpit.screen();
        if size == SMALL {
            assert!(screen.is_ascii(), "{name} holds more than ASCII:\n{screen}");
        }
        insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), screen);
        });
    }
    let mut settings = agents_settings(true);
    settings.theme = Theme::named("dark").unwrap();
    let mut cockpit = tab(settings, SMALL);
    scene(&mut cockpit);
    insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!(format!("{name}-dark"), cockpit.styled());
    });
}

fn work(cockpit: &mut Cockpit, good: bool) {
    let (job, _, _) = carried_out(cockpit).unwrap();
    let progress = ActionProgress::Provisioned {
        subject: subject(if good { "Ada" } else { "Bert" }),
        outcome: Ok(outcome(good)),
        done: 1,
        of: 2,
    };
    cockpit.send(Msg::Steering(SteeringMsg::Progress {
        job,
        progress: Box::new(progress),
    }));
}

fn end(cockpit: &mut Cockpit, found: &[&str], confirmed: Option<bool>) {
    let (job, _, _) = carried_out(cockpit).unwrap();
    let outcome = ActionOutcome {
        found: found.iter().map(|line| (*line).to_owned()).collect(),
        confirmed,
        provisioned: Vec::new(),
        created: Vec::new(),
    };
    cockpit.send(Msg::Steering(SteeringMsg::Ended {
        job,
        result: Ok(Box::new(outcome)),
    }));
    cockpit.wait(10_000);
}

#[test]
fn menus() {
    picture("actions-on-job", |cockpit| {
        cockpit.press("a j j");
    });
    picture("actions-on-agent", |cockpit| {
        cockpit.press("tab a");
    });
    picture("restart-choices", |cockpit| {
        cockpit.press("r G");
    });
}

#[test]
fn plans() {
    picture("action-looking", |cockpit| {
        cockpit.press("p");
    });
    picture("action-planned", |cockpit| {
        cockpit.press("r j j enter");
        answer_plan(cockpit, |plan| {
            plan.summary = vec![
                "Restart job d0.com, AD to Entra: full restart.".to_owned(),
                "Now: schedule active, state active.".to_owned(),
            ];
            plan.warnings = vec![
                "Every object is matched again (812 are in step now). One whose match changed may be joined to another object."
                    .to_owned(),
            ];
            plan.danger = true;
            plan.count = 812;
            plan.phrase = "contoso.onmicrosoft.com 812".to_owned();
        });
    });
    picture("action-question", |cockpit| {
        cockpit.press("r j j enter");
        answer_plan(cockpit, |plan| {
            plan.warnings = vec![
                "812 objects would be deleted:".to_owned(),
                "  Ada Lovelace (s1)".to_owned(),
            ];
            plan.danger = true;
            plan.phrase = "contoso.onmicrosoft.com 812".to_owned();
        });
        cockpit.press("a").type_text("contoso");
    });
    picture("action-schema", |cockpit| {
        cockpit.press("p");
        answer_plan(cockpit, |plan| {
            plan.summary = vec!["Add the mapping Mail -> mail, and nothing else.".to_owned()];
            plan.schema = Some(SchemaChange {
                read_hash: String::new(),
                replacement: Vec::new(),
                difference: vec![
                    "+ .synchronizationRules[r].objectMappings[Users].attributeMappings[mail]: Mail"
                        .to_owned(),
                ],
            });
        });
    });
}

#[test]
fn outcomes() {
    picture("action-done", |cockpit| {
        cockpit.press("p");
        answer_plan(cockpit, |_| {});
        cockpit.press("a right enter");
        end(
            cockpit,
            &["Job d0.com, AD to Entra: schedule paused, state paused."],
            Some(true),
        );
    });
    picture("provision-objects", |cockpit| {
        cockpit.press("o");
        cockpit.send(Msg::Paste(
            "CN=Ada,OU=Staff,DC=contoso,DC=com\nCN=Bert,OU=Staff,DC=contoso,DC=com".to_owned(),
        ));
    });
    picture("provision-working", |cockpit| {
        cockpit.press("o");
        cockpit.send(Msg::Paste(
            "CN=Ada,OU=Staff,DC=contoso,DC=com\nCN=Bert,OU=Staff,DC=contoso,DC=com\nCN=Carl,OU=Staff,DC=contoso,DC=com".to_owned(),
        ));
        cockpit.press("enter");
        answer_plan(cockpit, |plan| {
            plan.summary = vec!["Provision 3 objects now with job d0.com, AD to Entra:".to_owned()];
            plan.count = 3;
        });
        cockpit.press("a right enter");
        work(cockpit, true);
        work(cockpit, false);
    });
    picture("provision-timeline-failed", |cockpit| {
        cockpit
            .press("o")
            .type_text("CN=Ada,OU=Staff,DC=contoso,DC=com")
            .press("enter");
        answer_plan(cockpit, |plan| {
            plan.summary = vec!["Provision one object now:".to_owned()]
        });
        cockpit.press("a right enter");
        work(cockpit, false);
        end(cockpit, &["The object is not in step."], Some(false));
        // The phase that failed is the last one.
        cockpit.press("G");
        assert!(cockpit.screen().contains("Failure"), "{}", cockpit.screen());
    });
    picture("provision-timeline", |cockpit| {
        cockpit
            .press("o")
            .type_text("CN=Ada,OU=Staff,DC=contoso,DC=com")
            .press("enter");
        answer_plan(cockpit, |plan| {
            plan.summary = vec!["Provision one object now:".to_owned()]
        });
        cockpit.press("a right enter");
        work(cockpit, false);
        end(cockpit, &["The object is not in step."], Some(false));
    });
}

#[test]
fn forms() {
    picture("threshold", |cockpit| {
        cockpit.press("t");
        let Some(handover::tui::Effect::Steering(handover::tui::SteeringEffect::ReadNotification {
            job,
            ..
        })) = cockpit.effects.last()
        else {
            panic!()
        };
        let job = *job;
        cockpit.send(Msg::Steering(SteeringMsg::Notification {
            job,
            result: Ok(None),
        }));
        cockpit.press("tab");
    });
    picture("threshold-reading", |cockpit| {
        cockpit.press("t");
    });
    picture("updates", |cockpit| {
        cockpit.press("tab a G enter");
    });
}

#[test]
fn logs() {
    picture("logs", |cockpit| {
        cockpit.press("l");
        answer_page(cockpit, 0..100, true);
        cockpit.press("j j");
    });
    picture("logs-reading", |cockpit| {
        cockpit.press("l");
    });
    picture("logs-filter", |cockpit| {
        cockpit.press("l");
        answer_page(cockpit, 0..100, false);
        cockpit.press("/").type_text("status:failure ada");
        answer_filter(cockpit);
    });
    picture("log-entry", |cockpit| {
        cockpit.press("l");
        answer_page(cockpit, 0..100, false);
        cockpit.press("j j j enter");
    });
    picture("audit", |cockpit| {
        cockpit.press("A");
        answer_audit(cockpit, 0..30);
        cockpit.press("j j");
    });
    picture("audit-of-tenant", |cockpit| {
        cockpit.press("C");
        answer_audit(cockpit, 0..30);
        cockpit.press("/").type_text("who:admin action:restart");
        answer_filter(cockpit);
    });
    picture("audit-none", |cockpit| {
        cockpit.press("C");
        answer_audit(cockpit, 0..0);
    });
    picture("audit-entry", |cockpit| {
        cockpit.press("A");
        answer_audit(cockpit, 0..30);
        cockpit.press("j enter");
    });
    picture("held-back-deletions", |cockpit| {
        cockpit.press("d");
        assert_eq!(asked_page(cockpit).1.kind, LogKind::StagedDeletes);
        answer_page(cockpit, 0..3, false);
    });
}
