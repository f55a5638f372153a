//! The Windows console as an output: whole frames in UTF-16, and UTF-8 as its code page while it is taken over.
//!
//! The standard library writes to a console in pieces of 8 KB at most, and as plain bytes once the code page is UTF-8,
//! which consoles of Windows Server 2016 tear between two pieces. Text in UTF-16 needs no code page at all.
//! The code page is for programs started from here, such as PowerShell: what they write follows the console's.
//!
//! The only file of the crate with `unsafe` code: these four functions of the system have no safe door.
#![allow(unsafe_code)]

use std::{
    io::{self, Write},
    ptr,
    sync::atomic::{AtomicU32, Ordering},
};

use windows_sys::Win32::{
    Foundation::{HANDLE, INVALID_HANDLE_VALUE},
    Globalization::CP_UTF8,
    System::Console::{
        GetConsoleOutputCP, GetStdHandle, STD_OUTPUT_HANDLE, SetConsoleOutputCP, WriteConsoleW,
    },
};

/// UTF-16 units in one call. Old consoles take 64 KB, shared with whoever else writes.
const PIECE: usize = 8 * 1024;

/// The code page to go back to; 0, which no code page has, when there is none.
static CODE_PAGE_BEFORE: AtomicU32 = AtomicU32::new(0);

/// Makes UTF-8 the code page of the console, if it is not already.
pub(super) fn use_utf8() {
    // SAFETY: takes no arguments and touches no memory of this process.
    let before = unsafe { GetConsoleOutputCP() };
    // SAFETY: takes a number, and refuses one that is no code page.
    if before != 0 && before != CP_UTF8 && unsafe { SetConsoleOutputCP(CP_UTF8) } != 0 {
        CODE_PAGE_BEFORE.store(before, Ordering::SeqCst);
    }
}

/// Gives the console the code page back that it had before [`use_utf8`].
pub(super) fn give_code_page_back() {
    let before = CODE_PAGE_BEFORE.swap(0, Ordering::SeqCst);
    if before != 0 {
        // SAFETY: as above. A refusal leaves UTF-8, which harms nobody.
        let _ = unsafe { SetConsoleOutputCP(before) };
    }
}

/// Standard output, which is a console.
#[derive(Debug, Default)]
pub(super) struct Console {
    text: Utf16Text,
}

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut units = self.text.take(bytes);
        while !units.is_empty() {
            let written = write_units(&units[..piece_of(&units)])?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            units.drain(..written.min(units.len()));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How much to write at once: never the first half of a pair alone.
fn piece_of(units: &[u16]) -> usize {
    if units.len() <= PIECE {
        return units.len();
    }
    let last_is_first_half = (0xd800..0xdc00).contains(&units[PIECE - 1]);
    if last_is_first_half { PIECE - 1 } else { PIECE }
}

fn write_units(units: &[u16]) -> io::Result<usize> {
    let length = u32::try_from(units.len()).map_err(io::Error::other)?;
    let mut written = 0;
    // SAFETY: takes a number and returns a handle that belongs to the process and is never closed here.
    let console: HANDLE = unsafe { GetStdHandle(STD_OUTPUT_HANDLE) };
    if console.is_null() || console == INVALID_HANDLE_VALUE {
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    // SAFETY: pointer and length are those of one slice, which lives until the call returns, as `written` does. The
    // system fails with an error on a handle that is no console.
    let done = unsafe { WriteConsoleW(console, units.as_ptr(), length, &raw mut written, ptr::null()) };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(usize::try_from(written).unwrap_or(units.len()))
}

/// Bytes of UTF-8 as UTF-16. A character cut by the end of a write waits for the next one.
#[derive(Debug, Default)]
struct Utf16Text {
    cut: Vec<u8>,
}

impl Utf16Text {
    fn take(&mut self, bytes: &[u8]) -> Vec<u16> {
        let mut all = std::mem::take(&mut self.cut);
        all.extend_from_slice(bytes);
        let mut units = Vec::with_capacity(all.len());
        let mut chunks = all.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            units.extend(chunk.valid().encode_utf16());
            let invalid = chunk.invalid();
            if chunks.peek().is_none() && may_go_on(invalid) {
                self.cut = invalid.to_vec();
            } else if !invalid.is_empty() {
                units.push(0xfffd);
            }
        }
        units
    }
}

/// Whether bytes are the beginning of a character rather than a mistake.
fn may_go_on(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    #[test]
    fn characters_survive_any_cut() {
        let text = "Zoë ╭─╮ 😀 日本";
        for cut in 0..=text.len() {
            let (one, two) = text.as_bytes().split_at(cut);
            let mut text16 = Utf16Text::default();
            let mut all = text16.take(one);
            all.extend(text16.take(two));
            assert_eq!(all, units(text), "cut at {cut}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_and_end() {
        let mut text = Utf16Text::default();
        assert_eq!(text.take(b"a\xffb"), units("a\u{fffd}b"));
        assert_eq!(text.take(b"\xe2\x95"), [0u16; 0]);
        assert_eq!(text.take(b"x"), units("\u{fffd}x"));
    }

    #[test]
    fn pairs_are_not_torn() {
        let mut long = vec![u16::from(b'x'); PIECE - 1];
        long.extend(units("😀"));
        assert_eq!(piece_of(&long), PIECE - 1);
        assert_eq!(piece_of(&long[PIECE - 1..]), 2);
        assert_eq!(piece_of(&[u16::from(b'x'); PIECE + 5]), PIECE);
    }
}
