//! Text from outside: what comes out of cleaning holds nothing that steers a terminal, and cleaning twice changes nothing.
#![no_main]

use handover::domain::text::{clean, clean_to, fit, fold, spreadsheet_safe, width};
use handover_fuzz::{assert_clean, bounded, choice};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (length, bytes) = choice(bytes);
    let length = length % 300;
    let text = String::from_utf8_lossy(bytes);
    bounded(text.len(), || {
        let cleaned = clean(&text);
        assert_clean(&cleaned);
        assert_eq!(clean(&cleaned), cleaned);
        assert!(cleaned.len() <= text.len());
        let cut: String = cleaned.chars().take(length).collect();
        assert_eq!(clean_to(&text, length), cut);
        for ellipsis in ['…', '~'] {
            let fitted = fit(&cleaned, length, ellipsis);
            assert!(width(&fitted) <= length, "{fitted:?} in {length} cells");
            assert_clean(&fitted);
        }
        let folded = fold(&cleaned);
        assert_eq!(fold(&folded), folded);
        let cell = spreadsheet_safe(&cleaned);
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']));
        assert!(cell.ends_with(&*cleaned));
    });
});
