//! A certificate that a server sent: any bytes are read or refused, what people see is clean, dates read back.
#![no_main]

use handover::tls::probe::certificate_facts;
use handover_fuzz::{assert_clean, bounded};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let facts = bounded(bytes.len(), || certificate_facts(bytes));
    for text in [&facts.subject, &facts.issuer] {
        assert_clean(text);
        assert!(!text.is_empty() && text.chars().count() <= 300);
    }
    for date in [&facts.not_before, &facts.not_after].into_iter().flatten() {
        let _: Timestamp = date.parse().expect("a date reads back");
    }
});
