//! A server's answer to a hello made by hand: any bytes are read or refused, and more of them never change an answer.
#![no_main]

use handover::tls::probe::{Answer, Version, client_hello, read_answer};
use handover_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let answer = bounded(bytes.len(), || read_answer(bytes));
    let half = read_answer(&bytes[..bytes.len() / 2]);
    assert!(half == Answer::Incomplete || half == answer, "{half:?} became {answer:?}");
    match &answer {
        // A version, a random, a session, a suite: nobody can say it in less.
        Answer::ServerHello { version, suite } => {
            assert!(bytes.len() >= 5 + 4 + 37, "{version:?} {suite}");
            assert!(version.name().is_ascii());
        }
        Answer::Alert { .. } => assert!(bytes.len() >= 7),
        Answer::Incomplete | Answer::NotTls => {}
    }
    // Whatever the host's name, the record says its own length.
    let hello = client_hello(Version::TLS12, &String::from_utf8_lossy(bytes));
    assert_eq!(hello.len(), 5 + usize::from(u16::from_be_bytes([hello[3], hello[4]])));
});
