//! Plans: what they take in, what they keep out and why, and the way back of a run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "plan/fake.rs"]
mod fake;
#[path = "plan/undo.rs"]
mod undo;

use std::{collections::HashSet, path::Path, sync::atomic::Ordering};

use fake::{Fake, attributes, export, facts, id, mailbox, tenant, with};
use handover::{
    domain::{AddressEdit, Change, ErrorClass, Plan, Severity, Target, filter::Filter},
    engine::plan::{
        AddressPlanRequest, ChangePlanError, PlanBuildError, PlanPhase, PlanReport, PlanRequest, Selection,
        address_plan, ask_service, build, tenant_default_plan,
    },
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

fn request(target: Target, selection: Selection) -> PlanRequest {
    PlanRequest::new(tenant(), target, selection, "admin@contoso.com")
}

async fn plan(service: &Fake, request: PlanRequest) -> Result<PlanReport, PlanBuildError> {
    build(service, request, facts(), &|_| (), CancellationToken::new()).await
}

fn addresses(report: &PlanReport) -> Vec<&str> {
    report
        .plan
        .content
        .items
        .iter()
        .map(|item| item.primary_smtp_address.as_str())
        .collect()
}

fn run_rules(report: &PlanReport) -> Vec<&str> {
    report
        .plan
        .content
        .run_findings
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect()
}

/// One of each kind.
fn tenant_of_all_kinds() -> Fake {
    Fake::new([
        mailbox(2),
        with(1, json!({ "RecipientTypeDetails": "SharedMailbox" })),
        with(3, json!({ "IsExchangeCloudManaged": "True" })),
        with(4, json!({ "IsDirSynced": false })),
        with(5, json!({ "RecipientTypeDetails": "SchedulingMailbox" })),
        with(6, json!({ "MailboxMoveStatus": "InProgress" })),
        with(7, json!({ "IsExchangeCloudManaged": null })),
        with(
            8,
            json!({ "LitigationHoldEnabled": true, "DisplayName": "Evil\u{1b}[2J\u{202e}" }),
        ),
    ])
}

#[tokio::test]
async fn a_tenant_is_sorted_and_counted() {
    let service = tenant_of_all_kinds();
    let report = plan(&service, request(Target::Cloud, Selection::All))
        .await
        .unwrap();
    assert_eq!(
        addresses(&report),
        ["u1@contoso.com", "u2@contoso.com", "u8@contoso.com"]
    );
    assert_eq!(report.plan.content.items[2].display_name, "Evil[2J");
    let mut json: Value = serde_json::to_value(report.summary(Path::new("plan.json"))).unwrap();
    // Every rule that is named comes with what to do.
    let members = json.as_object_mut().unwrap();
    let (findings, advice) = (
        members.remove("findings").unwrap(),
        members.remove("advice").unwrap(),
    );
    assert!(
        findings
            .as_array()
            .unwrap()
            .iter()
            .all(|finding| finding["advice"].is_string())
    );
    let reasons = members["reasons"].as_object().unwrap();
    assert!(reasons.keys().all(|rule| advice[rule].is_string()), "{advice}");
    assert_eq!(
        json,
        json!({
            "plan": "plan.json", "tenant": "contoso.onmicrosoft.com", "target": "cloud",
            "eligible": 3, "alreadyThere": 1, "blocked": 4, "warned": 1,
            "reasons": {
                "not-dir-synced": 1, "type-not-supported": 1, "move-in-progress": 1, "authority-unknown": 1, "litigation-hold": 1
            }
        })
    );
    assert!(
        run_rules(&report).contains(&"rows-without-id") && run_rules(&report).contains(&"attributes-dropped")
    );
    assert_eq!(
        run_rules(&report)
            .iter()
            .filter(|rule| **rule == "no-directory")
            .count(),
        1
    );
    assert!(
        report
            .plan
            .content
            .irreversible
            .iter()
            .any(|sentence| sentence.contains("litigation hold"))
    );
    let unseen = report.plan.content.run_findings.last().unwrap();
    assert_eq!(
        (unseen.rule.as_str(), unseen.severity),
        ("other-machines-unseen", Severity::Info)
    );
    let bytes = report.plan.to_bytes().unwrap();
    assert_eq!(Plan::parse(&bytes).unwrap(), report.plan);
}

#[tokio::test]
async fn the_same_tenant_gives_the_same_plan() {
    let one = plan(&tenant_of_all_kinds(), request(Target::Cloud, Selection::All))
        .await
        .unwrap();
    let other = plan(&tenant_of_all_kinds(), request(Target::Cloud, Selection::All))
        .await
        .unwrap();
    assert_eq!(one.plan.sha256, other.plan.sha256);
}

#[tokio::test]
async fn a_filter_selects_before_anything_is_counted() {
    let filter = Filter::parse("type:shared", facts().now).unwrap();
    let report = plan(
        &tenant_of_all_kinds(),
        request(Target::Cloud, Selection::Filter(filter)),
    )
    .await
    .unwrap();
    assert_eq!(addresses(&report), ["u1@contoso.com"]);
    assert_eq!((report.counts.blocked, report.counts.already_there), (0, 0));
}

#[tokio::test]
async fn few_ids_are_read_one_by_one_and_faults_stay_with_their_mailbox() {
    let mut service = tenant_of_all_kinds();
    service.faults.insert(id(1), ErrorClass::Transient);
    let ids = vec![id(2), id(99), id(1), id(2), id(8)];
    let report = plan(&service, request(Target::Cloud, Selection::Ids(ids)))
        .await
        .unwrap();
    assert_eq!(addresses(&report), ["u2@contoso.com", "u8@contoso.com"]);
    assert_eq!(service.surveys.load(Ordering::Relaxed), 0);
    let blocked = &report.plan.content.blocked;
    let rules: Vec<&str> = blocked
        .iter()
        .map(|item| item.findings[0].rule.as_str())
        .collect();
    assert_eq!(rules, ["unreadable", "not-found"]);
    assert_eq!(
        blocked[0].findings[0].text,
        "The mailbox could not be read: a fault of the test"
    );
}

#[tokio::test]
async fn many_ids_take_the_walk_over_the_tenant() {
    let service = Fake::new((1..=600).map(mailbox));
    let ids: Vec<_> = (1..=550).chain([9_999]).map(id).collect();
    let report = plan(&service, request(Target::Cloud, Selection::Ids(ids)))
        .await
        .unwrap();
    assert_eq!(
        (report.counts.eligible, report.counts.reasons["not-found"]),
        (550, 1)
    );
    assert_eq!(
        (
            service.surveys.load(Ordering::Relaxed),
            service.reads.load(Ordering::Relaxed)
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn exclusion_limit_and_whole_objects() {
    let mut service = Fake::new((1..=30).map(mailbox));
    service.whole_objects = Some(Ok(vec![id(5)]));
    let mut wanted = request(Target::Cloud, Selection::All);
    wanted.exclude = HashSet::from([id(1)]);
    wanted.max = 10;
    let report = plan(&service, wanted).await.unwrap();
    assert_eq!(report.counts.eligible, 10);
    assert_eq!(
        (
            report.counts.reasons["excluded"],
            report.counts.reasons["object-in-cloud"]
        ),
        (1, 1)
    );
    let trimmed = report
        .plan
        .content
        .run_findings
        .iter()
        .find(|finding| finding.rule == "trimmed")
        .unwrap();
    assert!(trimmed.text.starts_with("18 more"), "{}", trimmed.text);
    assert_eq!(
        addresses(&report)[0],
        "u10@contoso.com",
        "in the order of the address"
    );
}

#[tokio::test]
async fn a_missing_right_for_whole_objects_is_one_warning() {
    let mut service = Fake::new((1..=30).map(mailbox));
    service.whole_objects = Some(Err(ErrorClass::Permission));
    let report = plan(&service, request(Target::Cloud, Selection::All))
        .await
        .unwrap();
    assert_eq!(report.counts.eligible, 30);
    assert!(run_rules(&report).contains(&"object-authority-unknown"));
}

/// Batches of twenty: a fault in the second must not forget what the first one found, nor leave the third one out.
#[tokio::test]
async fn a_fault_on_the_way_does_not_forget_whole_objects() {
    let mut service = Fake::new((1..=60).map(mailbox));
    let order: Vec<_> = service.mailboxes.lock().unwrap().keys().copied().collect();
    service.whole_objects = Some(Ok(vec![order[3], order[50]]));
    service.whole_object_fault = Some((order[25], ErrorClass::Throttled));
    service.unknown_users = vec![order[41]];
    let report = plan(&service, request(Target::Cloud, Selection::All))
        .await
        .unwrap();
    assert_eq!(report.counts.reasons["object-in-cloud"], 2);
    assert_eq!(report.counts.eligible, 58);
    let found = |report: &PlanReport| -> Vec<String> {
        let findings = report.plan.content.run_findings.iter();
        findings
            .filter(|finding| finding.rule == "object-authority-unknown")
            .map(|finding| finding.text.clone())
            .collect()
    };
    let texts = found(&report);
    assert_eq!(texts.len(), 1);
    assert!(texts[0].contains("21 users (too many requests)"), "{texts:?}");
    service.whole_object_fault = None;
    let report = plan(&service, request(Target::Cloud, Selection::All))
        .await
        .unwrap();
    let texts = found(&report);
    assert!(texts.len() == 1 && texts[0].ends_with("1 user."), "{texts:?}");
}

#[tokio::test]
async fn faults_of_the_whole_service_end_the_planning() {
    let mut service = Fake::new([mailbox(1)]);
    service.faults.insert(id(1), ErrorClass::SignIn);
    let outcome = plan(&service, request(Target::Cloud, Selection::Ids(vec![id(1)]))).await;
    assert!(matches!(outcome, Err(PlanBuildError::Service(error)) if error.class == ErrorClass::SignIn));
    service.list_fault = Some(ErrorClass::Permission);
    assert!(matches!(
        plan(&service, request(Target::Cloud, Selection::All)).await,
        Err(PlanBuildError::Service(_))
    ));
    let nothing = plan(&service, request(Target::Cloud, Selection::Ids(Vec::new()))).await;
    assert!(matches!(nothing, Err(PlanBuildError::NothingSelected)));
}

#[tokio::test]
async fn cancelling_gives_no_plan() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    for selection in [Selection::All, Selection::Ids(vec![id(1)])] {
        let outcome = build(
            &Fake::new([mailbox(1)]),
            request(Target::Cloud, selection),
            facts(),
            &|_| (),
            cancel.clone(),
        )
        .await;
        assert!(matches!(outcome, Err(PlanBuildError::Cancelled)));
    }
}

#[tokio::test]
async fn progress_reaches_every_phase() {
    let phases = std::sync::Mutex::new(Vec::new());
    let note = |progress: handover::engine::plan::PlanProgress| phases.lock().unwrap().push(progress.phase);
    let service = Fake::new((1..=30).map(mailbox));
    build(
        &service,
        request(Target::Cloud, Selection::All),
        facts(),
        &note,
        CancellationToken::new(),
    )
    .await
    .unwrap();
    let mut phases = phases.into_inner().unwrap();
    assert!(phases.len() > 5, "every page is told");
    phases.dedup();
    assert_eq!(
        phases,
        [PlanPhase::Reading, PlanPhase::CheckingObjects, PlanPhase::Sealing]
    );
}

#[tokio::test]
async fn the_directory_side_is_checked() {
    let service = Fake::new([mailbox(1), mailbox(2), mailbox(3)]);
    let mut wanted = request(Target::Cloud, Selection::All);
    wanted.directory = Some(export(
        2,
        &[("SMTP:u1@", "SMTP:other@"), ("20261001", "20261120")],
    ));
    let report = plan(&service, wanted).await.unwrap();
    assert_eq!(addresses(&report), ["u2@contoso.com", "u3@contoso.com"]);
    assert_eq!(report.counts.reasons["primary-address-differs"], 1);
    assert_eq!(report.counts.reasons["directory-changed-recently"], 1);
    assert_eq!(report.counts.reasons["not-in-directory"], 1);
    assert!(!run_rules(&report).contains(&"no-directory"));
    assert!(
        report.plan.content.overwrites.is_empty(),
        "nothing is overwritten on the way to the cloud"
    );
}

#[tokio::test]
async fn the_way_back_lists_what_would_be_lost() {
    let managed = json!({ "IsExchangeCloudManaged": true, "CustomAttribute1": "Edited" });
    let service = Fake::new([
        with(1, managed.clone()),
        with(9, managed),
        mailbox(2),
        with(4, json!({ "IsDirSynced": false })),
    ]);
    let mut wanted = request(Target::OnPremises, Selection::All);
    wanted.directory = Some(export(2, &[]));
    let report = plan(&service, wanted.clone()).await.unwrap();
    let content = &report.plan.content;
    assert_eq!(
        (
            report.counts.eligible,
            report.counts.already_there,
            report.counts.blocked
        ),
        (2, 1, 1)
    );
    assert_eq!(content.overwrites.len(), 2);
    let known = &content.overwrites[0];
    assert_eq!(
        (
            known.attribute.as_str(),
            known.cloud.as_str(),
            known.directory.as_deref()
        ),
        ("CustomAttribute1", "Edited", Some("Sales"))
    );
    assert_eq!(content.overwrites[1].attribute, "every Exchange attribute");
    assert!(!content.loss_accepted);
    for (accepted, expected) in [(1, false), (2, true)] {
        wanted.accept_loss = Some(accepted);
        assert_eq!(
            plan(&service, wanted.clone())
                .await
                .unwrap()
                .plan
                .content
                .loss_accepted,
            expected
        );
    }
}

#[tokio::test]
async fn an_old_version_of_connect_blocks_the_run_but_shows_the_plan() {
    let mut wanted = request(Target::Cloud, Selection::All);
    wanted.connect_version = Some("2.5.76.0".into());
    let report = plan(&Fake::new([mailbox(1)]), wanted).await.unwrap();
    let block = report
        .plan
        .content
        .run_findings
        .iter()
        .find(|finding| finding.severity == Severity::Block)
        .unwrap();
    assert_eq!(block.rule, "connect-too-old");
    assert_eq!(report.counts.eligible, 1);
}

#[tokio::test]
async fn the_service_is_asked_for_facts() {
    let facts = ask_service(&Fake::new([]), facts()).await;
    assert_eq!(
        (facts.sync_enabled, facts.cloud_by_default),
        (Some(true), Some(false))
    );
    assert_eq!(facts.tenant_shown, tenant().id);
    assert_eq!(facts.allowed_cmdlets.unwrap().len(), 2);
}

fn address_request(edits: Vec<AddressEdit>) -> AddressPlanRequest {
    AddressPlanRequest {
        tenant: tenant(),
        created_by: "admin@contoso.com".into(),
        id: id(1),
        edits,
        accepted_domains: Some(vec!["contoso.com".into()]),
    }
}

#[test]
fn addresses_of_a_cloud_managed_mailbox() {
    let managed = attributes(with(1, json!({ "IsExchangeCloudManaged": true })));
    let edits = vec![
        AddressEdit::Add("new@contoso.com".into()),
        AddressEdit::SetPrimary("new@contoso.com".into()),
        AddressEdit::Remove("u1@contoso.mail.onmicrosoft.com".into()),
    ];
    let report = address_plan(address_request(edits), &managed, &facts()).unwrap();
    let Change::SetAddresses { before, after } = &report.plan.content.change else {
        panic!("another change")
    };
    assert_eq!(before.len(), 2);
    assert_eq!(after, &["smtp:u1@contoso.com", "SMTP:new@contoso.com"]);
    assert_eq!(report.counts.warned, 1);
    let foreign = address_plan(
        address_request(vec![AddressEdit::Add("a@b.example".into())]),
        &managed,
        &facts(),
    );
    assert!(matches!(foreign, Err(ChangePlanError::Edit(_))));
    let nothing = address_plan(address_request(Vec::new()), &managed, &facts());
    assert!(matches!(nothing, Err(ChangePlanError::NoChange)));
}

#[test]
fn addresses_of_any_other_mailbox_are_edited_where_they_are_mastered() {
    let request = address_request(vec![AddressEdit::Add("new@contoso.com".into())]);
    let refused = address_plan(request, &attributes(mailbox(1)), &facts())
        .unwrap_err()
        .to_string();
    assert!(refused.contains("mastered in Active Directory"), "{refused}");
}

#[test]
fn the_tenant_wide_default() {
    let report = tenant_default_plan(tenant(), "admin", Target::Cloud, &facts()).unwrap();
    assert!(report.plan.content.items.is_empty());
    assert!(report.plan.content.irreversible[0].contains("Microsoft support"));
    let mut known = facts();
    known.cloud_by_default = Some(true);
    assert!(matches!(
        tenant_default_plan(tenant(), "admin", Target::Cloud, &known),
        Err(error @ ChangePlanError::DefaultStays(_)) if error.to_string().contains("to the cloud by default already")
    ));
    known.allowed_cmdlets = Some(vec!["Get-Mailbox".into(), "Set-Mailbox".into()]);
    let back = tenant_default_plan(tenant(), "admin", Target::OnPremises, &known).unwrap();
    assert!(
        back.plan
            .content
            .run_findings
            .iter()
            .any(|finding| finding.severity == Severity::Block)
    );
}

/// A typing mistake in a domain is accepted by the syntax; only the tenant knows.
#[test]
fn an_address_in_a_domain_that_is_not_the_tenant_s_is_warned_of() {
    let mut managed = attributes(mailbox(1));
    managed
        .0
        .insert("IsExchangeCloudManaged".into(), serde_json::json!(true));
    let mut known = facts();
    known.accepted_domains = vec!["Contoso.com".into(), "*.fabrikam.com".into()];
    let warned = |address: &str, facts: &handover::domain::rules::RunFacts| -> Vec<String> {
        let mut request = address_request(vec![AddressEdit::Add(address.into())]);
        request.accepted_domains = None;
        let report = address_plan(request, &managed, facts).unwrap();
        let findings = report.plan.content.items[0].findings.iter();
        findings
            .filter(|finding| finding.rule == "address-domain")
            .map(|finding| finding.text.clone())
            .collect()
    };
    let foreign = warned("foo@notours.example", &known);
    assert_eq!(
        foreign,
        ["notours.example is not an accepted domain of this tenant."]
    );
    assert!(warned("foo@contoso.com", &known).is_empty());
    assert!(warned("foo@eu.fabrikam.com", &known).is_empty());
    // What could not be read warns of nothing.
    known.accepted_domains.clear();
    assert!(warned("foo@notours.example", &known).is_empty());
}
