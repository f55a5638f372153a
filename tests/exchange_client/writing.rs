//! Writing: what is written, what is refused, and that nothing is written twice.

use handover::{
    domain::{ErrorClass, SourceOfAuthority, Target},
    engine::{MailboxService, WriteRequest},
};

use crate::tenant::{Tenant, start};

async fn set_calls(tenant: &Tenant, write: &WriteRequest) -> (u64, bool) {
    let truth = tenant.control(&format!("mailboxes/{}", write.id())).await;
    (
        truth["setCalls"].as_u64().unwrap(),
        truth["isExchangeCloudManaged"].as_bool().unwrap(),
    )
}

fn to_cloud(ids: &[handover::domain::ObjectId]) -> Vec<WriteRequest> {
    ids.iter()
        .map(|id| WriteRequest::SetAuthority {
            id: *id,
            target: Target::Cloud,
        })
        .collect()
}

#[tokio::test]
async fn ten_flags_and_their_proof() {
    let tenant = start(400, "").await;
    let ids = tenant.eligible(10).await;
    let answers = tenant.mailboxes.write(&to_cloud(&ids)).await.unwrap();
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    for proof in tenant.mailboxes.reread(&ids).await.unwrap() {
        assert_eq!(proof.unwrap().authority(), SourceOfAuthority::Cloud);
    }
    let addresses = vec![
        "SMTP:new.primary@contoso.com".to_owned(),
        "x500:/o=Old".to_owned(),
    ];
    let write = WriteRequest::SetAddresses {
        id: ids[0],
        addresses: addresses.clone(),
    };
    let answer = &tenant.mailboxes.write(&[write]).await.unwrap()[0];
    if let Err(error) = answer {
        // The sandbox knows the tenant's own domains only.
        assert_eq!(error.class, ErrorClass::Rejected, "{error}");
    }
    assert_eq!(tenant.control("state").await["setCalls"], 10);
}

#[tokio::test]
async fn a_value_mastered_elsewhere_is_named_as_such() {
    let tenant = start(400, "").await;
    let id = tenant.eligible(1).await[0];
    let before = tenant.mailboxes.reread(&[id]).await.unwrap().remove(0).unwrap();
    let mut addresses: Vec<String> = before
        .texts("EmailAddresses")
        .iter()
        .map(|text| (*text).to_owned())
        .collect();
    let domain = addresses[0].rsplit('@').next().unwrap().to_owned();
    addresses.push(format!("smtp:another.one@{domain}"));
    let write = WriteRequest::SetAddresses { id, addresses };
    let error = tenant
        .mailboxes
        .write(std::slice::from_ref(&write))
        .await
        .unwrap()[0]
        .clone()
        .unwrap_err();
    assert_eq!(error.class, ErrorClass::OutOfWriteScope);
    assert!(error.advice.unwrap().contains("IsExchangeCloudManaged"));
    tenant
        .mailboxes
        .write(&to_cloud(&[id]))
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    tenant.mailboxes.write(&[write]).await.unwrap().remove(0).unwrap();
}

#[tokio::test]
async fn no_write_is_sent_twice_that_may_have_been_carried_out() {
    let faults = "throttle=0.1,item-throttle=0.2,item-error=0.1,error=0.1,reset=0.1,missing=0.1,false-failure=0.1,redirect=0.2,gzip-lie=0.2,malformed=0.05";
    let tenant = start(900, "").await;
    let ids = tenant.eligible(300).await;
    tenant.order("faults", faults).await;
    let (mut done, mut lost) = (0, 0);
    let mut all = Vec::new();
    for ids in ids.chunks(10) {
        let writes = to_cloud(ids);
        let answers = match tenant.mailboxes.write(&writes).await {
            Ok(answers) => answers,
            Err(error) => vec![Err(error); writes.len()],
        };
        all.extend(writes.into_iter().zip(answers));
    }
    tenant.order("faults", "").await;
    for (write, answer) in all {
        let (calls, is_cloud) = set_calls(&tenant, &write).await;
        assert!(calls <= 1, "one write, {calls} calls");
        match answer {
            Ok(()) => {
                assert!(is_cloud, "a success that is none");
                done += 1;
            }
            Err(error) => {
                assert_eq!(error.class, ErrorClass::Lost, "{error:?}");
                lost += 1;
            }
        }
    }
    assert!(done > 30 && lost > 10, "{done} done, {lost} lost");
}

#[tokio::test]
async fn a_write_whose_error_says_nothing_must_be_read_again() {
    let tenant = start(200, "false-failure=1").await;
    let ids = tenant.eligible(5).await;
    for answer in tenant.mailboxes.write(&to_cloud(&ids)).await.unwrap() {
        assert_eq!(answer.unwrap_err().class, ErrorClass::Lost);
    }
    for proof in tenant.mailboxes.reread(&ids).await.unwrap() {
        assert_eq!(proof.unwrap().authority(), SourceOfAuthority::Cloud);
    }
}

#[tokio::test]
async fn refusals_are_waited_for() {
    let tenant = start(200, "").await;
    let ids = tenant.eligible(10).await;
    tenant.order("faults", "throttle=0.4,item-throttle=0.4").await;
    for answer in tenant.mailboxes.write(&to_cloud(&ids)).await.unwrap() {
        answer.unwrap();
    }
    assert_eq!(tenant.control("state").await["setCalls"], 10);
    assert!(tenant.mailboxes.transport().borrow().throttled > 0);
}

#[tokio::test]
async fn a_refused_cmdlet_counts_for_the_whole_run() {
    let tenant = start(200, "").await;
    let ids = tenant.eligible(3).await;
    tenant.order("deny", "Set-Mailbox").await;
    for answer in tenant.mailboxes.write(&to_cloud(&ids)).await.unwrap() {
        let error = answer.unwrap_err();
        assert_eq!(error.class, ErrorClass::Permission);
        assert!(error.class.stops_a_run());
    }
}

#[tokio::test]
async fn the_tenant_default_is_switched_both_ways() {
    let tenant = start(100, "").await;
    for (target, expected) in [(Target::Cloud, true), (Target::OnPremises, false)] {
        tenant.mailboxes.set_tenant_default(target).await.unwrap();
        let organization = tenant.mailboxes.organization().await.unwrap();
        assert_eq!(organization.cloud_by_default, Some(expected));
    }
}

#[tokio::test]
async fn a_write_told_to_wait_is_read_again_and_never_repeated() {
    for rate in ["1", "0.4"] {
        let tenant = start(200, "").await;
        let ids = tenant.eligible(20).await;
        tenant.order("faults", &format!("late-busy={rate}")).await;
        let mut lost = 0;
        for ids in ids.chunks(5) {
            let writes = to_cloud(ids);
            let answers = tenant.mailboxes.write(&writes).await;
            for answer in answers.unwrap_or_else(|error| vec![Err(error); writes.len()]) {
                if let Err(error) = answer {
                    assert_eq!(error.class, ErrorClass::Lost, "{error:?}");
                    lost += 1;
                }
            }
        }
        assert!(lost > 3, "{lost}");
        tenant.order("faults", "").await;
        for write in to_cloud(&ids) {
            assert_eq!(set_calls(&tenant, &write).await, (1, true));
        }
    }
}
