//! Errors, as people read them.

use handover::domain::{ErrorClass, synchronization::LogQuery};
use serde_json::json;

use crate::{
    csdl,
    desk::{Desk, Said, refused, said},
};

#[tokio::test]
async fn errors_inside_error_texts_come_out() {
    let Some(folder) = csdl::folder("samples") else {
        return;
    };
    let nested = std::fs::read(folder.join("error-nested.json")).unwrap();
    let desk = Desk::start(move |_, _| Said(400, "request-id: r-1\r\n".to_owned(), nested.clone())).await;
    let error = desk.client(false).jobs("sp").await.unwrap_err();
    assert_eq!((error.class, error.status), (ErrorClass::Rejected, Some(400)));
    assert_eq!(error.code.as_deref(), Some("InvalidNotificationSettings"));
    assert_eq!(error.request_id.as_deref(), Some("r-1"));
    assert!(!error.message.contains('{'), "{}", error.message);
}

#[tokio::test]
async fn an_application_is_told_to_sign_in_as_a_person() {
    let Some(folder) = csdl::folder("samples") else {
        return;
    };
    let denied = std::fs::read(folder.join("error-403.json")).unwrap();
    let desk = Desk::start(move |_, _| Said(403, String::new(), denied.clone())).await;
    let client = desk.client(true);
    assert_eq!(client.is_application(), None);
    for error in [
        client.agent_topology().await.unwrap_err(),
        client.delete_prevention().await.unwrap_err(),
        client.create_agent_group("g").await.unwrap_err(),
    ] {
        assert_eq!(error.class, ErrorClass::Permission);
        assert!(error.advice.unwrap().contains("sign in with device-code"));
    }
    assert_eq!(client.is_application(), Some(true));
    let log = client
        .provisioning_log(&LogQuery::default(), None)
        .await
        .unwrap_err();
    assert!(log.advice.unwrap().contains("ProvisioningLog.Read.All"));
    let person = desk.client(false).agent_topology().await.unwrap_err();
    assert_eq!(person.class, ErrorClass::Permission);
    assert!(
        person
            .advice
            .unwrap()
            .contains("Policy.Read.HybridAuthentication")
    );
}

#[tokio::test]
async fn conditional_access_says_what_it_wants() {
    let challenge = "WWW-Authenticate: Bearer realm=\"\", error=\"insufficient_claims\", claims=\"eyJh\"\r\n";
    for (status, headers, code) in [
        (403, "", "insufficient_claims"),
        (403, challenge, "Forbidden"),
        (401, challenge, ""),
    ] {
        let desk = Desk::start(move |_, _| {
            let Said(status, _, body) = refused(status, code, "no");
            Said(status, headers.to_owned(), body)
        })
        .await;
        let error = desk.client(false).jobs("sp").await.unwrap_err();
        assert_eq!(error.class, ErrorClass::SignIn, "{status} {code}");
        assert!(
            error.message.starts_with("Conditional access"),
            "{}",
            error.message
        );
        assert!(error.advice.unwrap().contains("Sign in again"));
    }
}

#[tokio::test]
async fn a_job_that_is_gone_is_said_to_be_gone() {
    let desk = Desk::start(|_, _| refused(404, "ResourceNotFound", "The job does not exist.")).await;
    let client = desk.client(false);
    let error = client.job("sp", "AD2AADProvisioning.t.j").await.unwrap_err();
    assert_eq!(error.class, ErrorClass::NotFound);
    assert!(error.advice.unwrap().contains("deleted meanwhile"));
    assert_eq!(
        client.pause("sp", "j").await.unwrap_err().class,
        ErrorClass::NotFound
    );
}

#[tokio::test]
async fn text_of_the_service_is_cleaned_and_no_token_is_quoted() {
    let desk = Desk::start(|_, _| refused(418, "odd\u{1b}[2J", "a\u{202e}b\u{7}")).await;
    let (client, log) = desk.client_with(false, crate::desk::hasty());
    let error = client.jobs("sp").await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("odd[2J"));
    assert!(error.message.ends_with(": ab"), "{}", error.message);
    assert!(!format!("{error:?} {:?}", log.recent()).contains("the-token"));
}

#[tokio::test]
async fn ids_never_lead_elsewhere() {
    let desk = Desk::start(|_, _| said(200, &json!({"id": "j"}))).await;
    let client = desk.client(false);
    for (id, path) in [
        ("AD2AADProvisioning.1.2", "AD2AADProvisioning.1.2"),
        ("a/../../x", "a%2F..%2F..%2Fx"),
        ("?$x=1#f", "%3F%24x%3D1%23f"),
        ("%2e%2e", "%252e%252e"),
        ("ä b\\", "%C3%A4%20b%5C"),
    ] {
        client.job("sp", id).await.unwrap();
        let asked = desk.asked();
        let expected = format!("/graph/v1.0/servicePrincipals/sp/synchronization/jobs/{path}");
        assert_eq!(asked.last().unwrap().target, expected, "{id}");
    }
    let before = desk.asked().len();
    for id in ["", ".", ".."] {
        assert_eq!(
            client.start("sp", id).await.unwrap_err().class,
            ErrorClass::Rejected
        );
        assert_eq!(client.jobs(id).await.unwrap_err().class, ErrorClass::Rejected);
    }
    assert_eq!(desk.asked().len(), before, "nothing was sent");
}

#[tokio::test]
async fn answers_that_are_no_json_are_malformed_and_no_lists_are_no_empty_lists() {
    for body in [&b"<html>"[..], b"[1", b"\"x\"", b"{\"value\":7}", b""] {
        let desk = Desk::start(move |_, _| Said(200, String::new(), body.to_vec())).await;
        let error = desk.client(false).jobs("sp").await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Malformed, "{body:?}");
    }
}
