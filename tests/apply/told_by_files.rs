//! What plans and records say about themselves.

use super::*;
use handover::domain::Plan;

/// A record that can't be trusted says nothing about how far the run is.
#[tokio::test(start_paused = true)]
async fn a_journal_with_a_changed_line_is_called_damaged() {
    let data = tempfile::tempdir().unwrap();
    let mut fake = Fake::new(100);
    fake.latency = Duration::from_millis(100);
    let fake = Arc::new(fake);
    let (sender, control) = (progress(), RunControl::default());
    let mut seen = sender.subscribe();
    let mut limited = request(content(to_cloud(), 0..100), data.path());
    limited.concurrency = Some(1);
    let task = tokio::spawn(apply(Arc::clone(&fake), limited, sender, control.clone()));
    seen.wait_for(|now| now.done >= 20).await.unwrap();
    control.cancel();
    task.await.unwrap().unwrap();
    let folder = RunFolder::list(data.path()).unwrap().pop().unwrap();
    let path = folder.path().join("journal.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"done\"", "\"failed\"", 1)).unwrap();
    let listed = runs::list(data.path()).unwrap();
    assert_eq!(listed[0].state, RunListState::Damaged);
    assert_eq!(
        (listed[0].done, listed[0].remaining, listed[0].items),
        (0, 0, 100)
    );
    assert!(listed[0].problem.is_some());
    assert_eq!(listed[0].kind, Some(ChangeKind::SetAuthority));
    resume_once(&fake, data.path()).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn runs_tell_what_they_do_and_whether_they_were_given_up() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(10));
    let default = Change::SetTenantDefault {
        target: Target::Cloud,
    };
    run(&fake, request(content(default, []), data.path()))
        .await
        .unwrap();
    let listed = serde_json::to_value(runs::list(data.path()).unwrap()).unwrap();
    assert_eq!(listed[0]["kind"], "set-tenant-default");
    assert_eq!(listed[0]["abandoned"], false);
}

/// Applying it must not make a run that then is the latest.
#[tokio::test(start_paused = true)]
async fn a_plan_that_changes_nothing_makes_no_run() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(10));
    let summary = run(&fake, request(content(to_cloud(), []), data.path()))
        .await
        .unwrap();
    assert_eq!((counts(&summary), summary.run.as_str()), ([0; 5], ""));
    assert_eq!(runs::list(data.path()).unwrap(), []);
    // It is checked all the same.
    let mut foreign = content(to_cloud(), []);
    foreign.tenant.id = "another".into();
    let refused = run(&fake, request(foreign, data.path())).await;
    assert!(
        matches!(refused, Err(RunError::Refused(Refusal::OtherTenant { .. }))),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_blocked_plan_says_the_way_out() {
    let data = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(10));
    for (rule, detail, way_out) in [
        (
            "open-run",
            "20261123T000000Z-abcdef12",
            "handover mailboxes resume RUN --write",
        ),
        ("connect-too-old", "2.4.0.0", "Upgrade Entra Connect Sync first."),
    ] {
        let found = handover::domain::rules::finding(rule, detail, Target::Cloud).unwrap();
        assert!(found.advice.is_some());
        for advice in [found.advice.clone(), None] {
            let mut plan = content(to_cloud(), 0..10);
            plan.run_findings.push(Finding {
                advice,
                ..found.clone()
            });
            let error = run(&fake, request(plan, data.path())).await.unwrap_err();
            let text = error.to_string();
            assert!(text.contains(detail) && text.contains(way_out), "{text}");
            assert!(!text.contains(".."), "{text}");
        }
    }
}

/// Plans from before advice was kept in them keep their hash.
#[test]
fn a_plan_without_advice_is_still_read() {
    let mut old = content(to_cloud(), 0..3);
    old.run_findings.push(Finding {
        rule: "sync-off".into(),
        severity: Severity::Warn,
        text: "Synchronization is off.".into(),
        advice: None,
    });
    old.overwrites.push(Overwrite {
        id: id(0),
        primary_smtp_address: "person0@contoso.com".into(),
        attribute: "CustomAttribute1".into(),
        directory_attribute: "extensionAttribute1".into(),
        cloud: "new".into(),
        directory: None,
        snapshot: None,
        lost: Vec::new(),
    });
    let bytes = Plan::seal(old).unwrap().to_bytes().unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    for name in ["advice", "snapshot", "lost\""] {
        assert!(
            !text.contains(name),
            "{name} changes the hash of plans that lack it"
        );
    }
    let read = Plan::parse(&bytes).unwrap();
    let mut with = read.content.clone();
    with.run_findings[0].advice = Some("Switch it on.".into());
    let with = Plan::seal(with).unwrap();
    assert_ne!(with.sha256, read.sha256);
    assert_eq!(Plan::parse(&with.to_bytes().unwrap()).unwrap(), with);
}
