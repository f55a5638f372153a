//! The head of an HTTP answer from a proxy or from port 80: what people may see of it is clean.
#![no_main]

use handover::tls::probe::{HeadAnswer, read_head};
use handover_fuzz::{assert_clean, bounded};
use libfuzzer_sys::fuzz_target;

const SHOWN: [&str; 4] = ["date", "content-type", "location", "proxy-authenticate"];

fuzz_target!(|bytes: &[u8]| {
    let answer = bounded(bytes.len(), || read_head(bytes));
    let half = read_head(&bytes[..bytes.len() / 2]);
    assert!(half == HeadAnswer::Incomplete || half == answer, "{half:?} became {answer:?}");
    if let HeadAnswer::Head(head) = &answer {
        assert!(bytes.starts_with(b"HTTP/1."));
        assert!(head.status <= 999);
        for name in SHOWN {
            assert_eq!(head.value(name), head.values(name).next());
            head.values(name).for_each(assert_clean);
        }
    }
});
