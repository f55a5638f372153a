//! The snapshots of a run, as [`super::undo`] wants them.

use std::{collections::HashMap, path::Path};

use super::{
    runs::{DoneMailboxes, done_mailboxes},
    undo::UndoRecord,
};
use crate::{
    domain::{CloudAttributes, ObjectId},
    journal::{JournalError, SnapshotReader},
};

/// What a run wrote, and each of its done mailboxes as it was before, in plan order. Reads files, so call it off the
/// screen's loop.
///
/// # Errors
/// No such run, files that can't be read, or a snapshot that a done mailbox names and that is not there.
pub fn read(data_dir: &Path, run: &str) -> Result<(DoneMailboxes, Vec<UndoRecord>), JournalError> {
    let work = done_mailboxes(data_dir, run)?;
    let wanted: HashMap<ObjectId, [u8; 32]> = work.done.iter().copied().collect();
    let mut before: HashMap<ObjectId, CloudAttributes> = HashMap::with_capacity(wanted.len());
    if !wanted.is_empty() {
        for snapshot in SnapshotReader::open(&work.folder.snapshot_path())? {
            let (hash, snapshot) = snapshot?;
            if wanted.get(&snapshot.id) == Some(&hash) {
                before.insert(snapshot.id, snapshot.cloud);
            }
        }
    }
    let mut records = Vec::with_capacity(work.done.len());
    for (id, _) in &work.done {
        let Some(before) = before.remove(id) else {
            return Err(JournalError::Unreadable {
                path: work.folder.snapshot_path(),
                reason: format!("it lacks the snapshot of mailbox {id} that the journal names"),
            });
        };
        records.push(UndoRecord {
            id: *id,
            before,
            done: true,
        });
    }
    Ok((work, records))
}
