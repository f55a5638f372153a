//! From the bytes of a file to bytes a CSV reader understands, and from its fields to text.
//!
//! UTF-16 becomes UTF-8 on the way in. UTF-8 and Windows-1252 share their ASCII part, so they pass as they are and each
//! field is decoded by itself. Every line ends in a line feed, also the last one and those of old Macintosh files.

use std::borrow::Cow;
use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::error::{AddressListError, Trouble, from_reading};

const BUFFER_BYTES: usize = 16 * 1024;

/// How the file is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without byte order mark.
    Utf8,
    /// UTF-16, low byte first.
    Utf16LittleEndian,
    /// UTF-16, high byte first.
    Utf16BigEndian,
    /// The Western European Windows code page: assumed where the bytes are no UTF-8.
    Windows1252,
}

impl Encoding {
    /// Its usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16LittleEndian => "UTF-16 LE",
            Self::Utf16BigEndian => "UTF-16 BE",
            Self::Windows1252 => "Windows-1252",
        }
    }

    /// Whether it is a guess the administrator should hear about.
    pub fn is_assumed(self) -> bool {
        self == Self::Windows1252
    }
}

/// The file, with a limit on how much may be read for one record.
pub(super) struct Source<Input> {
    input: Input,
    encoding: Encoding,
    /// For UTF-16 only.
    decoder: Option<Decoder>,
    /// Raw bytes read and not yet decoded, for UTF-16 only.
    raw: Vec<u8>,
    /// Bytes ready to be handed on.
    ready: Vec<u8>,
    taken: usize,
    ended: bool,
    /// The reader was told that nothing follows.
    drained: bool,
    /// Lines end in carriage returns alone.
    returns_only: bool,
    /// The last byte handed on.
    last: u8,
    skipped_lines: u64,
    allowance: usize,
    seen_beyond_ascii: bool,
}

impl<Input: Read> Source<Input> {
    pub(super) fn new(input: Input) -> Result<Self, AddressListError> {
        let mut source = Self {
            input,
            encoding: Encoding::Utf8,
            decoder: None,
            raw: Vec::new(),
            ready: Vec::new(),
            taken: 0,
            ended: false,
            drained: false,
            returns_only: false,
            last: b'\n',
            skipped_lines: 0,
            allowance: 0,
            seen_beyond_ascii: false,
        };
        source.read_raw().map_err(|error| from_reading(error, 1))?;
        let (encoding, mark) = detect(&source.raw);
        source.encoding = encoding;
        source.raw.drain(..mark);
        source.decoder = match encoding {
            Encoding::Utf16LittleEndian => Some(UTF_16LE.new_decoder_without_bom_handling()),
            Encoding::Utf16BigEndian => Some(UTF_16BE.new_decoder_without_bom_handling()),
            _ => None,
        };
        Ok(source)
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Whether the reader had to look for more behind the last line end: then it is inside an open quote, or done.
    pub(super) fn is_drained(&self) -> bool {
        self.drained
    }

    pub(super) fn skipped_lines(&self) -> u64 {
        self.skipped_lines
    }

    /// The first bytes of the text, at most about `length`.
    pub(super) fn beginning(&mut self, length: usize) -> Result<&[u8], AddressListError> {
        while self.ready.len() < length && self.fill().map_err(|error| from_reading(error, 1))? {}
        if !self.ready.contains(&b'\n') && self.ready.contains(&b'\r') {
            self.returns_only = true;
            returns_to_feeds(&mut self.ready);
        }
        Ok(&self.ready)
    }

    /// Leaves out the first bytes.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.taken = bytes.min(self.ready.len());
        self.skipped_lines = memchr::memchr_iter(b'\n', &self.ready[..self.taken]).count() as u64;
    }

    /// Lets the next record be this long. Readers fetch ahead by a buffer, which is allowed on top.
    pub(super) fn allow(&mut self, bytes: usize) {
        self.allowance = bytes + BUFFER_BYTES;
    }

    /// The text of a field. At the first one that is no UTF-8, Windows-1252 is assumed from there on, unless an earlier
    /// field was UTF-8 beyond ASCII; then nothing comes back.
    pub(super) fn decode<'a>(&mut self, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
        if bytes.is_ascii() || self.encoding != Encoding::Windows1252 {
            if let Ok(text) = std::str::from_utf8(bytes) {
                self.seen_beyond_ascii |= !bytes.is_ascii();
                return Some(Cow::Borrowed(text));
            }
            if self.seen_beyond_ascii || self.encoding != Encoding::Utf8 {
                return None;
            }
            self.encoding = Encoding::Windows1252;
        }
        Some(WINDOWS_1252.decode_without_bom_handling(bytes).0)
    }

    fn read_raw(&mut self) -> io::Result<()> {
        let start = self.raw.len();
        let mut filled = start;
        self.raw.resize(start + BUFFER_BYTES, 0);
        while filled < self.raw.len() {
            match self.input.read(&mut self.raw[filled..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.raw.truncate(filled);
                    return Err(error);
                }
            }
        }
        self.raw.truncate(filled);
        Ok(())
    }

    /// Gets more bytes ready. False at the end.
    fn fill(&mut self) -> io::Result<bool> {
        if self.raw.is_empty() {
            if self.ended {
                return Ok(false);
            }
            self.read_raw()?;
        }
        let Some(decoder) = &mut self.decoder else {
            self.ready.append(&mut self.raw);
            return Ok(true);
        };
        let needed = decoder
            .max_utf8_buffer_length_without_replacement(self.raw.len())
            .unwrap_or(4 * BUFFER_BYTES);
        let start = self.ready.len();
        self.ready.resize(start + needed, 0);
        let (result, _, written) =
            decoder.decode_to_utf8_without_replacement(&self.raw, &mut self.ready[start..], self.ended);
        self.ready.truncate(start + written);
        self.raw.clear();
        match result {
            DecoderResult::InputEmpty => Ok(true),
            DecoderResult::Malformed(..) | DecoderResult::OutputFull => Err(Trouble::Malformed.into()),
        }
    }
}

impl<Input: Read> Read for Source<Input> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() {
            self.ready.clear();
            self.taken = 0;
            if !self.fill()? {
                if self.last == b'\n' {
                    self.drained = true;
                    return Ok(0);
                }
                self.ready.push(b'\n');
            }
            if self.returns_only {
                returns_to_feeds(&mut self.ready);
            }
        }
        if self.allowance == 0 {
            return Err(Trouble::TooLong.into());
        }
        let count = buffer
            .len()
            .min(self.ready.len() - self.taken)
            .min(self.allowance);
        buffer[..count].copy_from_slice(&self.ready[self.taken..][..count]);
        self.taken += count;
        self.allowance -= count;
        self.last = buffer[..count].last().copied().unwrap_or(self.last);
        Ok(count)
    }
}

fn returns_to_feeds(bytes: &mut [u8]) {
    for byte in bytes {
        if *byte == b'\r' {
            *byte = b'\n';
        }
    }
}

/// The encoding, and how many bytes its mark takes. Without a mark, text in a Latin script gives UTF-16 away by a zero
/// in every other byte.
fn detect(bytes: &[u8]) -> (Encoding, usize) {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => return (Encoding::Utf8, 3),
        [0xFF, 0xFE, ..] => return (Encoding::Utf16LittleEndian, 2),
        [0xFE, 0xFF, ..] => return (Encoding::Utf16BigEndian, 2),
        _ => {}
    }
    let sample = &bytes[..bytes.len().min(1024) & !1];
    let zeros = |offset| {
        sample
            .iter()
            .skip(offset)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let most = sample.len() / 2 * 3 / 4;
    if !sample.is_empty() && odd > most && even == 0 {
        (Encoding::Utf16LittleEndian, 0)
    } else if !sample.is_empty() && even > most && odd == 0 {
        (Encoding::Utf16BigEndian, 0)
    } else {
        (Encoding::Utf8, 0)
    }
}
