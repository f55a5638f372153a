//! Answers a real service gives on a bad day, and answers it should never give.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use handover::{
    cloud::auth::{AuthErrorKind, Resting, SecretKind, SignInPrompt},
    domain::{ErrorClass, Service, SignInMethod},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::json;

use crate::{
    scripted::{Form, Login, Scripted, device_code, granted, jwt, refused},
    stage::{Stage, text, token},
};

fn application(login: &Login) -> Stage {
    let mut stage = Stage::at(&login.address, SignInMethod::ClientSecret);
    stage.profile.client_id = Some("own".into());
    stage.credentials.client_secret = Some("hunter2".into());
    stage
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    let login = Login::serve(|_, _, before| match before {
        0 => refused("temporarily_unavailable").with("retry-after", "1"),
        1 => Scripted::json(503, &json!({})).with("retry-after", "0.4"),
        _ => Scripted::json(200, &granted("opaque")),
    })
    .await;
    // A 400 is an answer, whatever it says; 429 and 5xx are not.
    let stage = application(&login);
    let error = token(&stage.authenticator(), Service::Exchange, None)
        .await
        .unwrap_err();
    assert_eq!(error.class, ErrorClass::Transient);
    let started = Instant::now();
    let held = token(&stage.authenticator(), Service::Exchange, None)
        .await
        .unwrap();
    assert!(started.elapsed() >= Duration::from_millis(400));
    assert_eq!(text(&held), "opaque");
    let calls = stage.call_log.recent();
    assert_eq!(
        calls.iter().map(|call| call.status).collect::<Vec<_>>(),
        [Some(400), Some(503), Some(200)]
    );
}

#[tokio::test]
async fn a_long_wait_is_told_not_waited() {
    let login = Login::serve(|_, _, _| {
        Scripted::json(429, &json!({}))
            .with("retry-after", "3600")
            .with("x-ms-request-id", "abc")
    })
    .await;
    let started = Instant::now();
    let error = token(&application(&login).authenticator(), Service::Exchange, None)
        .await
        .unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!((error.class, error.status), (ErrorClass::Transient, Some(429)));
    assert_eq!(error.request_id.as_deref(), Some("abc"));
    assert!(error.message.contains("3600"), "{}", error.message);
}

#[tokio::test]
async fn retries_have_an_end() {
    let login = Login::serve(|_, _, _| Scripted::json(500, &json!({})).with("retry-after", "0")).await;
    let error = token(&application(&login).authenticator(), Service::Exchange, None)
        .await
        .unwrap_err();
    assert_eq!(error.class, ErrorClass::Transient);
    assert_eq!(login.asked().len(), 4);
}

#[tokio::test]
async fn a_host_that_is_not_there() {
    let stage = {
        let login = Login::serve(|_, _, _| refused("x")).await;
        application(&login)
    };
    let error = token(&stage.authenticator(), Service::Exchange, None)
        .await
        .unwrap_err();
    assert_eq!(error.class, ErrorClass::Transient);
    assert!(error.message.contains("127.0.0.1"), "{}", error.message);
    assert!(error.advice.unwrap().contains("proxy"));
    let calls = stage.call_log.recent();
    assert_eq!(calls.len(), 4);
    assert!(
        calls
            .iter()
            .all(|call| call.status.is_none() && call.note.is_some())
    );
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Login::serve(|_, _, _| Scripted::json(200, &granted("stolen"))).await;
    let address = format!("{}/t/oauth2/v2.0/token", elsewhere.address);
    for status in [302, 307, 308] {
        let address = address.clone();
        let login =
            Login::serve(move |_, _, _| Scripted::json(status, &json!({})).with("location", address.clone()))
                .await;
        let error = application(&login).authenticator().sign_in().await.unwrap_err();
        assert_eq!(
            (error.kind, error.status),
            (AuthErrorKind::Unreadable, Some(status))
        );
        assert!(error.message.contains("redirect"), "{}", error.message);
    }
    assert_eq!(elsewhere.asked().len(), 0);
}

#[tokio::test]
async fn a_body_without_end_is_dropped() {
    let big = vec![b' '; 3 << 20];
    let login = Login::serve(move |_, _, _| {
        Scripted {
            status: 200,
            headers: Vec::new(),
            body: big.clone(),
        }
        .with("content-type", "application/json")
    })
    .await;
    let error = application(&login).authenticator().sign_in().await.unwrap_err();
    assert_eq!(error.kind, AuthErrorKind::Unreadable);
    assert!(error.message.contains("1 MiB"), "{}", error.message);
    assert_eq!(login.asked().len(), 1);
}

#[tokio::test]
async fn a_page_of_the_network_is_no_token() {
    for status in [200, 403, 511] {
        let login = Login::serve(move |_, _, _| {
            let body = b"<html>Please log in to the hotel</html>".to_vec();
            Scripted {
                status,
                headers: Vec::new(),
                body,
            }
            .with("content-type", "text/html")
            .with("retry-after", "0")
        })
        .await;
        let error = application(&login).authenticator().sign_in().await.unwrap_err();
        assert!(
            matches!(error.kind, AuthErrorKind::Unreadable | AuthErrorKind::Busy),
            "{error:?}"
        );
        assert!(!error.message.contains("hotel") && !error.advice().is_empty());
    }
}

#[tokio::test]
async fn opaque_tokens_are_taken() {
    let login = Login::serve(|_, _, _| {
        let mut answer = granted("EwB4A8l6BAAU+/=");
        answer["id_token"] =
            jwt(&json!({"tid": "the-tenant", "preferred_username": "me@contoso.com"})).into();
        Scripted::json(200, &answer)
    })
    .await;
    let source = application(&login).authenticator();
    let identity = source.sign_in().await.unwrap();
    assert_eq!(
        (identity.subject.as_str(), identity.tenant_id.as_str()),
        ("me@contoso.com", "the-tenant")
    );
    let exchange = identity.access(Service::Exchange).unwrap();
    assert_eq!((&exchange.rights, &exchange.note), (&None, &None));
    let left = exchange.expires_at.unwrap().as_second() - jiff::Timestamp::now().as_second();
    assert!((3_590..=3_600).contains(&left), "{left}");
}

#[tokio::test]
async fn tokens_for_others_are_refused() {
    let tenant = "4a7c8f0e-0000-4000-8000-00000000abcd";
    for (claims, kind) in [
        (
            json!({"aud": "https://graph.microsoft.com", "tid": tenant}),
            AuthErrorKind::WrongAudience,
        ),
        (
            json!({"aud": "https://outlook.office365.com", "tid": "00000000-0000-4000-8000-000000000000"}),
            AuthErrorKind::WrongTenant,
        ),
    ] {
        let login = Login::serve(move |_, _, _| Scripted::json(200, &granted(&jwt(&claims)))).await;
        let mut stage = application(&login);
        stage.profile.tenant = tenant.into();
        let error = stage.authenticator().sign_in().await.unwrap_err();
        assert_eq!(error.kind, kind);
        assert!(!error.advice().is_empty());
    }
}

#[tokio::test]
async fn a_sign_in_to_the_wrong_tenant_does_not_come_to_rest() {
    let login = Login::serve(|endpoint, _, _| match endpoint {
        "devicecode" => device_code(),
        _ => {
            let mut answer = granted(&jwt(&json!({"tid": "00000000-0000-4000-8000-000000000000"})));
            answer["refresh_token"] = "r".into();
            Scripted::json(200, &answer)
        }
    })
    .await;
    let mut stage = Stage::at(&login.address, SignInMethod::DeviceCode);
    stage.profile.tenant = "4a7c8f0e-0000-4000-8000-00000000abcd".into();
    let error = stage.authenticator().sign_in().await.unwrap_err();
    assert_eq!(error.kind, AuthErrorKind::WrongTenant);
    assert!(
        stage
            .store
            .load("test", SecretKind::ExchangeRefreshToken)
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn prompts_are_clean_and_a_no_is_a_no() {
    let login = Login::serve(|endpoint, _, before| match (endpoint, before) {
        ("devicecode", _) => device_code(),
        (_, 1 | 2) => refused("authorization_pending"),
        _ => refused("authorization_declined"),
    })
    .await;
    let stage = Stage::at(&login.address, SignInMethod::DeviceCode);
    let error = stage
        .authenticator()
        .sign_in_to(&[Service::Exchange])
        .await
        .unwrap_err();
    assert_eq!(error.kind, AuthErrorKind::Declined);
    let shown = stage.display.shown();
    assert!(shown.contains(&SignInPrompt::DeviceCode {
        user_code: "CODE[2J".into(),
        verification_uri: "https://page.example/device".into(),
        expires_in: Duration::from_secs(900),
        message: "Go there".into(),
    }));
    let asked = login.asked();
    let (first, form) = &asked[0];
    assert_eq!(first, "devicecode");
    assert_eq!(
        form["scope"],
        "https://outlook.office365.com/.default offline_access openid profile"
    );
    assert_eq!(form["client_id"], "fb78d390-0c51-40cd-8e17-fdbfab77341b");
}

#[tokio::test]
async fn slow_down_slows_down() {
    let login = Login::serve(|endpoint, _, before| match (endpoint, before) {
        ("devicecode", _) => device_code(),
        (_, 1) => refused("slow_down"),
        _ => Scripted::json(200, &granted("opaque")),
    })
    .await;
    let stage = Stage::at(&login.address, SignInMethod::DeviceCode);
    let started = Instant::now();
    stage
        .authenticator()
        .sign_in_to(&[Service::Exchange])
        .await
        .unwrap();
    assert!(started.elapsed() >= Duration::from_secs(5));
}

#[tokio::test]
async fn polls_keep_a_second_apart_and_obey_a_longer_wait() {
    let times = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = times.clone();
    let login = Login::serve(move |endpoint, _, before| {
        if endpoint == "devicecode" {
            return device_code();
        }
        noted.lock().unwrap().push(Instant::now());
        match before {
            1 => refused("authorization_pending"),
            2 => refused("authorization_pending").with("retry-after", "1.6"),
            3 => Scripted::json(429, &json!({})).with("retry-after", "0"),
            _ => Scripted::json(200, &granted("opaque")),
        }
    })
    .await;
    Stage::at(&login.address, SignInMethod::DeviceCode)
        .authenticator()
        .sign_in_to(&[Service::Exchange])
        .await
        .unwrap();
    let times = times.lock().unwrap().clone();
    let apart: Vec<f64> = times
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).as_secs_f64())
        .collect();
    assert_eq!(apart.len(), 3);
    assert!(
        apart[0] >= 0.99 && apart[1] >= 1.59 && apart[2] >= 0.99,
        "{apart:?}"
    );
}

#[tokio::test]
async fn device_codes_that_cannot_be_used_are_refused() {
    for odd in [
        json!({"device_code": "d", "user_code": "u", "verification_uri": "https://a.example", "expires_in": 900, "interval": u64::MAX}),
        json!({"device_code": "d", "user_code": "u", "verification_uri": "https://a.example", "expires_in": 0}),
        json!({"device_code": "d", "user_code": "u", "verification_uri": "not an address", "expires_in": 900}),
        json!({"user_code": "u"}),
    ] {
        let login = Login::serve(move |_, _, _| Scripted::json(200, &odd)).await;
        let error = Stage::at(&login.address, SignInMethod::DeviceCode)
            .authenticator()
            .sign_in()
            .await
            .unwrap_err();
        assert_eq!(error.kind, AuthErrorKind::Unreadable);
    }
    // A life beyond every calendar is cut, not refused.
    let login = Login::serve(|endpoint, _, _| match endpoint {
        "devicecode" => Scripted::json(
            200,
            &json!({"device_code": "d", "user_code": "u", "verification_uri": "https://a.example", "expires_in": u64::MAX, "interval": null}),
        ),
        _ => Scripted::json(200, &granted("opaque")),
    })
    .await;
    let stage = Stage::at(&login.address, SignInMethod::DeviceCode);
    stage
        .authenticator()
        .sign_in_to(&[Service::Exchange])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_code_dies_by_the_clock_that_cannot_be_set() {
    let login = Login::serve(|endpoint, _, _| match endpoint {
        "devicecode" => Scripted::json(
            200,
            &json!({"device_code": "d", "user_code": "u", "verification_uri": "https://a.example", "expires_in": 1, "interval": 60}),
        ),
        _ => refused("authorization_pending"),
    })
    .await;
    let started = Instant::now();
    let error = Stage::at(&login.address, SignInMethod::DeviceCode)
        .authenticator()
        .sign_in()
        .await
        .unwrap_err();
    assert_eq!(error.kind, AuthErrorKind::ExpiredCode);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_family_refresh_token_saves_the_second_prompt() {
    let login = Login::serve(|endpoint, form: &Form, _| match endpoint {
        "devicecode" => device_code(),
        _ => {
            let mut answer = granted(&format!("opaque-{}", &form["client_id"][..8]));
            answer["refresh_token"] = format!("family {}", &form["client_id"][..8]).into();
            Scripted::json(200, &answer)
        }
    })
    .await;
    let stage = Stage::at(&login.address, SignInMethod::DeviceCode);
    let source = stage.authenticator();
    source.sign_in().await.unwrap();
    assert_eq!(stage.display.questions(), 1);
    assert_eq!(
        text(&token(&source, Service::Graph, None).await.unwrap()),
        "opaque-14d82eec"
    );
    let (_, redeemed) = login.asked().pop().unwrap();
    assert_eq!(redeemed["refresh_token"], "family fb78d390");
    assert_eq!(
        redeemed["scope"],
        "https://graph.microsoft.com/.default offline_access openid profile"
    );
    // The next start has both.
    let next = stage.authenticator();
    assert_eq!(next.sign_in_silently().await.unwrap().unwrap().services.len(), 2);
    assert_eq!(login.asked().pop().unwrap().1["refresh_token"], "family 14d82eec");
}

#[tokio::test]
async fn a_graph_that_is_not_granted_does_not_stop_exchange() {
    let login = Login::serve(|endpoint, form: &Form, _| {
        let graph = form.get("scope").is_some_and(|scope| scope.contains("graph"));
        match endpoint {
            "devicecode" => device_code(),
            _ if graph => Scripted::json(
                400,
                &json!({"error": "invalid_grant", "error_description": "AADSTS65001: The user or administrator has not consented."}),
            ),
            _ => {
                let mut answer = granted("opaque");
                answer["refresh_token"] = "r".into();
                Scripted::json(200, &answer)
            }
        }
    })
    .await;
    let mut stage = Stage::at(&login.address, SignInMethod::DeviceCode);
    stage.profile.client_id = Some("own".into());
    let identity = stage.authenticator().sign_in().await.unwrap();
    assert_eq!(stage.display.questions(), 1);
    let graph = identity.access(Service::Graph).unwrap();
    assert_eq!(graph.problem.as_ref().unwrap().kind, AuthErrorKind::NeedsConsent);
    assert_eq!((graph.expires_at, &graph.rights), (None, &None));
    assert!(identity.access(Service::Exchange).unwrap().problem.is_none());
    assert!(matches!(
        identity.refresh_token,
        Some(Resting::ThisProcess { .. })
    ));
}

#[test]
fn no_answer_panics() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let next: Arc<Mutex<Scripted>> = Arc::new(Mutex::new(refused("x")));
    let script = next.clone();
    let login = runtime.block_on(Login::serve(move |_, _, _| script.lock().unwrap().clone()));
    let value = prop_oneof![
        Just(json!(null)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<u64>().prop_map(|number| json!(number)),
        ".{0,20}".prop_map(|text| json!(text)),
        proptest::collection::vec(".{0,5}", 0..3).prop_map(|list| json!(list)),
        (".{0,30}", any::<Option<i64>>(), any::<Option<i64>>())
            .prop_map(|(tid, exp, iat)| json!(jwt(&json!({"tid": tid, "exp": exp, "iat": iat})))),
    ];
    let name = prop::sample::select(vec![
        "access_token",
        "refresh_token",
        "id_token",
        "token_type",
        "expires_in",
        "scope",
        "error",
        "error_description",
        "error_codes",
        "claims",
        "device_code",
        "user_code",
        "verification_uri",
        "interval",
        "message",
    ]);
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        proptest::collection::hash_map(name, value, 0..10)
            .prop_map(|members| serde_json::to_vec(&members).unwrap()),
    ];
    let case = (
        prop::sample::select(vec![200_u16, 201, 204, 302, 400, 401, 418]),
        body,
        any::<bool>(),
    );
    TestRunner::new(Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    })
    .run(&case, |(status, body, as_json)| {
        let kind = if as_json {
            "application/json; charset=utf-8"
        } else {
            "text/plain"
        };
        *next.lock().unwrap() = Scripted {
            status,
            headers: Vec::new(),
            body,
        }
        .with("content-type", kind);
        runtime.block_on(async {
            let _ = application(&login).authenticator().sign_in().await;
            let person = Stage::at(&login.address, SignInMethod::DeviceCode);
            let _ = tokio::time::timeout(Duration::from_millis(200), person.authenticator().sign_in()).await;
        });
        Ok(())
    })
    .unwrap();
}
