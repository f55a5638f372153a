//! The text of a file, whatever it was saved in.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How much of a file without a byte order mark tells its encoding.
const SAMPLE: usize = 1024;

/// A text, and what had to be assumed to get it.
pub(super) struct Decoded<'bytes> {
    pub(super) text: Cow<'bytes, str>,
    /// In UTF-16, as Windows' own tools write files.
    pub(super) wide: bool,
    pub(super) note: Option<String>,
}

/// Reads UTF-16 and UTF-8 with or without a byte order mark, and single-byte code pages as Windows-1252. Keys and values
/// that matter here are plain ASCII, which all those code pages share.
pub(super) fn decode(bytes: &[u8]) -> Decoded<'_> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return with(encoding, bytes.get(length..).unwrap_or_default());
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return with(encoding, bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded {
            text: Cow::Borrowed(text),
            wide: false,
            note: None,
        };
    }
    // Cut inside a character of several bytes: still UTF-8.
    if let Some((text, rest)) = cut_at_end(bytes) {
        return Decoded {
            text: Cow::Borrowed(text),
            wide: false,
            note: Some(format!(
                "the file was cut inside a character: its last {rest} bytes were left out"
            )),
        };
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    Decoded {
        text,
        wide: false,
        note: Some(
            "the file is in a code page it does not name; it was read as Windows-1252, so letters beyond ASCII may be wrong"
                .to_owned(),
        ),
    }
}

fn with<'bytes>(encoding: &'static Encoding, bytes: &'bytes [u8]) -> Decoded<'bytes> {
    let (text, damaged) = encoding.decode_without_bom_handling(bytes);
    let name = encoding.name();
    Decoded {
        text,
        wide: encoding == UTF_16LE || encoding == UTF_16BE,
        note: damaged.then(|| {
            format!("some characters are no valid {name} and were replaced: the file was cut or damaged")
        }),
    }
}

/// ASCII in UTF-16 has a zero in every second byte.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    let (pairs, _) = sample.as_chunks::<2>();
    let zeros = |side: usize| pairs.iter().filter(|pair| pair.get(side) == Some(&0)).count();
    let (first, second) = (zeros(0), zeros(1));
    // Most characters, not all: names may be in any script.
    if second * 2 > pairs.len() && first * 8 < second {
        Some(UTF_16LE)
    } else if first * 2 > pairs.len() && second * 8 < first {
        Some(UTF_16BE)
    } else {
        None
    }
}

fn cut_at_end(bytes: &[u8]) -> Option<(&str, usize)> {
    let error = std::str::from_utf8(bytes).err()?;
    let valid = bytes.get(..error.valid_up_to())?;
    // A text without a single letter beyond ASCII is more likely in a code page.
    if error.error_len().is_some() || valid.is_ascii() {
        return None;
    }
    Some((std::str::from_utf8(valid).ok()?, bytes.len() - valid.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\Zoë]\r\n";
        let utf16 = |text: &str, bytes_of: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(bytes_of).collect()
        };
        for mark in ["", "\u{feff}"] {
            let marked = format!("{mark}{text}");
            assert_eq!(decode(marked.as_bytes()).text, text);
            assert_eq!(decode(&utf16(&marked, u16::to_le_bytes)).text, text);
            assert_eq!(decode(&utf16(&marked, u16::to_be_bytes)).text, text);
        }
        let ansi = decode(b"REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\Zo\xeb]\r\n");
        assert_eq!(ansi.text, text);
        assert!(ansi.note.is_some());
    }

    #[test]
    fn cut_texts_say_so() {
        let cut = decode("Zoë ä".as_bytes().get(..6).unwrap());
        assert_eq!(cut.text, "Zoë ");
        assert!(cut.note.unwrap().contains("last 1 bytes"));
        assert!(decode(b"\xff\xfea\0b").note.is_some());
        assert_eq!(decode(b"").text, "");
    }
}
