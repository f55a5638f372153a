//! What the targets share: what clean text is, and a bound on memory.

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Buffers and tables whose size does not depend on the input.
const BASE: usize = 8 << 20;
/// Bytes of memory per byte of input: a tree of JSON values costs the most.
const FACTOR: usize = 512;

/// Runs `read` and fails if it held much more memory than an input of `length` bytes accounts for.
pub fn bounded<T>(length: usize, read: impl FnOnce() -> T) -> T {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let result = read();
    let used = MEMORY.peak_usage().saturating_sub(before);
    assert!(
        used <= BASE + FACTOR * length,
        "{used} bytes of memory for an input of {length} bytes"
    );
    result
}

/// Fails if a text that people see could steer a terminal or mislead a reader. Written without a look at
/// `handover::domain::text`, so that a gap there is found.
pub fn assert_clean(text: &str) {
    let bad = text.chars().find(|character| {
        character.is_control()
            || matches!(
                character,
                // reading direction
                '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
                // line and paragraph separators
                | '\u{2028}' | '\u{2029}'
                // invisible
                | '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
            )
    });
    assert!(bad.is_none(), "{bad:?} in {text:?}");
}

/// The same for several texts.
pub fn assert_all_clean<'a>(texts: impl IntoIterator<Item = &'a String>) {
    texts.into_iter().for_each(|text| assert_clean(text));
}

/// The same for a failed call.
pub fn assert_clean_error(error: &handover::domain::ServiceError) {
    assert_clean(&error.message);
    assert_all_clean(error.code.iter().chain(&error.advice).chain(&error.request_id));
}

/// Text in UTF-16 behind a byte order mark.
pub fn utf16(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(bytes_of)
        .collect()
}

/// Takes two bytes off the front as a number, for choices a target leaves to the fuzzer.
pub fn choice(bytes: &[u8]) -> (usize, &[u8]) {
    match bytes {
        [low, high, rest @ ..] => (usize::from(u16::from_le_bytes([*low, *high])), rest),
        _ => (0, bytes),
    }
}
