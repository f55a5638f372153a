//! Answers that never come, and what that means for reads and writes.

use std::time::Duration;

use handover::{
    cloud::transport::{Effect, Settings, Timeouts},
    domain::ErrorClass,
};

use crate::server::{Act, Server, answer, fine, hasty, request, transport};

fn impatient() -> Settings {
    Settings {
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            idle: Duration::from_millis(200),
            total: Duration::from_millis(400),
        },
        ..hasty()
    }
}

/// Every way to lose an answer after the request was heard.
fn ways() -> Vec<fn() -> Act> {
    vec![
        || Act::Reset,
        || Act::Say(Vec::new()),
        || Act::Say(b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{\"value\"".to_vec()),
        || Act::Hang(Vec::new()),
        || Act::Hang(b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{".to_vec()),
        || Act::Say(b"no HTTP at all\r\n\r\n".to_vec()),
        || answer(200, "", b"\x1f\x8b\x08broken"),
    ]
}

#[tokio::test]
async fn a_write_without_answer_is_lost_and_not_repeated() {
    for (index, way) in ways().into_iter().enumerate() {
        let server = Server::start(move |_, _| way()).await;
        let (transport, log) = transport(&server, impatient());
        let error = transport
            .send(&request(&server, Effect::Write))
            .await
            .unwrap_err();
        assert_eq!(error.class, ErrorClass::Lost, "{index}: {error}");
        assert!(error.advice.unwrap().contains("Read the mailboxes again"));
        assert_eq!(server.heard().len(), 1, "{index}");
        assert!(log.recent()[0].note.is_some(), "{index}");
    }
}

#[tokio::test]
async fn a_write_behind_a_gateway_error_is_left_to_the_caller() {
    for status in [408, 500, 502, 503, 504] {
        let server = Server::start(move |_, _| answer(status, "", b"ServerBusyException")).await;
        let (transport, _) = transport(&server, hasty());
        let answer = transport.send(&request(&server, Effect::Write)).await.unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(server.heard().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_read_without_answer_is_repeated() {
    // The last way, an answer that can't be unpacked, is an answer.
    for (index, way) in ways().into_iter().take(6).enumerate() {
        let server = Server::start(move |number, _| if number < 2 { way() } else { fine() }).await;
        let (transport, _) = transport(&server, impatient());
        let answer = transport.send(&request(&server, Effect::Read)).await.unwrap();
        assert_eq!((answer.status, server.heard().len()), (200, 3), "{index}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_gets_retries_even_for_writes() {
    let server = Server::absent().await;
    for effect in [Effect::Read, Effect::Write] {
        let (transport, log) = transport(&server, hasty());
        let error = transport.send(&request(&server, effect)).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Transient, "{error}");
        assert!(error.advice.unwrap().contains("proxy"));
        assert_eq!(log.recent().len(), 4);
    }
}

#[tokio::test]
async fn an_abandoned_request_is_in_the_log() {
    let server = Server::start(|_, _| Act::Hang(Vec::new())).await;
    let (transport, log) = transport(&server, hasty());
    let request = request(&server, Effect::Write);
    let sent = transport.send(&request);
    assert!(
        tokio::time::timeout(Duration::from_millis(200), sent)
            .await
            .is_err()
    );
    let calls = log.recent();
    assert_eq!((calls.len(), calls[0].status), (1, None));
    assert!(calls[0].note.as_deref().unwrap().contains("abandoned"));
    assert_eq!(
        transport
            .state(handover::domain::Service::Exchange)
            .borrow()
            .in_flight,
        0
    );
}

#[tokio::test]
async fn a_write_told_to_wait_is_not_repeated_and_everybody_waits() {
    let server = Server::start(|number, _| {
        if number == 0 {
            answer(503, "Retry-After: 0.6\r\n", b"")
        } else {
            fine()
        }
    })
    .await;
    let (transport, _) = transport(&server, hasty());
    let told = transport.send(&request(&server, Effect::Write)).await.unwrap();
    assert_eq!((told.status, server.heard().len()), (503, 1));
    let started = std::time::Instant::now();
    transport.send(&request(&server, Effect::Read)).await.unwrap();
    assert!(
        started.elapsed() >= Duration::from_millis(550),
        "{:?}",
        started.elapsed()
    );
}
