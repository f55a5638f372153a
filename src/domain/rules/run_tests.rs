use super::*;
use crate::domain::{Severity, rules::rule};

fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// Everything known, nothing wrong.
fn good() -> RunFacts {
    RunFacts {
        now: now(),
        tenant_shown: "AAAA".into(),
        token_tenants: vec!["aaaa".into()],
        allowed_cmdlets: Some(vec!["get-mailbox".into(), "Set-Mailbox".into()]),
        flag_present: Some(true),
        connect_version: Some("2.5.190.0".into()),
        sync_enabled: Some(true),
        last_sync: Some(now() - SignedDuration::from_mins(20)),
        cloud_by_default: Some(false),
        managed_now: Some(10),
        selected: 5,
        directory: Some(DirectoryFacts {
            as_of: Some(now() - SignedDuration::from_hours(2)),
            tells_changes: true,
            problems: Vec::new(),
        }),
        ..RunFacts::default()
    }
}

fn fired(facts: &RunFacts, target: Target) -> Vec<String> {
    check_run(facts, target)
        .into_iter()
        .map(|finding| finding.rule)
        .collect()
}

type Fault = fn(&mut RunFacts);

/// One fault for each rule.
const FAULTS: &[(&str, Fault)] = &[
    ("wrong-tenant", |facts| facts.token_tenants.push("bbbb".into())),
    ("cmdlet-missing", |facts| {
        facts.allowed_cmdlets = Some(vec!["Get-Mailbox".into()])
    }),
    ("cmdlets-unknown", |facts| facts.allowed_cmdlets = None),
    ("flag-missing", |facts| facts.flag_present = Some(false)),
    ("backup-folder", |facts| {
        facts.backup_problem = Some("disk full".into())
    }),
    ("connect-too-old", |facts| {
        facts.connect_version = Some("2.5.76.0".into())
    }),
    ("connect-unreadable", |facts| {
        facts.connect_version = Some("newest".into())
    }),
    ("connect-not-attested", |facts| facts.connect_version = None),
    ("sync-off", |facts| facts.sync_enabled = Some(false)),
    ("sync-stale", |facts| {
        facts.last_sync = Some(facts.now - SignedDuration::from_hours(4))
    }),
    ("sync-unknown", |facts| facts.last_sync = None),
    ("writeback-unfit", |facts| {
        facts.writeback = WritebackState::WithoutMail
    }),
    ("tenant-default-cloud", |facts| {
        facts.cloud_by_default = Some(true)
    }),
    ("too-many-managed", |facts| facts.managed_now = Some(599_996)),
    ("open-run", |facts| facts.open_runs.push("2026-1".into())),
    ("damaged-run", |facts| {
        facts.damaged_runs.push("/data/runs/2026-1 (no manifest)".into())
    }),
    ("attributes-dropped", |facts| {
        facts.dropped_attributes = vec!["MailTip".into()]
    }),
    ("no-directory", |facts| facts.directory = None),
    ("directory-from-snapshot", |facts| {
        facts.directory = None;
        facts.snapshot_stands_in = true;
    }),
    ("directory-old", |facts| {
        let old = facts.now - SignedDuration::from_hours(25);
        facts.directory.as_mut().unwrap().as_of = Some(old);
    }),
    ("directory-age-unknown", |facts| {
        facts.directory.as_mut().unwrap().as_of = None
    }),
    ("directory-incomplete", |facts| {
        facts.directory.as_mut().unwrap().problems = vec!["cut".into()]
    }),
    ("object-authority-unknown", |facts| {
        facts.object_authority_problem = Some("403".into())
    }),
    ("rows-without-id", |facts| facts.rows_without_id = 3),
    ("inventory-warning", |facts| {
        facts.inventory_warnings = vec!["more results".into()]
    }),
    ("trimmed", |facts| facts.trimmed = 7),
];

#[test]
fn nothing_fires_when_nothing_is_wrong() {
    for target in [Target::Cloud, Target::OnPremises] {
        assert_eq!(fired(&good(), target), Vec::<String>::new());
    }
}

#[test]
fn every_rule_fires_on_its_fault_and_only_where_it_applies() {
    assert_eq!(FAULTS.len(), CHECKED_HERE.len(), "every rule needs a fault here");
    for (name, fault) in FAULTS {
        let mut facts = good();
        fault(&mut facts);
        for target in [Target::Cloud, Target::OnPremises] {
            let applies = rule(name).unwrap().severity(target).is_some();
            let expected: Vec<String> = if applies {
                vec![(*name).to_owned()]
            } else {
                Vec::new()
            };
            assert_eq!(fired(&facts, target), expected, "{name} {target:?}");
        }
    }
}

#[test]
fn an_unattested_version_warns_and_an_old_one_blocks() {
    let mut facts = good();
    facts.connect_version = None;
    assert_eq!(check_run(&facts, Target::Cloud)[0].severity, Severity::Warn);
    facts.connect_version = Some("2.5.189.9".into());
    assert_eq!(check_run(&facts, Target::Cloud)[0].severity, Severity::Block);
}

#[test]
fn an_old_export_blocks_only_the_way_back() {
    let mut facts = good();
    facts.directory.as_mut().unwrap().as_of = Some(now() - SignedDuration::from_hours(25));
    assert_eq!(check_run(&facts, Target::Cloud)[0].severity, Severity::Warn);
    assert_eq!(check_run(&facts, Target::OnPremises)[0].severity, Severity::Block);
}

#[test]
fn details_are_clean_and_a_clock_that_jumped_back_is_no_fault() {
    let mut facts = good();
    facts.last_sync = Some(now() + SignedDuration::from_hours(5));
    assert!(fired(&facts, Target::Cloud).is_empty());
    facts.backup_problem = Some("no\u{1b}[31m space".into());
    let found = check_run(&facts, Target::Cloud);
    assert_eq!(
        found[0].text,
        "The folder for snapshots can't be used: no[31m space."
    );
}
