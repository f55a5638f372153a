//! Registry files of any format: detection ends in a reader or in words, the same text tells the same in every encoding, and
//! a verdict follows from anything.
#![no_main]

use handover::{
    domain::{registry::RegistryImage, tls::HostSource},
    host::registry_file::read,
    tls,
};
use handover_fuzz::{assert_all_clean, assert_clean, bounded, utf16};
use libfuzzer_sys::fuzz_target;

/// Format and image; or why there is none.
type Told = Result<(HostSource, RegistryImage), String>;

fn told(bytes: &[u8]) -> Told {
    match read(bytes) {
        Ok(told) => {
            assert_all_clean(&told.notes);
            // Where nothing is told every verdict is the same, and the tests have it. Judging and reading thrice more take
            // the time, so one input in four is enough for them.
            if told.image.keys().next().is_none() || !bytes.len().is_multiple_of(4) {
                return Ok((told.source, told.image));
            }
            let report = tls::judge("host", "file", told.source.clone(), &told.image, None);
            assert_all_clean(report.notes.iter().chain([&report.client_reason]));
            for value in report.values.iter().chain(&report.further) {
                assert_clean(&value.reason);
                if let Some(serde_json::Value::String(text)) = &value.value {
                    assert_clean(text);
                }
            }
            Ok((told.source, told.image))
        }
        Err(error) => {
            assert_clean(&error.to_string());
            Err(error.to_string())
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    bounded(4 * bytes.len(), || {
        let plain = told(bytes);
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        if !bytes.len().is_multiple_of(4) {
            return;
        }
        // A zero byte makes the text look like UTF-16; a mark of its own is one too many.
        if text.contains('\0') || text.starts_with('\u{feff}') || bytes.starts_with(b"regf") {
            return;
        }
        for encoded in [
            [b"\xef\xbb\xbf", bytes].concat(),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
        ] {
            assert_eq!(told(&encoded), plain);
        }
    });
});
