//! Lists of mailboxes: entries are clean and numbered as an editor numbers lines, and the same text is the same list in
//! every encoding.
#![no_main]

use handover::domain::address_list::AddressReader;
use handover_fuzz::{assert_clean, bounded, utf16};
use libfuzzer_sys::fuzz_target;

const MOST: u64 = 500;

/// Entries up to the first error, the error, and the lines without an entry.
type Told = Result<(Vec<(u64, String)>, Option<String>, u64), String>;

fn told(bytes: &[u8]) -> Told {
    let mut reader = AddressReader::new(bytes, MOST).map_err(|error| {
        assert_clean(&error.to_string());
        error.to_string()
    })?;
    let mut entries: Vec<(u64, String)> = Vec::new();
    let mut failure = None;
    for line in &mut reader {
        match line {
            Ok(line) => {
                assert_clean(&line.text);
                assert!(!line.text.is_empty() && line.text.chars().count() <= 1024);
                assert!(entries.last().is_none_or(|before| before.0 < line.number));
                entries.push((line.number, line.text));
            }
            Err(error) => {
                assert_clean(&error.to_string());
                failure = Some(error.to_string());
            }
        }
    }
    assert!(entries.len() as u64 <= MOST);
    Ok((entries, failure, reader.blank_lines()))
}

fuzz_target!(|bytes: &[u8]| {
    bounded(4 * bytes.len(), || {
        let plain = told(bytes);
        if let Ok((entries, ..)) = &plain
            && let Some((number, _)) = entries.last()
            && !bytes.contains(&0)
        {
            let breaks = bytes.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count() as u64;
            assert!(*number <= breaks + 1);
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        // A zero byte makes the text look like UTF-16; a mark of its own is one too many.
        if text.contains('\0') || text.starts_with('\u{feff}') {
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
