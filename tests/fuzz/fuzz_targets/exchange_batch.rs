//! Answers to batches: texts are clean, waits and statuses are what headers say.
#![no_main]

use handover::cloud::exchange::fuzzing::batch_replies;
use handover_fuzz::{assert_all_clean, assert_clean_error, bounded};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    bounded(bytes.len(), || match batch_replies(bytes) {
        Ok(parts) => {
            for part in &parts {
                assert_all_clean(part.warnings.iter().chain(&part.request_id));
            }
        }
        Err(error) => assert_clean_error(&error),
    });
});
