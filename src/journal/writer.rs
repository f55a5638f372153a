//! The one thread that writes a run's record. It commits in groups, so that many workers share each `fsync`.

use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use super::{DurableFile, JournalError, Line, Record, SnapshotLine, TenantLock, replay::hex};

type Answer = Result<(), JournalError>;

enum Command {
    Append {
        snapshots: Vec<SnapshotLine>,
        records: Vec<Record>,
        answer: oneshot::Sender<Answer>,
    },
    Close(oneshot::Sender<()>),
}

/// A file and how to name it in an error.
pub(super) struct Sink {
    pub(super) path: PathBuf,
    pub(super) file: Box<dyn DurableFile>,
}

/// The handle to the writing thread. Clones feed the same files.
///
/// The thread owns the tenant lock: it is released when nothing can be written any more.
#[derive(Clone, Debug)]
pub struct JournalWriter {
    commands: Sender<Command>,
}

impl JournalWriter {
    /// Starts the thread behind `lines` lines, the last of which has the hash `previous`.
    pub(super) fn start(
        snapshot: Sink,
        journal: Sink,
        lines: u64,
        previous: String,
        lock: TenantLock,
    ) -> Result<Self, JournalError> {
        let (commands, queue) = channel();
        let path = journal.path.clone();
        let committer = Committer {
            snapshot,
            journal,
            lines,
            previous,
            poison: None,
        };
        thread::Builder::new()
            .name("journal".into())
            .spawn(move || committer.run(&queue, lock))
            .map_err(|error| JournalError::storage("start the writer of", &path, &error))?;
        Ok(Self { commands })
    }

    /// Appends snapshots, then records, and returns once both survive a power loss. Snapshots are on disk before the
    /// first record is written, so one call can carry the snapshots and the intents that rely on them.
    ///
    /// After the first error every later call fails: what follows an uncertain line must not be written.
    pub async fn append(
        &self,
        snapshots: Vec<SnapshotLine>,
        records: Vec<Record>,
    ) -> Result<(), JournalError> {
        if snapshots.is_empty() && records.is_empty() {
            return Ok(());
        }
        let (answer, answered) = oneshot::channel();
        self.commands
            .send(Command::Append {
                snapshots,
                records,
                answer,
            })
            .map_err(|_| JournalError::Closed)?;
        answered.await.unwrap_or(Err(JournalError::Closed))
    }

    /// Ends the thread and returns once files are closed and the tenant lock is released. Later appends fail.
    pub async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        if self.commands.send(Command::Close(answer)).is_ok() {
            // An error means that the thread is gone, which is what was asked for.
            let _ = answered.await;
        }
    }
}

struct Committer {
    snapshot: Sink,
    journal: Sink,
    lines: u64,
    previous: String,
    poison: Option<JournalError>,
}

impl Committer {
    fn run(mut self, queue: &Receiver<Command>, lock: TenantLock) {
        let mut closing = None;
        while closing.is_none() {
            let Ok(first) = queue.recv() else { break };
            let mut waiting = Vec::new();
            let mut snapshot_bytes = Vec::new();
            let mut lines = Vec::new();
            for command in std::iter::once(first).chain(queue.try_iter()) {
                match command {
                    Command::Append {
                        snapshots,
                        records,
                        answer,
                    } => {
                        for line in snapshots {
                            snapshot_bytes.extend_from_slice(&line.bytes);
                        }
                        lines.extend(records);
                        waiting.push(answer);
                    }
                    Command::Close(answer) => {
                        closing = Some(answer);
                        break;
                    }
                }
            }
            let outcome = self.commit(&snapshot_bytes, lines);
            for answer in waiting {
                // A waiter that is gone (its task was cancelled) needs no answer.
                let _ = answer.send(outcome.clone());
            }
        }
        drop(self);
        drop(lock);
        if let Some(answer) = closing {
            let _ = answer.send(());
        }
    }

    fn commit(&mut self, snapshots: &[u8], records: Vec<Record>) -> Answer {
        if let Some(first) = &self.poison {
            return Err(first.poisoning());
        }
        let outcome = self.write(snapshots, records);
        if let Err(error) = &outcome {
            self.poison = Some(error.clone());
        }
        outcome
    }

    fn write(&mut self, snapshots: &[u8], records: Vec<Record>) -> Answer {
        self.snapshot.commit(snapshots)?;
        let mut bytes = Vec::with_capacity(records.len() * 320);
        for record in records {
            let line = Line {
                seq: self.lines + 1,
                at: Timestamp::now(),
                previous: std::mem::take(&mut self.previous),
                record,
            };
            let start = bytes.len();
            serde_json::to_writer(&mut bytes, &line)
                .map_err(|error| JournalError::storage("write", &self.journal.path, &error.into()))?;
            self.previous = hex(&Sha256::digest(&bytes[start..]));
            self.lines += 1;
            bytes.push(b'\n');
        }
        self.journal.commit(&bytes)
    }
}

impl Sink {
    fn commit(&mut self, bytes: &[u8]) -> Answer {
        if bytes.is_empty() {
            return Ok(());
        }
        self.file
            .write_all(bytes)
            .and_then(|()| self.file.flush())
            .map_err(|error| JournalError::storage("write", &self.path, &error))?;
        self.file
            .sync()
            .map_err(|error| JournalError::storage("force to disk", &self.path, &error))
    }
}
