//! Journals: any bytes are told apart; a journal cut anywhere still reads; a chain that verifies has exactly the bytes that
//! were written.
#![no_main]

use std::path::Path;

use handover::{
    domain::{Target, TenantName},
    journal::{JournalError, Line, Record, Replay},
};
use handover_fuzz::{assert_clean, bounded, choice};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

const PLAN: &str = "00";

fuzz_target!(|bytes: &[u8]| {
    bounded(16 * bytes.len(), || {
        let (place, rest) = choice(bytes);
        let (change, rest) = choice(rest);
        let _ = read(rest);
        let journal = chained(rest);
        let Ok(replay) = read(&journal) else {
            return;
        };
        assert_eq!((replay.length, replay.torn), (journal.len() as u64, 0));
        let cut = read(&journal[..place % (journal.len() + 1)]).expect("only the end is missing");
        assert!(cut.lines <= replay.lines && cut.length <= replay.length);
        let mut changed = journal.clone();
        if let Some(byte) = changed.get_mut(place % journal.len().max(1)) {
            *byte ^= (change % 255 + 1) as u8;
        }
        if let Ok(other) = read(&changed) {
            let same = other.lines == replay.lines && other.previous == replay.previous;
            assert!(!same, "the chain verifies, yet a byte differs");
        }
    });
});

fn read(bytes: &[u8]) -> Result<Replay, JournalError> {
    let replay = Replay::from_reader(bytes, Path::new("journal.jsonl"), PLAN);
    match &replay {
        Ok(replay) => {
            assert_eq!(replay.length + replay.torn, bytes.len() as u64);
            let counts = replay.counts();
            assert!(counts.settled() + counts.unknown <= replay.items.len() as u64);
            // What a resume keeps reads the same, with nothing left over.
            let kept = Replay::from_reader(&bytes[..replay.length as usize], Path::new("j"), PLAN);
            let kept = kept.expect("it was just read");
            assert_eq!((kept.lines, kept.torn), (replay.lines, 0));
            assert_eq!(kept.previous, replay.previous);
        }
        Err(error) => assert_clean(&error.to_string()),
    }
    replay
}

/// A journal of the records in the input, one a line, numbered and chained as the writer does it.
fn chained(text: &[u8]) -> Vec<u8> {
    let opened = Record::Opened {
        run: "run".to_owned(),
        plan: PLAN.to_owned(),
        tenant: TenantName {
            id: "id".to_owned(),
            domain: "contoso.onmicrosoft.com".to_owned(),
        },
        target: Target::Cloud,
        items: 1,
        who: "who".to_owned(),
        version: "0".to_owned(),
        process: 1,
    };
    let records = text
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Record>(line).ok());
    let mut journal = Vec::new();
    let mut previous = hash(PLAN.as_bytes());
    for (record, seq) in std::iter::once(opened).chain(records).zip(1..) {
        let line = Line {
            seq,
            at: Timestamp::UNIX_EPOCH,
            previous,
            record,
        };
        let line = serde_json::to_vec(&line).expect("a record can be written");
        previous = hash(&line);
        journal.extend(line);
        journal.push(b'\n');
    }
    journal
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
