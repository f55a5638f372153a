//! Reading under faults: passing ones are survived, lasting ones end in an error that says what to do.

use handover::{
    domain::{ErrorClass, SourceOfAuthority},
    engine::{InventoryQuery, MailboxService},
};

use crate::tenant::{Tenant, start};

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
