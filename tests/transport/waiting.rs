//! Refusals: how long is waited, who waits, and when waiting ends.

use std::time::{Duration, Instant};

use handover::{
    cloud::transport::{Effect, RetryTable, Settings},
    domain::{ErrorClass, Service},
};

use crate::server::{Server, answer, fine, hasty, request, transport};

const CAP: &str =
    "You have reached the maximum number of concurrent requests per tenant. Please wait and try again";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_waits_as_long_as_asked_to_the_fraction() {
    let server = Server::start(|number, _| {
        if number == 0 {
            answer(429, "Retry-After: 0.73\r\n", b"")
        } else {
            fine()
        }
    })
    .await;
    let (transport, log) = transport(&server, hasty());
    let first = tokio::spawn({
        let (transport, request) = (transport.clone(), request(&server, Effect::Write));
        async move { transport.send(&request).await.map(|answer| answer.status) }
    });
    let mut state = transport.state(Service::Exchange);
    let seen = state
        .wait_for(|state| state.waiting.is_some())
        .await
        .unwrap()
        .clone();
    let paused = Instant::now();
    assert_eq!(seen.reason.as_deref(), Some("429: the service asked for 0.73 s"));
    assert_eq!(seen.throttled, 1);
    transport.send(&request(&server, Effect::Read)).await.unwrap();
    // The pause began a moment before this test saw it.
    assert!(
        paused.elapsed() >= Duration::from_millis(700),
        "{:?}",
        paused.elapsed()
    );
    assert_eq!(first.await.unwrap().unwrap(), 200);
    let calls = log.recent();
    let ended = calls[0].at + Duration::from_millis(calls[0].milliseconds);
    for call in &calls[1..] {
        assert!(
            call.at.duration_since(ended) >= jiff::SignedDuration::from_millis(728),
            "{calls:?}"
        );
    }
    assert_eq!(
        calls[0].note.as_deref(),
        Some("429: the service asked for 0.73 s")
    );
}

#[tokio::test]
async fn the_cap_in_plain_text_is_a_refusal_under_any_status() {
    for status in [200, 400, 403, 500, 503] {
        let server = Server::start(move |number, _| {
            if number < 2 {
                answer(status, "", CAP.as_bytes())
            } else {
                fine()
            }
        })
        .await;
        let (transport, _) = transport(&server, hasty());
        let answer = transport.send(&request(&server, Effect::Write)).await.unwrap();
        assert_eq!(
            (answer.status, answer.body.as_slice()),
            (200, &b"{}"[..]),
            "{status}"
        );
        let state = transport.state(Service::Exchange).borrow().clone();
        assert_eq!(
            (state.throttled, state.waiting),
            (2, None),
            "{status}: only this request waits"
        );
    }
}

#[tokio::test]
async fn what_is_asked_for_too_long_is_told_instead_of_waited_for() {
    let server = Server::start(|_, _| answer(429, "Retry-After: 86400\r\n", b"")).await;
    let (transport, _) = transport(&server, hasty());
    let started = Instant::now();
    let answer = transport.send(&request(&server, Effect::Read)).await.unwrap();
    assert_eq!(
        (answer.status, answer.retry_after),
        (429, Some(Duration::from_secs(86_400)))
    );
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn retries_end() {
    let server = Server::start(|_, _| answer(429, "", b"")).await;
    let (refused, _) = transport(&server, hasty());
    assert_eq!(
        refused
            .send(&request(&server, Effect::Write))
            .await
            .unwrap()
            .status,
        429
    );
    assert_eq!(server.heard().len(), 6);
    let server = Server::start(|_, _| answer(503, "", b"")).await;
    let (passing, _) = transport(&server, hasty());
    assert_eq!(
        passing
            .send(&request(&server, Effect::Read))
            .await
            .unwrap()
            .status,
        503
    );
    assert_eq!(server.heard().len(), 4);
    let server =
        Server::start(|_, _| answer(500, "", b"{\"error\":{\"message\":\"Object reference not set\"}}"))
            .await;
    let (lasting, _) = transport(&server, hasty());
    assert_eq!(
        lasting
            .send(&request(&server, Effect::Read))
            .await
            .unwrap()
            .status,
        500
    );
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let server = Server::start(|_, heard| {
        if heard.header("authorization") == Some("Bearer token-1") {
            fine()
        } else {
            answer(401, "", b"")
        }
    })
    .await;
    let (renewed, _) = transport(&server, hasty());
    assert_eq!(
        renewed
            .send(&request(&server, Effect::Write))
            .await
            .unwrap()
            .status,
        200
    );
    let server = Server::start(|_, _| answer(401, "", b"")).await;
    let (refused, _) = transport(&server, hasty());
    assert_eq!(
        refused
            .send(&request(&server, Effect::Write))
            .await
            .unwrap()
            .status,
        401
    );
    assert_eq!(server.heard().len(), 2);
}

#[tokio::test]
async fn after_a_long_wait_was_asked_for_nothing_is_sent() {
    let server = Server::start(|_, _| answer(429, "Retry-After: 3600\r\n", b"")).await;
    let (transport, _) = transport(&server, hasty());
    transport.send(&request(&server, Effect::Read)).await.unwrap();
    let state = transport.state(Service::Exchange).borrow().clone();
    assert!(
        state.waiting.unwrap() > Duration::from_secs(3_590),
        "the whole hour: {state:?}"
    );
    for effect in [Effect::Read, Effect::Write] {
        let error = transport.send(&request(&server, effect)).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Throttled, "{error}");
        assert!(error.advice.unwrap().contains("60 min"));
    }
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn no_wait_asked_for_again_and_again_is_no_storm() {
    let server = Server::start(|_, _| answer(429, "Retry-After: 0\r\n", b"")).await;
    let settings = Settings {
        retry: RetryTable {
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(1),
            refusal_retries: 3,
            ..RetryTable::default()
        },
        ..Settings::default()
    };
    let (transport, _) = transport(&server, settings);
    let started = Instant::now();
    transport.send(&request(&server, Effect::Read)).await.unwrap();
    // The first at once as asked, then at least half of 100 and of 200 ms.
    assert!(
        started.elapsed() >= Duration::from_millis(150),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_refusal_that_stays_is_no_success_even_under_200() {
    let server = Server::start(|_, _| answer(200, "", CAP.as_bytes())).await;
    let (transport, _) = transport(&server, hasty());
    let error = transport.send(&request(&server, Effect::Read)).await.unwrap_err();
    assert_eq!(
        (error.class, error.status),
        (ErrorClass::Throttled, Some(200)),
        "{error}"
    );
}
