//! What signing in reads from outside: claims of tokens, requests to the loopback port, Graph's row of the organisation.
#![no_main]

use handover::cloud::{auth::fuzzing, graph};
use handover_fuzz::{assert_all_clean, bounded};
use libfuzzer_sys::fuzz_target;

const PORT: u16 = 4711;
const STATE: &str = "one-state";

fuzz_target!(|bytes: &[u8]| {
    bounded(bytes.len(), || {
        let text = String::from_utf8_lossy(bytes);
        for token in [text.to_string(), format!("e30.{}.x", base64(bytes))] {
            if let Some(claims) = fuzzing::claims(&token) {
                assert_all_clean(&claims.texts);
            }
        }
        // Nothing without the state and the own host is an answer.
        if fuzzing::is_answer(bytes, PORT, STATE) {
            assert!(text.to_ascii_lowercase().contains("host"));
            assert!(text.contains("state"));
            assert!(!fuzzing::is_answer(bytes, PORT, "other-state"));
            assert!(!fuzzing::is_answer(bytes, PORT + 1, STATE));
        }
        let query = text.replace([' ', '\r', '\n'], "");
        let request = format!("GET /?state={STATE}&{query} HTTP/1.1\r\nHost: localhost:{PORT}\r\n\r\n");
        let _ = fuzzing::is_answer(request.as_bytes(), PORT, STATE);
        if let Ok(row) = serde_json::from_slice(bytes) {
            let found = graph::fuzzing::organization(&row);
            assert_all_clean(found.display_name.iter().chain(&found.default_domain));
        }
    });
});

/// Base64 for URLs, without padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}
