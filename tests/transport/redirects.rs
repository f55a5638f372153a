//! Redirects: the family's hosts get body and token, all others nothing.

use handover::{cloud::transport::Effect, domain::ErrorClass};

use crate::server::{Server, answer, fine, hasty, request, transport};

#[tokio::test]
async fn a_regional_host_gets_the_same_body_and_the_token() {
    for status in [301, 302, 307, 308] {
        let regional = Server::start(|_, _| fine()).await;
        let location = format!("Location: http://{}/a/b?c=d\r\n", regional.address);
        let server = Server::start(move |_, _| answer(status, &location, b"")).await;
        let (transport, _) = transport(&server, hasty());
        for _ in 0..3 {
            transport.send(&request(&server, Effect::Write)).await.unwrap();
        }
        assert_eq!(
            server.heard().len(),
            1,
            "later requests go to the regional host at once"
        );
        let heard = regional.heard();
        assert_eq!(heard.len(), 3);
        for heard in heard {
            assert!(heard.head.starts_with("POST /a/b?c=d "), "{}", heard.head);
            assert_eq!(heard.header("authorization"), Some("Bearer token-0"));
            assert_eq!(heard.body, b"{\"own\":\"body\"}");
        }
    }
}

#[tokio::test]
async fn a_foreign_host_hears_nothing() {
    let Ok(probe) = tokio::net::TcpListener::bind("127.0.0.2:0").await else {
        // Some systems have one loopback address only; the unit tests of the rule cover those.
        return;
    };
    drop(probe);
    let foreign = Server::start_at("127.0.0.2:0", |_, _| fine()).await;
    for location in [
        format!("http://{}/a", foreign.address),
        format!("//{}/a", foreign.address),
        format!("http://user@127.0.0.1@{}/a", foreign.address),
        "https://evil.example/a".to_owned(),
    ] {
        let header = format!("Location: {location}\r\n");
        let server = Server::start(move |_, _| answer(307, &header, b"")).await;
        let (transport, _) = transport(&server, hasty());
        let error = transport.send(&request(&server, Effect::Read)).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::ForeignHost, "{location}: {error}");
        assert!(!error.message.contains("token-0") && error.class.stops_a_run());
    }
    assert!(foreign.heard().is_empty());
    // A link that leads there is refused before anything is sent.
    let server = Server::start(|_, _| fine()).await;
    let (transport, log) = transport(&server, hasty());
    let mut request = request(&server, Effect::Read);
    request.url = format!("http://{}/a", foreign.address).parse().unwrap();
    let error = transport.send(&request).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::ForeignHost);
    assert!(foreign.heard().is_empty() && log.recent().is_empty());
}

#[tokio::test]
async fn circles_and_long_chains_end() {
    let circle = Server::start(|number, _| answer(307, &format!("Location: /{}\r\n", number % 2), b"")).await;
    let (transport_of_circle, _) = transport(&circle, hasty());
    let error = transport_of_circle
        .send(&request(&circle, Effect::Read))
        .await
        .unwrap_err();
    assert_eq!(error.class, ErrorClass::Malformed);
    assert!(error.message.contains("circle") && circle.heard().len() <= 4);
    let chain = Server::start(|number, _| answer(307, &format!("Location: /{number}\r\n"), b"")).await;
    let (transport_of_chain, _) = transport(&chain, hasty());
    let error = transport_of_chain
        .send(&request(&chain, Effect::Read))
        .await
        .unwrap_err();
    assert_eq!((error.class, chain.heard().len()), (ErrorClass::Malformed, 9));
    let nowhere = Server::start(|_, _| answer(307, "", b"")).await;
    let (transport_of_nowhere, _) = transport(&nowhere, hasty());
    let error = transport_of_nowhere
        .send(&request(&nowhere, Effect::Read))
        .await
        .unwrap_err();
    assert_eq!(error.class, ErrorClass::Malformed);
}

#[tokio::test]
async fn a_regional_host_that_fails_is_forgotten() {
    for status in [502, 503, 504] {
        let failing = Server::start(move |number, _| {
            if number == 0 {
                fine()
            } else {
                answer(status, "", b"")
            }
        })
        .await;
        let better = Server::start(|_, _| fine()).await;
        let locations = [&failing, &better].map(|host| format!("Location: http://{}/a\r\n", host.address));
        let public = Server::start(move |number, _| answer(307, &locations[number.min(1)], b"")).await;
        let (transport, _) = transport(&public, hasty());
        transport.send(&request(&public, Effect::Read)).await.unwrap();
        let answer = transport.send(&request(&public, Effect::Read)).await.unwrap();
        assert_eq!(answer.status, 200, "{status}");
        assert_eq!(
            (failing.heard().len(), better.heard().len(), public.heard().len()),
            (2, 1, 2),
            "{status}"
        );
    }
}

#[tokio::test]
async fn links_to_the_internal_port_are_rewritten_like_redirects() {
    let endpoints = handover::domain::Endpoints::published(handover::domain::Cloud::Global).unwrap();
    let tokens = std::sync::Arc::new(crate::server::Tokens(std::sync::Mutex::default()));
    let log = handover::cloud::CallLog::default();
    let transport = handover::cloud::transport::Transport::new(endpoints, tokens, log, hasty());
    let link = "https://eur01.outlook.office365.com:446/adminapi?$skiptoken=1";
    let url = transport
        .checked_link(handover::domain::Service::Exchange, link)
        .unwrap();
    assert_eq!(
        url.as_str(),
        "https://eur01.outlook.office365.com/adminapi?$skiptoken=1"
    );
}
