//! Bodies of refusing answers of Exchange, Graph and the login host: whatever they hold, the message is short and clean.
#![no_main]

use handover::{
    cloud::{auth, exchange, graph, transport::Effect},
    domain::ServiceError,
};
use handover_fuzz::{assert_all_clean, assert_clean_error, bounded, choice};
use libfuzzer_sys::fuzz_target;

/// Characters of a message: a title, and one text of at most 600.
const LONGEST: usize = 1_000;

fuzz_target!(|bytes: &[u8]| {
    let (status, body) = choice(bytes);
    let status = (status % 1_000) as u16;
    bounded(body.len(), || {
        for effect in [Effect::Read, Effect::Write] {
            assert_fit(&exchange::fuzzing::refusal(status, body, effect));
        }
        assert_fit(&graph::fuzzing::refusal(status, body));
        let (error, word) = auth::fuzzing::refusal(status, body);
        assert_all_clean(&word);
        assert_fit(&error.into());
    });
});

fn assert_fit(error: &ServiceError) {
    assert_clean_error(error);
    assert!(!error.message.is_empty());
    assert!(error.message.chars().count() <= LONGEST, "{}", error.message);
    assert!(
        error
            .code
            .as_ref()
            .is_none_or(|code| code.chars().count() <= LONGEST)
    );
}
