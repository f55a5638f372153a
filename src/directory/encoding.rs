//! Character encodings of exported files: UTF-16 as `ldifde -u` and Windows PowerShell write it, UTF-8, Windows-1252.

use std::{
    borrow::Cow,
    io::{self, Read},
};

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};

const BLOCK: usize = 64 * 1024;

/// A reader that hands out UTF-8 for UTF-16 input, drops a byte order mark, and passes everything else through.
/// Text in a single-byte encoding stays as it is and is told apart later, value by value, by [`decode`].
pub(super) struct Unicode<R> {
    input: R,
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    raw_start: usize,
    text: Vec<u8>,
    text_start: usize,
    ended: bool,
    finished: bool,
}

impl<R: Read> Unicode<R> {
    pub(super) fn new(mut input: R) -> io::Result<Self> {
        let mut raw = Vec::with_capacity(BLOCK);
        // A whole block, because format and separator are told from the start of the text.
        (&mut input).take(BLOCK as u64).read_to_end(&mut raw)?;
        let (decoder, skip) = match raw.as_slice() {
            [0xff, 0xfe, ..] => (Some(UTF_16LE), 2),
            [0xfe, 0xff, ..] => (Some(UTF_16BE), 2),
            [0xef, 0xbb, 0xbf, ..] => (None, 3),
            // Without a mark: a plain first letter beside a zero byte is UTF-16.
            [first, 0, ..] if *first != 0 => (Some(UTF_16LE), 0),
            [0, second, ..] if *second != 0 => (Some(UTF_16BE), 0),
            _ => (None, 0),
        };
        Ok(Self {
            input,
            decoder: decoder.map(|encoding| encoding.new_decoder_without_bom_handling()),
            raw,
            raw_start: skip,
            text: Vec::new(),
            text_start: 0,
            ended: false,
            finished: false,
        })
    }

    /// The name of the encoding, as far as it is known from the start of the file.
    pub(super) fn name(&self) -> &'static str {
        self.decoder
            .as_ref()
            .map_or("UTF-8", |decoder| decoder.encoding().name())
    }

    fn refill_raw(&mut self) -> io::Result<()> {
        if self.raw_start == self.raw.len() && !self.ended {
            self.raw_start = 0;
            self.raw.resize(BLOCK, 0);
            let read = self.input.read(&mut self.raw);
            self.raw.truncate(*read.as_ref().unwrap_or(&0));
            self.ended = read? == 0;
        }
        Ok(())
    }
}

impl<R: Read> Read for Unicode<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.decoder.is_none() {
            self.refill_raw()?;
            return Ok(copy(&self.raw, &mut self.raw_start, buffer));
        }
        while self.text_start == self.text.len() && !self.finished {
            self.refill_raw()?;
            let Some(decoder) = self.decoder.as_mut() else {
                break;
            };
            self.text.resize(BLOCK * 2, 0);
            let input = self.raw.get(self.raw_start..).unwrap_or_default();
            let (result, read, written, _) = decoder.decode_to_utf8(input, &mut self.text, self.ended);
            self.raw_start += read;
            self.text.truncate(written);
            self.text_start = 0;
            self.finished = self.ended && result == CoderResult::InputEmpty;
        }
        Ok(copy(&self.text, &mut self.text_start, buffer))
    }
}

fn copy(from: &[u8], start: &mut usize, to: &mut [u8]) -> usize {
    let rest = from.get(*start..).unwrap_or_default();
    let length = rest.len().min(to.len());
    if let (Some(rest), Some(to)) = (rest.get(..length), to.get_mut(..length)) {
        to.copy_from_slice(rest);
    }
    *start += length;
    length
}

/// Text of one line or field: UTF-8, else Windows-1252, in which every byte means something.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> String {
        let mut text = Vec::new();
        Unicode::new(bytes).unwrap().read_to_end(&mut text).unwrap();
        decode(&text).into_owned()
    }

    fn utf16(text: &str, little: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| {
                if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "dn: CN=Zoë\r\n";
        for mark in ["", "\u{feff}"] {
            let marked = format!("{mark}{text}");
            assert_eq!(read(marked.as_bytes()), text);
            assert_eq!(read(&utf16(&marked, true)), text);
            assert_eq!(read(&utf16(&marked, false)), text);
        }
        assert_eq!(read(b"dn: CN=Zo\xeb\r\n"), text);
        assert_eq!(read(b""), "");
    }

    #[test]
    fn long_input_crosses_blocks() {
        let text = "aä北".repeat(100_000);
        assert_eq!(read(&utf16(&format!("\u{feff}{text}"), true)), text);
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
        }
    }
}
