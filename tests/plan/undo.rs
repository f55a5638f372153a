//! The way back of a run.

use std::sync::Arc;

use handover::{
    domain::{Change, Directory, Severity, Target},
    engine::{
        plan::PlanReport,
        undo::{UndoError, UndoRecord, UndoRequest, plan_from_snapshot},
    },
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::fake::{Fake, attributes, export, facts, id, mailbox, tenant, with};

fn request(directory: Option<Arc<dyn Directory>>) -> UndoRequest {
    UndoRequest {
        tenant: tenant(),
        run: "20261119-1".into(),
        change: Change::SetAuthority {
            target: Target::Cloud,
        },
        created_by: "admin@contoso.com".into(),
        directory,
        accept_loss: None,
    }
}

fn record(number: u128, done: bool) -> UndoRecord {
    UndoRecord {
        id: id(number),
        before: attributes(mailbox(number)),
        done,
    }
}

/// The mailbox after the handover, with these edits since.
fn managed(number: u128, edits: Value) -> Value {
    let mut mailbox = with(number, json!({ "IsExchangeCloudManaged": true }));
    mailbox
        .as_object_mut()
        .unwrap()
        .extend(edits.as_object().unwrap().clone());
    mailbox
}

async fn undo(
    service: &Fake,
    request: UndoRequest,
    records: Vec<UndoRecord>,
) -> Result<PlanReport, UndoError> {
    plan_from_snapshot(
        service,
        request,
        records,
        facts(),
        &|_| (),
        CancellationToken::new(),
    )
    .await
}

#[tokio::test]
async fn an_unedited_run_goes_back_without_a_directory_and_says_what_that_means() {
    let service = Fake::new([
        managed(1, json!({})),
        mailbox(2),
        managed(3, json!({})),
        managed(4, json!({ "IsDirSynced": false })),
    ]);
    let records = vec![
        record(1, true),
        record(2, true),
        record(3, false),
        record(4, true),
        record(5, true),
    ];
    let report = undo(&service, request(None), records).await.unwrap();
    let content = &report.plan.content;
    assert_eq!(content.items.len(), 1);
    assert_eq!(content.items[0].id, id(1));
    assert_eq!(content.already_there, 1);
    let reasons: Vec<&String> = report.counts.reasons.keys().collect();
    assert_eq!(reasons, ["not-dir-synced", "not-found", "not-written"]);
    assert_eq!(
        content.change,
        Change::SetAuthority {
            target: Target::OnPremises
        }
    );
    assert_eq!(content.undo_of.as_deref(), Some("20261119-1"));
    assert!(
        content
            .run_findings
            .iter()
            .any(|finding| finding.rule == "directory-from-snapshot")
    );
    assert!(
        !content
            .run_findings
            .iter()
            .any(|finding| finding.rule == "no-directory" || finding.severity == Severity::Block)
    );
    assert!(content.overwrites.is_empty() && !content.loss_accepted);
}

#[tokio::test]
async fn edits_since_are_refused_until_exactly_their_loss_is_accepted() {
    let edits = json!({ "CustomAttribute1": "Edited", "EmailAddresses": ["SMTP:u1@contoso.com", "smtp:new@contoso.com"] });
    let service = Fake::new([managed(1, edits), managed(2, json!({}))]);
    let records = || vec![record(1, true), record(2, true)];
    let Err(UndoError::UnwrittenDifferences {
        mailboxes,
        values,
        overwrites,
    }) = undo(&service, request(None), records()).await
    else {
        panic!("must be refused");
    };
    assert_eq!((mailboxes, values), (1, 2));
    assert_eq!(overwrites[0].attribute, "EmailAddresses");
    assert_eq!(
        (overwrites[1].cloud.as_str(), &overwrites[1].directory),
        ("Edited", &None)
    );
    let mut wanted = request(None);
    wanted.accept_loss = Some(1);
    let other = undo(&service, wanted.clone(), records()).await;
    assert!(matches!(
        other,
        Err(UndoError::OtherLoss {
            accepted: 1,
            values: 2,
            ..
        })
    ));
    wanted.accept_loss = Some(2);
    let report = undo(&service, wanted, records()).await.unwrap();
    assert!(report.plan.content.loss_accepted);
    assert_eq!(
        (report.counts.eligible, report.plan.content.overwrites.len()),
        (2, 2)
    );
}

#[tokio::test]
async fn an_edit_that_was_written_to_the_directory_is_safe() {
    let service = Fake::new([managed(1, json!({ "CustomAttribute1": "Edited" }))]);
    let written = export(
        1,
        &[("extensionAttribute1: Sales", "extensionAttribute1: Edited")],
    );
    let report = undo(&service, request(Some(written)), vec![record(1, true)])
        .await
        .unwrap();
    assert_eq!(report.counts.eligible, 1);
    let unwritten = undo(&service, request(Some(export(1, &[]))), vec![record(1, true)]).await;
    let Err(UndoError::UnwrittenDifferences { overwrites, .. }) = unwritten else {
        panic!("must be refused")
    };
    assert_eq!(overwrites.len(), 1);
    assert_eq!(overwrites[0].directory.as_deref(), Some("Sales"));
}

#[tokio::test]
async fn a_change_in_the_directory_since_is_a_loss_too() {
    let service = Fake::new([managed(1, json!({}))]);
    let drifted = export(
        1,
        &[("extensionAttribute1: Sales", "extensionAttribute1: Drifted")],
    );
    let outcome = undo(&service, request(Some(drifted)), vec![record(1, true)]).await;
    assert!(matches!(
        outcome,
        Err(UndoError::UnwrittenDifferences { values: 1, .. })
    ));
}

#[tokio::test]
async fn what_the_export_does_not_tell_is_compared_with_the_snapshot() {
    let service = Fake::new([
        managed(1, json!({ "HiddenFromAddressListsEnabled": true })),
        managed(2, json!({ "CustomAttribute1": "x" })),
    ]);
    let outcome = undo(
        &service,
        request(Some(export(1, &[]))),
        vec![record(1, true), record(2, true)],
    )
    .await;
    let Err(UndoError::UnwrittenDifferences { overwrites, .. }) = outcome else {
        panic!("must be refused")
    };
    let lost: Vec<_> = overwrites
        .iter()
        .map(|row| (row.attribute.as_str(), row.directory.as_deref()))
        .collect();
    assert_eq!(
        lost,
        [
            ("HiddenFromAddressListsEnabled", None),
            ("CustomAttribute1", None)
        ]
    );
}

#[tokio::test]
async fn a_type_that_would_revert_blocks_its_mailbox() {
    let service = Fake::new([
        managed(1, json!({ "RecipientTypeDetails": "SharedMailbox" })),
        managed(2, json!({})),
    ]);
    let report = undo(
        &service,
        request(Some(export(2, &[]))),
        vec![record(1, true), record(2, true)],
    )
    .await
    .unwrap();
    assert_eq!(report.counts.reasons["recipient-type-differs"], 1);
    assert_eq!(report.counts.eligible, 1);
}

#[tokio::test]
async fn a_run_to_on_premises_is_taken_back_to_the_cloud() {
    let service = Fake::new([mailbox(1)]);
    let mut wanted = request(None);
    wanted.change = Change::SetAuthority {
        target: Target::OnPremises,
    };
    let report = undo(&service, wanted, vec![record(1, true)]).await.unwrap();
    assert_eq!(report.plan.content.change.target(), Target::Cloud);
    assert!(
        report
            .plan
            .content
            .irreversible
            .iter()
            .any(|sentence| sentence.contains("run's snapshot"))
    );
}

#[tokio::test]
async fn addresses_go_back_unless_they_were_edited_again() {
    let old = vec!["SMTP:u1@contoso.com".to_owned()];
    let new = vec!["SMTP:u1@contoso.com".to_owned(), "smtp:x@contoso.com".to_owned()];
    let mut wanted = request(None);
    wanted.change = Change::SetAddresses {
        before: old.clone(),
        after: new.clone(),
    };
    let now = |list: &[String]| Fake::new([managed(1, json!({ "EmailAddresses": list }))]);
    let report = undo(&now(&new), wanted.clone(), vec![record(1, true)])
        .await
        .unwrap();
    assert_eq!(
        report.plan.content.change,
        Change::SetAddresses {
            before: new,
            after: old.clone()
        }
    );
    let back = undo(&now(&old), wanted.clone(), vec![record(1, true)]).await;
    assert!(matches!(back, Err(UndoError::Nothing { already_there: 1, .. })));
    let unwritten = undo(&now(&old), request(None), vec![record(1, false)])
        .await
        .unwrap_err();
    assert!(
        unwritten
            .to_string()
            .contains("1 can't go back (the first: The run did not settle"),
        "{unwritten}"
    );
    let again = undo(
        &now(&["SMTP:y@contoso.com".to_owned()]),
        wanted,
        vec![record(1, true)],
    )
    .await;
    assert!(matches!(again, Err(UndoError::EditedSince(address)) if address == "u1@contoso.com"));
}

/// The service adds addresses of its own. Apply tolerates them, so taking back must too; and it must keep them.
#[tokio::test]
async fn addresses_that_came_besides_stay_when_an_edit_is_taken_back() {
    let list = |texts: &[&str]| -> Vec<String> { texts.iter().map(|text| (*text).to_owned()).collect() };
    let mut wanted = request(None);
    wanted.change = Change::SetAddresses {
        before: list(&["SMTP:u1@contoso.com"]),
        after: list(&["smtp:u1@contoso.com", "SMTP:x@contoso.com"]),
    };
    let now = list(&[
        "SMTP:X@contoso.com",
        "smtp:u1@contoso.com",
        "smtp:u1@contoso.onmicrosoft.com",
    ]);
    let service = Fake::new([managed(1, json!({ "EmailAddresses": now }))]);
    let report = undo(&service, wanted.clone(), vec![record(1, true)])
        .await
        .unwrap();
    assert_eq!(
        report.plan.content.change,
        Change::SetAddresses {
            before: now,
            after: list(&["SMTP:u1@contoso.com", "smtp:u1@contoso.onmicrosoft.com"]),
        }
    );
    let back = list(&["SMTP:U1@contoso.com", "smtp:u1@contoso.onmicrosoft.com"]);
    let service = Fake::new([managed(1, json!({ "EmailAddresses": back }))]);
    let nothing = undo(&service, wanted, vec![record(1, true)]).await;
    assert!(matches!(
        nothing,
        Err(UndoError::Nothing { already_there: 1, .. })
    ));
}

#[tokio::test]
async fn long_runs_are_compared_in_parts() {
    let service = Fake::new((1..=400).map(|number| managed(number, json!({}))));
    let report = undo(
        &service,
        request(None),
        (1..=400).map(|number| record(number, true)).collect(),
    )
    .await
    .unwrap();
    assert_eq!(report.counts.eligible, 400);
}

/// Which of the addresses would go is the question, not the whole list.
#[tokio::test]
async fn a_refusal_names_the_base_value_and_only_what_would_be_lost() {
    let edits = json!({ "EmailAddresses": ["SMTP:u1@contoso.com", "smtp:zz.new@contoso.com"] });
    let service = Fake::new([managed(1, edits)]);
    let Err(UndoError::UnwrittenDifferences { overwrites, .. }) =
        undo(&service, request(None), vec![record(1, true)]).await
    else {
        panic!("must be refused")
    };
    assert_eq!(overwrites.len(), 1, "{overwrites:?}");
    assert_eq!(overwrites[0].lost, ["smtp:zz.new@contoso.com"]);
    assert!(overwrites[0].snapshot.is_some(), "{overwrites:?}");
}
