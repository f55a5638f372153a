//! A list of ten million lines: bounded memory, and a clear end at the limit.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io::{self, Read};

use handover::domain::{
    address_list::{AddressIndex, AddressListError, AddressReader, resolve},
    table::MailboxTable,
};

const LINES: u64 = 10_000_000;

/// A CSV file that exists only while it is read.
struct Endless {
    next: u64,
    left: Vec<u8>,
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.left.len() < into.len() {
            self.left
                .extend_from_slice(format!("nobody{}@contoso.com\n", self.next).as_bytes());
            self.next += 1;
        }
        into.copy_from_slice(&self.left[..into.len()]);
        self.left.drain(..into.len());
        Ok(into.len())
    }
}

/// Resident memory of this process in bytes, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace()
        .nth(1)?
        .parse::<u64>()
        .ok()
        .map(|kilobytes| kilobytes * 1024)
}

#[test]
fn ten_million_lines_need_no_memory_and_the_next_one_is_refused() {
    let table = MailboxTable::new();
    let snapshot = table.snapshot();
    let index = AddressIndex::new(&snapshot, &|| false).unwrap();
    let before = resident();
    let file = Endless {
        next: 0,
        left: b"Mail\n".to_vec(),
    };
    let mut reader = AddressReader::new(file, LINES).unwrap();
    let error = resolve(&mut reader, &index, &|| false).unwrap_err();
    assert!(
        matches!(error, AddressListError::TooManyLines { limit: LINES }),
        "{error}"
    );
    match (before, resident()) {
        (Some(before), Some(after)) => {
            assert!(
                after.saturating_sub(before) < 32 * 1024 * 1024,
                "{before} -> {after}"
            );
        }
        _ => println!("this system does not tell a process's memory; only the end of the list was checked"),
    }
}
