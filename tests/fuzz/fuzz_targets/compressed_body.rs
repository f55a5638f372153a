//! Bodies that are compressed, claim to be, or are bombs: never more memory than the limit allows, and what was compressed
//! comes back whole.
#![no_main]

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use handover::cloud::{exchange::fuzzing::inventory_page, transport::fuzzing::plain_body};
use handover_fuzz::{assert_clean, bounded};
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 64 * 1024;

fuzz_target!(|bytes: &[u8]| {
    bounded(LIMIT, || match plain_body(bytes, LIMIT) {
        Ok(body) => {
            assert!(body.len() <= LIMIT.max(bytes.len()));
            let _ = inventory_page(&body);
        }
        Err(error) => assert_clean(&error),
    });
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let compressed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    let compressed = compressed.expect("memory takes every byte");
    assert_eq!(plain_body(&compressed, bytes.len()).as_deref(), Ok(bytes));
    if !bytes.is_empty() {
        assert!(plain_body(&compressed, bytes.len() - 1).is_err());
        let cut = &compressed[..compressed.len() - 1 - bytes.len() % 8];
        assert!(plain_body(cut, bytes.len()).is_err());
    }
});
