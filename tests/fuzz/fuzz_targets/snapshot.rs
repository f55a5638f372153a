//! Snapshots: attributes read back as they were written, and a line whose hash fits has the attributes that were hashed.
#![no_main]

use std::path::Path;

use handover::{
    domain::{CloudAttributes, ObjectId},
    journal::{Snapshot, SnapshotReader},
};
use handover_fuzz::{assert_clean, bounded, choice};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|bytes: &[u8]| {
    bounded(16 * bytes.len(), || {
        let (place, rest) = choice(bytes);
        let (change, rest) = choice(rest);
        read(rest);
        let mut objects = rest
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice::<Map<String, Value>>(line).ok());
        let Some(cloud) = objects.next() else {
            return;
        };
        let snapshot = Snapshot {
            id: "00000000-0000-4000-8000-000000000001"
                .parse::<ObjectId>()
                .expect("an id"),
            at: Timestamp::UNIX_EPOCH,
            cloud: CloudAttributes(cloud),
            directory: objects.next(),
        };
        let line = snapshot.to_line().expect("attributes can be written");
        let mut file = line.bytes().to_vec();
        let found = read(&file);
        assert_eq!(found, [(hash(&line.sha256), snapshot.clone())]);
        assert_eq!(
            read(&[&file[..], &file[..place % file.len()]].concat()),
            found,
            "a cut line is the end"
        );
        let place = place % file.len();
        file[place] ^= (change % 255 + 1) as u8;
        for (_, changed) in read(&file) {
            assert_eq!(
                (changed.cloud, changed.directory),
                (snapshot.cloud.clone(), snapshot.directory.clone())
            );
        }
    });
});

/// The snapshots before the first error.
fn read(bytes: &[u8]) -> Vec<([u8; 32], Snapshot)> {
    let mut reader = SnapshotReader::from_reader(bytes, Path::new("snapshot.jsonl"));
    let mut found = Vec::new();
    loop {
        match reader.next_snapshot() {
            Ok(Some(next)) => found.push(next),
            Ok(None) => return found,
            Err(error) => {
                assert_clean(&error.to_string());
                assert!(
                    matches!(reader.next_snapshot(), Ok(None)),
                    "nothing follows an error"
                );
                return found;
            }
        }
    }
}

fn hash(text: &str) -> [u8; 32] {
    std::array::from_fn(|place| {
        u8::from_str_radix(&text[2 * place..2 * place + 2], 16).expect("a digit pair")
    })
}
