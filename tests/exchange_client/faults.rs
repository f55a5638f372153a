//! Reading under faults: passing ones are survived, lasting ones end in an error that says what to do.

use handover::{
    domain::{ErrorClass, SourceOfAuthority},
    engine::{InventoryQuery, MailboxService},
    sandbox::Options,
};

use crate::tenant::{Tenant, hasty, start, start_with};

async fn inventory_error(faults: &str) -> (Tenant, handover::domain::ServiceError, usize) {
    let tenant = start(2_500, faults).await;
    let (rows, end) = tenant.inventory(InventoryQuery::default()).await;
    (tenant, end.unwrap_err(), rows.len())
}

#[tokio::test]
async fn passing_faults_cost_time_only() {
    let faults = "throttle=0.15,error=0.15,reset=0.1,gzip-lie=0.3,redirect=0.3";
    let tenant = start(20_500, faults).await;
    let (rows, end) = tenant.inventory(InventoryQuery::default()).await;
    assert_eq!((end.unwrap().rows, rows.len()), (20_500, 20_500));
    let state = tenant.mailboxes.transport().borrow().clone();
    assert!(state.retries > 0 && state.throttled > 0, "{state:?}");
    let ids: Vec<_> = rows.iter().take(200).map(|row| row.id).collect();
    tenant
        .order(
            "faults",
            "throttle=0.1,item-throttle=0.2,item-error=0.2,missing=0.2,reset=0.1",
        )
        .await;
    for (id, answer) in ids.iter().zip(tenant.mailboxes.reread(&ids).await.unwrap()) {
        assert_eq!(
            answer.unwrap().text("ExternalDirectoryObjectId"),
            Some(id.to_string().as_str())
        );
    }
}

#[tokio::test]
async fn a_regional_host_is_asked_at_once_from_then_on() {
    let tenant = start(5_000, "redirect=1").await;
    let (_, end) = tenant.inventory(InventoryQuery::default()).await;
    assert_eq!(end.unwrap().rows, 5_000);
    let redirects = tenant
        .call_log
        .recent()
        .iter()
        .filter(|call| call.status == Some(307))
        .count();
    assert_eq!(redirects, 1);
}

#[tokio::test]
async fn foreign_hosts_see_nothing() {
    for faults in ["foreign-redirect=1", "foreign-link=1"] {
        let (tenant, error, _) = inventory_error(faults).await;
        assert_eq!(error.class, ErrorClass::ForeignHost, "{faults}: {error}");
        let state = tenant.control("state").await;
        assert_eq!(
            (state["foreignRequests"].as_u64(), state["foreignTokens"].as_u64()),
            (Some(0), Some(0))
        );
    }
}

#[tokio::test]
async fn pages_without_end_are_noticed() {
    let (_tenant, error, rows) = inventory_error("endless-pages=1").await;
    assert_eq!(error.class, ErrorClass::Malformed, "{error}");
    assert!(error.message.contains("does not end") && error.advice.is_some());
    assert!(rows <= 60_000);
}

#[tokio::test]
async fn half_a_list_is_never_taken_for_a_whole_one() {
    let (_tenant, error, _) = inventory_error("truncated=1").await;
    assert_eq!(error.class, ErrorClass::Malformed, "{error}");
    assert!(error.message.contains("incomplete"), "{error}");
}

#[tokio::test]
async fn cut_json_is_malformed() {
    let (_tenant, error, rows) = inventory_error("malformed=1").await;
    assert_eq!((error.class, rows), (ErrorClass::Malformed, 0));
    assert!(error.request_id.is_some());
}

#[tokio::test]
async fn a_gigabyte_stops_at_the_limit() {
    let (_tenant, error, rows) = inventory_error("huge-body=1").await;
    assert_eq!((error.class, rows), (ErrorClass::Malformed, 0));
    assert!(error.message.contains("larger than 64 MiB"), "{error}");
}

#[tokio::test]
async fn flags_can_be_unknown() {
    let tenant = start(2_000, "unknown-flag=0.2").await;
    let (rows, end) = tenant.inventory(InventoryQuery::default()).await;
    end.unwrap();
    let unknown = rows
        .iter()
        .filter(|row| row.authority == SourceOfAuthority::Unknown)
        .count();
    assert!((100..800).contains(&unknown), "{unknown}");
}

#[tokio::test]
async fn errors_inside_a_success_are_errors() {
    let tenant = start(200, "").await;
    let gone = ["0f6f5b1e-0000-4000-8000-000000000001".parse().unwrap()];
    tenant.order("faults", "error-in-success=1").await;
    let error = tenant.mailboxes.read(&gone).await.unwrap()[0]
        .clone()
        .unwrap_err();
    assert_eq!(error.class, ErrorClass::NotFound, "{error}");
    let write = handover::engine::WriteRequest::SetAuthority {
        id: gone[0],
        target: handover::domain::Target::Cloud,
    };
    let error = tenant.mailboxes.write(&[write]).await.unwrap()[0]
        .clone()
        .unwrap_err();
    assert_eq!(error.class, ErrorClass::NotFound, "{error}");
}

#[tokio::test]
async fn a_warning_in_the_header_alone_counts() {
    let (_tenant, error, _) = inventory_error("truncated=1,header-warning=1").await;
    assert_eq!(error.class, ErrorClass::Malformed, "{error}");
    assert!(error.message.contains("incomplete"), "{error}");
    let tenant = start(1_500, "header-warning=1").await;
    let (rows, end) = tenant.inventory(InventoryQuery::default()).await;
    assert_eq!((rows.len(), end.unwrap().rows), (1_500, 1_500));
}

#[tokio::test]
async fn a_passing_fault_inside_a_success_costs_time_only() {
    let tenant = start(12_500, "passing-in-success=0.4").await;
    let (rows, end) = tenant.inventory(InventoryQuery::default()).await;
    assert_eq!((end.unwrap().rows, rows.len()), (12_500, 12_500));
    tenant.mailboxes.organization().await.unwrap();
    let ids: Vec<_> = rows.iter().take(50).map(|row| row.id).collect();
    for (id, answer) in ids.iter().zip(tenant.mailboxes.reread(&ids).await.unwrap()) {
        assert_eq!(
            answer.unwrap().text("ExternalDirectoryObjectId"),
            Some(id.to_string().as_str())
        );
    }
    tenant.order("faults", "passing-in-success=1").await;
    let (rows, end) = tenant.inventory(InventoryQuery::default()).await;
    let error = end.unwrap_err();
    assert_eq!((error.class, rows.len()), (ErrorClass::Transient, 0), "{error}");
    for answer in tenant.mailboxes.reread(&ids[..3]).await.unwrap() {
        assert_eq!(answer.unwrap_err().class, ErrorClass::Transient);
    }
}

#[tokio::test]
async fn a_further_page_without_a_list_is_asked_for_once_more() {
    let tenant = start(4_500, "no-value=0.3").await;
    let mut whole = 0;
    for _ in 0..8 {
        let (rows, end) = tenant.inventory(InventoryQuery::default()).await;
        match end {
            Ok(end) => {
                assert_eq!((end.rows, rows.len()), (4_500, 4_500));
                whole += 1;
            }
            Err(error) => assert_eq!(error.class, ErrorClass::Malformed, "{error}"),
        }
    }
    assert!(whole > 2, "{whole}");
    let (tenant, error, rows) = inventory_error("no-value=1").await;
    assert_eq!((error.class, rows), (ErrorClass::Malformed, 1_000), "{error}");
    assert!(error.message.contains("incomplete"));
    assert_eq!(
        tenant.call_log.recent().len(),
        3,
        "the first page, and the second one twice"
    );
}

#[tokio::test]
async fn every_kind_of_redirect_is_followed_and_a_failing_region_is_left() {
    let tenant = start(3_500, "odd-redirect=1").await;
    let (rows, end) = tenant.inventory(InventoryQuery::default()).await;
    assert_eq!((rows.len(), end.unwrap().rows), (3_500, 3_500));
    let redirects = |tenant: &Tenant| {
        let calls = tenant.call_log.recent();
        calls
            .iter()
            .filter(|call| call.status.is_some_and(|status| (300..400).contains(&status)))
            .count()
    };
    assert_eq!(redirects(&tenant), 1);
    // The region fails: the public host serves by itself.
    tenant.order("faults", "regional-down=1").await;
    let ids = [rows[0].id];
    tenant.mailboxes.reread(&ids).await.unwrap().remove(0).unwrap();
    let calls = tenant.call_log.recent().len();
    tenant.mailboxes.reread(&ids).await.unwrap().remove(0).unwrap();
    assert_eq!(
        tenant.call_log.recent().len(),
        calls + 1,
        "the public host is asked at once"
    );
}

#[tokio::test]
async fn a_token_refused_inside_a_batch_is_renewed_once() {
    let tenant = start(300, "").await;
    let ids = tenant.eligible(10).await;
    tenant.order("faults", "item-token=1").await;
    for answer in tenant.mailboxes.reread(&ids).await.unwrap() {
        answer.unwrap();
    }
    tenant.order("faults", "item-token=0.5").await;
    let writes: Vec<_> = ids
        .iter()
        .map(|id| handover::engine::WriteRequest::SetAuthority {
            id: *id,
            target: handover::domain::Target::Cloud,
        })
        .collect();
    let before = tenant.call_log.recent().len();
    for answer in tenant.mailboxes.write(&writes).await.unwrap() {
        answer.unwrap();
    }
    assert_eq!(tenant.call_log.recent().len(), before + 2);
    assert_eq!(tenant.control("state").await["setCalls"], 10);
}

#[tokio::test]
async fn an_hour_is_told_and_not_waited() {
    let tenant = start(300, "").await;
    let ids = tenant.eligible(5).await;
    tenant.order("faults", "long-wait=1").await;
    let error = tenant.mailboxes.reread(&ids).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Throttled, "{error}");
    assert!(error.advice.as_deref().unwrap().contains("60 min"), "{error:?}");
    tenant.order("faults", "").await;
    let calls = tenant.call_log.recent().len();
    let (_, end) = tenant.inventory(InventoryQuery::default()).await;
    assert_eq!(end.unwrap_err().class, ErrorClass::Throttled);
    assert_eq!(tenant.call_log.recent().len(), calls, "nothing is sent before");
    // Graph asked for nothing.
    tenant.mailboxes.object_authority(&ids).await.unwrap();
}

#[tokio::test]
async fn authority_over_objects_is_known_or_an_error() {
    let tenant = start(400, "").await;
    let ids = tenant.eligible(45).await;
    let truth = tenant.mailboxes.object_authority(&ids).await.unwrap();
    tenant
        .order(
            "faults",
            "text-status=0.5,item-throttle=0.3,item-error=0.2,missing=0.2,late-busy=0.1",
        )
        .await;
    let found = tenant.mailboxes.object_authority(&ids).await.unwrap();
    assert_eq!(found, truth);
    let state = tenant.mailboxes.transport().borrow().clone();
    assert_eq!(state.throttled, 0, "this is Graph's matter: {state:?}");
    let gone = "0f6f5b1e-0000-4000-8000-000000000001".parse().unwrap();
    tenant.order("faults", "text-status=1").await;
    let found = tenant.mailboxes.object_authority(&[gone, ids[0]]).await.unwrap();
    assert_eq!(found, [None, truth[0]]);
    let mut settings = hasty();
    (settings.retry.passing_retries, settings.retry.refusal_retries) = (2, 2);
    let options = Options {
        mailboxes: 400,
        seed: 42,
        ..Options::default()
    };
    let tenant = start_with(options, settings).await;
    for (faults, class) in [
        ("item-throttle=1", ErrorClass::Throttled),
        ("item-error=1", ErrorClass::Transient),
        ("missing=1", ErrorClass::Transient),
        ("missing=1,text-status=1", ErrorClass::Transient),
    ] {
        tenant.order("faults", faults).await;
        let error = tenant.mailboxes.object_authority(&ids).await.unwrap_err();
        assert_eq!(error.class, class, "{faults}: {error}");
    }
}
