//! Bodies that lie, break off or never end.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use handover::{
    cloud::transport::{Effect, Settings},
    domain::ErrorClass,
};

use crate::server::{Act, Server, answer, fine, hasty, request, transport};

const MEBIBYTE: usize = 1 << 20;

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_gigabyte_stops_at_the_limit() {
    for head in [
        "HTTP/1.1 200 X\r\nContent-Length: 1073741824\r\n\r\n",
        "HTTP/1.1 200 X\r\nConnection: close\r\n\r\n",
    ] {
        let server = Server::start(move |_, _| Act::Flood(head.into())).await;
        let (transport, log) = transport(&server, hasty());
        let error = transport.send(&request(&server, Effect::Read)).await.unwrap_err();
        assert_eq!((error.class, error.status), (ErrorClass::Malformed, Some(200)));
        assert!(error.message.contains("64 MiB"), "{error}");
        assert!(server.flooded() < 80 * MEBIBYTE, "{}", server.flooded());
        assert_eq!(log.recent().len(), 1, "asking again would flood again");
    }
}

#[tokio::test]
async fn a_bomb_stops_at_the_limit() {
    let bomb = gzip(&vec![b' '; 8 * MEBIBYTE]);
    let server = Server::start(move |_, _| answer(200, "", &bomb)).await;
    let settings = Settings {
        body_limit: MEBIBYTE,
        ..hasty()
    };
    let (transport, _) = transport(&server, settings);
    let error = transport.send(&request(&server, Effect::Read)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Malformed);
}

#[tokio::test]
async fn the_first_bytes_tell_what_is_compressed() {
    let plain = b"{\"value\":[]}";
    let large = vec![b'7'; MEBIBYTE];
    let (packed, packed_large) = (gzip(plain), gzip(&large));
    let server = Server::start(move |number, _| match number {
        0 => answer(200, "Content-Encoding: gzip\r\n", plain),
        1 => answer(200, "", &packed),
        2 => answer(200, "Content-Encoding: gzip\r\n", &packed),
        _ => answer(200, "Content-Encoding: gzip\r\n", &packed_large),
    })
    .await;
    let (transport, _) = transport(&server, hasty());
    for expected in [&plain[..], plain, plain, &large] {
        let answer = transport.send(&request(&server, Effect::Read)).await.unwrap();
        assert!(answer.body == expected);
    }
}

#[tokio::test]
async fn nul_bytes_that_claim_gzip_arrive_as_they_are() {
    let server = Server::start(|_, _| answer(403, "Content-Encoding: gzip\r\n", &[0; 200])).await;
    let (transport, log) = transport(&server, hasty());
    let answer = transport.send(&request(&server, Effect::Write)).await.unwrap();
    assert_eq!((answer.status, answer.body), (403, vec![0; 200]));
    assert_eq!(log.recent().len(), 1);
}

#[tokio::test]
async fn nothing_is_an_answer() {
    let server = Server::start(|number, _| {
        if number == 0 {
            Act::Say(b"HTTP/1.1 204 X\r\nConnection: close\r\n\r\n".to_vec())
        } else {
            answer(200, "", b"")
        }
    })
    .await;
    let (transport, _) = transport(&server, hasty());
    for status in [204, 200] {
        let answer = transport.send(&request(&server, Effect::Write)).await.unwrap();
        assert_eq!((answer.status, answer.body.len()), (status, 0));
    }
}

#[tokio::test]
async fn every_request_says_who_and_which() {
    let server = Server::start(|number, _| {
        if number == 0 {
            answer(
                200,
                "Set-Cookie: affinity=back-end-7; Path=/\r\nrequest-id: r1\r\n",
                b"{}",
            )
        } else {
            fine()
        }
    })
    .await;
    let (transport, log) = transport(&server, hasty());
    for _ in 0..2 {
        transport.send(&request(&server, Effect::Read)).await.unwrap();
    }
    let heard = server.heard();
    for heard in &heard {
        assert_eq!(
            heard.header("user-agent"),
            Some(concat!("handover/", env!("CARGO_PKG_VERSION")))
        );
        assert_eq!(heard.header("authorization"), Some("Bearer token-0"));
        assert_eq!(heard.header("x-own"), Some("yes"));
        assert_eq!(
            heard.header("content-type"),
            Some("application/json; charset=utf-8")
        );
        assert_eq!(
            heard.header("accept-encoding"),
            Some("identity"),
            "nothing is gained on one machine"
        );
        assert_eq!(heard.body, b"{\"own\":\"body\"}");
    }
    assert_ne!(
        heard[0].header("client-request-id"),
        heard[1].header("client-request-id")
    );
    assert_eq!(heard[1].header("cookie"), Some("affinity=back-end-7"));
    let call = &log.recent()[1];
    assert_eq!((call.path.as_str(), call.operation.as_str()), ("/a/b", "Test x1"));
    assert_eq!(
        (call.status, call.request_id.as_deref(), call.note.as_deref()),
        (Some(200), Some("r1"), None)
    );
}
