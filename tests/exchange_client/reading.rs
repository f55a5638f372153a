//! Reading: lists, single mailboxes, the organisation, rights.

use std::{collections::HashSet, time::Duration};

use handover::{
    domain::{ErrorClass, ObjectId, Service, SourceOfAuthority},
    engine::{InventoryQuery, MailboxService},
    sandbox::Options,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::tenant::{hasty, start, start_with};

#[tokio::test]
async fn the_inventory_is_the_tenant() {
    let tenant = start(3_456, "").await;
    let truth = tenant.control("state").await;
    let (rows, end) = tenant.inventory(InventoryQuery::default()).await;
    let end = end.unwrap();
    assert_eq!(
        (rows.len(), end.rows, end.flag_present),
        (3_456, 3_456, Some(true))
    );
    let cloud = rows
        .iter()
        .filter(|row| row.authority == SourceOfAuthority::Cloud)
        .count();
    let synced = rows.iter().filter(|row| row.dir_synced == Some(true)).count();
    assert_eq!(
        (cloud as u64, synced as u64),
        (
            truth["cloudManaged"].as_u64().unwrap(),
            truth["dirSynced"].as_u64().unwrap()
        )
    );
    assert!(rows.iter().any(|row| row.when_changed.is_some()));
    let hidden = |text: &str| {
        text.chars()
            .any(|character| character.is_control() || ('\u{202a}'..='\u{202e}').contains(&character))
    };
    assert!(
        !rows.iter().any(|row| hidden(&row.display_name)),
        "names are cleaned"
    );
    let only_synced = InventoryQuery {
        dir_synced_only: true,
        ..InventoryQuery::default()
    };
    let (rows, end) = tenant.inventory(only_synced).await;
    assert_eq!((rows.len(), end.unwrap().rows), (synced, synced as u64));
    assert!(rows.iter().all(|row| row.dir_synced == Some(true)));
}

#[tokio::test]
async fn a_cancelled_inventory_keeps_its_rows_and_says_so() {
    let tenant = start(5_000, "").await;
    let (sender, mut receiver) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let job = tenant
        .mailboxes
        .inventory(InventoryQuery::default(), sender, cancel.clone());
    let reader = async {
        let rows = receiver.recv().await.unwrap().len();
        cancel.cancel();
        rows
    };
    let (end, rows) = tokio::join!(job, reader);
    assert_eq!(end.unwrap_err().class, ErrorClass::Cancelled);
    assert_eq!(rows, 1_000);
}

#[tokio::test]
async fn a_survey_has_every_attribute() {
    let tenant = start(1_200, "").await;
    let (sender, mut receiver) = mpsc::channel(4);
    let job = tenant
        .mailboxes
        .survey(InventoryQuery::default(), sender, CancellationToken::new());
    let collect = async {
        let mut rows = Vec::new();
        while let Some(page) = receiver.recv().await {
            rows.extend(page);
        }
        rows
    };
    let (end, rows) = tokio::join!(job, collect);
    assert_eq!((end.unwrap().rows, rows.len()), (1_200, 1_200));
    assert_eq!(tenant.mailboxes.dropped_attributes(), Vec::<String>::new());
    for name in [
        "ExchangeGuid",
        "CustomAttribute15",
        "MailboxMoveStatus",
        "EmailAddresses",
    ] {
        assert!(rows[0].0.contains_key(name), "{name}");
    }
    assert!(!rows.iter().any(|row| row.0.keys().any(|name| name.contains('@'))));
}

#[tokio::test]
async fn single_mailboxes_come_in_the_order_asked_for() {
    let tenant = start(400, "").await;
    let mut ids = tenant.eligible(25).await;
    ids.reverse();
    let gone: ObjectId = "0f6f5b1e-0000-4000-8000-000000000001".parse().unwrap();
    ids.insert(7, gone);
    let full = tenant.mailboxes.read(&ids).await.unwrap();
    let proof = tenant.mailboxes.reread(&ids).await.unwrap();
    assert_eq!((full.len(), proof.len()), (26, 26));
    for (index, id) in ids.iter().enumerate() {
        if *id == gone {
            let error = full[index].as_ref().unwrap_err();
            assert_eq!(error.class, ErrorClass::NotFound);
            assert!(
                error.advice.is_some() && error.message.contains("couldn't be found"),
                "{error}"
            );
            continue;
        }
        let text = id.to_string();
        let (full, proof) = (full[index].as_ref().unwrap(), proof[index].as_ref().unwrap());
        assert_eq!(full.text("ExternalDirectoryObjectId"), Some(text.as_str()));
        assert_eq!(proof.text("ExternalDirectoryObjectId"), Some(text.as_str()));
        assert_eq!(proof.authority(), SourceOfAuthority::OnPremises);
        assert_eq!(full.texts("EmailAddresses"), proof.texts("EmailAddresses"));
        assert!(full.0.len() > 80 && proof.0.len() <= 5);
    }
}

#[tokio::test]
async fn organisation_rights_and_objects() {
    let tenant = start(300, "").await;
    let organization = tenant.mailboxes.organization().await.unwrap();
    assert!(organization.tenant.domain.contains('.'), "{organization:?}");
    assert_eq!(organization.cloud_by_default, Some(false));
    assert_eq!(organization.sync_enabled, Some(true));
    assert!(organization.last_sync.is_some());
    let cmdlets = tenant.mailboxes.allowed_cmdlets().await.unwrap();
    assert!(cmdlets.iter().any(|name| name == "Set-Mailbox"), "{cmdlets:?}");
    let ids = tenant.eligible(45).await;
    let objects = tenant.mailboxes.object_authority(&ids).await.unwrap();
    assert_eq!(objects.len(), 45);
    assert!(objects.iter().all(Option::is_some));
    for (id, managed) in ids.iter().zip(&objects).take(3) {
        let truth = tenant.control(&format!("mailboxes/{id}")).await;
        assert_eq!(truth["userCloudManaged"].as_bool(), *managed);
    }
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let tenant = start(100, "").await;
    tenant.mailboxes.allowed_cmdlets().await.unwrap();
    tenant.order("tokens/expire", "").await;
    tenant.mailboxes.allowed_cmdlets().await.unwrap();
    let statuses: Vec<Option<u16>> = tenant.call_log.recent().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [Some(200), Some(401), Some(200)]);
}

#[tokio::test]
async fn a_cmdlet_out_of_reach_is_a_matter_of_rights() {
    let tenant = start(100, "").await;
    tenant.order("deny", "Get-Mailbox").await;
    let (rows, end) = tenant.inventory(InventoryQuery::default()).await;
    let error = end.unwrap_err();
    assert!(rows.is_empty());
    assert_eq!((error.class, error.status), (ErrorClass::Permission, Some(403)));
    assert!(error.advice.is_some() && error.request_id.is_some());
}

#[tokio::test]
async fn the_call_log_says_what_and_never_who() {
    let tenant = start(1_500, "").await;
    let ids = tenant.eligible(10).await;
    tenant.mailboxes.reread(&ids).await.unwrap();
    let calls = tenant.call_log.recent();
    let operations: HashSet<&str> = calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(
        operations,
        HashSet::from(["Get-Mailbox page of 1000", "Get-Mailbox x10"])
    );
    for call in &calls {
        assert_eq!(
            (call.service, call.method.as_str(), call.status),
            (Service::Exchange, "POST", Some(200))
        );
        assert!(call.request_id.is_some() && !call.path.contains('?'));
        let text = format!("{call:?}");
        assert!(
            !text.contains("Bearer") && !ids.iter().any(|id| text.contains(&id.to_string())),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_settle_at_the_cap_of_the_service() {
    let options = Options {
        mailboxes: 300,
        seed: 42,
        latency: Duration::from_millis(20),
        concurrency: 8,
        ..Options::default()
    };
    let tenant = start_with(options, hasty()).await;
    let ids = tenant.eligible(10).await;
    let tenant = std::sync::Arc::new(tenant);
    let workers: Vec<_> = (0..12)
        .map(|_| {
            let (tenant, ids) = (std::sync::Arc::clone(&tenant), ids.clone());
            tokio::spawn(async move {
                for _ in 0..40 {
                    tenant.mailboxes.reread(&ids).await.unwrap();
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    let state = tenant.control("state").await;
    assert_eq!(state["maxConcurrent"], 8);
    let throttled = state["throttled"].as_u64().unwrap();
    assert!(
        (1..=12).contains(&throttled),
        "480 requests met the cap {throttled} times"
    );
    let seen = tenant.mailboxes.transport().borrow().clone();
    assert_eq!((seen.in_flight, seen.throttled), (0, throttled));
}
