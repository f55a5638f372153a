//! People: device code and browser, stored sign-ins, renewal, sign-out.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

use handover::{
    cloud::auth::{AuthErrorKind, BrowserOpener, Resting, SecretKind, SignInPrompt},
    domain::{ErrorClass, Service, SignInMethod},
};
use secrecy::ExposeSecret;
use url::Url;

use crate::stage::{Stage, sandbox, steer, text, token};

#[tokio::test]
async fn one_device_code_gives_both_services() {
    let sandbox = sandbox().await;
    let stage = Stage::of(&sandbox, SignInMethod::DeviceCode);
    let source = stage.authenticator();
    assert_eq!(source.identity(), None);
    let identity = source.sign_in().await.unwrap();
    assert_eq!(identity.subject, "admin@contoso.onmicrosoft.com");
    assert_eq!(identity.tenant_id, sandbox.ready().tenant_id);
    assert!(!identity.app_only);
    let exchange = identity.access(Service::Exchange).unwrap();
    assert_eq!(
        exchange.rights.as_deref(),
        Some(&["Exchange.Manage".to_owned()][..])
    );
    assert_eq!((&exchange.note, &exchange.problem), (&None, &None));
    assert!(identity.access(Service::Graph).unwrap().expires_at.is_some());
    assert_eq!(
        identity.refresh_token,
        Some(Resting::ThisProcess {
            why: "this is a test".into()
        })
    );
    assert_eq!(stage.display.questions(), 1);
    let shown = stage.display.shown();
    let code = shown.iter().find_map(|prompt| match prompt {
        SignInPrompt::DeviceCode {
            user_code,
            verification_uri,
            expires_in,
            message,
        } => Some((user_code, verification_uri, expires_in, message)),
        _ => None,
    });
    let (user_code, page, expires_in, message) = code.unwrap();
    assert_eq!(user_code.len(), 9);
    assert!(page.ends_with("/device") && message.contains(user_code));
    assert_eq!(*expires_in, Duration::from_secs(900));
    assert_eq!(shown.last(), Some(&SignInPrompt::Done));
    // The call log names purposes and paths, no query and no person.
    let calls = stage.call_log.recent();
    assert!(
        calls
            .iter()
            .all(|call| call.service == Service::Login && call.method == "POST")
    );
    assert!(
        calls
            .iter()
            .all(|call| call.path.starts_with("/login/") && !call.path.contains('?'))
    );
    let pending = calls
        .iter()
        .find(|call| call.operation == "poll device code")
        .unwrap();
    assert_eq!(
        (pending.status, pending.note.as_deref()),
        (Some(400), Some("AADSTS70016"))
    );
    assert_eq!(stage.operations().last().unwrap(), "renew graph");
    // Signing in again asks nobody and sends nothing.
    source.sign_in().await.unwrap();
    assert_eq!(
        (stage.display.questions(), stage.call_log.recent().len()),
        (1, calls.len())
    );
}

#[tokio::test]
async fn public_clients_need_a_second_prompt_for_graph_only_when_asked() {
    let sandbox = sandbox().await;
    let mut stage = Stage::of(&sandbox, SignInMethod::DeviceCode);
    stage.profile.client_id = None;
    let source = stage.authenticator();
    let identity = source.sign_in_to(&[Service::Exchange]).await.unwrap();
    assert_eq!((identity.services.len(), stage.display.questions()), (1, 1));
    assert_eq!(stage.count("renew graph"), 0);
    let identity = source.sign_in().await.unwrap();
    assert_eq!(identity.services.len(), 2);
    assert_eq!(stage.display.questions(), 2);
    // The sandbox knows no families: the first client's refresh token was tried, once.
    assert_eq!(stage.count("renew graph"), 1);
    let graph = token(&source, Service::Graph, None).await.unwrap();
    assert!(graph.rights.contains(&"User.Read".to_owned()));
}

/// A person who opens the page and a browser that asks for an icon first and leaves a spare connection open.
fn browser(page: impl Fn(&Url) + Send + Sync + 'static) -> BrowserOpener {
    Arc::new(move |url| {
        page(url);
        true
    })
}

fn get(url: &Url) -> String {
    let address = (url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect(address).unwrap();
    let path = &url[url::Position::BeforePath..];
    let host = format!("{}:{}", address.0, address.1);
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn location(answer: &str) -> Url {
    let line = answer
        .lines()
        .find_map(|line| line.strip_prefix("location: "))
        .unwrap();
    Url::parse(line).unwrap()
}

#[tokio::test]
async fn the_browser_brings_a_code_back() {
    let sandbox = sandbox().await;
    let stage = Stage::of(&sandbox, SignInMethod::Browser);
    let source = stage.authenticator().with_browser_opener(browser(|url| {
        let query = |name: &str| {
            url.query_pairs()
                .find(|(key, _)| key == name)
                .unwrap()
                .1
                .into_owned()
        };
        assert_eq!(query("code_challenge_method"), "S256");
        assert!(query("state").len() >= 32 && query("redirect_uri").starts_with("http://localhost:"));
        let back = location(&get(url));
        let _spare = TcpStream::connect(("127.0.0.1", back.port().unwrap())).unwrap();
        assert!(get(&back.join("/favicon.ico").unwrap()).starts_with("HTTP/1.1 404"));
        let mut forged = back.clone();
        forged.set_query(Some("code=forged&state=forged"));
        assert!(get(&forged).starts_with("HTTP/1.1 404"));
        let page = get(&back);
        assert!(
            page.starts_with("HTTP/1.1 200") && page.contains("Signed in"),
            "{page}"
        );
    }));
    let identity = source.sign_in().await.unwrap();
    assert_eq!(identity.services.len(), 2);
    assert_eq!(stage.display.questions(), 1);
    assert!(matches!(
        stage
            .display
            .shown()
            .iter()
            .find(|prompt| matches!(prompt, SignInPrompt::Browser { .. })),
        Some(SignInPrompt::Browser { opened: true, .. })
    ));
    assert_eq!(stage.operations()[..2], ["redeem code", "renew graph"]);
}

#[tokio::test]
async fn a_refusal_of_the_page_is_told() {
    let sandbox = sandbox().await;
    steer(&sandbox, "refuse-sign-in", "65001").await;
    let stage = Stage::of(&sandbox, SignInMethod::Browser);
    let source = stage.authenticator().with_browser_opener(browser(|url| {
        let page = get(&location(&get(url)));
        assert!(page.contains("refused"), "{page}");
    }));
    let error = source.sign_in().await.unwrap_err();
    assert_eq!(error.kind, AuthErrorKind::NeedsConsent);
    assert_eq!(error.code.as_deref(), Some("AADSTS65001"));
    assert!(error.advice().contains("admin consent"));
    assert_eq!(stage.display.shown().last(), Some(&SignInPrompt::Done));
}

#[tokio::test]
async fn a_policy_against_device_codes_names_the_way_out() {
    let sandbox = sandbox().await;
    steer(&sandbox, "refuse-sign-in", "53003").await;
    let stage = Stage::of(&sandbox, SignInMethod::DeviceCode);
    let error = stage.authenticator().sign_in().await.unwrap_err();
    assert_eq!(error.kind, AuthErrorKind::DeviceCodeBlocked);
    assert!(error.advice().contains("browser"), "{}", error.advice());
}

#[tokio::test]
async fn an_expired_code_is_told() {
    let sandbox = sandbox().await;
    let stage = Stage::of(&sandbox, SignInMethod::DeviceCode);
    let source = stage.authenticator();
    let expire = async {
        while stage.display.questions() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        steer(&sandbox, "device-codes/expire", "").await;
    };
    let (result, ()) = tokio::join!(source.sign_in(), expire);
    assert_eq!(result.unwrap_err().kind, AuthErrorKind::ExpiredCode);
}

#[tokio::test]
async fn a_stored_sign_in_is_taken_up_by_the_same_client_only() {
    let sandbox = sandbox().await;
    let mut stage = Stage::of(&sandbox, SignInMethod::DeviceCode);
    assert_eq!(stage.authenticator().sign_in_silently().await, Ok(None));
    stage.authenticator().sign_in().await.unwrap();
    // The next start.
    let identity = stage.authenticator().sign_in().await.unwrap();
    assert_eq!((identity.services.len(), stage.display.questions()), (2, 1));
    assert!(stage.authenticator().sign_in_silently().await.unwrap().is_some());
    // Another tenant name, another sign-in.
    stage.profile.tenant = "contoso.com".into();
    assert_eq!(stage.authenticator().sign_in_silently().await, Ok(None));
}

#[tokio::test]
async fn tokens_are_renewed_in_time_and_after_a_refusal() {
    let sandbox = sandbox().await;
    steer(&sandbox, "tokens/lifetime", "2").await;
    let stage = Stage::of(&sandbox, SignInMethod::DeviceCode);
    let source = stage.authenticator();
    source.sign_in().await.unwrap();
    let first = token(&source, Service::Exchange, None).await.unwrap();
    assert_eq!(
        text(&token(&source, Service::Exchange, None).await.unwrap()),
        text(&first)
    );
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    steer(&sandbox, "tokens/lifetime", "3600").await;
    let second = token(&source, Service::Exchange, None).await.unwrap();
    assert_ne!(text(&second), text(&first));
    // The service refused the second one; many callers notice at once.
    let before = stage.count("renew exchange");
    let callers = (0..20).map(|_| token(&source, Service::Exchange, Some(&second)));
    for renewed in futures_util::future::join_all(callers).await {
        assert_ne!(text(&renewed.unwrap()), text(&second));
    }
    assert_eq!(stage.count("renew exchange"), before + 1);
    // Fresh ones after a role was activated.
    assert!(source.renew().await.unwrap().is_some());
    assert_eq!(stage.count("renew exchange"), before + 2);
    assert_eq!(stage.display.questions(), 1);
}

#[tokio::test]
async fn a_revoked_sign_in_ends_in_words_and_a_new_prompt() {
    let sandbox = sandbox().await;
    let stage = Stage::of(&sandbox, SignInMethod::DeviceCode);
    let source = stage.authenticator();
    source.sign_in().await.unwrap();
    let held = token(&source, Service::Exchange, None).await.unwrap();
    steer(&sandbox, "tokens/revoke", "").await;
    let error = token(&source, Service::Exchange, Some(&held)).await.unwrap_err();
    assert_eq!((error.class, error.status), (ErrorClass::SignIn, Some(400)));
    assert_eq!(error.code.as_deref(), Some("AADSTS50173"));
    assert!(error.advice.unwrap().contains("handover login"));
    assert_eq!(stage.display.questions(), 1, "a renewal asks nobody");
    // Another process signs in; this one takes up what it stored.
    stage.authenticator().sign_in().await.unwrap();
    assert_eq!(stage.display.questions(), 2);
    token(&source, Service::Exchange, Some(&held)).await.unwrap();
    assert_eq!(stage.display.questions(), 2);
}

#[tokio::test]
async fn sign_out_forgets() {
    let sandbox = sandbox().await;
    let stage = Stage::of(&sandbox, SignInMethod::DeviceCode);
    let source = stage.authenticator();
    source.sign_in().await.unwrap();
    let stored = stage
        .store
        .load("test", SecretKind::RefreshToken)
        .unwrap()
        .unwrap();
    assert!(stored.expose_secret().contains("1.AQ0"));
    assert_eq!(
        source.sign_out().await.unwrap().deleted,
        [SecretKind::RefreshToken]
    );
    assert_eq!(source.identity(), None);
    assert!(
        stage
            .store
            .load("test", SecretKind::RefreshToken)
            .unwrap()
            .is_none()
    );
    let error = token(&source, Service::Graph, None).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::SignIn);
    assert!(error.message.contains("Nobody is signed in"), "{}", error.message);
}

#[tokio::test]
async fn dropping_a_sign_in_cancels_it() {
    let sandbox = sandbox().await;
    let stage = Stage::of(&sandbox, SignInMethod::DeviceCode);
    let source = stage.authenticator();
    let cancelled = tokio::time::timeout(Duration::from_millis(500), source.sign_in()).await;
    assert!(cancelled.is_err());
    assert_eq!(stage.display.shown().last(), Some(&SignInPrompt::Done));
    let calls = stage.call_log.recent().len();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(stage.call_log.recent().len(), calls, "polling went on");
    source.sign_in().await.unwrap();
}

#[tokio::test]
async fn making_one_costs_nothing() {
    let stage = Stage::at("https://login.example", SignInMethod::DeviceCode);
    let quickest = (0..200)
        .map(|_| {
            let start = Instant::now();
            let source = stage.authenticator();
            let elapsed = start.elapsed();
            drop(source);
            elapsed
        })
        .min()
        .unwrap();
    assert!(quickest < Duration::from_millis(1), "{quickest:?}");
}

#[tokio::test]
async fn nothing_secret_is_printed() {
    let sandbox = sandbox().await;
    let mut stage = Stage::of(&sandbox, SignInMethod::DeviceCode);
    stage.credentials.client_secret = Some("hunter2".into());
    stage.credentials.certificate_password = Some("hunter2".into());
    let source = stage.authenticator();
    source.sign_in().await.unwrap();
    let held = token(&source, Service::Exchange, None).await.unwrap();
    let printed = format!(
        "{source:?} {:?} {held:?} {:?} {:?} {:?}",
        stage.credentials,
        source.identity(),
        stage.call_log.recent(),
        token(&source, Service::Login, None).await,
    );
    for secret in ["hunter2", text(&held), "1.AQ0", "eyJ"] {
        assert!(!printed.contains(secret), "{secret} is in {printed}");
    }
}
